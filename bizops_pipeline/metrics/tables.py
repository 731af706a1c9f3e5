"""The compiler's own tables: parts per day and results per period that survive from one refresh to the next.

They are caches: whatever they hold can be computed again from the facts.
"""

from __future__ import annotations

from bizops_pipeline.contracts.table import Column, Table, Type, day, integer, number, text
from bizops_pipeline.naming import STATE

MEMBER = (
    text("by_id", "What the rows are cut by: `company`, or scope and dimensions joined by commas.", required=True),
    text("scope_type", "company, value_stream, service, team or vendor.", required=True),
    text("scope_id", "Member of the scope.", required=True),
    text("dimensions", "Canonical JSON of the other dimensions.", required=True),
)

METRIC_PART = Table(
    STATE,
    "metric_part",
    "one row per measure, member and business day with data",
    ("measure_id", "by_id", "scope_id", "dimensions", "day"),
    (
        text("pass_id", "Pass over a fact that wrote the row.", required=True),
        text("measure_id", "Additive measure.", required=True),
        *MEMBER,
        day("day", "Business day.", required=True),
        Column("amount", Type.COMPONENT, "Sum or count of the day.", required=True),
        integer("n", "Records behind it.", required=True),
    ),
    "Additive parts of metrics per day; every grain is summed up from them.",
)

METRIC_PERIOD = Table(
    STATE,
    "metric_period",
    "one row per aggregate, member, grain and period with data",
    ("aggregate_id", "by_id", "scope_id", "dimensions", "grain", "period_start"),
    (
        text("pass_id", "Pass over a fact that wrote the row.", required=True),
        text("aggregate_id", "Distinct count or percentile.", required=True),
        *MEMBER,
        text("grain", "day, week, month, quarter, year, all, or one such as month_to_date.", required=True),
        day("period_start", "First day of the period; 0001-01-01 for all.", required=True),
        Column("amount", Type.COMPONENT, "Distinct count."),
        number("value", "Percentile."),
        integer("n", "Records behind it.", required=True),
        day("first_day", "First day with data inside the period.", required=True),
    ),
    "Results that cannot be summed up from days, per period, as computed from the records.",
)

METRIC_EXTENT = Table(
    STATE,
    "metric_extent",
    "one row per measure or aggregate and member with data",
    ("source_id", "by_id", "scope_id", "dimensions"),
    (
        text("source_id", "Additive measure, distinct count or percentile.", required=True),
        text("by_id", "What the rows are cut by.", required=True),
        text("scope_id", "Member of the scope.", required=True),
        text("dimensions", "Canonical JSON of the other dimensions.", required=True),
        day("first_day", "First day with data.", required=True),
    ),
    "Members and first days when the mart was last written; another set means other rows in all periods.",
)

METRIC_CLOCK = Table(
    STATE,
    "metric_clock",
    "one row per consumer",
    ("consumer",),
    (
        text("consumer", "Pass that depends on the business clock, or the mart.", required=True),
        day("as_of", "Business date up to which it last counted records.", required=True),
    ),
    "As-of date of each pass whose results depend on it.",
)

STATE_TABLES: tuple[Table, ...] = (METRIC_PART, METRIC_PERIOD, METRIC_EXTENT, METRIC_CLOCK)

EVER = "0001-01-01"
"""Stands for the first day of grain `all` until the first day with data is known."""
