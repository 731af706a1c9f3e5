"""What a model is: a table of `core` that a query makes, and what has to be rebuilt when an input changes.

A model's text is `sql/<schema>/<table>.sql`: a plain query in the portable subset. What it reads is found in
the query itself, so the order of building is never written down twice. Beyond tables a query may read

- the business date of any UTC timestamp of a staging table, as a column: `ordered_at` gives `ordered_date`;
- `settings.company` (one row: reporting_currency, as_of, attribution_window_seconds, records_outages) and
  `settings.attribution_window` (service_id, window_seconds), the settings of the company;
- what the catalogue says of AI models: `settings.model` and the other tables of `ai_definitions`.

`render` puts these in, and what comes out can be run by hand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bizops_pipeline.contracts.registry import TABLES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import ContractError

SQL_FOLDER = Path(__file__).parent / "sql"
SETTINGS_SCHEMA = "settings"

_NO_CODE = r"--[^\n]*|'(?:[^']|'')*'"
_TABLE = re.compile(
    rf"{_NO_CODE}|\bextract\s*\(\s*\w+\s+from\b|"
    r'\b(?:from|join)\s+(?P<table>"?(?P<schema>\w+)"?\."?(?P<name>\w+)"?)(?P<alias>\s+as\b)?',
    re.IGNORECASE,
)
_WORD = re.compile(rf"{_NO_CODE}|(?P<word>\b[a-z_]\w*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ValidOn:
    """How a change in an input that lacks the model's key reaches rows: by what they name, and on which day.

    With `day` a row of `input` holds from `valid_from` until before `valid_to`. When one changes, the rows written
    before are concerned that have the same `match` and whose `day` lies between the first and the last day of such
    changes; without `day` all rows of the same `match` are.
    """

    input: str
    match: str
    day: str | None = None


@dataclass(frozen=True, slots=True)
class Model:
    """A table that a query makes; `rebuild_by` is the column by whose values a part of it can be rebuilt.

    Without one the whole table is computed when an input changed, and only rows that differ are written.
    `driven_by` names the entities without which it has no rows, where its key does not tell.
    """

    table: Table
    rebuild_by: str | None = None
    valid_on: tuple[ValidOn, ...] = ()
    driven_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the table."""
        return self.table.name

    @property
    def file(self) -> Path:
        """The file with the query."""
        return SQL_FOLDER / self.table.schema / f"{self.table.name}.sql"

    @property
    def sql(self) -> str:
        """The query as written."""
        return _text(self.file)

    @property
    def inputs(self) -> tuple[Table, ...]:
        """The tables that the query reads, in order of name."""
        return _inputs(self.sql, self.name)

    @property
    def tracked_inputs(self) -> tuple[Table, ...]:
        """The inputs whose changes can be followed row by row."""
        return tuple(table for table in self.inputs if table.tracks_changes)

    @property
    def untracked_inputs(self) -> tuple[Table, ...]:
        """The inputs made from the company's definitions; another content means a full rebuild."""
        return tuple(table for table in self.inputs if not table.tracks_changes)


def exchange_rate_of(day: str) -> ValidOn:
    """Return how exchange rates reach a fact that takes the rate of its `currency` on a day."""
    return ValidOn("core.dim_exchange_rate", match="currency", day=day)


def named(dimension: Table) -> ValidOn:
    """Return how a tracked dimension reaches a fact that names its members by their key and takes their columns."""
    return ValidOn(dimension.id, match=dimension.key[0])


@dataclass(frozen=True, slots=True)
class Reference:
    """A place in a query's text, from `start` up to `end`, that names a table of a schema."""

    schema: str
    name: str
    start: int
    end: int
    has_alias: bool


@cache
def references(sql: str) -> tuple[Reference, ...]:
    """Return the places where a query reads a table, in order of the text; its own CTEs have no schema.

    They are found by the words before them: to parse all models takes longer than to find that none has news.
    """
    return tuple(
        Reference(found["schema"], found["name"], found.start("table"), found.end("table"), bool(found["alias"]))
        for found in _TABLE.finditer(sql)
        if found["table"]
    )


@cache
def columns_mentioned(sql: str) -> frozenset[str]:
    """Return the names of all columns that occur anywhere in a query, among its other words."""
    return frozenset(found["word"] for found in _WORD.finditer(sql) if found["word"])


@cache
def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def _inputs(sql: str, name: str) -> tuple[Table, ...]:
    ids = {f"{each.schema}.{each.name}" for each in references(sql) if each.schema != SETTINGS_SCHEMA}
    unknown = sorted(ids - TABLES.keys())
    if unknown:
        raise ContractError(f"the query for {name} reads {', '.join(unknown)}, which no contract declares")
    return tuple(TABLES[id] for id in sorted(ids))
