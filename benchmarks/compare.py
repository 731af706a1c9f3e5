"""Whether two ways to the KPI values give the same ones: the company's months, within a relative tolerance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

TOLERANCE = 1e-9

Key = tuple[str, str, date]
Values = Mapping[Key, float | None]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How many values two tables have in common, and those that differ."""

    compared: int
    equal: int
    different: tuple[tuple[Key, float | None, float | None], ...]

    @property
    def sentence(self) -> str:
        return f"{self.equal:,} of {self.compared:,} agree"


def company_months(database: Path, table: str) -> Values:
    """Reads the values of all KPIs for the company by month, cut by dimensions or not."""
    query = (
        "select kpi_id, dimensions, cast(period_start as date), cast(value as double) "
        f"from {table} where scope_type = 'company' and grain = 'month'"
    )
    with duckdb.connect(str(database), read_only=True) as connection:
        rows = connection.execute(query).fetchall()
    return {(kpi, dimensions, start): value for kpi, dimensions, start, value in rows}


def agreement(ours: Values, theirs: Values) -> Agreement:
    """Compares two tables; a value that only one of them has differs."""
    keys = sorted(ours.keys() | theirs.keys())
    found = [(key, ours.get(key), theirs.get(key)) for key in keys]
    different = tuple(
        each for each in found if each[0] not in ours or each[0] not in theirs or not is_close(each[1], each[2])
    )
    return Agreement(len(keys), len(keys) - len(different), different)


def is_close(one: float | None, other: float | None) -> bool:
    """Tells whether two values are the same up to the tolerance; NaN is no value."""
    one, other = (None if value is not None and value != value else value for value in (one, other))
    if one is None or other is None:
        return one is other
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other), 1e-300)
