"""SQL that turns local times into UTC and back, without the engine's own notion of time zones.

Engines disagree on `at time zone`, and some need extra packages for it. So a conversion is written out: a
CASE over the moments at which the zone's offset changed, found from the tz database. It is a tree of
halvings, so a row is compared six or seven times however many years the zone's rules span. Pass a plain
column: the expression is repeated in every branch.

A local time that occurs twice (clocks put back) is its first occurrence; one that does not occur (clocks put
forward) is moved forward by the length of the gap, as if the clock had not been touched.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = 1990, 2040
"""Years whose changes of offset are known; before and after, the nearest known offset holds."""

_STEP = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a zone's offset: the UTC moment, and the seconds ahead of UTC before and from it on."""

    at: datetime
    before: int
    after: int


@lru_cache(maxsize=256)
def transitions(zone: str) -> tuple[Transition, ...]:
    """Return the changes of offset of a zone in order; raises ZoneInfoNotFoundError for an unknown one."""
    info = ZoneInfo(zone)
    found = []
    low, end = datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR + 1, 1, 1)
    before = _offset(info, low)
    while low < end:
        high = low + _STEP
        after = _offset(info, high)
        if before != after:
            at = _moment_of_change(info, low, high)
            found.append(Transition(at, before, _offset(info, at)))
        low, before = high, after
    return tuple(found)


def to_utc(expression: str, zone: str) -> str:
    """Return SQL for the UTC timestamp of a naive timestamp that was read off a clock in `zone`."""
    changes = [
        (change.at + timedelta(seconds=max(change.before, change.after)), -change.after) for change in transitions(zone)
    ]
    return _shifted(expression, -_first_offset(zone), changes)


def to_local(expression: str, zone: str) -> str:
    """Return SQL for what a clock in `zone` shows at a UTC timestamp."""
    changes = [(change.at, change.after) for change in transitions(zone)]
    return _shifted(expression, _first_offset(zone), changes)


def business_date(expression: str, zone: str) -> str:
    """Return SQL for the calendar day in `zone` at a UTC timestamp."""
    return f"cast({to_local(expression, zone)} as date)"


def _offset(info: ZoneInfo, at: datetime) -> int:
    offset = at.replace(tzinfo=UTC).astimezone(info).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _first_offset(zone: str) -> int:
    return _offset(ZoneInfo(zone), datetime(FIRST_YEAR, 1, 1))


def _moment_of_change(info: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """Return the second at which the offset becomes another one than it is at `low`."""
    first = _offset(info, low)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
        low, high = (middle, high) if _offset(info, middle) == first else (low, middle)
    return high


def _shifted(expression: str, first: int, changes: list[tuple[datetime, int]]) -> str:
    """Return SQL that adds `first` seconds, or those of the latest change that is not after the value."""
    if changes:
        return f"{expression} + {_latest(expression, first, changes)}"
    return f"{expression} + {_interval(first)}" if first else expression


def _latest(expression: str, first: int, changes: list[tuple[datetime, int]]) -> str:
    if not changes:
        return _interval(first)
    middle = len(changes) // 2
    at, seconds = changes[middle]
    earlier = _latest(expression, first, changes[:middle])
    later = _latest(expression, seconds, changes[middle + 1 :])
    return f"case when {expression} < timestamp '{at}' then {earlier} else {later} end"


def _interval(seconds: int) -> str:
    return f"interval '{seconds}' second"
