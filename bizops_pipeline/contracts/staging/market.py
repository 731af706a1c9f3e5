"""What the outside world says of the company, and publishes of the markets it is in."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import UPDATED, entity, not_before
from bizops_pipeline.contracts.table import Column, Table, Type, day, instant, text

SOCIAL_POST = entity(
    "social_post",
    "one row per post",
    "Posts that mention the company. Their text and their authors are not kept.",
    text("post_id", "Post key.", required=True),
    text("brand", "Brand that is mentioned."),
    text("channel", "Network or site it was posted on."),
    instant("posted_at", "When it was posted.", required=True),
    text("sentiment", "What it says of the brand.", allowed=("positive", "neutral", "negative")),
    text("classifier_version", "What judged the sentiment: model and version, or people."),
    instant("replied_at", "First reply by the company; NULL while there is none."),
    UPDATED,
    rules=(not_before("posted_at", "replied_at"),),
)

PUBLIC_INDICATOR = entity(
    "public_indicator",
    "one row per series, period and release",
    "Figures that statistical offices and others publish. A revision is a release of its own; earlier ones stay.",
    text("indicator_id", "Key: series, period and release.", required=True),
    text("series", "Series, for example consumer_confidence.", required=True),
    text("region", "Country or region it is about."),
    day("indicator_date", "First day of the period it is about.", required=True),
    Column("value", Type.COMPONENT, "Value published; NULL when the publisher left it open."),
    day("released_on", "Day of the release; NULL when the source does not tell."),
    Column("target", Type.COMPONENT, "Target that the publisher set itself."),
    text("better", "Whether more or less is better.", allowed=("up", "down")),
)

ENTITIES: tuple[Table, ...] = (
    SOCIAL_POST,
    PUBLIC_INDICATOR,
)
