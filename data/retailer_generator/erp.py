"""The ERP: customers, products, orders and their lines, as the database showed them at the cut.

Amounts are net of tax, in the order's currency, as text with two places.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, masters, mess, outages, text
from retailer_generator.company import (
    CATEGORIES,
    COUNTRIES,
    CURRENCIES,
    ERP_CHANNELS,
    MARKETPLACE,
    PRICE_IN,
    SEGMENTS,
    STORE,
)
from retailer_generator.files import Database, SqlDump
from retailer_generator.masters import Masters
from retailer_generator.mess import Ledger
from retailer_generator.randomness import Numbers, stream
from retailer_generator.webshop import Bought, Refunds

STORE_ORDERS, MARKETPLACE_ORDERS = 3000, 2000
SCHEMA = """\
CREATE TABLE customers (customer_no TEXT PRIMARY KEY, created_at TEXT, country TEXT, segment TEXT,
  email TEXT);
CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT, category TEXT, launched_on TEXT);
CREATE TABLE orders (order_no TEXT PRIMARY KEY, customer_no TEXT, cart_ref TEXT, session_ref TEXT,
  channel TEXT, ordered_at TEXT, status TEXT, currency TEXT, updated_at TEXT);
CREATE TABLE order_lines (order_no TEXT, line_no INTEGER, sku TEXT, quantity INTEGER, unit_price TEXT,
  discount TEXT, tax TEXT, updated_at TEXT);
"""
_STATUS = ["NEW", "PAID", "SHIPPED", "DELIVERED", "CANCELLED", "RETURNED"]
_TAX = np.array([rate for _, _, rate in COUNTRIES.values()])
_CURRENCY_OF = np.array([CURRENCIES.index(name) for _, name, _ in COUNTRIES.values()])
_RATE = np.array([PRICE_IN[name] for name in CURRENCIES])
_WRONG_TIME = ("bad_date", "future_date")


@dataclass
class Tally:
    """Orders by local day and by the window of the planted outage, for the planted facts."""

    per_day: np.ndarray
    online_in_window: np.ndarray
    lines_of_broken_orders: int = 0
    corrected_lines: int = 0
    repeated_hour: int = 0


@dataclass(frozen=True)
class Orders:
    """One month of orders, and when each step happened."""

    number: np.ndarray
    ordered_at: np.ndarray
    customer: np.ndarray
    cart: np.ndarray
    session: np.ndarray
    channel: np.ndarray
    country: np.ndarray
    currency: np.ndarray
    paid_at: np.ndarray
    shipped_at: np.ndarray
    delivered_at: np.ndarray
    cancelled_at: np.ndarray
    recorded_at: np.ndarray
    marks: np.ndarray


@dataclass(frozen=True)
class Lines:
    """The lines of one month's orders; `order` is a position in them."""

    order: np.ndarray
    line_no: np.ndarray
    product: np.ndarray
    quantity: np.ndarray
    price: np.ndarray
    discount: np.ndarray
    corrected_at: np.ndarray
    corrected_discount: np.ndarray


