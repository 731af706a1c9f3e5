"""Numbers as people read them: by unit, rounded half to even, with nouns, as bars, beside the value before."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

ABSENT = "–"

SUFFIXES = {"seconds": " s", "minutes": " min", "hours": " h", "days": " d", "points": " pt", "per_day": " per day"}


def display(value: float | None, unit: str | None, currency: str) -> str:
    """Return a value in its unit; percentages are stored as 0..1."""
    if value is None:
        return ABSENT
    exact = Decimal(repr(value))
    if unit == "percent":
        # 99.95 % and 99.99 % of availability are not the same.
        return f"{_rounded(exact * 100, 3 if Decimal('0.99') < abs(exact) < 1 else 1)} %"
    if unit == "currency":
        return f"{_rounded(exact, 0 if abs(exact) >= 10_000 else 2)} {currency}"
    if unit in ("count", None):
        return _rounded(exact, 0 if exact == exact.to_integral_value() else 2)
    return f"{_rounded(exact, 2)}{SUFFIXES.get(unit or '', '')}"


def display_target(target: float | None, upper: float | None, unit: str | None, currency: str) -> str:
    """Return a target in its unit; of a band or range both bounds."""
    shown = display(target, unit, currency)
    return shown if upper is None else f"{shown} to {display(upper, unit, currency)}"


def unit_of_key_result(type: str | None, kpi_unit: str | None) -> str | None:
    """Return the unit of a key result: its KPI's; those of type percent have values of 0..1 also without one."""
    return kpi_unit or ("percent" if type == "percent" else None)


def percent(share: float | None, absent: str = ABSENT) -> str:
    """Return a share of 1 in whole percent."""
    return absent if share is None else f"{share * 100:.0f} %"


def counted(number: int, noun: str) -> str:
    """Return a number of things: `1 record`, `1,200 records`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def bar(share: float | None, cells: int, expected: float | None = None) -> str:
    """Return a share of 1 as a bar, with a mark where it was expected to be by now; nothing without a share.

    A Markdown table takes the mark for its own.
    """
    if share is None:
        return ""
    filled = round(_within(share) * cells)
    drawn = ["█" if place < filled else "░" for place in range(cells)]
    if expected is not None:
        drawn[min(int(_within(expected) * cells), cells - 1)] = "|"
    return "".join(drawn)


def _within(share: float) -> float:
    return min(max(share, 0.0), 1.0)


def _rounded(value: Decimal, places: int) -> str:
    return f"{value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN):,}"


def key_result_shown(row: Mapping[str, Any], currency: str) -> dict[str, Any]:
    """Return the row of a key result with its values in words (`..._shown`) in place of numbers, type and unit."""
    unit = unit_of_key_result(row["type"], row["unit"])
    numbers = ("type", "unit", "current_value", "target", "upper_bound", "forecast_value")
    return {
        **{name: value for name, value in row.items() if name not in numbers},
        "current_shown": display(row["current_value"], unit, currency),
        "target_shown": display_target(row["target"], row["upper_bound"], unit, currency),
        "forecast_shown": display(row["forecast_value"], unit, currency),
    }
