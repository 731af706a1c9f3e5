"""Numbers of things and bars of shares; values in their units are tested where they are shown."""

from __future__ import annotations

import pytest

from bizops_pipeline.display import bar, counted, unit_of_key_result


@pytest.mark.parametrize(
    ("share", "expected", "drawn"),
    [
        (None, 0.5, ""),
        (-0.5, None, "░░░░░░░░░░"),
        (0.0, None, "░░░░░░░░░░"),
        (0.449, None, "████░░░░░░"),
        (1.7, None, "██████████"),
        (0.449, 0.0, "|███░░░░░░"),
        (0.449, 0.75, "████░░░|░░"),
        (1.0, 1.0, "█████████|"),
        (1.0, 1.7, "█████████|"),
    ],
)
def test_a_bar_stays_within_its_length(share: float | None, expected: float | None, drawn: str) -> None:
    assert bar(share, 10, expected) == drawn


@pytest.mark.parametrize(
    ("type", "kpi_unit", "unit"),
    [
        ("percent", None, "percent"),
        ("percent", "hours", "hours"),
        ("numeric", "percent", "percent"),
        ("numeric", None, None),
    ],
)
def test_a_key_result_has_the_unit_of_its_kpi_or_of_its_type(type: str, kpi_unit: str | None, unit: str | None) -> None:
    assert unit_of_key_result(type, kpi_unit) == unit


def test_one_thing_is_no_plural() -> None:
    assert [counted(number, "record") for number in (0, 1, 1200)] == ["0 records", "1 record", "1,200 records"]
