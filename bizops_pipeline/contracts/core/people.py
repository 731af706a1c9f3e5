"""What people answer when they are asked."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import CHANNEL, SERVICE, fact
from bizops_pipeline.contracts.table import Table, business_date, flag, instant, number, text

FCT_SURVEY_RESPONSE = fact(
    "fct_survey_response",
    "one row per answer",
    "Answers to surveys.",
    text("response_id", "Answer.", required=True),
    text("kind", "csat, nps, ces or enps."),
    number("score", "Score."),
    number("scale_maximum", "Best score of the scale."),
    flag("is_top_two", "Whether it is one of the two best scores."),
    text("subject", "shop, it, employer or product."),
    CHANNEL,
    SERVICE,
    text("order_id", "Order."),
    instant("answered_at", "When it was given.", required=True),
    business_date("answered_at"),
)

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = (FCT_SURVEY_RESPONSE,)
