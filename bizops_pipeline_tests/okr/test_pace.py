"""What is expected of key results and where they are heading, with numbers worked by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import theilslopes

from bizops_pipeline_tests.okr.case import DUE, START, Case, milestone

MID = date(2026, 4, 15)


def day(number: int) -> date:
    """Return a day of April."""
    return date(2026, 4, number)


def daily(case: Case, values: list[float], first: int = 1, **given: Any) -> Case:
    """Add values of consecutive days of April."""
    for number, value in enumerate(values, start=first):
        case.value(day(number), value, **given)
    return case


def test_phased_targets_draw_the_line_that_is_expected() -> None:
    # A tenth by the 10th, half by the 20th, all by the 30th.
    case = Case().key_result(
        baseline=0, target=100, curve=[{"by": day(10), "share": 0.1}, {"by": day(20), "share": 0.5}]
    )
    rows = {row["as_of"]: row for row in case.value(START, 30).all_progress(date(2026, 5, 2))}
    expected = {1: 0.01, 10: 0.1, 15: 0.3, 20: 0.5, 25: 0.75, 30: 1.0}
    assert {number: rows[day(number)]["expected_progress"] for number in expected} == expected
    assert (rows[MID]["gap"], rows[MID]["status"]) == (0.0, "on_track")
    assert rows[date(2026, 5, 2)]["expected_progress"] == 1


def test_a_gap_of_exactly_ten_points_along_a_curve_is_on_track() -> None:
    case = Case().key_result(baseline=0.71, target=0.60, curve=[{"by": day(20), "share": 0.3}]).value(START, 0.688)
    row = case.progress(day(20))  # 20 points of the 30 expected
    assert (row["gap"], row["status"]) == (-10.0, "on_track")


def test_a_seasonal_curve_follows_the_running_total_of_the_year_before() -> None:
    # Last April nothing came before the 11th, then 5 a day: 0, 5, 10, ... 100.
    case = Case().key_result(baseline=0, target=200, curve="seasonal")
    for number in range(1, 31):
        case.value(date(2025, 4, number), max(0, 5 * (number - 10)))
    rows = {row["as_of"]: row["expected_progress"] for row in case.value(START, 20).all_progress(DUE)}
    assert [rows[day(number)] for number in (1, 10, 11, 20, 30)] == [0, 0, 0.05, 0.5, 1]


def test_without_a_year_before_a_seasonal_curve_is_in_step_with_time() -> None:
    row = Case().key_result(baseline=0, target=200, curve="seasonal").value(START, 20).progress(MID)
    assert row["expected_progress"] == 0.5


def test_a_target_changed_in_flight_leaves_the_days_before_as_they_were() -> None:
    case = Case().key_result(
        baseline=0, target=100, changes=[{"from": day(10), "target": 50, "reason": "half the shops were sold"}]
    )
    rows = {row["as_of"]: row for row in case.value(START, 30).all_progress(MID)}
    assert [(rows[day(n)]["target"], rows[day(n)]["progress"]) for n in (9, 10)] == [(100, 0.3), (50, 0.6)]


def test_a_threshold_is_kept_by_the_target_of_its_day() -> None:
    case = Case().key_result(
        type="stay_above", target=5, changes=[{"from": day(3), "target": 8, "reason": "new contract"}]
    )
    rows = {row["as_of"]: row for row in daily(case, [6, 6, 6]).all_progress(day(3))}
    assert [(rows[day(n)]["progress"], rows[day(n)]["progress_raw"]) for n in (1, 2, 3)] == [(1, 1), (1, 1), (0, 2 / 3)]


@pytest.mark.parametrize(
    ("current", "zone"), [(29, "below_commit"), (30, "commit"), (70, "target"), (99, "target"), (100, "stretch")]
)
def test_zones(current: float, zone: str) -> None:
    assert Case().key_result(baseline=0, target=100, zones={}).value(START, current).progress(MID)["zone"] == zone


def test_the_interval_of_the_forecast_is_that_of_the_slope() -> None:
    values = [10.0, 13.0, 11.0, 17.0, 14.0, 20.0, 19.0, 25.0]
    row = daily(Case().key_result(baseline=0, target=100), values).progress(day(8))
    slope, _, low, high = theilslopes(values, range(1, 9), alpha=0.9)

    def drawn(change: float) -> float:
        ends = sorted(value + change * (30 - number) for number, value in enumerate(values, start=1))
        return (ends[3] + ends[4]) / 2

    assert row["forecast_value"] == pytest.approx(drawn(slope))
    assert (row["forecast_low"], row["forecast_high"]) == (pytest.approx(drawn(low)), pytest.approx(drawn(high)))
    assert row["forecast_low"] < row["forecast_value"] < row["forecast_high"]


@pytest.mark.parametrize(
    ("baseline", "target", "values", "reached"),
    [
        (0, 100, [10, 12, 14], date(2026, 5, 16)),  # 8 + 2 a day is 100 on the 46th day
        (0, 20, [10, 12, 14], day(6)),
        (100, 80, [99, 98, 97], day(20)),
        (0, 100, [14, 12, 10], None),
        (0, 100, [10, 10, 10], None),
        (0, 14, [10, 12, 14], None),
        (0, 1e9, [1, 1.001, 1.002], None),
    ],
    ids=["after due", "soon", "down", "moving away", "standing still", "reached already", "in centuries"],
)
def test_the_day_on_which_the_target_is_reached_at_this_pace(
    baseline: float, target: float, values: list[float], reached: date | None
) -> None:
    row = daily(Case().key_result(baseline=baseline, target=target), values).progress(day(3))
    assert row["target_reached_on"] == reached


def test_data_is_fresh_for_two_cycles() -> None:
    case = Case().key_result("weekly", grain="week", baseline=0, target=9)
    case.value(date(2026, 3, 30), 1, date(2026, 4, 5), grain="week")
    case.key_result("reported", source="reported", baseline=0, target=9).checkin(datetime(2026, 4, 5), 1, id="reported")
    case.key_result("steps", type="milestone", source="reported", milestones=[milestone("a", 1)])
    rows = {(row["key_result_id"], row["as_of"]): row for row in case.all_progress(day(20))}
    for id in ("weekly", "reported"):
        assert [rows[id, day(n)]["is_fresh"] for n in (4, 5, 19, 20)] == [False, True, True, False]
        assert (rows[id, day(19)]["data_on"], rows[id, day(19)]["data_age_days"]) == (day(5), 14)
    assert rows["steps", day(20)]["is_fresh"]


def test_data_does_not_age_after_the_due_date() -> None:
    row = Case().key_result(baseline=0, target=9).value(DUE, 3).progress(date(2026, 5, 20))
    assert (row["data_age_days"], row["is_fresh"]) == (0, True)


@pytest.mark.parametrize(
    ("confidence", "current", "conflict"),
    [(0.9, 25, False), (0.91, 25, True), (0.5, 50, True), (0.6, 80, False), (None, 10, None)],
    ids=["half the pace", "too sure", "too shy", "ahead is at most all", "nobody said"],
)
def test_confidence_is_held_against_the_pace(confidence: float | None, current: float, conflict: bool | None) -> None:
    case = Case().key_result(source="reported", baseline=0, target=100)
    case.checkin(datetime(2026, 4, 1), current, confidence)
    assert case.progress(MID)["confidence_conflict"] == conflict


increasing = st.lists(st.integers(1, 29), unique=True, max_size=4).flatmap(
    lambda days: st.lists(st.integers(0, 100), min_size=len(days), max_size=len(days)).map(
        lambda shares: [
            {"by": START + timedelta(days=on - 1), "share": share / 100}
            for on, share in zip(sorted(days), sorted(shares), strict=True)
        ]
    )
)


@settings(max_examples=10, deadline=None)
@given(st.lists(increasing, min_size=1, max_size=10))
def test_expected_progress_rises_from_none_to_all_through_its_points(curves: list[list[dict[str, Any]]]) -> None:
    case = Case()
    for number, curve in enumerate(curves):
        case.key_result(f"kr{number}", baseline=0, target=1, curve=curve or "linear")
    rows = case.all_progress(DUE)
    for number, curve in enumerate(curves):
        expected = {row["as_of"]: row["expected_progress"] for row in rows if row["key_result_id"] == f"kr{number}"}
        assert list(expected.values()) == sorted(expected.values())
        assert expected[DUE] == 1
        assert all(expected[point["by"]] == pytest.approx(point["share"]) for point in curve)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(st.integers(-500, 500), min_size=3, max_size=9), min_size=1, max_size=10))
def test_forecasts_are_symmetric_and_inside_their_interval(series: list[list[int]]) -> None:
    case = Case()
    for number, values in enumerate(series):
        for sign in (1, -1):
            id = f"kr{number}{'up' if sign == 1 else 'down'}"
            case.key_result(id, kpi=id, baseline=0, target=sign * 1000)
            daily(case, [sign * value for value in values], kpi_id=id)
    rows = {row["key_result_id"]: row for row in case.all_progress(day(9)) if row["as_of"] == day(9)}
    for number in range(len(series)):
        up, down = rows[f"kr{number}up"], rows[f"kr{number}down"]
        assert up["forecast_low"] <= up["forecast_value"] <= up["forecast_high"]
        assert down["forecast_value"] == pytest.approx(-up["forecast_value"])
        assert down["forecast_low"] == pytest.approx(-up["forecast_high"])
        assert down["target_reached_on"] == up["target_reached_on"]
