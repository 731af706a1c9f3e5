"""The purchasing system: vendors, contracts, purchase order lines, receipts and invoices as JSON lines and CSV.

Goods are ordered for the shelf; services and software are invoiced under contracts. What is shown is what the
system knew at the cut: a line is open until all of it came, an invoice is unpaid until it is paid.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, mess, spending, text
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.masters import PRODUCTS, sku
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream
from retailer_generator.vendors import DECLINING, GOODS, VENDORS

LINES = 2600
DECLINE_FROM, DECLINE_DAYS = date(2026, 4, 1), 183
DECLINED_TO = 0.35
"""Share of on-time deliveries that the declining vendor has fallen to at the end."""

RATE = {"EUR": 1.0, "CHF": 0.95, "GBP": 0.85, "PLN": 4.3}
_FIRST = (clock.START - date(1970, 1, 1)).days
_OPEN = 10**6
_TERMS = 30
_DECLINING = [vendor.id for vendor in GOODS].index(DECLINING)


@dataclass(frozen=True)
class Purchases:
    """Purchase order lines and their receipts; days since 1970, `_OPEN` for never."""

    vendor: np.ndarray  # position in GOODS
    ordered: np.ndarray
    committed: np.ndarray
    quantity: np.ndarray
    product: np.ndarray
    cents: np.ndarray  # of a unit, in the vendor's currency
    cancelled: np.ndarray
    received: np.ndarray  # two receipts at most: days
    parts: np.ndarray  # and units
    rejected: np.ndarray


def make(scale: float) -> Purchases:
    """Orders for goods follow the seasons of demand; a vendor keeps its day by its own odds."""
    rng = stream("procurement", "lines")
    per_day = demand.daily("procurement.lines", LINES * scale, demand.curve() * (clock.weekdays() < 5))
    ordered = _FIRST + np.repeat(np.arange(clock.DAYS), per_day)
    count = len(ordered)
    share = np.array([vendor.share for vendor in GOODS])
    vendor = rng.choice(len(GOODS), count, p=share / share.sum())
    committed = _weekday(ordered + rng.integers(10, 35, count))
    quantity = rng.integers(2, 40, count) * 5
    on_time = rng.random(count) < _odds(vendor, committed)
    late_days = np.array([each.late_days for each in GOODS])[vendor]
    off = np.where(rng.random(count) < 0.2, -rng.integers(1, 6, count), late_days + 1 + rng.integers(0, 9, count))
    last = committed + np.where(on_time, rng.integers(0, late_days + 1, count), off)
    in_parts = rng.random(count) < 0.12
    first_units = np.where(in_parts, quantity * rng.integers(3, 8, count) // 10, quantity)
    received = np.stack([np.where(in_parts, last - rng.integers(1, 5, count), last), np.where(in_parts, last, _OPEN)])
    parts = np.stack([first_units, quantity - first_units])
    odds = np.array([each.rejected for each in GOODS])[vendor] * 6  # one delivery in six has all the bad units
    rejected = np.where(rng.random((2, count)) < 1 / 6, rng.binomial(parts, odds), 0)
    cancelled = np.where(rng.random(count) < 0.02, ordered + rng.integers(1, 6, count), _OPEN)
    received = np.where(cancelled != _OPEN, _OPEN, received)
    price = np.array([RATE[each.currency] for each in GOODS])[vendor]
    cents = np.rint(rng.lognormal(2.1, 0.5, count) * price * 100).astype(np.int64)
    product = rng.integers(0, PRODUCTS * 3 // 5, count)
    return Purchases(vendor, ordered, committed, quantity, product, cents, cancelled, received, parts, rejected)


def _odds(vendor: np.ndarray, committed: np.ndarray) -> np.ndarray:
    odds = np.array([each.on_time for each in GOODS])[vendor]
    way = np.clip((committed - (DECLINE_FROM - date(1970, 1, 1)).days) / DECLINE_DAYS, 0, 1)
    return np.where(vendor == _DECLINING, odds - way * (odds - DECLINED_TO), odds)


def _weekday(day: np.ndarray) -> np.ndarray:
    """The day, or the Monday after a weekend (1970-01-01 was a Thursday)."""
    weekday = (day + 3) % 7
    return day + np.where(weekday > 4, 7 - weekday, 0)


def write(out: Path, purchases: Purchases, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes the five exports as of the cut; returns the decline that is planted."""
    folder = out / "extracts" / "procurement"
    today = int(clock.day_number(np.array([cut - 1]))[0]) + _FIRST
    _write_masters(folder, ledger)
    known = np.flatnonzero(purchases.ordered <= today)
    _write_lines(folder, purchases, known, today, ledger)
    _write_receipts(folder, purchases, known, today, ledger)
    _write_invoices(folder, purchases, today, ledger)
    return _decline(purchases, today)


