"""The cloud provider's billing export: FOCUS columns, one Parquet file per billing month, in UTC days.

Compute runs partly under a yearly commitment that was paid in advance: bought once, then used or unused day by day.
Resources of the sandbox account carry no tags.
"""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from retailer_generator import clock, mess, text
from retailer_generator.company import SERVICE_IDS, SERVICES
from retailer_generator.files import timestamps, write_parquet
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

UNIT = 10**10
"""Costs are counted in ten-billionths of a euro."""

LIST_FACTOR = 1.18
COMMITTED = {date(2024, 10, 1): 9, date(2025, 10, 1): 12}
"""Euros a day of the commitment that begins on a day and lasts a year."""

_ACCOUNTS = {
    "shop": ("storefront", "search", "checkout", "payments", "product_catalogue", "customer_accounts"),
    "fulfilment": ("order_management", "warehouse"),
    "platform": ("erp", "identity", "messaging"),
    "data": ("data_platform",),
}
_ACCOUNT_OF = {service: account for account, services in _ACCOUNTS.items() for service in services}
_KINDS = {  # kind: service name, category, euros a day
    "compute": ("Nimbus Machines", "Compute", 3.4),
    "database": ("Nimbus SQL", "Databases", 2.6),
    "queue": ("Nimbus Queue", "Integration", 0.00031),
}
_SANDBOX = "sandbox"
_TAGS, _EFFECTIVE = 9, 11  # places in a charge

Charge = tuple[Any, ...]
"""Day, the columns of FOCUS from ChargeCategory to Tags, and the four costs in `UNIT`."""


