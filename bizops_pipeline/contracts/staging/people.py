"""What people answer when they are asked."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import SERVICE, entity
from bizops_pipeline.contracts.table import Table, instant, number, text

SURVEY_RESPONSE = entity(
    "survey_response",
    "one row per answer",
    "Answers to surveys.",
    text("response_id", "Answer key.", required=True),
    text("kind", "What was asked.", required=True, allowed=("csat", "nps", "ces", "enps")),
    number("score", "Score given.", required=True, minimum=0, maximum=10),
    number("scale_maximum", "Best score of the scale."),
    instant("answered_at", "When it was given.", required=True),
    text("subject", "What it is about, for example shop or it.", allowed=("shop", "it", "employer", "product")),
    text("channel", "Channel it came through."),
    text("order_id", "Order it is about."),
    SERVICE,
)

ENTITIES: tuple[Table, ...] = (SURVEY_RESPONSE,)