class Erp:
    """Makes orders month by month and fills the database."""

    def __init__(self, sink: SqlDump | Database, scale: float, cut: int, people: Masters, ledger: Ledger):
        self._sink, self._cut, self._people, self._ledger = sink, cut, people, ledger
        self._numbers = Numbers()
        open_days = np.where(clock.weekdays() < 6, demand.curve(), 0)
        self._store = demand.daily("erp.store", STORE_ORDERS * scale, open_days)
        self._marketplace = demand.daily("erp.marketplace", MARKETPLACE_ORDERS * scale)
        self.tally = Tally(np.zeros(clock.DAYS, np.int64), np.zeros(clock.DAYS, np.int64))

    def masters(self) -> None:
        """Customers and products known at the cut."""
        people = self._people
        index = np.flatnonzero(people.created_at < self._cut)
        marks = mess.mark("erp.customers", index + 1)
        created = text.put(text.utc_iso(people.created_at[index]), marks > 0, "0000-00-00")
        country = text.pick(list(COUNTRIES), people.country[index])
        segment = text.pick(SEGMENTS, people.segment[index])
        self._sink.insert("customers", [masters.customer_no(index), created, country, segment, masters.email(index)])
        self._ledger.wrote("erp.customers", marks)
        today = (self._cut - clock.HOUR) // clock.DAY  # the cut is a local midnight
        item = np.flatnonzero(people.launched_on <= today)
        names = masters.product_names(people.category).take(pa.array(item))
        category = text.pick(CATEGORIES, people.category[item])
        self._sink.insert("products", [masters.sku(item), names, category, text.iso_date(people.launched_on[item])])
        self._ledger.wrote("erp.products", np.zeros(len(item), np.int8))

    def month(self, month: date, bought: Bought) -> tuple[Orders, Refunds]:
        """Makes one month of orders and inserts what is known at the cut."""
        orders = self._orders(month, bought)
        lines = self._lines(month, orders)
        refunds, returned_at = self._refunds(month, orders, lines)
        self._insert_orders(orders, returned_at)
        self._insert_lines(orders, lines)
        self._count(orders)
        return orders, refunds

    def _orders(self, month: date, bought: Bought) -> Orders:
        rng = stream("erp", "orders", month)
        days = clock.month_days(month)
        store = demand.times(np.repeat(days, self._store[days]), demand.HOURS_STORE, rng)
        market = demand.times(np.repeat(days, self._marketplace[days]), demand.HOURS_ONLINE, rng)
        market = np.concatenate([market, _repeated_hour(month)])
        offline = len(store) + len(market)
        at = np.concatenate([bought.ordered_at, store, market])
        nobody = np.full(offline, -1)
        walk_in = self._people.customer_at(at[len(at) - offline :], rng)
        walk_in = np.where((np.arange(offline) < len(store)) & (rng.random(offline) < 0.3), -1, walk_in)
        channel = np.concatenate([bought.channel, np.full(len(store), STORE), np.full(len(market), MARKETPLACE)])
        customer = np.concatenate([bought.customer, walk_in])
        order = np.argsort(at, kind="stable")
        at, channel, customer = at[order], channel[order], customer[order]
        cart = np.concatenate([bought.cart, nobody])[order]
        session = np.concatenate([bought.session, nobody])[order]
        country = np.where((customer < 0) | (channel == STORE), 0, self._people.country[customer])
        number = self._numbers.take("orders", len(at))
        marks = mess.spared(mess.mark("erp.orders", number), _in_comparison(at))
        recorded = at + (marks == mess.code("erp.orders", "late")) * (2 + number % 5) * clock.DAY
        steps = _steps(rng, at, channel)
        return Orders(
            number,
            at,
            customer,
            cart,
            session,
            channel,
            country,
            _CURRENCY_OF[country],
            *steps,
            recorded,
            marks,
        )

    def _lines(self, month: date, orders: Orders) -> Lines:
        rng = stream("erp", "order_lines", month)
        per_order = 1 + rng.poisson(1.25, len(orders.number))
        order = np.repeat(np.arange(len(per_order)), per_order)
        line_no = np.arange(len(order)) - np.repeat(np.cumsum(per_order) - per_order, per_order) + 1
        at = orders.ordered_at[order]
        product = self._people.product_at(clock.local(at) // clock.DAY, rng)
        quantity = 1 + (rng.random(len(order)) ** 4 * 4).astype(np.int64)
        price = (self._people.price[product] * _RATE[orders.currency[order]]).astype(np.int64)
        off = rng.choice([0, 0, 0, 0, 0, 0, 0, 10, 10, 20], len(order))
        discount = quantity * price * off // 100
        index = orders.number[order] * 10 + line_no
        fixed = index % 997 == 0  # a clerk grants ten percent afterwards
        corrected_at = np.where(fixed, at + rng.integers(3, 20, len(order)) * clock.DAY, clock.NEVER)
        return Lines(
            order,
            line_no,
            product,
            quantity,
            price,
            discount,
            corrected_at,
            discount + quantity * price // 10,
        )

    def _refunds(self, month: date, orders: Orders, lines: Lines) -> tuple[Refunds, np.ndarray]:
        """Refunds of delivered orders, and when an order counts as returned."""
        rng = stream("erp", "refunds", month)
        count = len(orders.number)
        net = np.bincount(lines.order, lines.quantity * lines.price - lines.discount, count).astype(np.int64)
        sound = (orders.marks == 0) | (orders.marks == mess.code("erp.orders", "late"))
        share = np.where(orders.channel == STORE, 0.02, 0.07)
        chosen = (rng.random(count) < share) & sound & (orders.delivered_at != clock.NEVER) & (net > 0)
        after = rng.integers(2 * clock.DAY, 24 * clock.DAY, count)
        part = np.where(rng.random(count) < 0.6, 1.0, 0.3 + 0.5 * rng.random(count))
        at = np.where(chosen, np.maximum(orders.delivered_at, orders.recorded_at) + after, clock.NEVER)
        at = np.where(at >= clock.NEVER, clock.NEVER, at)
        cents = np.maximum(1, (net * part).astype(np.int64))
        position = np.flatnonzero(chosen)
        position = position[np.argsort(at[position], kind="stable")]
        refunds = Refunds(orders.number[position], at[position], cents[position], orders.currency[position])
        return refunds, np.where(chosen & (part == 1.0), at, clock.NEVER)

    def _insert_orders(self, orders: Orders, returned_at: np.ndarray) -> None:
        seen = np.flatnonzero(orders.recorded_at < self._cut)
        marks = orders.marks[seen]
        steps = [
            orders.ordered_at,
            orders.paid_at,
            orders.shipped_at,
            orders.delivered_at,
            orders.cancelled_at,
            returned_at,
        ]
        status, changed = np.zeros(len(seen), np.int64), orders.recorded_at[seen]
        for code, step in enumerate(steps):
            done = step[seen] < self._cut
            status[done] = code
            changed = np.where(done, np.maximum(changed, step[seen]), changed)

        def is_kind(kind: str) -> np.ndarray:
            return marks == mess.code("erp.orders", kind)

        when = text.put(text.utc_iso(orders.ordered_at[seen]), is_kind("bad_date"), "2025-13-41T99:99:00Z")
        when = text.put(when, is_kind("future_date"), "2062-01-15T10:00:00Z")
        customer = masters.customer_no(orders.customer[seen])
        self._sink.insert(
            "orders",
            [
                text.numbered("SO", orders.number[seen], 7),
                text.put(customer, is_kind("unknown_customer"), "C999999"),
                text.numbered("K", orders.cart[seen], 7),
                text.numbered("S", orders.session[seen], 8),
                text.pick(ERP_CHANNELS, orders.channel[seen]),
                when,
                text.pick(_STATUS, status),
                text.put(text.pick(CURRENCIES, orders.currency[seen]), is_kind("unknown_currency"), "XXX"),
                text.utc_iso(changed),
            ],
        )
        self._ledger.wrote("erp.orders", marks)

    def _insert_lines(self, orders: Orders, lines: Lines) -> None:
        index = self._numbers.take("lines", len(lines.order))
        marks = mess.mark("erp.order_lines", index)
        twice = mess.code("erp.order_lines", "duplicate")
        row = np.sort(np.concatenate([np.arange(len(index)), np.flatnonzero(marks == twice)]))
        copy = np.concatenate([[False], row[1:] == row[:-1]])
        seen = orders.recorded_at[lines.order[row]] < self._cut
        row, copy = row[seen], copy[seen]
        marks = np.where((marks[row] == twice) & ~copy, 0, marks[row]).astype(np.int8)
        order = lines.order[row]
        corrected = lines.corrected_at[row] < self._cut
        discount = np.where(corrected, lines.corrected_discount[row], lines.discount[row])
        gross = lines.quantity[row] * lines.price[row]
        discount = np.minimum(discount, gross)
        tax = ((gross - discount) * _TAX[orders.country[order]] + 500) // 1000
        updated = np.where(
            corrected,
            np.maximum(lines.corrected_at[row], orders.recorded_at[order]),
            orders.recorded_at[order],
        )
        sku = text.put(
            masters.sku(lines.product[row]),
            marks == mess.code("erp.order_lines", "unknown_product"),
            "OLD-0001",
        )
        quantity = text.put(
            text.number(lines.quantity[row]), marks == mess.code("erp.order_lines", "type_drift"), "three"
        )
        self._sink.insert(
            "order_lines",
            [
                text.numbered("SO", orders.number[order], 7),
                text.number(lines.line_no[row]),
                sku,
                quantity,
                text.decimal(lines.price[row]),
                text.decimal(discount),
                text.decimal(tax),
                text.utc_iso(updated),
            ],
        )
        self._ledger.wrote("erp.order_lines", marks)
        broken = np.isin(orders.marks[order], [mess.code("erp.orders", kind) for kind in _WRONG_TIME])
        self.tally.lines_of_broken_orders += int(broken.sum())
        self.tally.corrected_lines += int((corrected & ~copy).sum())

    def _count(self, orders: Orders) -> None:
        wrong = np.isin(orders.marks, [mess.code("erp.orders", kind) for kind in _WRONG_TIME])
        seen = (orders.recorded_at < self._cut) & ~wrong
        at = orders.ordered_at[seen]
        day = clock.day_number(at)
        inside = day < clock.DAYS
        np.add.at(self.tally.per_day, day[inside], 1)
        online = inside & (orders.channel[seen] < STORE)
        first, last = (clock.local(np.array([t]))[0] % clock.DAY for t in outages.CHECKOUT_DOWN)
        second = clock.local(at) % clock.DAY
        window = online & (second >= first) & (second < last)
        np.add.at(self.tally.online_in_window, day[window], 1)
        self.tally.repeated_hour += sum(
            int(((at >= low) & (at < low + 2 * clock.HOUR)).sum()) for low in _fold_starts()
        )


def _fold_starts() -> list[int]:
    """UTC start of each hour that comes twice (02:00 summer time)."""
    return [clock.utc(year, 10, day, 1) + clock.HOUR for year, day in ((2024, 27), (2025, 26))]


def _repeated_hour(month: date) -> np.ndarray:
    """Four marketplace orders in each of the two hours from 02:00 to 03:00 on clock-change Sundays."""
    starts = [t for t in _fold_starts() if clock.midnight(month) <= t < clock.month_end(month)]
    minutes = np.array([5, 20, 35, 50, 65, 80, 95, 110]) * 60
    return np.array([start + second for start in starts for second in minutes], dtype=np.int64)


def _in_comparison(at: np.ndarray) -> np.ndarray:
    """Orders of the outage day and the Fridays it is compared with: they stay clean."""
    friday = clock.day_number(np.array([outages.CHECKOUT_DOWN[0]]))
    return np.isin(clock.day_number(at), np.concatenate([outages.comparison_days(), friday]))


def _steps(rng: np.random.Generator, at: np.ndarray, channel: np.ndarray) -> tuple[np.ndarray, ...]:
    """When each order was paid, shipped, delivered, cancelled."""
    count = len(at)
    cancelled = (rng.random(count) < 0.03) & (channel != STORE)
    paid = at + rng.integers(1, 120, count)
    shipped = paid + rng.integers(10 * clock.HOUR, 60 * clock.HOUR, count)
    delivered = shipped + rng.integers(20 * clock.HOUR, 80 * clock.HOUR, count)
    stop = at + rng.integers(clock.HOUR, 10 * clock.HOUR, count)
    in_store = channel == STORE
    return (
        np.where(in_store, at, paid),
        np.where(cancelled, clock.NEVER, np.where(in_store, at, shipped)),
        np.where(cancelled, clock.NEVER, np.where(in_store, at, delivered)),
        np.where(cancelled, stop, clock.NEVER),
    )
