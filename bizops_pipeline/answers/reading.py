"""Reading a publication: open it, query it, write a result as CSV that no spreadsheet will run."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import duckdb

from bizops_pipeline.errors import UsageError
from bizops_pipeline.naming import MARTS
from bizops_pipeline.warehouse.duckdb import DuckDBEngine, lock_down, told_of_signals
from bizops_pipeline.warehouse.engine import Row

DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes a cell for a formula."""


def read_only(database: Path) -> DuckDBEngine:
    """Open a published database for reading: it cannot be changed, and nothing beside it can be reached."""
    try:
        connection = duckdb.connect(str(database.resolve()), read_only=True)
    except duckdb.Error as error:
        raise UsageError(f"{database} cannot be read: {error}") from error
    lock_down(connection, allowed=(), temp=None)
    return DuckDBEngine(connection)


def query_published(database: Path, query: str) -> tuple[list[str], list[Row]]:
    """Run a query over the published tables and return its column names and rows.

    `marts.` may be left out. Raises UsageError with what the engine says of a wrong query.
    """
    engine = read_only(database)
    try:
        engine.execute(f"use {MARTS}")
        with told_of_signals():
            result = engine.connection.execute(query)
        return [column[0] for column in result.description or ()], result.fetchall()
    except duckdb.Error as error:
        raise UsageError(str(error)) from error
    finally:
        engine.close()


def print_csv(names: Sequence[str], rows: Iterable[Row], stream: TextIO) -> None:
    """Write rows as CSV; text that a spreadsheet would run as a formula gets an apostrophe before it."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_harmless(name) for name in names)
    writer.writerows([_harmless(value) for value in row] for row in rows)


def _harmless(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if not isinstance(value, str):
        return value
    lines = value.split("\n")
    return "\n".join(f"'{line}" if line.lstrip(" ").startswith(DANGEROUS) else line for line in lines)
