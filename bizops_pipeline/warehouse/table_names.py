"""The names of the tables that are there, asked of the database once between changes of its schema.

To ask costs 5 ms, as much as five statements on a small table, and a refresh asks for every table and step.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CHANGE = re.compile(r"\b(create|alter|drop)\b", re.IGNORECASE)
_OF_TEMPORARY = re.compile(r"\s*create\s+(or\s+replace\s+)?temp(orary)?\s", re.IGNORECASE)
_DROP_UNQUALIFIED = re.compile(r'\s*drop\s+(?:table|view)\s+(?:if\s+exists\s+)?"?(\w+)"?\s*', re.IGNORECASE)


class TableNames:
    """`schema.name` of every table and view; temporary ones are left out, they come and go within a step."""

    def __init__(self) -> None:
        self._known: frozenset[str] | None = None

    def known(self, ask: Callable[[], frozenset[str]]) -> frozenset[str]:
        """Return the names, asking where they may have changed."""
        if self._known is None:
            self._known = ask()
        return self._known

    def forget(self) -> None:
        """Ask again the next time: something was rolled back."""
        self._known = None

    def follow(self, sql: str) -> None:
        """Ask again the next time if a statement may have made or dropped a table; rather once too often."""
        if _CHANGE.search(sql) and not _OF_TEMPORARY.match(sql) and not self._drops_temporary(sql):
            self._known = None

    def _drops_temporary(self, sql: str) -> bool:
        found = _DROP_UNQUALIFIED.fullmatch(sql)
        return found is not None and self._known is not None and f"main.{found[1]}" not in self._known
