"""What the contracts of marts share: how one is declared, statuses, reasons, grades."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, text
from bizops_pipeline.naming import MARTS as SCHEMA

STATUSES = ("on_target", "warning", "off_target", "no_target", "no_value")
NULL_REASONS = (
    "no_events",
    "no_denominator",
    "below_minimum",
    "immature",
    "source_missing",
    "quality_blocked",
)
TELLING_GRAINS = ("month", "week", "quarter", "day", "year", "all")
"""Grains by how much they say to people: a KPI is shown by the first of them that it has."""
GRADES = ("A", "B", "C", "D")


def mart(name: str, grain: str, description: str, key: tuple[str, ...], *columns: Column) -> Table:
    """Declare a mart."""
    return Table(SCHEMA, name, grain, key, columns, description)


def component(name: str, description: str) -> Column:
    """Declare an exact part of a value."""
    return Column(name, Type.COMPONENT, description)


RUN = text("run_id", "Refresh that computed the row.", required=True)
PERIOD_START = day("period_start", "First day of the period.", required=True)
PERIOD_END = day("period_end", "Last day of the period.", required=True)
IS_COMPLETE = flag("is_complete", "Whether the period is over at the as-of date.", required=True)
GRADE = text(
    "quality_grade",
    "A all checks upstream passed, B warnings, C stale or partly quarantined input, D blocked.",
    allowed=GRADES,
)
