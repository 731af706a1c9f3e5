"""Time in the generator: UTC seconds as int64, local days of Europe/Berlin, and the cut.

`NEVER` stands for "has not happened". Every table is generated whole and then cut: a time
at or after the cut is not known yet.
"""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

ZONE = ZoneInfo("Europe/Berlin")
START = date(2024, 10, 1)
END = date(2026, 9, 30)
DAYS = (END - START).days + 1
NEVER = np.int64(2**61)
HOUR, DAY = 3600, 86400

_EPOCH = date(1970, 1, 1)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    """UTC seconds of a wall-clock time in Berlin."""
    return int(datetime(year, month, day, hour, minute, tzinfo=ZONE).timestamp())


def midnight(day: date) -> int:
    """UTC seconds at which a local day starts."""
    return utc(day.year, day.month, day.day)


def cut_after(day: date) -> int:
    """First UTC second that is not known at the end of a local day."""
    return midnight(day + timedelta(days=1))


@cache
def days() -> tuple[date, ...]:
    return tuple(START + timedelta(days=n) for n in range(DAYS))


def months(until: date) -> list[date]:
    """First days of the months from the start up to and including that of `until`."""
    return [day for day in days() if day.day == 1 and day <= until]


def month_days(month: date) -> np.ndarray:
    """Day numbers (0 = START) of a month."""
    return np.array([n for n, day in enumerate(days()) if (day.year, day.month) == (month.year, month.month)])


def month_end(month: date) -> int:
    """First UTC second after a local month."""
    return midnight((month + timedelta(days=32)).replace(day=1))


def _last_sunday(year: int, month: int) -> int:
    day = date(year, month, 31)
    day -= timedelta(days=(day.weekday() + 1) % 7)
    return int(datetime(day.year, day.month, day.day, 1, tzinfo=UTC).timestamp())


_TRANSITIONS = np.array([_last_sunday(y, m) for y in range(2015, 2036) for m in (3, 10)])
_MIDNIGHTS = np.array([midnight(day) for day in days()] + [cut_after(END)])


def offset(t: np.ndarray) -> np.ndarray:
    """Seconds by which Berlin is ahead of UTC."""
    return np.where(np.searchsorted(_TRANSITIONS, t, side="right") % 2 == 1, 2 * HOUR, HOUR)


def local(t: np.ndarray) -> np.ndarray:
    """Naive local seconds; `NEVER` stays."""
    return np.where(t == NEVER, NEVER, t + offset(t))


def day_number(t: np.ndarray) -> np.ndarray:
    """Local day number of an instant, 0 = START."""
    return local(t) // DAY - (START - _EPOCH).days


def at(day: np.ndarray, second: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """UTC seconds of a local time of day; the repeated hour falls on either side by chance."""
    start, length = _MIDNIGHTS[day], np.diff(_MIDNIGHTS)[day]
    twice = (length > DAY) & (second >= 2 * HOUR) & (second < 3 * HOUR) & (rng.random(len(day)) < 0.5)
    longer = (length > DAY) & (second >= 3 * HOUR) | twice
    shorter = (length < DAY) & (second >= 3 * HOUR)
    return start + second + HOUR * longer - HOUR * shorter


def known(t: np.ndarray, cut: int) -> np.ndarray:
    """A time as known at the cut."""
    return np.where(t < cut, t, NEVER)


def weekdays() -> np.ndarray:
    """Weekday of each day number, Monday = 0."""
    return (START.weekday() + np.arange(DAYS)) % 7
