"""What the outside world says of the company, and publishes of the markets it is in."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import conformed, fact
from bizops_pipeline.contracts.table import (
    Column,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    seconds,
    text,
)

FCT_SOCIAL_POST = fact(
    "fct_social_post",
    "one row per post",
    "Posts that mention the company: what they say of it and how long a reply took.",
    text("post_id", "Post.", required=True),
    text("brand", "Brand that is mentioned."),
    text("channel", "Network or site."),
    text(
        "sentiment",
        "What it says of the brand; NULL when nobody judged it.",
        allowed=conformed("social_post", "sentiment"),
    ),
    integer("sentiment_sign", "1, 0 or -1; NULL when nobody judged it."),
    text("classifier_version", "What judged the sentiment."),
    instant("posted_at", "When it was posted.", required=True),
    business_date("posted_at"),
    instant("replied_at", "First reply by the company."),
    business_date("replied_at"),
    flag("is_answered", "Whether the company replied."),
    seconds("response_seconds", "First reply less post."),
)

FCT_PUBLIC_INDICATOR = fact(
    "fct_public_indicator",
    "one row per series, region, period and release",
    "Public figures with their revisions. What was known on a day is the release that held then.",
    text("indicator_id", "Release.", required=True),
    text("series", "Series."),
    text("region", "Country or region."),
    day("indicator_date", "First day of the period it is about.", required=True),
    Column("value", Type.COMPONENT, "Value published."),
    day("released_on", "First day on which this release held."),
    day("superseded_on", "First day of the next release of the same figure; NULL while this one holds."),
    integer("revision", "0 for the first release, then 1, 2, ..."),
    flag("is_latest", "Whether no later release is known."),
    Column("target", Type.COMPONENT, "Target of the publisher."),
    flag("is_target_met", "Whether the value is the target or better; NULL without a target or direction."),
)

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = (
    FCT_SOCIAL_POST,
    FCT_PUBLIC_INDICATOR,
)
