"""Money and what it is worth: exchange rates."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import tracked_dimension
from bizops_pipeline.contracts.table import Column, Table, Type, day, text

DIM_EXCHANGE_RATE = tracked_dimension(
    "dim_exchange_rate",
    "one row per currency and span of days on which one of its rates holds",
    "Exchange rates, each from its day until the next one has come; facts take 1 for the reporting currency.",
    ("currency", "valid_from"),
    text("currency", "ISO 4217 code.", required=True),
    day("valid_from", "First day on which the rate holds: the day of the rate.", required=True),
    day("valid_to", "First day on which it no longer holds; 9999-12-31 when open.", required=True),
    Column("rate", Type.RATE, "Reporting currency for one unit; NULL when it is too large to be one."),
)

DIMENSIONS: tuple[Table, ...] = (DIM_EXCHANGE_RATE,)
FACTS: tuple[Table, ...] = ()
