"""The ledger's export of cost postings: one growing file with semicolons, decimal commas and German dates.

A posting names account and cost centre; about half of them name a service as their cost object.
"""

from datetime import date
from pathlib import Path

import numpy as np

from retailer_generator import clock, mess, spending, text
from retailer_generator.company import SERVICES
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

_HEADER = "document;line;posting_date;account;cost_centre;cost_object;vendor;tower;amount;currency;tag;innovation"
_NAMES = {service.id: service.name for service in SERVICES}


def write(out: Path, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes the postings whose day is over; returns the overspending that is planted."""
    line, day, cents = _postings()
    seen = np.array([clock.midnight(each) for each in clock.days()])[day] < cut
    row = np.arange(len(line))
    marks = mess.mark("ledger.postings", row)[seen]
    copies = 1 + (marks == mess.code("ledger.postings", "duplicate"))
    row, marks = np.repeat(row[seen], copies), np.repeat(marks, copies)
    copy = np.concatenate([[False], row[1:] == row[:-1]])
    duplicate = mess.code("ledger.postings", "duplicate")
    marks = np.where((marks == duplicate) & ~copy, 0, marks).astype(np.int8)
    listed = line[row]

    def coded(name: str) -> list[str]:
        return [str(getattr(each, name) or "") for each in spending.LINES]

    since_1970 = day + (clock.START - date(1970, 1, 1)).days
    services = [_NAMES.get(each.service or "", "") for each in spending.LINES]
    amount = text.decimal(cents[row], 2, ",")
    columns = [
        text.numbered("B", row // 3 + 1, 6),
        text.number(row % 3 + 1),
        text.dot_date(since_1970[row]),
        text.pick(coded("account"), listed),
        text.pick(coded("cost_centre"), listed),
        text.put(text.pick(services, listed), marks == mess.code("ledger.postings", "unknown_service"), "Telex"),
        text.pick(coded("vendor"), listed),
        text.pick(coded("tower"), listed),
        text.put(amount, marks == mess.code("ledger.postings", "type_drift"), "siehe Anlage"),
        text.put(text.pick(["EUR"], np.zeros(len(row), np.int64)), _is(marks, "unknown_currency"), "XXX"),
        text.pick(coded("tag"), listed),
        text.pick(coded("innovation"), listed),
    ]
    write_file(out / "extracts" / "ledger" / "postings.csv", _HEADER.encode() + b"\n" + body(text.lines(columns, ";")))
    ledger.wrote("ledger.postings", marks)
    first = np.concatenate([[True], row[1:] != row[:-1]])
    sound = first & ~_is(marks, "type_drift") & ~_is(marks, "unknown_currency")
    return _overspending(listed, day[row], cents[row], sound)


def _overspending(line: np.ndarray, day: np.ndarray, cents: np.ndarray, sound: np.ndarray) -> dict[str, object]:
    """What the overspent cost centre spent, in cents by month since it began."""
    centre = np.array([each.cost_centre for each in spending.LINES])
    spent: dict[str, int] = {}
    chosen = sound & (centre[line] == spending.OVERSPENT)
    for number, amount in zip(day[chosen].tolist(), cents[chosen].tolist(), strict=True):
        month = clock.days()[number].isoformat()[:7]
        spent[month] = spent.get(month, 0) + amount
    months = [month.isoformat()[:7] for month in clock.months(clock.END)][spending.OVERSPENT_SINCE :]
    since = {month: spent[month] for month in months if month in spent}
    return {"cost_centre": spending.OVERSPENT, "cents_by_month": since}


def _is(marks: np.ndarray, kind: str) -> np.ndarray:
    return marks == mess.code("ledger.postings", kind)


def _postings() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Line, day number and cents of every posting in the order of posting."""
    rng = stream("ledger", "postings")
    parts = []
    for position, month in enumerate(clock.months(clock.END)):
        days = clock.month_days(month)
        working = days[clock.weekdays()[days] < 5]
        for number, line in enumerate(spending.LINES):
            share = rng.dirichlet(np.full(line.postings, 9.0))
            total = line.monthly * spending.factor(line, position) * rng.normal(1, 0.05)
            cents = np.rint(total * 100 * share).astype(np.int64)
            parts.append((np.full(line.postings, number), rng.choice(working, line.postings), cents))
    line, day, cents = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(day, kind="stable")
    return line[order], day[order], cents[order]