def _decline(purchases: Purchases, today: int) -> dict[str, object]:
    """The declining vendor's lines by the month in which their window ended, and how many of them were on time."""
    lines = np.arange(len(purchases.ordered))
    due = purchases.committed + np.array([each.late_days for each in GOODS])[purchases.vendor]
    complete = _complete(purchases)
    counted = (due <= today) & (purchases.cancelled > today)
    counted &= (mess.mark("procurement.purchase_order_lines", lines) == 0) & (purchases.vendor == _DECLINING)
    kept = (complete <= today) & (complete >= purchases.committed) & (complete <= due)
    months: dict[str, list[int]] = {}
    for day, good in zip(due[counted].tolist(), kept[counted].tolist(), strict=True):
        tally = months.setdefault(_iso(day)[:7], [0, 0])
        tally[0] += good
        tally[1] += 1
    by_month = dict(sorted(months.items()))
    return {"vendor": DECLINING, "since": DECLINE_FROM.isoformat(), "on_time_and_due_by_month": by_month}


def _complete(purchases: Purchases) -> np.ndarray:
    """Day on which all of a line had come."""
    return np.where(purchases.received[1] != _OPEN, purchases.received[1], purchases.received[0])


def _write_masters(folder: Path, ledger: Ledger) -> None:
    rows = [f"{each.id};{each.name};{each.category};{each.country}" for each in VENDORS]
    write_file(folder / "vendors.csv", b"vendor_no;name;category;country\n" + body(pa.array(rows)))
    ledger.wrote("procurement.vendors", np.zeros(len(rows), np.int8))
    terms = []
    for number, each in enumerate(VENDORS):
        for year, (begins, ends) in enumerate((("2024-01-01", "2025-12-31"), ("2026-01-01", "2027-12-31"))):
            committed = 20_000 + 5_000 * (number % 7)
            terms.append(f"C-{number + 1:03}-{year + 1};{each.id};{begins};{ends};{committed};{each.currency}")
    head = b"contract_no;vendor_no;valid_from;valid_to;committed_value;currency\n"
    write_file(folder / "contracts.csv", head + body(pa.array(terms)))
    ledger.wrote("procurement.contracts", np.zeros(len(terms), np.int8))


def _line_no(index: np.ndarray) -> pa.Array:
    return text.join(_order_no(index), "-10")


def _order_no(index: np.ndarray) -> pa.Array:
    return text.numbered("PO", index + 1, 6)


def _json(pairs: dict[str, pa.Array]) -> pa.Array:
    fields = [text.join(f'"{name}":', value) for name, value in pairs.items()]
    return text.join("{", text.lines(fields, ","), "}")


def _write_lines(folder: Path, all_lines: Purchases, known: np.ndarray, today: int, ledger: Ledger) -> None:
    marks = mess.mark("procurement.purchase_order_lines", known)
    vendor = all_lines.vendor[known]
    complete = _complete(all_lines)[known] <= today
    status = np.where(all_lines.cancelled[known] <= today, 2, np.where(complete, 1, 0))
    total = all_lines.cents[known] * all_lines.quantity[known]
    drifted = marks == mess.code("procurement.purchase_order_lines", "type_drift")
    unknown = marks == mess.code("procurement.purchase_order_lines", "unknown_vendor")
    lines = _json(
        {
            "po_line": text.quoted(_line_no(known)),
            "po": text.quoted(_order_no(known)),
            "vendor": text.quoted(text.put(text.pick([each.id for each in GOODS], vendor), unknown, "V-9999")),
            "contract": text.quoted(text.pick(_contracts_of_goods(), vendor * 2 + _second_term(all_lines, known))),
            "sku": text.quoted(sku(all_lines.product[known])),
            "ordered": text.quoted(text.iso_date(all_lines.ordered[known])),
            "committed": text.quoted(text.iso_date(all_lines.committed[known])),
            "tolerance_days": text.number(np.array([each.late_days for each in GOODS])[vendor]),
            "quantity": text.put(text.number(all_lines.quantity[known]), drifted, '"a pallet"'),
            "value": text.decimal(total),
            "currency": text.quoted(text.pick([each.currency for each in GOODS], vendor)),
            "state": text.quoted(text.pick(["OPEN", "RECEIVED", "CANCELLED"], status)),
        }
    )
    write_file(folder / "purchase_order_lines.jsonl.gz", body(lines))
    ledger.wrote("procurement.purchase_order_lines", marks)


