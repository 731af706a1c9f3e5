"""Working time of the offices: Monday to Friday from 8 to 18 Berlin time, holidays out."""

from datetime import timedelta
from functools import cache

import numpy as np

from retailer_generator import clock, holidays

OPENING, LENGTH = 8 * clock.HOUR, 10 * clock.HOUR
_AHEAD = 120  # days after the end of the records


@cache
def _calendar() -> tuple[np.ndarray, np.ndarray]:
    """Opening of each working day, and working seconds before it."""
    days = [clock.START + timedelta(days=n) for n in range(-7, clock.DAYS + _AHEAD)]
    working = [day for day in days if day.weekday() < 5 and day not in holidays.dates()]
    openings = np.array([clock.utc(day.year, day.month, day.day, 8) for day in working])
    return openings, np.arange(len(working)) * LENGTH


def after(t: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """The instant at which so much working time has passed since another one."""
    openings, before = _calendar()
    day = np.maximum(np.searchsorted(openings, t, side="right") - 1, 0)
    reading = before[day] + np.clip(t - openings[day], 0, LENGTH) + seconds.astype(np.int64)
    last = np.minimum(reading // LENGTH, len(openings) - 1)
    return openings[last] + reading - before[last]
