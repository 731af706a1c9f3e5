"""What the contracts of entities share: how one is declared, its usual columns and rules."""

from __future__ import annotations

from typing import Unpack

from bizops_pipeline.contracts.table import Column, ColumnOptions, Rule, Table, Type, instant, text
from bizops_pipeline.naming import STAGING


def entity(name: str, grain: str, description: str, *columns: Column, rules: tuple[Rule, ...] = ()) -> Table:
    """Declare an entity: its key is its first column; a later `updated_at` wins among duplicates."""
    key = columns[0].name
    latest = ("updated_at",) if any(column.name == "updated_at" for column in columns) else ()
    return Table(STAGING, name, grain, (key,), columns, description, rules, latest, tracks_changes=True)


def quantity(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare an exact quantity."""
    return Column(name, Type.QUANTITY, description, **options)


def not_before(first: str, then: str) -> Rule:
    """Declare that one day or instant is not before another, where both are known."""
    return Rule(f"{then}_not_before_{first}", f"{then} >= {first}", f"{then} is not before {first}.")


UPDATED = instant("updated_at", "When the source last changed the record; the latest version wins.")
SERVICE = text(
    "service_id",
    "Service it concerns; `unallocated` when the source names none we know.",
    references="dim_service.service_id",
)
CURRENCY = text("currency", "ISO 4217 code of the amounts in this row.")
ORIGINAL_STATUS = text("original_status", "Status in the source's own words.")
