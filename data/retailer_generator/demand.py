"""How much is bought when: weekday pattern, Christmas, mild growth, hours of the day."""

from datetime import date

import numpy as np

from retailer_generator import clock
from retailer_generator.randomness import stream

WEEKDAY = [1.08, 1.00, 0.96, 0.98, 1.06, 0.88, 1.04]  # Monday first
MONTH = [0.92, 0.90, 0.96, 1.00, 1.02, 0.94, 0.90, 0.88, 0.98, 1.02, 1.18, 1.35]
GROWTH_PER_YEAR = 0.08
HOURS_ONLINE = [1, 0.5, 0.3, 0.2, 0.2, 0.4, 1, 2, 3, 4, 4.5, 5, 5.5, 5, 4.5, 4.5, 5, 9, 11, 11, 9, 6, 4, 2]
HOURS_STORE = [0] * 9 + [3, 5, 7, 8, 7, 6, 7, 8, 9, 7, 4] + [0] * 4
HOURS_OFFICE = [0.2] * 7 + [2, 7, 10, 11, 10, 6, 9, 10, 10, 8, 4, 1.5, 1, 0.6, 0.4, 0.3, 0.2]


def season(day: date) -> float:
    """Factor of a date before growth."""
    factor = WEEKDAY[day.weekday()] * MONTH[day.month - 1]
    if day.month == 11 and day.day >= 24:
        factor *= 1.5  # black week
    if day.month == 12:
        factor *= 1.35 if day.day <= 20 else 0.45 if 24 <= day.day <= 26 else 0.8
    return factor


def curve() -> np.ndarray:
    """Factor of each day number; the mean over the two years is 1."""
    raw = np.array([season(day) * (1 + GROWTH_PER_YEAR) ** (n / 365) for n, day in enumerate(clock.days())])
    return raw / raw.mean()


def daily(name: str, total: float, shape: np.ndarray | None = None) -> np.ndarray:
    """Random number of events on each day, `total` expected over all of them."""
    weight = curve() if shape is None else shape
    return stream("daily", name).poisson(total * weight / weight.sum())


def working_days() -> np.ndarray:
    """Weights of the days on which an office works, with a few weekend hours."""
    return np.where(clock.weekdays() < 5, 1.0, 0.04)


def times(days: np.ndarray, hours: list[float], rng: np.random.Generator) -> np.ndarray:
    """UTC seconds on the given days (one entry per event), by the hours of the day."""
    weights = np.array(hours, dtype=float)
    hour = rng.choice(24, size=len(days), p=weights / weights.sum())
    return clock.at(days, hour * clock.HOUR + rng.integers(0, clock.HOUR, len(days)), rng)
