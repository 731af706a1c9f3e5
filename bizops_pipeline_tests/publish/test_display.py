"""Numbers of things and bars of shares; values in their units are tested where they are shown."""

from __future__ import annotations

import pytest

from bizops_pipeline.publish.display import bar, counted


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


def test_one_thing_is_no_plural() -> None:
    assert [counted(number, "record") for number in (0, 1, 1200)] == ["0 records", "1 record", "1,200 records"]
