"""The identity of one refresh, handed to whatever writes on its behalf."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Run:
    """One refresh: `sequence` counts up over all refreshes of a warehouse, `as_of` is the business clock.

    `reload` names sources and tables (`source.table`) that are loaded anew from what landing has.
    """

    id: str
    sequence: int
    as_of: date
    started_at: datetime
    full: bool = False
    reload: frozenset[str] = frozenset()
