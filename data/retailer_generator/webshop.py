"""The web shop: sessions, carts, checkouts, and the refunds its service desk grants."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, masters, mess, outages, text
from retailer_generator.company import CATEGORIES, CURRENCIES, SHOP_CHANNELS
from retailer_generator.files import Export
from retailer_generator.masters import Masters
from retailer_generator.mess import Ledger
from retailer_generator.randomness import Numbers, stream

SESSIONS = 90_000
CART_SHARE, CHECKOUT_SHARE, COMPLETED_SHARE = 0.42, 0.58, 0.74
DEAL_NIGHT = (17 * clock.HOUR, 20.5 * clock.HOUR)  # Friday evenings, when visitors come to buy
SURVIVES = 0.25  # share of orders that get through an ordinary outage
_DEVICES = ["desktop", "tablet", "phone"]
_PAGES = ["/", "/sale", "/search", "/gifts", *(f"/c/{name}" for name in CATEGORIES)]
_PAYMENTS = ["card", "paypal", "invoice", "instalments"]
_REASONS = ["damaged", "not as described", "late delivery", "changed mind", "wrong item"]


@dataclass(frozen=True)
class Bought:
    """Completed checkouts: the orders that the ERP receives."""

    ordered_at: np.ndarray
    customer: np.ndarray
    cart: np.ndarray
    session: np.ndarray
    channel: np.ndarray  # 0 web, 1 mobile
    stopped: int  # orders that the planned checkout outage kept from happening


@dataclass(frozen=True)
class Refunds:
    """Refunds of one month's orders."""

    order: np.ndarray
    refunded_at: np.ndarray
    cents: np.ndarray
    currency: np.ndarray


