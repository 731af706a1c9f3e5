"""The columns of stored tables: asked of the database for all at once, then trusted until a statement may differ.

A refresh asks for every table whether it is as its contract says; one by one that takes fifteen times as long.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

_WHOLE_TABLE = re.compile(r'select \* from (?P<schema>\w+)\.(?P<quote>"?)(?P<name>\w+)(?P=quote)')
_WORD = re.compile(r"\w+")

Columns = list[tuple[str, str]]


class StoredColumns:
    """Name and type of the columns of each table that was there when it was asked and has not been touched since."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Columns]] | None = None
        """Columns by `schema.table`, by the table's name in lower case: statements are searched for names."""

    def of(self, query: str, ask: Callable[[], Iterable[tuple[str, str, str, str]]]) -> Columns | None:
        """Return the columns of a query that is a whole stored table; None where they are not known.

        `ask` returns schema, table, column and type of all columns of all tables, in their order.
        """
        found = _WHOLE_TABLE.fullmatch(query)
        if found is None:
            return None
        if self._known is None:
            self._known = {}
            for schema, table, column, kind in ask():
                self._known.setdefault(table.lower(), {}).setdefault(f"{schema}.{table}", []).append((column, kind))
        columns = self._known.get(found["name"].lower(), {}).get(f"{found['schema']}.{found['name']}")
        return None if columns is None else list(columns)

    def copy(self) -> StoredColumns:
        """Return the same knowledge for another connection to the same database."""
        other = StoredColumns()
        other._known = None if self._known is None else dict(self._known)
        return other

    def forget(self) -> None:
        """Ask again the next time: something was rolled back."""
        self._known = None

    def follow(self, sql: str) -> None:
        """Take a statement that changes tables into account: of those whose names stand in it nothing is known."""
        if self._known is None:
            return
        for word in _WORD.findall(sql.lower()):
            self._known.pop(word, None)
