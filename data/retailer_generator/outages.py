"""When services were down: the plan that the shop suffers from and the incident tool reports.

Outages do not grow with the scale: a bigger company is not down more often.
"""

from dataclasses import dataclass

import numpy as np

from retailer_generator import clock, demand
from retailer_generator.company import SERVICE_IDS, SERVICES
from retailer_generator.randomness import stream

CHECKOUT_DOWN = (clock.utc(2026, 3, 13, 17), clock.utc(2026, 3, 13, 20, 30))
FAILED_DEPLOYMENT = clock.utc(2026, 5, 19, 14, 5)  # finished
ROLLBACK_AFTER = 95 * 60
PAYMENTS_DOWN = (FAILED_DEPLOYMENT + 180, FAILED_DEPLOYMENT + ROLLBACK_AFTER)
STOPS_ORDERS = [SERVICE_IDS.index(name) for name in ("checkout", "payments", "storefront")]
PLANNED = ("erp", "data_platform", "identity", "warehouse")  # one Sunday night a month


@dataclass(frozen=True)
class Outages:
    """Parallel arrays, ordered by start."""

    start: np.ndarray
    end: np.ndarray
    service: np.ndarray  # code in SERVICE_IDS
    planned: np.ndarray

    def stopping_orders(self) -> list[tuple[int, int]]:
        """Spans of the unplanned outages that keep customers from ordering."""
        hit = np.isin(self.service, STOPS_ORDERS) & ~self.planned
        return list(zip(self.start[hit].tolist(), self.end[hit].tolist(), strict=True))


def comparison_days() -> np.ndarray:
    """Day numbers of the eight Fridays before the checkout outage: its baseline."""
    day = clock.day_number(np.array([CHECKOUT_DOWN[0]]))[0]
    return day - 7 * np.arange(8, 0, -1)


def plan() -> Outages:
    """All outages of the two years."""
    rows = [*_unplanned(), *_maintenance()]
    rows += [
        (*CHECKOUT_DOWN, SERVICE_IDS.index("checkout"), False),
        (*PAYMENTS_DOWN, SERVICE_IDS.index("payments"), False),
        # two reports of one search outage that overlap by 25 minutes
        (clock.utc(2025, 9, 10, 9), clock.utc(2025, 9, 10, 10, 10), SERVICE_IDS.index("search"), False),
        (clock.utc(2025, 9, 10, 9, 45), clock.utc(2025, 9, 10, 11), SERVICE_IDS.index("search"), False),
        # still going on when the example ends
        (clock.utc(2026, 9, 30, 22, 40), clock.utc(2026, 10, 1, 1, 5), SERVICE_IDS.index("messaging"), False),
    ]
    start, end, service, planned = (np.array(column) for column in zip(*sorted(rows), strict=True))
    return Outages(start, end, service, planned)


def _unplanned() -> list[tuple[int, int, int, bool]]:
    rng = stream("outages", "unplanned")
    keep_free = {
        *comparison_days().tolist(),
        *clock.day_number(np.array([CHECKOUT_DOWN[0], FAILED_DEPLOYMENT])).tolist(),
    }
    rows = []
    for code, service in enumerate(SERVICES):
        days = rng.integers(0, clock.DAYS - 2, service.outages)
        days = np.array([day + 1 if day in keep_free else day for day in days])
        starts = demand.times(days, demand.HOURS_ONLINE, rng) // 60 * 60
        minutes = np.clip(rng.lognormal(3.5, 0.7, service.outages), 6, 300).astype(np.int64)
        rows += [(int(t), int(t + 60 * m), code, False) for t, m in zip(starts, minutes, strict=True)]
    return rows


def _maintenance() -> list[tuple[int, int, int, bool]]:
    rows = []
    for n, month in enumerate(clock.months(clock.END)):
        numbers = clock.month_days(month)
        sundays = [day for day in numbers if clock.weekdays()[day] == 6]
        day = clock.days()[sundays[1]]
        start = clock.utc(day.year, day.month, day.day, 3)
        rows.append((start, start + 2 * clock.HOUR, SERVICE_IDS.index(PLANNED[n % len(PLANNED)]), True))
    return rows
