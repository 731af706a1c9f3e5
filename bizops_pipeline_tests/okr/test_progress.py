"""The rules of key results, each with numbers worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.okr.build import build
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import DUE, START, Case, milestone

MID = date(2026, 4, 15)  # half of April has passed on it, the start day included


def day(number: int) -> date:
    """Return a day of April."""
    return date(2026, 4, number)


def each_way(
    ways: list[tuple[float, float, float]], preset: str = "default", start: date = MID
) -> list[dict[str, Any]]:
    """Return the progress in the middle of April of each (baseline, target, current), all from one build."""
    case = Case(preset)
    for number, (baseline, target, current) in enumerate(ways):
        case.key_result(f"kr{number:03}", baseline=baseline, target=target, kpi=f"k{number}", start=start)
        case.value(MID, current, kpi_id=f"k{number}")
    return [row for row in case.all_progress(MID) if row["as_of"] == MID]


def test_progress_is_the_share_of_the_way() -> None:
    ways = [
        (0, 100, 29, 0.29),  # not 0.28999999999999998
        (0.71, 0.60, 0.655, 0.5),
        (20, 100, 0, -0.25),
        (100, 20, 0, 1.25),
        (0, 12, 4, 1 / 3),
        (3_000_000.25, 4_000_000.25, 3_290_000.25, 0.29),
        (0, 0.1, 0.029, 0.29),
    ]
    rows = each_way([way[:3] for way in ways])
    for row, (baseline, target, current, progress) in zip(rows, ways, strict=True):
        assert row["progress_raw"] == progress
        assert row["progress"] == min(max(progress, 0), 1)
        assert row["is_regressed"] == (progress < 0)
        assert (row["baseline"], row["target"], row["current_value"]) == (baseline, target, current)


def test_goldens_of_okr_tracker(shared_goldens: Path) -> None:
    cases = json.loads((shared_goldens / "okr-tracker" / "kr_progress_cases.json").read_text())["cases"]
    case = Case()
    for number, golden in enumerate(cases):
        case.key_result(f"kr{number:02}", baseline=golden["start"], target=golden["target"], kpi=f"kpi{number}")
        case.value(MID, golden["current"], kpi_id=f"kpi{number}")
    rows = [row for row in case.all_progress(MID) if row["as_of"] == MID]
    assert len(rows) == len(cases) == 16
    for row, golden in zip(rows, cases, strict=True):
        if golden["start"] == golden["target"]:
            # Their convention is 0 %. There is no way to go, so no share of it: the catalogue refuses such a
            # key result, and the formula gives no number where one gets through.
            assert (row["progress"], row["null_reason"], row["status"]) == (None, "no_denominator", "no_data")
            continue
        assert round(100 * row["progress_raw"], 2) == golden["percent"]
        assert row["progress"] == min(max(golden["percent"] / 100, 0), 1)


@pytest.mark.parametrize(
    ("on", "expected"),
    [(day(1), 1 / 30), (day(15), 0.5), (day(30), 1.0), (date(2026, 5, 10), 1.0)],
    ids=["first day", "fifteenth", "due", "after due"],
)
def test_expected_progress_counts_the_start_day(on: date, expected: float) -> None:
    row = Case().key_result(baseline=0, target=100).value(START, 10).progress(on)
    assert row["expected_progress"] == expected


PACES = {
    "default": [
        (61, 11, "ahead"),
        (60, 10, "on_track"),
        (40, -10, "on_track"),
        (39, -11, "behind"),
        (25, -25, "behind"),
        (24, -26, "at_risk"),
        (100, 50, "achieved"),
        (120, 70, "achieved"),
    ],
    "engagedly": [
        (90, 40, "on_track"),
        (33.5, -16.5, "on_track"),
        (33, -17, "behind"),
        (17, -33, "behind"),
        (16, -34, "at_risk"),
    ],
    "upraise": [
        (47.5, -2.5, "on_track"),  # 95 % of the expected 50
        (47, -3, "behind"),
        (37.5, -12.5, "behind"),  # 75 %
        (37, -13, "at_risk"),
    ],
    "planview": [(61, 11, "ahead"), (40, -10, "on_track"), (10, -40, "behind")],
}


@pytest.mark.parametrize("preset", PACES)
def test_status_by_pace(preset: str) -> None:
    found = each_way([(0, 100, current) for current, _, _ in PACES[preset]], preset, start=START)
    assert [(row["gap"], row["status"]) for row in found] == [(gap, status) for _, gap, status in PACES[preset]]
    assert {row["status_preset"] for row in found} == {preset}


def test_a_gap_of_exactly_ten_points_on_awkward_fractions_is_on_track() -> None:
    # 0.6 of 0.71 to 0.60 is 0.644; on the 21st 0.7 of the time has passed.
    row = Case().key_result(baseline=0.71, target=0.60).value(day(21), 0.644).progress(day(21))
    assert (row["gap"], row["status"]) == (-10.0, "on_track")


@pytest.mark.parametrize(("current", "status"), [(99, "missed"), (100, "achieved")])
def test_after_the_due_date_it_is_achieved_or_missed(current: float, status: str) -> None:
    case = Case().key_result(baseline=0, target=100).value(DUE, current)
    assert case.progress(date(2026, 5, 1))["status"] == status
    assert case.progress(DUE)["status"] == ("achieved" if current == 100 else "on_track")


def test_days_run_from_the_start_to_thirty_days_after_the_due_date() -> None:
    days = [row["as_of"] for row in Case().key_result(baseline=0, target=9).all_progress(date(2026, 8, 1))]
    assert (days[0], days[-1], len(days)) == (START, date(2026, 5, 30), 60)


def test_before_the_start_there_is_one_row_that_says_so() -> None:
    rows = Case().key_result(baseline=0, target=9).value(date(2026, 3, 1), 3).all_progress(date(2026, 3, 9))
    assert [(row["as_of"], row["status"], row["expected_progress"]) for row in rows] == [
        (date(2026, 3, 9), "not_started", 0.0)
    ]


def test_the_current_value_is_that_of_the_latest_complete_period_with_a_value() -> None:
    case = Case().key_result(baseline=0, target=100, grain="week")
    week = {"grain": "week"}
    case.value(date(2026, 3, 30), 10, date(2026, 4, 5), **week).value(day(6), None, day(12), **week)
    case.value(day(13), 30, day(19), **week)
    current = {row["as_of"]: row["current_value"] for row in case.all_progress(day(22))}
    assert [current[day(n)] for n in (4, 5, 12, 18, 19, 22)] == [None, 10, 10, 10, 30, 30]


def test_only_the_key_results_own_grain_scope_and_dimensions_count() -> None:
    case = Case().key_result(baseline=0, target=100, where={"service": "checkout", "channel": "web"})
    own = {"scope_type": "service", "scope_id": "checkout", "dimensions": '{"channel":"web"}'}
    case.value(MID, 40, **own)
    for other in (
        {"grain": "week"},
        {"scope_id": "search"},
        {"dimensions": "{}"},
        {"kpi_id": "other"},
        {"scope_type": "team"},
    ):
        case.value(MID, 77, **{**own, **other})
    assert case.progress(MID)["current_value"] == 40


def test_periods_that_begin_after_the_due_date_no_longer_count() -> None:
    case = Case().key_result(baseline=0, target=100).value(DUE, 60).value(date(2026, 5, 1), 100)
    assert case.progress(date(2026, 5, 2))["status"] == "missed"


@pytest.mark.parametrize(
    ("values", "reason"), [([], "source_missing"), ([(day(2), None)], "no_events")], ids=["no rows", "null values"]
)
def test_measured_without_data_has_no_progress_but_a_reason(values: list[Any], reason: str) -> None:
    case = Case().key_result(baseline=0, target=100)
    for start, value in values:
        case.value(start, value)
    row = case.progress(MID)
    assert (row["progress"], row["progress_raw"], row["gap"], row["current_value"]) == (None, None, None, None)
    assert (row["status"], row["null_reason"]) == ("no_data", reason)


def test_reported_without_a_checkin_has_not_started() -> None:
    row = Case().key_result(source="reported", baseline=3, target=12).progress(MID)
    assert (row["progress"], row["current_value"], row["status"], row["null_reason"]) == (0, 3, "not_started", None)
    assert row["source"] == "reported"


def test_reported_without_a_checkin_is_missed_after_the_due_date() -> None:
    row = Case().key_result(source="reported", baseline=3, target=12).progress(date(2026, 5, 1))
    assert row["status"] == "missed"


def test_the_latest_checkin_of_the_day_counts() -> None:
    case = Case().key_result(source="reported", baseline=0, target=12)
    case.checkin(datetime(2026, 4, 10, 9), 3, 0.5).checkin(datetime(2026, 4, 10, 17), 6, 0.7)
    case.checkin(datetime(2026, 4, 14, 9), 9)
    rows = {row["as_of"]: row for row in case.all_progress(MID)}
    assert [rows[day(n)]["progress"] for n in (9, 10, 13, 14, 15)] == [0, 0.5, 0.5, 0.75, 0.75]
    assert [rows[day(n)]["confidence"] for n in (9, 10, 15)] == [None, 0.7, 0.7]


def test_a_checkin_never_overwrites_a_measured_value_but_its_confidence_shows() -> None:
    case = Case().key_result(baseline=0, target=100).value(day(2), 20).checkin(datetime(2026, 4, 3), 99, 0.9)
    row = case.progress(MID)
    assert (row["current_value"], row["source"], row["confidence"]) == (20, "measured", 0.9)


@pytest.mark.parametrize(
    ("kind", "target", "upper", "values", "raw"),
    [
        ("stay_above", 0.99, None, [0.98, 0.99, 0.995, 0.97], 0.5),
        ("stay_below", 5, None, [5, 6, 4, 7], 0.5),
        ("range", 10, 20, [9, 10, 20, 21], 0.5),
    ],
)
def test_thresholds_are_kept_now_and_over_time(
    kind: str, target: float, upper: float | None, values: list[float], raw: float
) -> None:
    case = Case().key_result(type=kind, target=target, upper=upper)
    case.value(date(2026, 3, 31), 0 if kind != "stay_below" else 100)  # before the start: not counted
    for number, value in enumerate(values, start=1):
        case.value(day(number), value)
    rows = {row["as_of"]: row for row in case.all_progress(day(5))}
    kept = rows[day(3)]
    assert (kept["progress"], kept["status"], kept["gap"], kept["progress_raw"]) == (1, "on_track", None, 2 / 3)
    assert (kept["target"], kept["upper_bound"]) == (target, upper)
    broken = rows[day(5)]
    assert (broken["progress"], broken["status"], broken["progress_raw"]) == (0, "behind", raw)


@pytest.mark.parametrize(("last", "status"), [(0.995, "achieved"), (0.5, "at_risk")])
def test_thresholds_after_the_due_date(last: float, status: str) -> None:
    case = Case().key_result(type="stay_above", target=0.99).value(day(3), 0.5).value(DUE, last)
    assert case.progress(date(2026, 5, 1))["status"] == status


def test_milestones_by_weight() -> None:
    steps = [milestone("pilot", 1, day(10)), milestone("all shops", 3), milestone("training", 2, day(14))]
    case = Case().key_result(type="milestone", source="reported", milestones=steps)
    rows = {row["as_of"]: row for row in case.all_progress(MID)}
    assert [rows[day(n)]["progress"] for n in (9, 10, 13, 14)] == [0, 1 / 6, 1 / 6, 0.5]
    assert (rows[day(2)]["status"], rows[day(9)]["status"]) == ("on_track", "at_risk")
    assert (rows[MID]["current_value"], rows[MID]["target"], rows[MID]["gap"]) == (3, 6, 0)


def test_binary_is_all_or_nothing() -> None:
    case = Case().key_result(type="binary", source="reported").checkin(datetime(2026, 4, 12), 1)
    rows = {row["as_of"]: row for row in case.all_progress(MID)}
    assert [(rows[day(n)]["progress"], rows[day(n)]["status"]) for n in (11, 12)] == [
        (0, "not_started"),
        (1, "achieved"),
    ]


def test_a_baseline_is_achieved_once_measured() -> None:
    case = Case().key_result(type="baseline").value(date(2026, 3, 30), 5).value(day(3), 7).value(day(9), 8)
    rows = {row["as_of"]: row for row in case.all_progress(MID)}
    assert [rows[day(n)]["progress"] for n in (2, 3, 9)] == [None, 1, 1]
    assert [rows[day(n)]["baseline"] for n in (2, 3, 9)] == [None, 7, 7]


def test_the_forecast_follows_the_trend_and_not_an_outlier() -> None:
    # 10, 12, 14, ... by two a day, one day wildly off: on the 30th it would be 68.
    case = Case().key_result(baseline=0, target=100)
    for number in range(1, 9):
        case.value(day(number), 500 if number == 4 else 8 + 2 * number)
    forecasts = {row["as_of"]: row["forecast_value"] for row in case.all_progress(date(2026, 5, 2))}
    assert forecasts[day(8)] == pytest.approx(68)
    assert [forecasts[day(1)], forecasts[day(2)]] == [None, None]
    assert forecasts[DUE] == pytest.approx(68)
    assert forecasts[date(2026, 5, 1)] is None


def test_nothing_is_forecast_of_a_due_date_whose_value_is_known() -> None:
    # By one a day, and half of what was gained is lost on the due date: a line through all would not end there.
    case = Case().key_result(baseline=0, target=100)
    for number in range(1, DUE.day + 1):
        case.value(day(number), 15 if day(number) == DUE else number)
    before, due = (case.progress(on) for on in (day(DUE.day - 1), DUE))
    assert before["forecast_value"] == pytest.approx(30)
    assert due["current_value"] == 15
    assert [due[name] for name in ("forecast_value", "forecast_low", "forecast_high")] == [None, None, None]


def test_the_forecast_reads_the_last_eight_values() -> None:
    case = Case().key_result(baseline=0, target=100)
    for number in range(1, 11):
        case.value(day(number), -1000 if number <= 2 else number)
    assert case.progress(day(10))["forecast_value"] == pytest.approx(30)


COUNTED = {"numerator": "count(*) where is_good", "denominator": "count(*)"}


@pytest.mark.parametrize(
    ("definition", "values", "forecast"),
    [
        ({"unit": "percent", "type": "ratio", **COUNTED}, (0.8, 0.9, 1.0), 1),
        ({"unit": "percent", "type": "ratio", **COUNTED}, (0.2, 0.1, 0.0), 0),
        ({"unit": "percent", "type": "ratio"}, (0.8, 0.9, 1.0), 3.7),
        ({"unit": "percent", "type": "ratio", **COUNTED, "bounds": {}}, (0.8, 0.9, 1.0), 3.7),
        ({"unit": "percent", "type": "ratio", "bounds": {"max": 1.5}}, (0.8, 0.9, 1.0), 1.5),
        ({"unit": "percent", "type": "conversion"}, (1.0, 1.2, 1.1), 1.2),
        ({"unit": "percent", "type": "derived"}, (0.2, 0.1, 0.0), -2.7),
        ({"unit": "count", "type": "simple"}, (20, 10, 0), 0),
        ({"unit": "count", "type": "derived"}, (20, 10, 0), -270),
        ({"unit": "currency", "type": "simple"}, (20, 10, 0), -270),
        ({"unit": "count", "type": "simple"}, (10, 20, 30), 300),
    ],
    ids=[
        "a share is at most 1",
        "a share is at least 0",
        "a budget can be overspent",
        "a share without bounds",
        "stated bounds hold",
        "what was seen is possible",
        "a growth may be negative",
        "a count is at least 0",
        "a difference may be negative",
        "money may be negative",
        "a count has no upper limit",
    ],
)
def test_the_forecast_is_a_value_that_the_kpi_can_have(
    definition: dict[str, Any], values: tuple[float, ...], forecast: float
) -> None:
    kpi = Kpi.model_validate({"id": "kpi", "direction": "up", **definition})
    case = Case(kpis=(kpi,)).key_result(baseline=0, target=100)
    for number, value in enumerate(values, start=1):
        case.value(day(number), value)
    assert case.progress(day(3))["forecast_value"] == pytest.approx(forecast)


def test_building_again_changes_nothing_and_the_past_does_not_depend_on_when_it_ran() -> None:
    case = Case().key_result(baseline=0, target=100).value(day(2), 20).value(day(9), 40)
    engine = case.engine()
    for sequence, as_of in enumerate((date(2026, 3, 20), day(5), day(9), day(9), day(20)), start=1):
        build(engine, case.company(), Run("run", sequence, as_of, datetime(2026, 1, 1)))
    assert engine.dicts("select * from marts.okr_progress order by key_result_id, as_of") == case.all_progress(day(20))
    engine.close()


whole = st.integers(-10_000, 10_000)
way = st.tuples(whole, whole, whole).filter(lambda numbers: numbers[0] != numbers[1])


@settings(max_examples=10, deadline=None)
@given(st.lists(way, min_size=1, max_size=15))
def test_progress_is_symmetric_monotone_and_free_of_units(ways: list[tuple[int, int, int]]) -> None:
    count = len(ways)
    mirrored = [(-baseline, -target, -current) for baseline, target, current in ways]
    scaled = [(baseline / 100, target / 100, current / 100) for baseline, target, current in ways]
    closer = [(b, t, c + (1 if t > b else -1)) for b, t, c in ways]
    found = [row["progress_raw"] for row in each_way([*ways, *mirrored, *scaled, *closer])]
    plain, mirror, percent, nearer = (found[part * count : (part + 1) * count] for part in range(4))
    assert mirror == plain
    assert percent == plain
    assert all(more > less for more, less in zip(nearer, plain, strict=True))
    assert plain == [(c - b) / (t - b) for b, t, c in ways]