def write(out: Path, scale: float, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes the months that have begun, each with the days that are over; returns the untagged cost planted."""
    shown = [day for day in clock.days() if clock.midnight(day) < cut]
    number, untagged, total = 0, 0, 0
    for month in clock.months(shown[-1]):
        rows = [row for day in shown if (day.year, day.month) == (month.year, month.month) for row in _day(day, scale)]
        marks = mess.mark("cloud.charges", np.arange(number, number + len(rows)))
        number += len(rows)
        _write_month(out / "extracts" / "cloud" / f"focus-{month:%Y-%m}.parquet", month, rows, marks)
        ledger.wrote("cloud.charges", marks)
        sound = [row for row, mark in zip(rows, marks.tolist(), strict=True) if mark == 0]
        total += sum(row[_EFFECTIVE] for row in sound)
        untagged += sum(row[_EFFECTIVE] for row in sound if row[_TAGS] is None)
    return {
        "effective_cost": _euros(total),
        "untagged_effective_cost": _euros(untagged),
        "untagged_share": round(untagged / total, 6),
    }


def _euros(units: int) -> str:
    return f"{units // UNIT}.{units % UNIT:010}"


def _day(day: date, scale: float) -> list[Charge]:
    """Charges of a day: usage, the commitment's day, and on the month's last day a tax and now and then a credit."""
    rng = stream("cloud", day)
    growth = 1 + 0.25 * (day - clock.START).days / clock.DAYS
    resources = max(1, round(scale))
    rows = _commitment(day, rng)
    for service in SERVICE_IDS:
        for kind, (_, _, euros) in _KINDS.items():
            if kind == "compute" or (kind == "database" and service in _WITH_DATABASE) or service == "messaging":
                for resource in range(resources):
                    cost = _cost(euros * growth * _SIZE[service] * rng.normal(1, 0.06))
                    rows.append(_usage(day, service, kind, resource, cost))
    for resource in range(resources):
        rows.append(_usage(day, _SANDBOX, "compute", resource, _cost(5.6 * growth * rng.normal(1, 0.2))))
    if (day + timedelta(days=1)).month != day.month:
        rows.append((day, "Tax", None, None, None, None, None, "platform", None, None, *[_cost(41.5)] * 4))
        if day.month % 4 == 0:
            rows.append((day, "Credit", None, None, None, None, None, "platform", None, None, *[-_cost(60)] * 4))
    return rows


_SIZE = {service.id: 0.6 + 4 * service.change_share for service in SERVICES}
_WITH_DATABASE = ("storefront", "checkout", "order_management", "data_platform", "erp")


def _cost(euros: float) -> int:
    """An amount: cents where it is large enough, else every fraction."""
    return round(euros * 100) * UNIT // 100 if euros >= 0.05 else round(euros * UNIT)


def _usage(day: date, service: str, kind: str, resource: int, cost: int) -> Charge:
    name, category, _ = _KINDS[kind]
    tags = None if service == _SANDBOX else json.dumps({"env": "prod", "service": service})
    account = _SANDBOX if service == _SANDBOX else _ACCOUNT_OF[service]
    listed = round(cost * LIST_FACTOR)
    return (day, "Usage", "Standard", name, category, None, None, account, f"{service}-{kind}-{resource}", tags,
            cost, cost, listed, cost)  # fmt: skip


def _commitment(day: date, rng: np.random.Generator) -> list[Charge]:
    begins = max(first for first in COMMITTED if first <= day)
    id, daily = f"cud-{begins.year}", COMMITTED[begins] * UNIT
    rows: list[Charge] = []
    if day == begins:
        year = daily * 365
        rows.append((day, "Purchase", "Standard", "Nimbus Machines", "Compute", id, None, "platform", id, None,
                     year, 0, year, year))  # fmt: skip
    share = 0.97 if begins.year == 2024 else 0.97 - 0.16 * max(0, (day - date(2026, 3, 1)).days) / 214
    used = int(daily * min(1, rng.normal(share, 0.015)) / (UNIT // 100)) * (UNIT // 100)
    half = used // 2 // (UNIT // 100) * (UNIT // 100)
    for service, cost in (("checkout", half), ("storefront", used - half)):
        tags = json.dumps({"env": "prod", "service": service})
        rows.append((day, "Usage", "Committed", "Nimbus Machines", "Compute", id, "Used", "shop", f"{service}-base",
                     tags, 0, cost, round(cost * 1.45), round(cost * LIST_FACTOR)))  # fmt: skip
    if used < daily:
        rows.append((day, "Usage", "Committed", "Nimbus Machines", "Compute", id, "Unused", "platform", id, None,
                     0, daily - used, 0, 0))  # fmt: skip
    return rows


def _write_month(path: Path, month: date, rows: list[Charge], marks: np.ndarray) -> None:
    (day, category, pricing, name, kind, commitment, status, account, resource, tags, billed, effective, listed,
     contracted) = (list(column) for column in zip(*rows, strict=True))  # fmt: skip
    begins = np.array([int(datetime(each.year, each.month, each.day, tzinfo=UTC).timestamp()) for each in day])
    billing = int(datetime(month.year, month.month, 1, tzinfo=UTC).timestamp())
    categories = text.put(pa.array(category), marks == mess.code("cloud.charges", "unknown_category"), "Consumption")
    blank = (marks == mess.code("cloud.charges", "missing_cost")).tolist()
    count = len(rows)
    write_parquet(
        path,
        {
            "BillingAccountId": pa.array(["harbour-home"] * count),
            "BillingCurrency": pa.array(["EUR"] * count),
            "BillingPeriodStart": timestamps(np.full(count, billing)),
            "ChargePeriodStart": timestamps(begins),
            "ChargeCategory": categories,
            "PricingCategory": pa.array(pricing, pa.string()),
            "ProviderName": pa.array(["Nimbus Cloud"] * count),
            "ServiceName": pa.array(name, pa.string()),
            "ServiceCategory": pa.array(kind, pa.string()),
            "SubAccountId": pa.array(account),
            "ResourceId": pa.array(resource, pa.string()),
            "CommitmentDiscountId": pa.array(commitment, pa.string()),
            "CommitmentDiscountCategory": pa.array([each and "Spend" for each in commitment], pa.string()),
            "CommitmentDiscountType": pa.array([each and "Committed Use" for each in commitment], pa.string()),
            "CommitmentDiscountStatus": pa.array(status, pa.string()),
            "BilledCost": _exact(billed),
            "EffectiveCost": _exact([None if gone else each for each, gone in zip(effective, blank, strict=True)]),
            "ListCost": _exact(listed),
            "ContractedCost": _exact(contracted),
            "Tags": pa.array(tags, pa.string()),
        },
    )


def _exact(costs: list[int | None]) -> pa.Array:
    """Costs as decimals with ten places, without floats."""
    units = np.array([0 if cost is None else cost for cost in costs], np.int64)
    cells = text.put(text.decimal(units, 10), np.array([cost is None for cost in costs]), None)
    return cells.cast(pa.decimal128(20, 10))