class Webshop:
    """Makes the shop's records month by month and writes its exports."""

    def __init__(self, out: Path, scale: float, daily: bool, people: Masters, down: outages.Outages, ledger: Ledger):
        self._people, self._down, self._numbers = people, down, Numbers()
        self._per_day = demand.daily("webshop.sessions", SESSIONS * scale)
        self._exports = {
            name: Export(_path(out, name, ending), f"webshop.{name}", header, daily, ledger)
            for name, ending, header in [
                ("sessions", "csv.gz", "session_id,started_at,channel,device,landing_page,customer_no,email"),
                ("carts", "jsonl.gz", None),
                ("checkouts", "jsonl.gz", None),
                ("refunds", "csv.gz", "refund_id;order_no;refunded_at;amount;currency;reason"),
            ]
        }

    def month(self, month: date) -> Bought:
        """Makes one month of sessions and what came of them."""
        session, started, channel, visitor = self._sessions(month)
        rng = stream("webshop", "carts", month)
        chosen = rng.random(len(session)) < CART_SHARE
        session, channel, visitor = session[chosen], channel[chosen], visitor[chosen]
        created = started[chosen] + rng.integers(20, 900, len(session))
        order = np.argsort(created, kind="stable")
        session, channel, visitor, created = session[order], channel[order], visitor[order], created[order]
        cart, items = self._carts(rng, session, created, channel)
        return self._checkouts(month, created, cart, items, session, channel, visitor)

    def refund(self, refunds: Refunds, month: date) -> None:
        """Puts a month's refunds into the export."""
        rng = stream("webshop", "refunds", month)
        number = self._numbers.take("refunds", len(refunds.order))
        marks = mess.mark("webshop.refunds", number)
        kind = mess.kinds("webshop.refunds")
        order = text.put(
            text.numbered("SO", refunds.order, 7),
            marks == kind.index("unknown_order"),
            text.numbered("ZZ", refunds.order, 7),
        )
        reason = text.put(
            text.pick(_REASONS, rng.integers(0, len(_REASONS), len(number))),
            marks == kind.index("too_many_fields"),
            "damaged; box was open; photo attached",
        )
        columns = [
            text.numbered("RF", number, 6),
            order,
            text.dot_minutes(refunds.refunded_at),
            text.decimal(refunds.cents, point=","),
            text.pick(CURRENCIES, refunds.currency),
            reason,
        ]
        late = (marks == kind.index("late")) * (3 + number % 5) * clock.DAY
        self._exports["refunds"].add(refunds.refunded_at + late, text.lines(columns, ";"), marks)

    def flush(self, month: date, cut: int) -> None:
        for export in self._exports.values():
            export.flush(month, cut)

    def _sessions(self, month: date) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rng = stream("webshop", "sessions", month)
        days = clock.month_days(month)
        started = np.sort(demand.times(np.repeat(days, self._per_day[days]), demand.HOURS_ONLINE, rng))
        count = len(started)
        number = self._numbers.take("sessions", count)
        mobile_share = 0.42 + 0.13 * days[0] / clock.DAYS
        channel = (rng.random(count) < mobile_share).astype(np.int64)
        device = np.where(channel == 1, 2, (rng.random(count) < 0.15).astype(np.int64))
        visitor = np.where(rng.random(count) < 0.35, self._people.customer_at(started, rng), -1)
        page = np.minimum((rng.random(count) ** 2 * len(_PAGES)).astype(np.int64), len(_PAGES) - 1)
        marks = mess.mark("webshop.sessions", number)
        kind = mess.kinds("webshop.sessions")
        when = text.put(text.offset_iso(started), marks == kind.index("bad_date"), "2025-02-30T25:61:00+01:00")
        columns = [
            text.numbered("S", number, 8),
            when,
            text.pick(SHOP_CHANNELS, channel),
            text.pick(_DEVICES, device),
            text.pick(_PAGES, page),
            masters.customer_no(visitor),
            masters.email(visitor),
        ]
        lines = text.lines(columns, ",")
        lines = text.put(lines, marks == kind.index("too_few_fields"), text.lines(columns[:4], ","))
        more = [*columns[:5], text.pick(["utm"], np.zeros(count, dtype=np.int64)), *columns[5:]]
        lines = text.put(lines, marks == kind.index("too_many_fields"), text.lines(more, ","))
        self._export("sessions", number, started, lines, marks)
        return number, started, channel, visitor

    def _carts(
        self, rng: np.random.Generator, session: np.ndarray, created: np.ndarray, channel: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        count = len(session)
        number = self._numbers.take("carts", count)
        items = np.where(rng.random(count) < 0.03, 0, 1 + rng.poisson(1.2, count))
        value = (items * rng.lognormal(3.5, 0.6, count)).astype(np.int64) * 100 - 5 * (items > 0)
        marks = mess.mark("webshop.carts", number)
        kind = mess.kinds("webshop.carts")
        amount = text.put(text.number(items), marks == kind.index("type_drift"), '"three"')
        lines = text.join(
            '{"cart_id":"', text.numbered("K", number, 7),
            '","session_id":"', text.numbered("S", session, 8),
            '","created_at":"', text.offset_iso(created),
            '","items":', amount,
            ',"value":{"amount":', text.decimal(value),
            ',"currency":"EUR"},"channel":"', text.pick(SHOP_CHANNELS, channel), '"}',
        )  # fmt: skip
        broken = text.join('{"cart_id":"', text.numbered("K", number, 7), '","session_id":')
        lines = text.put(lines, marks == kind.index("malformed_json"), broken)
        self._export("carts", number, created, lines, marks)
        return number, items

    def _checkouts(
        self,
        month: date,
        created: np.ndarray,
        cart: np.ndarray,
        items: np.ndarray,
        session: np.ndarray,
        channel: np.ndarray,
        visitor: np.ndarray,
    ) -> Bought:
        rng = stream("webshop", "checkouts", month)
        deal = _deal_night(created)
        growing = 1 + 0.06 * clock.day_number(created) / clock.DAYS
        likely = CHECKOUT_SHARE * np.where(channel == 1, 0.93, 1.06) * growing * np.where(deal, 1.35, 1.0)
        chosen = (rng.random(len(cart)) < likely) & (items > 0)
        cart, session, channel, visitor, created = (a[chosen] for a in (cart, session, channel, visitor, created))
        count = len(cart)
        later = (rng.random(count) < 0.05) * rng.integers(2 * clock.HOUR, 40 * clock.HOUR, count)
        started = created + later + 30 + rng.exponential(420, count).astype(np.int64)
        finished = started + rng.integers(60, 480, count)
        wanted = rng.random(count) < COMPLETED_SHARE * np.where(_deal_night(started), 1.24, 1.0)
        through, stopped = self._through(finished, wanted, rng.random(count))
        completed = np.where(through, finished, clock.NEVER)
        guest = rng.random(count) < 0.1
        named = np.where(visitor >= 0, visitor, self._people.customer_at(created, rng))
        customer = np.where((visitor < 0) & guest, -1, named)
        self._write_checkouts(rng, cart, started, completed)
        mask = through
        return Bought(completed[mask], customer[mask], cart[mask], session[mask], channel[mask], stopped)

    def _through(self, finished: np.ndarray, wanted: np.ndarray, luck: np.ndarray) -> tuple[np.ndarray, int]:
        """Which checkouts became orders; in the planted outage every twelfth does."""
        through, stopped = wanted.copy(), 0
        for start, end in self._down.stopping_orders():
            hit = wanted & (finished >= start) & (finished < end)
            if (start, end) == outages.CHECKOUT_DOWN:
                position = np.flatnonzero(hit)
                position = position[np.argsort(finished[position], kind="stable")]
                lost = position[np.arange(len(position)) % 12 != 11]
                through[lost] = False
                stopped = len(lost)
            else:
                through[hit & (luck >= SURVIVES)] = False
        return through, stopped

    def _write_checkouts(
        self, rng: np.random.Generator, cart: np.ndarray, started: np.ndarray, completed: np.ndarray
    ) -> None:
        number = self._numbers.take("checkouts", len(cart))
        method = rng.choice(len(_PAYMENTS), len(cart), p=[0.41, 0.36, 0.17, 0.06])
        marks = mess.mark("webshop.checkouts", number)
        kind = mess.kinds("webshop.checkouts")
        twisted = marks == kind.index("closed_before_opened")
        shown = np.where(twisted, started - 300, completed)
        lines = text.join(
            '{"checkout_id":"', text.numbered("H", number, 7),
            '","cart_id":"', text.numbered("K", cart, 7),
            '","started_at":"', text.offset_iso(started),
            '","completed_at":', text.quoted(text.offset_iso(shown)),
            ',"payment_method":"', text.pick(_PAYMENTS, method), '"}',
        )  # fmt: skip
        broken = text.join('{"checkout_id":"', text.numbered("H", number, 7), '","cart_id":"K00')
        lines = text.put(lines, marks == kind.index("malformed_json"), broken)
        settled = np.where(completed == clock.NEVER, started + 1800, completed)
        self._export("checkouts", number, settled, lines, marks)

    def _export(self, name: str, number: np.ndarray, at: np.ndarray, lines: pa.Array, marks: np.ndarray) -> None:
        """Adds rows, the late ones days later, and a copy of the doubled ones (half of them a day later)."""
        kind = mess.kinds(f"webshop.{name}")
        if "late" in kind:
            at = at + (marks == kind.index("late")) * (2 + number % 6) * clock.DAY
        twice = np.flatnonzero(marks == kind.index("duplicate"))
        copied_at = at[twice] + (number[twice] % 2) * clock.DAY
        copies = np.full(len(twice), kind.index("duplicate"), dtype=np.int8)
        first = np.where(marks == kind.index("duplicate"), 0, marks).astype(np.int8)
        export = self._exports[name]
        export.add(at, lines, first)
        export.add(copied_at, lines.take(pa.array(twice)), copies)


def _deal_night(t: np.ndarray) -> np.ndarray:
    """Whether a time is on a Friday evening, the shop's weekly deal night."""
    here = clock.local(t)
    second = here % clock.DAY
    friday = here // clock.DAY % 7 == 1  # 1970-01-01 was a Thursday
    return friday & (second >= DEAL_NIGHT[0]) & (second < DEAL_NIGHT[1])


def _path(out: Path, name: str, ending: str):
    folder = out / "extracts" / "webshop"
    return lambda period: folder / f"{name}-{period}.{ending}"