def _second_term(all_lines: Purchases, known: np.ndarray) -> np.ndarray:
    return (all_lines.ordered[known] >= (date(2026, 1, 1) - date(1970, 1, 1)).days).astype(np.int64)


def _contracts_of_goods() -> list[str]:
    numbers = [number + 1 for number, each in enumerate(VENDORS) if each.category == "goods"]
    return [f"C-{number:03}-{term}" for number in numbers for term in (1, 2)]


def _write_receipts(folder: Path, all_lines: Purchases, known: np.ndarray, today: int, ledger: Ledger) -> None:
    """A log in the order of arrival."""
    line = np.tile(known, 2)
    part = np.repeat([0, 1], len(known))
    day = all_lines.received[part, line]
    arrived = day <= today
    line, part, day = line[arrived], part[arrived], day[arrived]
    order = np.lexsort((part, line, day))
    line, part, day = line[order], part[order], day[order]
    marks = mess.mark("procurement.receipts", np.arange(len(line)))
    units, bad = all_lines.parts[part, line], all_lines.rejected[part, line]
    bad = np.where(marks == mess.code("procurement.receipts", "rejected_above_received"), units + 7, bad)
    named = text.put(_line_no(line), marks == mess.code("procurement.receipts", "unknown_line"), "PO999999-10")
    reason = text.put(text.pick([""], np.zeros(len(line), np.int64)), bad > 0, "damaged")
    columns = [text.numbered("GR", np.arange(len(line)) + 1, 6), named, text.iso_date(day), text.number(units)]
    rows = text.lines([*columns, text.number(bad), reason], ",")
    head = b"receipt,po_line,received,quantity,rejected,reason\n"
    write_file(folder / "receipts.csv.gz", head + body(rows))
    ledger.wrote("procurement.receipts", marks)


def _write_invoices(folder: Path, all_lines: Purchases, today: int, ledger: Ledger) -> None:
    """One invoice per complete goods line, and the monthly ones of everybody else."""
    rng = stream("procurement", "invoices")
    complete = _complete(all_lines)
    delivered = np.flatnonzero(complete != _OPEN)
    rows = [
        (
            int(complete[index]) + 2,
            GOODS[all_lines.vendor[index]],
            f"PO{index + 1:06}",
            "1200",
            int(all_lines.cents[index]) * int(all_lines.quantity[index] - all_lines.rejected[:, index].sum()),
        )
        for index in delivered.tolist()
    ]
    named = {vendor.id: vendor for vendor in VENDORS}
    for month in clock.months(clock.END):
        day = (month - date(1970, 1, 1)).days + 4
        for line in spending.LINES:
            if line.vendor and line.service in (None, "erp", "identity", "checkout"):
                vendor = named[line.vendor]
                rows.append((day, vendor, "", line.cost_centre, round(line.monthly * 100 * RATE[vendor.currency])))
    rows.sort(key=lambda row: (row[0], row[1].id, row[2], row[3], row[4]))
    paid = [day + _TERMS + int(delay) for (day, *_), delay in zip(rows, rng.integers(-12, 4, len(rows)), strict=True)]
    dearer = (rng.random(len(rows)) < 0.04).tolist()
    shown = [number for number, row in enumerate(rows) if row[0] <= today]
    marks = mess.mark("procurement.invoices", np.array(shown, np.int64))
    wrong = mess.code("procurement.invoices", "due_before_invoiced")
    lines = []
    for number, mark in zip(shown, marks.tolist(), strict=True):
        day, vendor, order, centre, cents = rows[number]
        due = _iso(day - 1 if mark == wrong else day + _TERMS)
        settled = _iso(paid[number]) if paid[number] <= today else ""
        amount = f"{cents // 100}.{cents % 100:02}"
        head = f"IN{number + 1:06},{vendor.id},{order},{centre}"
        agreed = cents if not dearer[number] else cents * 100 // (104 + number % 7)
        matched = f"{agreed // 100}.{agreed % 100:02}" if order else ""
        lines.append(f"{head},{_iso(day)},{due},{settled},{amount},{matched},{vendor.currency}")
    head = b"invoice,vendor,po,cost_centre,invoiced,due,paid,amount,order_value,currency\n"
    write_file(folder / "invoices.csv.gz", head + body(pa.array(lines)))
    ledger.wrote("procurement.invoices", marks)


def _iso(day: int) -> str:
    return date.fromordinal(day + date(1970, 1, 1).toordinal()).isoformat()
