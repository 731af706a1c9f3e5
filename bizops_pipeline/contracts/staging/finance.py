"""Money that is not an order: rates, costs, budgets."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import entity
from bizops_pipeline.contracts.table import Column, Table, Type, day, text

FX_RATE = entity(
    "fx_rate",
    "one row per currency and day",
    "Exchange rates: units of the reporting currency for one unit of the currency.",
    text("fx_rate_id", "Key: currency and day.", required=True),
    day("rate_date", "Day of the rate.", required=True),
    text("currency", "ISO 4217 code.", required=True),
    Column("rate", Type.COMPONENT, "Reporting currency for one unit.", required=True, minimum=0),
)

ENTITIES: tuple[Table, ...] = (FX_RATE,)
