"""The cursor of an incremental extraction: where it starts, how far it got, and what it does not believe."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Protocol

from bizops_pipeline.catalogue.models import SqlConnector
from bizops_pipeline.sources.connector import Request

LOG = logging.getLogger(__name__)
SKEW = timedelta(days=1)
"""How far ahead of our clock a source may be before its cursor values are not believed."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Database(Protocol):
    """What the cursor needs to know of the source."""

    @property
    def relation(self) -> str:
        """SQL of what is read."""

    def quote(self, name: str) -> str:
        """Return a name as the database writes it."""

    def scalar(self, sql: str, **parameters: Any) -> Any:
        """Return the only value of a query."""


@dataclass(slots=True)
class Cursor:
    """Follows the highest credible value of the cursor column.

    It starts from the last value less the overlap, never goes back, never passes what the source held when the
    extraction began (a row that arrives meanwhile is read next time), and never passes tomorrow. A row without a
    value is read every time: nothing tells whether it was read before, and it is merged by its key.
    """

    column: str
    condition: tuple[str, Any] | None
    reached: str | None
    before: str | None
    ceiling: Any
    now: datetime
    name: str
    warned: bool = False

    @classmethod
    def start(cls, source: Database, connector: SqlConnector, request: Request) -> Cursor:
        """Find where to start."""
        assert connector.cursor
        quoted = source.quote(connector.cursor)
        ceiling = source.scalar(f"select max({quoted}) from {source.relation}")
        name = f"{request.table.source}.{request.table.name}"
        condition = None
        if request.cursor is not None:
            low = like(request.cursor, ceiling)
            if connector.overlap and low is not None:
                low = _less(low, duration(connector.overlap), request)
            condition = (f"({quoted} >= :low or {quoted} is null)", low)
        return cls(connector.cursor, condition, request.cursor, request.cursor, ceiling, request.now, name)

    def reset(self) -> None:
        """Start over."""
        self.reached = self.before

    def see(self, values: Sequence[Any]) -> None:
        """Take the cursor values of read rows into account."""
        if self.ceiling is None:
            return
        limit = _latest_credible(self.ceiling, self.now)
        credible = [value for value in values if isinstance(value, type(self.ceiling))]
        if limit is not None and max(credible, default=limit) > limit:
            if not self.warned:
                self.warned = True
                LOG.warning(
                    "%s: %s has values beyond %s, for example %s; they are loaded but not remembered as the cursor",
                    self.name, self.column, limit, max(credible),
                )  # fmt: skip
            credible = [value for value in credible if value <= limit]
        credible = [value for value in credible if value <= self.ceiling]
        if not credible:
            return
        highest = max(credible)
        reached = like(self.reached, self.ceiling) if self.reached is not None else None
        if reached is None or highest > reached:
            self.reached = as_text(highest)


def as_text(value: Any) -> str:
    """Return a cursor value as it is stored."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def like(text: str, example: Any) -> Any:
    """Return a stored cursor as a value of the column's type, told by an example of it."""
    if isinstance(example, datetime):
        return datetime.fromisoformat(text)
    if isinstance(example, date):
        return date.fromisoformat(text[:10])
    if isinstance(example, bool | int):
        number = Decimal(text)  # SQLite keeps 10.25 and 11 in one column
        return int(number) if number % 1 == 0 else float(number)
    if isinstance(example, float):
        return float(text)
    return Decimal(text) if isinstance(example, Decimal) else text


def duration(declared: str) -> timedelta:
    """Return what `2d` or `6h` means."""
    return timedelta(**{_UNITS[declared[-1]]: int(declared[:-1])})


def _latest_credible(example: Any, now: datetime) -> Any:
    """Return tomorrow in the form of the cursor's values; None for values that are no times."""
    limit = now + SKEW
    if isinstance(example, datetime):
        return limit if example.tzinfo else limit.astimezone(UTC).replace(tzinfo=None)
    if isinstance(example, date):
        return limit.date()
    if isinstance(example, str) and _is_time(example):
        return _shaped(limit.astimezone(UTC), example)
    return None


def _less(value: Any, overlap: timedelta, request: Request) -> Any:
    if isinstance(value, datetime):
        return value - overlap
    if isinstance(value, date):
        return (datetime.combine(value, time()) - overlap).date()
    if isinstance(value, str) and _is_time(value):
        return _shaped(datetime.fromisoformat(value) - overlap, value)
    raise request.error("overlap needs a cursor of times; leave it out for numbers")


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return len(text) >= 10


def _shaped(moment: datetime, example: str) -> str:
    """Write a time as the example is written, so that texts compare as times."""
    if len(example) == 10:
        return moment.date().isoformat()
    seconds = "microseconds" if "." in example else "seconds"
    text = moment.replace(tzinfo=None).isoformat(sep=example[10], timespec=seconds)
    zone = re.search(r"(Z|[+-]\d\d:?\d\d)$", example)
    return text + (zone[0] if zone else "")
