"""The billing system: subscriptions to the flower box, a product line that was launched within the records."""

from datetime import date
from pathlib import Path

import numpy as np

from retailer_generator import clock, demand, masters, text
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.masters import Masters
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

SUBSCRIPTIONS = 900
LAUNCH = date(2025, 2, 3)
MONTHLY_LOSS = 0.045
_PLANS, _PRICES = ["BOX-S", "BOX-L"], [1490, 2490]


def write(out: Path, scale: float, people: Masters, cut: int, ledger: Ledger) -> None:
    """Writes the list of subscriptions, whole; some customers change from the small box to the large one."""
    rng = stream("billing", "subscriptions")
    first = (LAUNCH - clock.START).days
    shape = np.where(np.arange(clock.DAYS) >= first, demand.curve(), 0)
    per_day = demand.daily("billing.subscriptions", SUBSCRIPTIONS * scale, shape)
    start = np.repeat(np.arange(clock.DAYS), per_day)
    customer = people.customer_at(demand.times(start, demand.HOURS_ONLINE, rng), rng)
    plan = (rng.random(len(start)) < 0.35).astype(np.int64)
    end = start + 30 * rng.geometric(MONTHLY_LOSS, len(start))
    upgrades = (plan == 0) & (rng.random(len(start)) < 0.12)
    change = start + 60 + rng.integers(0, 60, len(start))
    upgrades &= change < end
    begin = np.concatenate([start, change[upgrades]])
    stop = np.concatenate([np.where(upgrades, change, end), end[upgrades]])
    who = np.concatenate([customer, customer[upgrades]])
    plan = np.concatenate([plan, np.ones(int(upgrades.sum()), np.int64)])
    moved = np.concatenate([upgrades, np.zeros(int(upgrades.sum()), bool)])
    order = np.argsort(begin, kind="stable")
    begin, stop, who, plan, moved = (column[order] for column in (begin, stop, who, plan, moved))
    today = (cut - clock.HOUR) // clock.DAY
    zero = clock.midnight(clock.START) // clock.DAY + 1
    seen = np.flatnonzero(begin + zero <= today)
    ended = (stop[seen] + zero) <= today
    reason = text.pick(["cancelled by customer", "changed plan"], moved[seen].astype(np.int64))
    columns = [
        text.numbered("SUB", seen + 1, 5),
        masters.customer_no(who[seen]),
        masters.email(who[seen]),
        text.pick(_PLANS, plan[seen]),
        text.iso_date(begin[seen] + zero),
        text.put(text.iso_date(np.where(ended, stop[seen], 0) + zero), ~ended, ""),
        text.put(reason, ~ended, ""),
        text.decimal(np.array(_PRICES)[plan[seen]]),
    ]
    head = b"subscription,customer_no,billing_email,plan,starts,ends,end_reason,monthly_net\n"
    write_file(out / "extracts" / "billing" / "subscriptions.csv.gz", head + body(text.lines(columns, ",")))
    ledger.wrote("billing.subscriptions", np.zeros(len(seen), np.int8))
