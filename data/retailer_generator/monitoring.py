"""The monitoring tool: what services used and served in every four hours, and its service-level objectives.

Usage is written once an interval is over, one file a month; measurements of objectives are a log of days.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, mess, text
from retailer_generator.company import SERVICE_IDS
from retailer_generator.files import body, timestamps, write_parquet
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.outages import Outages
from retailer_generator.randomness import stream
from retailer_generator.webshop import SESSIONS, Bought

LEAD = 2  # days by which slow checkouts come before fewer orders
INTERVAL = 4 * clock.HOUR
REQUESTS = 3_000_000  # of all services in two years, apart from the scale
_CONVERSION = 0.197  # orders per visit, on average
_CORES = np.array([16, 12, 12, 8, 8, 12, 8, 6, 24, 6, 6, 32])
_MEMORY = np.array([64, 96, 48, 32, 48, 64, 32, 24, 256, 24, 24, 384]) * 1024  # MiB
_TRAFFIC = np.array([0.28, 0.14, 0.07, 0.05, 0.14, 0.06, 0.04, 0.06, 0.03, 0.07, 0.03, 0.03])
_GOALS = """\
slo,name,service,goal,window_days,valid_from
{availability}\
search-availability,Search answers,search,0.997,28,2026-01-01
identity-complete,Identity never fails,identity,1,28,
checkout-fast,Checkout is fast,checkout,0.94,28,
storefront-fast,Storefront is fast,storefront,0.97,28,
"""
_FAST = ("checkout", "storefront")


@dataclass(frozen=True)
class Served:
    """Requests of every service and interval, ordered by time; `service` is a number, `start` an instant."""

    start: np.ndarray
    service: np.ndarray
    requests: np.ndarray
    errors: np.ndarray
    slow: np.ndarray


class Conversions:
    """Orders of the shop by day: the outcome that slow checkouts lead."""

    def __init__(self) -> None:
        self._orders = np.zeros(clock.DAYS, np.int64)

    def add(self, bought: Bought) -> None:
        day = clock.day_number(bought.ordered_at)
        self._orders += np.bincount(day[day < clock.DAYS], minlength=clock.DAYS)

    def surprise(self, scale: float) -> np.ndarray:
        """By how many standard deviations more visits than usual became orders, day by day."""
        visits = np.maximum(demand.daily("webshop.sessions", SESSIONS * scale), 1)
        spread = np.sqrt(_CONVERSION * (1 - _CONVERSION) / visits)
        return np.clip((self._orders / visits - _CONVERSION) / spread, -3, 3)


def months_ahead(until: date) -> list[date]:
    """Months after that of a day which hold days that its measurements lead."""
    ahead = min(until + timedelta(days=LEAD), clock.END)
    return [month for month in clock.months(ahead) if month not in clock.months(until)]


def write(
    out: Path, scale: float, down: Outages, conversions: Conversions, cut: int, ledger: Ledger
) -> dict[str, object]:
    """Writes usage and objectives; returns the planted lead."""
    served = _served(scale, down, conversions)
    _write_usage(out, served, cut, ledger)
    _write_objectives(out, served, cut, ledger)
    return {
        "metric": "slow_request_rate of checkout",
        "outcome": "orders of the shop per visit",
        "lag_days": LEAD,
        "correlation": _correlation(served, conversions.surprise(scale), cut),
    }


def _served(scale: float, down: Outages, conversions: Conversions) -> Served:
    midnights = np.array([clock.midnight(day) for day in clock.days()])
    per_day = clock.DAY // INTERVAL
    start = np.repeat(midnights, per_day) + np.tile(np.arange(per_day) * INTERVAL, clock.DAYS)
    day = np.repeat(np.arange(clock.DAYS), per_day)
    hours = np.array(demand.HOURS_ONLINE).reshape(per_day, -1).sum(axis=1)
    weight = demand.curve()[day] * np.tile(hours / hours.sum(), clock.DAYS)
    rng = stream("monitoring", "requests")
    expected = (REQUESTS * scale / clock.DAYS) * weight[:, None] * _TRAFFIC[None, :]
    requests = rng.poisson(expected)
    lost = _down_share(start, down)
    rng = stream("monitoring", "errors")
    base = 0.0012 * rng.lognormal(0, 0.5, requests.shape)
    errors = rng.binomial(requests, np.clip(base + 0.8 * lost, 0, 1))
    rng = stream("monitoring", "slow")
    share = np.full(requests.shape, 0.02)
    ahead = np.concatenate([conversions.surprise(scale)[LEAD:], np.zeros(LEAD)])
    lead = 0.045 - 0.011 * ahead + 0.008 * rng.standard_normal(clock.DAYS)
    share[:, SERVICE_IDS.index("checkout")] = np.clip(lead, 0.002, 0.2)[day]
    slow = rng.binomial(requests, share)
    service = np.tile(np.arange(len(SERVICE_IDS)), len(start))
    return Served(np.repeat(start, len(SERVICE_IDS)), service, requests.ravel(), errors.ravel(), slow.ravel())


def _down_share(start: np.ndarray, down: Outages) -> np.ndarray:
    """Share of each interval in which each service was down."""
    share = np.zeros((len(start), len(SERVICE_IDS)))
    for begin, end, service in zip(down.start, down.end, down.service, strict=True):
        overlap = np.minimum(end, start + INTERVAL) - np.maximum(begin, start)
        share[:, service] += np.maximum(overlap, 0) / INTERVAL
    return np.minimum(share, 1)


def _write_usage(out: Path, served: Served, cut: int, ledger: Ledger) -> None:
    """Columns as the agent counts: thousandths of cores, MiB. The load follows the season, not the scale."""
    rng = stream("monitoring", "load")
    start, service = served.start, served.service
    day = clock.day_number(start)
    hour = clock.local(start) % clock.DAY // clock.HOUR
    busy = np.array(demand.HOURS_ONLINE).reshape(-1, 4).mean(axis=1)[hour // 4] / max(demand.HOURS_ONLINE)
    load = np.clip(0.12 + 0.42 * demand.curve()[day] * busy + 0.03 * rng.standard_normal(len(start)), 0.02, 0.98)
    held = np.clip(0.45 + 0.15 * load + 0.02 * rng.standard_normal(len(start)), 0.05, 0.98)
    position = np.arange(len(start))
    marks = mess.mark("monitoring.usage", position)
    twice = 1 + (marks == mess.code("monitoring.usage", "duplicate"))
    row, marks = np.repeat(position, twice), np.repeat(marks, twice)
    first = np.concatenate([[True], row[1:] != row[:-1]])
    marks = mess.spared(marks, (marks == mess.code("monitoring.usage", "duplicate")) & first)
    known = start[row] + INTERVAL <= cut
    row, marks = row[known], marks[known]
    ledger.wrote("monitoring.usage", marks)
    month = np.array([f"{each:%Y-%m}" for each in clock.days()])[day[row]]
    names = text.put(
        text.pick(SERVICE_IDS, service[row]),
        marks == mess.code("monitoring.usage", "unknown_service"),
        "legacy_intranet",
    )
    cpu = (load[row] * 100).astype(np.int64) * _CORES[service[row]] * 10
    memory = (held[row] * 100).astype(np.int64) * _MEMORY[service[row]] // 100
    for name in np.unique(month):
        of_month = np.flatnonzero(month == name)
        chosen = row[of_month]
        write_parquet(
            out / "extracts" / "monitoring" / f"usage-{name}.parquet",
            {
                "service": names.take(pa.array(of_month)),
                "interval_start": timestamps(start[chosen]),
                "interval_seconds": pa.array(np.full(len(chosen), INTERVAL)),
                "cpu_millicores": pa.array(cpu[of_month]),
                "cpu_limit_millicores": pa.array(_CORES[service[chosen]] * 1000),
                "memory_mib": pa.array(memory[of_month]),
                "memory_limit_mib": pa.array(_MEMORY[service[chosen]]),
                "requests": pa.array(served.requests[chosen]),
                "errors": pa.array(served.errors[chosen]),
                "slow": pa.array(served.slow[chosen]),
            },
        )


def _write_objectives(out: Path, served: Served, cut: int, ledger: Ledger) -> None:
    """Each objective counts the requests of a day, once the day is over."""
    goals = "".join(
        f"{name}-availability,{name} answers,{name},{'0.998' if name in ('checkout', 'payments') else '0.995'},28,\n"
        for name in SERVICE_IDS
    )
    content = _GOALS.format(availability=goals)
    folder = out / "extracts" / "monitoring"
    write_file(folder / "slos.csv", content.encode())
    ledger.wrote("monitoring.slos", np.zeros(content.count("\n") - 1, np.int8))
    day = clock.day_number(served.start)
    shape = (clock.DAYS, len(SERVICE_IDS))
    valid, failed, late = (np.zeros(shape, np.int64) for _ in range(3))
    for total, part in ((valid, served.requests), (failed, served.errors), (late, served.slow)):
        np.add.at(total, (day, served.service), part)
    columns = [(f"{name}-availability", n, failed) for n, name in enumerate(SERVICE_IDS)]
    columns += [("identity-complete", SERVICE_IDS.index("identity"), failed)]
    columns += [(f"{name}-fast", SERVICE_IDS.index(name), late) for name in _FAST]
    over = int(sum(clock.cut_after(each) <= cut for each in clock.days()))
    today = np.repeat(np.arange(over), len(columns))
    of = np.tile(np.arange(len(columns)), over)
    at = np.array([n for _, n, _ in columns])[of]
    bad = np.stack([wrong[:, n] for _, n, wrong in columns], axis=1)[today, of]
    first_day = clock.midnight(clock.START) // clock.DAY + 1
    lines = [
        text.pick([name for name, _, _ in columns], of),
        text.iso_date(first_day + today),
        text.number(valid[today, at] - bad),
        text.number(valid[today, at]),
    ]
    marks = mess.mark("monitoring.slo_days", np.arange(len(of)))
    lines[2] = text.put(lines[2], marks == mess.code("monitoring.slo_days", "type_drift"), "NaN")
    write_file(folder / "slo_days.csv.gz", b"slo,day,good,valid\n" + body(text.lines(lines, ",")))
    ledger.wrote("monitoring.slo_days", marks)


def _correlation(served: Served, surprise: np.ndarray, cut: int) -> float | None:
    """Correlation of the slow share of checkout with the outcome of two days later, over the days known."""
    mine = served.service == SERVICE_IDS.index("checkout")
    day = clock.day_number(served.start[mine])
    asked, late = (np.bincount(day, part[mine], clock.DAYS) for part in (served.requests, served.slow))
    days = np.flatnonzero((asked > 0) & (np.arange(clock.DAYS) < clock.day_number(np.array([cut - 1]))[0] + 1 - LEAD))
    if len(days) < 30:
        return None
    return round(float(np.corrcoef(late[days] / asked[days], surprise[days + LEAD])[0, 1]), 4)
