"""What the pipeline needs from a database engine; one module per engine implements it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from bizops_pipeline.contracts.table import Table

Row = tuple[Any, ...]


class Engine(Protocol):
    """A connection to the warehouse. All SQL handed to it is in the portable subset unless it says otherwise."""

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Run a statement and discard its result."""

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run a query and return its rows."""

    def dicts(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Run a query and return its rows by column name."""

    def scalar(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """Run a query and return the first column of its first row, None when there is no row."""

    def describe(self, query: str) -> list[tuple[str, str]]:
        """Return name and type of each column a query would give, without running it."""

    def declaration(self, name: str, type: str, *, hardly_repeats: bool = False) -> str:
        """Return a column as a create statement declares it; of one that hardly repeats a value, no dictionary pays."""

    def tables(self) -> frozenset[str]:
        """Return `schema.name` of every table and view that is not temporary."""

    def exists(self, schema: str, name: str) -> bool:
        """Tell whether a table or view of that name is there."""

    def content(self, table: Table, condition: str = "true") -> tuple[str, int]:
        """Return a hash of the rows of a table that meet a condition, whatever their order, and their number.

        The same rows give the same hash as long as the version of the engine is the same.
        """

    def insert(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
        """Insert rows by column name; for definitions and audit, never for source data."""

    def transaction(self) -> AbstractContextManager[None]:
        """Commit what happens inside as one, or roll all of it back on an error; may be nested (the outer rules)."""

    def scan(self, files: Sequence[Path], *, kind: str, options: Mapping[str, Any]) -> str:
        """Return a table expression over landing files of kind `csv`, `lines` or `parquet`."""

    def sibling(self) -> Engine:
        """Return another connection to the warehouse, for another thread; call outside of a transaction.

        It sees what the others committed, and its temporary tables are its own.
        """

    def give_up(self) -> None:
        """End what the connection does, called from another thread: it raises KeyboardInterrupt, now and later."""

    def close(self) -> None:
        """Give the connection up."""
