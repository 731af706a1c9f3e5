"""The names of the tables that are there: asked of the database once, then followed through what changes them.

To ask costs 5 ms, as much as five statements on a small table, and a refresh asks for every table and step.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_CHANGE = re.compile(r"\b(create|alter|drop)\b", re.IGNORECASE)
_OF_TEMPORARY = re.compile(r"\s*create\s+(or\s+replace\s+)?temp(orary)?\s", re.IGNORECASE)
_OF_SCHEMA = re.compile(r"\s*create\s+schema\s+(if\s+not\s+exists\s+)?[\w.\"]+\s*", re.IGNORECASE)
_DROP_UNQUALIFIED = re.compile(r'\s*drop\s+(?:table|view)\s+(?:if\s+exists\s+)?"?(\w+)"?\s*', re.IGNORECASE)
_DROP_TEMPORARY = re.compile(r"\s*drop\s+(table|view)\s+(if\s+exists\s+)?temp\.\"?\w+\"?\s*", re.IGNORECASE)
_QUALIFIED = r"(?P<schema>\w+)\.(?P<quote>\"?)(?P<name>\w+)(?P=quote)"
_CREATE = re.compile(
    rf"\s*create\s+(or\s+replace\s+)?(table|view)\s+(if\s+not\s+exists\s+)?{_QUALIFIED}\s*(?=\(|as\b)", re.IGNORECASE
)
_DROP = re.compile(rf"\s*drop\s+(table|view)\s+(if\s+exists\s+)?{_QUALIFIED}\s*", re.IGNORECASE)
_CHANGE_COLUMN = re.compile(rf"\s*alter\s+table\s+{_QUALIFIED}\s+(add|alter)\s+column\s[^;]*", re.IGNORECASE)


def changes_tables(sql: str) -> bool:
    """Tell whether a statement may make, change or drop a table."""
    return _CHANGE.search(sql) is not None


def is_temporary(sql: str) -> bool:
    """Tell whether a statement does no more than make or drop a temporary table, which its connection alone knows."""
    return ";" not in sql and bool(_OF_TEMPORARY.match(sql) or _DROP_TEMPORARY.fullmatch(sql))


class TableNames:
    """`schema.name` of every table and view; temporary ones are left out, they come and go within a step."""

    def __init__(self) -> None:
        self._known: frozenset[str] | None = None
        self._schemas: frozenset[str] = frozenset()

    def known(self, ask: Callable[[], frozenset[str]]) -> frozenset[str]:
        """Return the names, asking where they may have changed."""
        if self._known is None:
            self._know(ask())
        assert self._known is not None
        return self._known

    def copy(self) -> TableNames:
        """Return the same knowledge for another connection to the same database."""
        other = TableNames()
        other._known, other._schemas = self._known, self._schemas
        return other

    def forget(self) -> None:
        """Ask again the next time: something was rolled back."""
        self._known = None

    def follow(self, sql: str) -> None:
        """Take a statement that changes tables into account; ask again the next time where its effect is not plain."""
        if self._known is None or self._changes_no_name(sql):
            return
        created, dropped = _CREATE.match(sql), _DROP.fullmatch(sql)
        if created and ";" not in sql and (name := self._plain(created)):
            self._know(self._known | {name})
        elif dropped and self._plain(dropped) in self._known:
            self._know(self._known - {f"{dropped['schema']}.{dropped['name']}"})
        else:
            self._known = None

    def _know(self, names: frozenset[str]) -> None:
        self._known = names
        self._schemas |= {name.split(".")[0] for name in names}

    def _changes_no_name(self, sql: str) -> bool:
        if any(pattern.fullmatch(sql) for pattern in (_OF_SCHEMA, _CHANGE_COLUMN)):
            return True
        return is_temporary(sql) or self._drops_temporary(sql)

    def _drops_temporary(self, sql: str) -> bool:
        found = _DROP_UNQUALIFIED.fullmatch(sql)
        return found is not None and self._known is not None and f"main.{found[1]}" not in self._known

    def _plain(self, found: re.Match[str]) -> str | None:
        """Return the name that a statement gives, None where it may mean another database or another spelling."""
        name = f"{found['schema']}.{found['name']}"
        if self._known is None or found["schema"] not in self._schemas:
            return None
        is_other_spelling = name not in self._known and name.lower() in {known.lower() for known in self._known}
        return None if is_other_spelling else name
