"""Answers to the survey: what customers say of their orders, and colleagues of the IT services."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retailer_generator import clock, demand, mess, outages, text
from retailer_generator.company import ERP_CHANNELS, MARKETPLACE, SERVICE_IDS, STORE
from retailer_generator.erp import Orders
from retailer_generator.files import date_cell, number_cell, text_cell, write_xlsx
from retailer_generator.mess import Ledger
from retailer_generator.randomness import Numbers, stream

IT_ANSWERS = 900
_HEADER = ["answer_id", "answered_on", "kind", "question", "score", "about", "service", "channel", "order_no"]
_QUESTIONS = ["How was your order?", "How satisfied are you with this IT service?"]
_INTERNAL = ["erp", "identity", "messaging", "data_platform", "warehouse"]


class Survey:
    """Collects answers month by month; the workbook is written at the end."""

    def __init__(self, scale: float, cut: int, down: outages.Outages):
        self._cut, self._down, self._numbers = cut, down, Numbers()
        self._per_day = demand.daily("survey.it", IT_ANSWERS * scale, demand.working_days())
        self._parts: list[tuple[np.ndarray, list[pa.Array], np.ndarray]] = []

    def month(self, month: date, orders: Orders) -> None:
        self._customers(month, orders)
        self._colleagues(month)

    def _customers(self, month: date, orders: Orders) -> None:
        rng = stream("survey", "customers", month)
        count = len(orders.number)
        share = np.array([0.30, 0.30, 0.12, 0.0])[orders.channel]
        sound = (orders.marks == 0) & (orders.delivered_at != clock.NEVER) & (orders.channel != MARKETPLACE)
        chosen = (rng.random(count) < share) & sound
        answered = (orders.delivered_at + rng.integers(clock.HOUR, 5 * clock.DAY, count))[chosen]
        at, channel = orders.ordered_at[chosen], orders.channel[chosen]
        slow = (orders.delivered_at - orders.ordered_at)[chosen] > 4 * clock.DAY
        mood = 4.25 - 0.5 * slow - 0.9 * (self._near_outage(at) & (channel != STORE))
        service = np.where(channel == STORE, SERVICE_IDS.index("erp"), rng.choice(3, len(at), p=[0.4, 0.2, 0.4]))
        shown = [*SERVICE_IDS[:3], "order_management"]
        names = text.pick(shown, np.where(channel == STORE, 3, service))
        orders_named = text.numbered("SO", orders.number[chosen], 7)
        self._add(rng, answered, mood, 0, names, text.pick(ERP_CHANNELS, channel), orders_named)

    def _colleagues(self, month: date) -> None:
        rng = stream("survey", "colleagues", month)
        days = clock.month_days(month)
        answered = demand.times(np.repeat(days, self._per_day[days]), demand.HOURS_OFFICE, rng)
        mood = 3.7 + 0.4 * clock.day_number(answered) / clock.DAYS
        service = text.pick(_INTERNAL, rng.integers(0, len(_INTERNAL), len(answered)))
        nothing = pa.nulls(len(answered), pa.string())
        self._add(rng, answered, mood, 1, service, nothing, nothing)

    def _near_outage(self, at: np.ndarray) -> np.ndarray:
        near = np.zeros(len(at), bool)
        for start, end in self._down.stopping_orders():
            near |= (at >= start) & (at < end + 2 * clock.DAY)
        return near

    def _add(
        self,
        rng: np.random.Generator,
        answered: np.ndarray,
        mood: np.ndarray,
        about: int,
        service: pa.Array,
        channel: pa.Array,
        order: pa.Array,
    ) -> None:
        count = len(answered)
        score = np.clip(np.rint(mood + rng.normal(0, 0.95, count)), 1, 5).astype(np.int64)
        number = self._numbers.take("answers", count)
        marks = mess.mark("survey.answers", number)

        def is_kind(kind: str) -> np.ndarray:
            return marks == mess.code("survey.answers", kind)

        score = np.where(is_kind("out_of_range"), 99, score)
        cell = number_cell(text.number(score))
        cell = text.put(cell, is_kind("text_score"), text_cell(pa.array(["five"] * count, pa.string())))
        cell = text.put(cell, is_kind("not_answered"), text_cell(pa.array(["n/a"] * count, pa.string())))
        day = date_cell(clock.local(answered) // clock.DAY)
        day = text.put(day, is_kind("bad_date"), text_cell(pa.array(["31.02.2026"] * count, pa.string())))
        fixed = [pa.array([value] * count, pa.string()) for value in ("csat", _QUESTIONS[about], ("shop", "it")[about])]
        columns = [
            text_cell(text.numbered("A", number, 6)),
            day,
            text_cell(fixed[0]),
            text_cell(fixed[1]),
            cell,
            text_cell(fixed[2]),
            text_cell(service),
            text_cell(channel),
            text_cell(order),
        ]
        known = answered < self._cut
        keep = pa.array(known)
        self._parts.append((answered[known], [pc.filter(column, keep) for column in columns], marks[known]))

    def write(self, out: Path, ledger: Ledger) -> None:
        """Writes the workbook, in the order of the answers."""
        answered = np.concatenate([part[0] for part in self._parts])
        order = pa.array(np.argsort(answered, kind="stable"))
        cells = [pa.concat_arrays([part[1][n] for part in self._parts]).take(order) for n in range(len(_HEADER))]
        write_xlsx(out / "extracts" / "survey" / "answers.xlsx", _HEADER, cells)
        ledger.wrote("survey.answers", np.concatenate([part[2] for part in self._parts]))
