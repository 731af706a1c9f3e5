"""Raw tables: their names, their columns, which grow with the source, and what becomes of vanished rows.

A raw table has the source's own columns plus provenance plus the number of the refresh that wrote the row.
The keys of rows that vanished or were replaced are kept beside it, so that staging can follow.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.contracts.audit import PROVENANCE
from bizops_pipeline.landing.columns import RESERVED
from bizops_pipeline.naming import CHANGE_SEQUENCE, RAW, STATE, quoted, raw_table
from bizops_pipeline.warehouse.engine import Engine

_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT")

_FLOATS = ("FLOAT", "DOUBLE")

UNTYPED = '"NULL"'
"""Type of a column of a Parquet file in which nothing was ever known."""


@dataclass(frozen=True, slots=True)
class RawTable:
    """Where the rows of a source table are kept."""

    name: str

    @property
    def qualified(self) -> str:
        """Schema and name as SQL writes them."""
        return f"{RAW}.{quoted(self.name)}"

    @property
    def id(self) -> str:
        """Schema and name as people write them."""
        return f"{RAW}.{self.name}"

    @property
    def gone_id(self) -> str:
        """Schema and name of the table with the keys of rows that vanished or were replaced."""
        return f"{STATE}.gone__{self.name}"

    @property
    def gone(self) -> str:
        """The same as SQL writes them."""
        return f"{STATE}.{quoted(f'gone__{self.name}')}"

    def exists(self, engine: Engine) -> bool:
        """Tell whether anything was ever loaded."""
        return engine.exists(RAW, self.name)

    def columns(self, engine: Engine) -> dict[str, str]:
        """Return the source's columns and their types."""
        described = engine.describe(f"select * from {self.qualified}")
        return {name: kind for name, kind in described if name not in RESERVED}


def raw_of(table: SourceTable) -> RawTable:
    """Return the raw table of a source table."""
    return RawTable(raw_table(table.source, table.name))


@dataclass(frozen=True, slots=True)
class Drift:
    """How the columns of a load differ from those of the loads before it."""

    added: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    retyped: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.added or self.absent or self.retyped)

    def describe(self) -> str:
        """Return the differences in words."""
        parts = {"new": self.added, "not in this load": self.absent, "now of another type": self.retyped}
        return "; ".join(f"{label}: {', '.join(names)}" for label, names in parts.items() if names)


NO_DRIFT = Drift()


def fit(engine: Engine, raw: RawTable, arriving: dict[str, str], varied: Collection[str] = ()) -> Drift:
    """Make the raw table able to hold the arriving columns and say what had to change.

    A table that is made now stores the `varied` columns, which hardly repeat a value, in the way that suits them.

    A column whose type changes at the source becomes text, so that a load never fails on it and no order of
    loads makes a difference; whole numbers only become wider. One that never had a value takes the type of the first.
    """
    if not raw.exists(engine):
        _create(engine, raw, arriving, varied)
        return NO_DRIFT
    stored = {name.lower(): (name, kind) for name, kind in raw.columns(engine).items()}
    added, retyped = [], []
    for name, kind in arriving.items():
        if name.lower() not in stored:
            engine.execute(f"alter table {raw.qualified} add column {quoted(name)} {kind}")
            added.append(name)
            continue
        known, before = stored[name.lower()]
        wider = common_type(before, kind)
        if wider != before:
            using = f" using {canonical_text(quoted(known), before)}" if become_text(before, wider) else ""
            engine.execute(f"alter table {raw.qualified} alter column {quoted(known)} type {wider}{using}")
            if before != UNTYPED:
                retyped.append(f"{known} ({before}, {kind})")
    present = {name.lower() for name in arriving}
    absent = [name for low, (name, _) in stored.items() if low not in present] if arriving else []
    return Drift(tuple(added), tuple(absent), tuple(retyped))


def common_type(first: str, second: str) -> str:
    """Return the type that holds the values of both without change: text unless both are whole numbers."""
    if first == second or second == UNTYPED:
        return first
    if first == UNTYPED:
        return second
    if first in _INTEGERS and second in _INTEGERS:
        return "BIGINT" if "HUGEINT" not in (first, second) and "UBIGINT" not in (first, second) else "HUGEINT"
    return "VARCHAR"


def canonical_text(value: str, kind: str) -> str:
    """Return SQL for a value as text: a whole number is the same text whatever type of number it came in.

    Tools write a column of whole numbers as floats as soon as one is missing; `17.0` must stay the customer `17`.
    """
    text = f"cast({value} as varchar)"
    return f"regexp_replace({text}, '[.]0$', '')" if kind in _FLOATS else text


def become_text(before: str, after: str) -> bool:
    """Tell whether values of one type are kept as text in another and need `canonical_text`."""
    return before in _FLOATS and after == "VARCHAR"


def _create(engine: Engine, raw: RawTable, arriving: dict[str, str], varied: Collection[str]) -> None:
    columns = [engine.declaration(name, kind, hardly_repeats=name in varied) for name, kind in arriving.items()]
    columns += [
        engine.declaration(column.name, str(column.type), hardly_repeats=column.name == "_row_key")
        for column in PROVENANCE
    ]
    columns.append(f"{quoted(CHANGE_SEQUENCE)} bigint")
    engine.execute(f"create schema if not exists {RAW}")
    engine.execute(f"create schema if not exists {STATE}")
    engine.execute(f"create table {raw.qualified} ({', '.join(columns)})")
    engine.execute(f"create table if not exists {raw.gone} (_row_key varchar, {quoted(CHANGE_SEQUENCE)} bigint)")
