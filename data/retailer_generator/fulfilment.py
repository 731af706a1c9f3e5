"""What follows an order: attempts to pay at the payment provider, parcels of the warehouse, a partner's deliveries.

The provider writes files of events. The warehouse shows its shipments whole; the partner, who delivers what is bought
on the marketplace, sends a list in a format of its own, in local minutes.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, mess, outages, text
from retailer_generator.company import MARKETPLACE, STORE
from retailer_generator.erp import Orders
from retailer_generator.files import Export, body, timestamps, write_parquet
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import Numbers, stream

CARRIER, PARTNER = "V-2001", "V-2002"
PROMISED_DAYS = 5  # from the day of the order
LATE_FROM = clock.utc(2026, 4, 1)  # deliveries of the partner ordered since then come late
LATE_SHARE, LATE_BY = 0.45, 3 * clock.DAY
REFUSED, REFUSED_IN_OUTAGE = 0.04, 0.75
_METHODS = ["card", "paypal", "invoice", "instalments"]
_REASONS = ["insufficient funds", "card expired", "not authenticated", "limit exceeded"]
_PAYMENTS = "psp_reference,merchant_reference,created_at,method,event,reason,shopper_email"
_DELIVERIES = "Sendung|Auftrag|Zusage|Abholung|Zustellung|Vollständig|Empfänger"


class Fulfilment:
    """Collects what follows the orders month by month."""

    def __init__(self, out: Path, cut: int, daily: bool, ledger: Ledger):
        self._out, self._cut, self._ledger, self._numbers = out, cut, ledger, Numbers()
        self._payments = Export(
            lambda period: out / "extracts" / "payments" / f"payments-{period}.csv.gz",
            "payments.payments",
            _PAYMENTS,
            daily,
            ledger,
        )
        self._shipments: list[tuple[np.ndarray, ...]] = []
        self._deliveries: list[tuple[np.ndarray, ...]] = []

    def month(self, month: date, orders: Orders) -> None:
        """Takes one month of orders."""
        sound = (orders.marks == 0) | (orders.marks == mess.code("erp.orders", "late"))
        online = np.flatnonzero(sound & (orders.channel != STORE) & (orders.channel != MARKETPLACE))
        self._pay(month, orders, online)
        sent = orders.shipped_at != clock.NEVER
        self._ship(month, orders, online[sent[online]])
        self._hand_over(month, orders, np.flatnonzero(sound & (orders.channel == MARKETPLACE) & sent))
        self._payments.flush(month, self._cut)

    def write(self) -> dict[str, object]:
        """Writes shipments and deliveries; returns how the partner's deliveries came, before and since the change."""
        self._write_shipments()
        return self._write_deliveries()

    def _pay(self, month: date, orders: Orders, chosen: np.ndarray) -> None:
        """One attempt that succeeds for each order, before it now and then one that was refused."""
        rng = stream("fulfilment", "payments", month)
        at = orders.ordered_at[chosen]
        start, end = outages.PAYMENTS_DOWN
        risk = np.where((at >= start) & (at < end), REFUSED_IN_OUTAGE, REFUSED)
        refused = np.flatnonzero(rng.random(len(chosen)) < risk)
        row = np.sort(np.concatenate([np.arange(len(chosen)), refused]), kind="stable")
        again = np.concatenate([row[1:] == row[:-1], [False]]) if len(row) else np.zeros(0, bool)
        attempted = at[row] - np.where(again, 60 + rng.integers(0, 120, len(row)), 5)
        number = self._numbers.take("payments", len(row))
        marks = mess.mark("payments.payments", number)
        event = text.pick(["AUTHORISED", "REFUSED"], again.astype(np.int64))
        event = text.put(event, marks == mess.code("payments.payments", "unknown_event"), "CHARGEBACK_REVERSED")
        reason = text.put(text.pick(_REASONS, number % len(_REASONS)), ~again, "")
        columns = [
            text.numbered("PSP", number, 7),
            text.numbered("SO", orders.number[chosen[row]], 7),
            text.offset_iso(attempted),
            text.pick(_METHODS, rng.choice(4, len(row), p=[0.41, 0.36, 0.17, 0.06])),
            event,
            reason,
            text.join("shopper", text.numbered("", orders.number[chosen[row]], 1), "@mail.example"),
        ]
        self._payments.add(np.maximum(attempted, clock.midnight(month)), text.lines(columns, ","), marks)

    def _ship(self, month: date, orders: Orders, chosen: np.ndarray) -> None:
        """A parcel for each order; some lack an item, which follows three days later in a second one."""
        rng = stream("fulfilment", "shipments", month)
        lacks = rng.random(len(chosen)) < 0.03
        row = np.concatenate([chosen, chosen[lacks]])
        second = np.arange(len(row)) >= len(chosen)
        later = second * 3 * clock.DAY
        number = self._numbers.take("shipments", len(row))
        promised = clock.local(orders.ordered_at[row]) // clock.DAY + PROMISED_DAYS
        whole = np.concatenate([~lacks, np.ones(int(lacks.sum()), bool)])
        times = (orders.shipped_at[row] + later, orders.delivered_at[row] + later)
        self._shipments.append((number, orders.number[row], promised, *times, whole))

    def _hand_over(self, month: date, orders: Orders, chosen: np.ndarray) -> None:
        rng = stream("fulfilment", "deliveries", month)
        number = self._numbers.take("deliveries", len(chosen))
        slow = (orders.ordered_at[chosen] >= LATE_FROM) & (rng.random(len(chosen)) < LATE_SHARE)
        promised = clock.local(orders.ordered_at[chosen]) // clock.DAY + PROMISED_DAYS
        delivered = orders.delivered_at[chosen] + slow * LATE_BY
        whole = rng.random(len(chosen)) < 0.985
        self._deliveries.append((number, orders.number[chosen], promised, orders.shipped_at[chosen], delivered, whole))

    def _known(self, parts: list[tuple[np.ndarray, ...]]) -> tuple[np.ndarray, ...]:
        number, order, promised, shipped, delivered, whole = (np.concatenate(part) for part in zip(*parts, strict=True))
        seen = shipped < self._cut
        delivered = clock.known(delivered, self._cut)
        return tuple(column[seen] for column in (number, order, promised, shipped, delivered, whole))

    def _write_shipments(self) -> None:
        number, order, promised, shipped, delivered, whole = self._known(self._shipments)
        state = np.where(delivered == clock.NEVER, 0, 1)
        columns = {
            "shipment_no": text.numbered("SH", number, 7),
            "order_no": text.numbered("SO", order, 7),
            "carrier": pa.array([CARRIER] * len(number), pa.string()),
            "promised_on": pa.array(promised.astype("datetime64[D]")),
            "handed_over_at": timestamps(shipped // 60 * 60),
            "delivered_at": timestamps(np.where(delivered == clock.NEVER, clock.NEVER, delivered // 60 * 60)),
            "complete": pa.array(whole),
            "state": text.pick(["IN_TRANSIT", "DELIVERED"], state),
        }
        write_parquet(self._out / "extracts" / "logistics" / "shipments.parquet", columns)
        self._ledger.wrote("logistics.shipments", np.zeros(len(number), np.int8))

    def _write_deliveries(self) -> dict[str, object]:
        number, order, promised, shipped, delivered, whole = self._known(self._deliveries)
        marks = mess.mark("partner.deliveries", number)
        arrived = text.put(
            text.dot_minutes(delivered), marks == mess.code("partner.deliveries", "bad_date"), "32.01.2026 10:00"
        )
        columns = [
            text.numbered("AK-", number, 6),
            text.numbered("SO", order, 7),
            _dotted(promised),
            text.dot_minutes(shipped),
            arrived,
            text.pick(["nein", "ja"], whole.astype(np.int64)),
            text.join("Familie ", text.numbered("", order % 997 + 1, 1)),
        ]
        content = _DELIVERIES.encode() + b"\n" + body(text.lines(columns, "|"))
        write_file(self._out / "extracts" / "partner" / "alpenkurier.csv.gz", content)
        self._ledger.wrote("partner.deliveries", marks)
        return _partner(promised, delivered, whole, marks, self._cut)


def _partner(
    promised: np.ndarray, delivered: np.ndarray, whole: np.ndarray, marks: np.ndarray, cut: int
) -> dict[str, object]:
    """Counts the deliveries due by quarter, and those that came by their day and were complete."""
    day = np.where(delivered == clock.NEVER, clock.NEVER, clock.local(delivered) // clock.DAY)
    kept = whole & (day <= promised)
    due = (marks == 0) & (promised < (cut - clock.HOUR) // clock.DAY + 1)
    quarter = promised.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) // 3
    return {
        "vendor": PARTNER,
        "late_from": "2026-04-01",
        "quarters": {
            f"{1970 + q // 4}Q{q % 4 + 1}": {
                "due": int((due & (quarter == q)).sum()),
                "on_time_in_full": int((due & kept & (quarter == q)).sum()),
            }
            for q in np.unique(quarter[due]).tolist()
        },
    }


def _dotted(day: np.ndarray) -> pa.Array:
    """31.12.2025, of days since 1970."""
    stamp = np.datetime_as_string(day.astype("datetime64[D]"))
    return pa.array([f"{iso[8:10]}.{iso[5:7]}.{iso[:4]}" for iso in stamp.tolist()], pa.string())
