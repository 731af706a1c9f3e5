"""The controllers' workbook of budgets, and their monthly forecasts of IT spending.

A year's budget is shown from 1 December before it. A forecast for the next three months is made on the 25th.
"""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, spending
from retailer_generator.files import body, date_cell, number_cell, text_cell, write_xlsx
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

_BUDGET = ["line", "month", "cost_centre", "service", "account", "amount", "tag", "innovation"]
_FORECAST = "made_on,month,cost_centre,service,amount_eur"
_EPOCH = date(1970, 1, 1)
_IT_LINES = [
    line for line in spending.LINES if line.cost_centre.startswith("2") and line.account != spending.DEPRECIATION
]
ROUNDS_AHEAD = 3
MADE_ON = 25


def write(out: Path, cut: int, ledger: Ledger) -> None:
    """Writes the budgets that are approved and the forecasts that are made."""
    _write_budget(out, cut, ledger)
    _write_forecasts(out, cut, ledger)


def budget_of(line: spending.Line, month: date) -> int:
    """Euros planned for a line and month: the plan, rounded, a little more every year."""
    return round(line.monthly * 1.02 ** (month.year - 2025) / 10) * 10


def _write_budget(out: Path, cut: int, ledger: Ledger) -> None:
    months = [month for month in _planned_months() if clock.midnight(date(month.year - 1, 12, 1)) < cut]
    rows = [(number, line, month) for month in months for number, line in enumerate(spending.LINES, start=1)]
    cells = [
        text_cell(pa.array([f"P{number:03}" for number, _, _ in rows])),
        date_cell(np.array([(month - _EPOCH).days for _, _, month in rows])),
        text_cell(pa.array([line.cost_centre for _, line, _ in rows])),
        text_cell(pa.array([line.service for _, line, _ in rows], pa.string())),
        text_cell(pa.array([line.account for _, line, _ in rows])),
        number_cell(pa.array([str(budget_of(line, month)) for _, line, month in rows])),
        text_cell(pa.array([line.tag or None for _, line, _ in rows], pa.string())),
        text_cell(pa.array([line.innovation or None for _, line, _ in rows], pa.string())),
    ]
    write_xlsx(out / "extracts" / "planning" / "budget.xlsx", _BUDGET, cells)
    ledger.wrote("planning.budget", np.zeros(len(rows), np.int8))


def _planned_months() -> list[date]:
    return [*clock.months(clock.END), *(date(clock.END.year, month, 1) for month in (10, 11, 12))]


def _write_forecasts(out: Path, cut: int, ledger: Ledger) -> None:
    """Each round looks three months ahead, the sooner the better; what went wrong a month ago it has learned."""
    months, parts = _planned_months(), sorted({(line.cost_centre, line.service or "") for line in _IT_LINES})
    rng = stream("planning", "forecasts")
    lines = []
    for position in range(len(clock.months(clock.END))):
        made = months[position].replace(day=MADE_ON)
        for ahead in range(1, ROUNDS_AHEAD + 1):
            error = rng.normal(1, 0.03 + 0.03 * ahead, len(parts))
            if position + ahead >= len(months) or clock.midnight(made) >= cut:
                continue
            for (centre, service), off in zip(parts, error, strict=True):
                amount = round(_expected(centre, service, position) * off)
                lines.append(f"{made},{months[position + ahead]},{centre},{service},{amount}")
    content = body(pa.array(lines, pa.string()))
    write_file(out / "extracts" / "planning" / "forecasts.csv", _FORECAST.encode() + b"\n" + content)
    ledger.wrote("planning.forecasts", np.zeros(len(lines), np.int8))


def _expected(cost_centre: str, service: str, known_until: int) -> float:
    return sum(
        line.monthly * spending.factor(line, known_until)
        for line in _IT_LINES
        if (line.cost_centre, line.service or "") == (cost_centre, service)
    )
