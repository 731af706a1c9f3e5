"""Words that more than one layer must take for the same: scopes, cadences, and the ends of time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

SCOPE_COLUMN = {"value_stream": "service_id", "service": "service_id", "team": "service_id", "vendor": "vendor_id"}
"""Scopes by which a KPI may be cut, and the column of a fact from which each is reached."""

CADENCE_DAYS: dict[str, int | None] = {
    "hourly": 1,
    "daily": 1,
    "weekly": 7,
    "monthly": 31,
    "quarterly": 92,
    "yearly": 366,
    "once": None,
}
"""Longest time between two arrivals or values; None when nothing more is expected."""

ALWAYS, FOR_EVER = date(1900, 1, 1), date(9999, 12, 31)
"""From and to which day holds what has no beginning or end; the last day is not in it."""


def scope_of(where: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the scope and its member that a condition on KPI values names, None for the company."""
    return next(((name, where[name]) for name in SCOPE_COLUMN if name in where), None)


def dimensions_of(where: Mapping[str, str]) -> dict[str, str]:
    """Return what a condition on KPI values says beside its scope."""
    return {name: value for name, value in where.items() if name not in SCOPE_COLUMN}
