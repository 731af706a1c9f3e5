"""Exchange rates of working days: euros for one unit of a currency. Weekends are missing on purpose."""

from pathlib import Path

import numpy as np

from retailer_generator import clock, mess, text
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

FIRST_RATE = {"CHF": 1.052, "GBP": 1.178, "PLN": 0.2342}


def write(out: Path, cut: int, ledger: Ledger) -> None:
    days = np.flatnonzero(clock.weekdays() < 5)
    paths = [
        first * np.exp(np.cumsum(stream("fx", currency).normal(0, 0.0028, len(days))))
        for currency, first in FIRST_RATE.items()
    ]
    rates = np.rint(np.stack(paths, axis=1) * 100_000).astype(np.int64).ravel()
    day = np.repeat(days, len(FIRST_RATE))
    since_1970 = day + clock.midnight(clock.START) // clock.DAY + 1
    seen = since_1970 * clock.DAY < cut
    marks = mess.mark("fx.rates", np.arange(len(rates)))[seen]
    currency = text.pick(list(FIRST_RATE), np.tile(np.arange(len(FIRST_RATE)), len(days))[seen])
    rate = text.put(text.decimal(rates[seen], 5), marks > 0, "n.a.")
    lines = text.lines([text.iso_date(since_1970[seen]), currency, rate], ",")
    write_file(out / "extracts" / "fx" / "rates.csv", b"date,currency,eur_per_unit\n" + body(lines))
    ledger.wrote("fx.rates", marks)
