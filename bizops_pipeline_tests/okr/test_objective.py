"""The rules of objectives, each with numbers worked by hand."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizops_pipeline.okr.objective import by_height
from bizops_pipeline_tests.okr.case import DUE, START, Case, milestone

MID = date(2026, 4, 15)  # half of April has passed on it, the start day included


def day(number: int) -> date:
    """Return a day of April."""
    return date(2026, 4, number)


def with_progress(case: Case, id: str, percent: float, on: date = START, **given: object) -> Case:
    """Add a key result from 0 to 100 that is at a value from a day on."""
    case.key_result(id, kpi=f"kpi_{id}", baseline=0, target=100, **given)
    return case.value(on, percent, kpi_id=f"kpi_{id}")


def test_the_score_is_the_weighted_mean_of_the_scores() -> None:
    # ServiceNow's example: weights 2 and 3, 40 and 20 percent, together 28.
    case = with_progress(with_progress(Case(), "a", 40, weight=2), "b", 20, weight=3)
    row = case.scores(MID)[MID]
    assert (row["score"], row["expected_score"], row["gap"]) == (0.28, 0.5, -22.0)
    assert (row["parts"], row["coverage"], row["hard_data_share"]) == (2, 1.0, 1.0)


def test_scores_are_clamped_before_they_are_rolled_up() -> None:
    case = with_progress(with_progress(Case(), "a", 150), "b", -50)
    assert case.scores(MID)[MID]["score"] == 0.5


def test_the_status_is_that_of_the_weakest_key_result() -> None:
    case = with_progress(with_progress(with_progress(Case(), "a", 90), "b", 20), "c", 21)
    row = case.scores(MID)[MID]
    assert (row["status"], row["weakest_key_result_id"]) == ("at_risk", "b")


def test_weights_by_size_count_the_worth_of_the_way() -> None:
    # 1,000 to 4,000 at 1 a unit is worth 3,000; 0.20 to 0.10 at 10,000 a unit is worth 1,000.
    case = Case().objective(weights="size")
    case.key_result("a", kpi="ka", baseline=1000, target=4000).value(START, 2500, kpi_id="ka")
    case.key_result("b", kpi="kb", baseline=0.2, target=0.1, unit_value=10_000).value(START, 0.1, kpi_id="kb")
    row = case.scores(MID)[MID]
    assert row["score"] == (3 * 0.5 + 1 * 1) / 4
    assert {r["key_result_id"]: r["weight"] for r in case.all_progress(MID)} == {"a": 3000, "b": 1000}


def test_a_threshold_counts_whole_while_it_is_kept_and_is_expected_to_be() -> None:
    case = Case().key_result("a", type="stay_above", target=5).value(day(2), 6).value(day(3), 4)
    rows = case.scores(day(3))
    assert (rows[day(2)]["score"], rows[day(2)]["gap"]) == (1, 0)
    assert (rows[day(3)]["score"], rows[day(3)]["gap"]) == (0, -100)


def test_what_has_no_data_is_left_out_for_a_cycle_and_counts_nothing_once_overdue() -> None:
    # Weekly values: the first is due by the 7th, a cycle late on the 15th.
    case = with_progress(Case(), "a", 60)
    case.key_result("b", kpi="none", grain="week", baseline=0, target=1)
    rows = case.scores(day(16))
    assert [(rows[day(n)]["score"], rows[day(n)]["coverage"]) for n in (2, 14, 15)] == [
        (0.6, 0.5),
        (0.6, 0.5),
        (0.3, 0.5),
    ]


def test_what_nobody_reported_counts_nothing_and_is_not_covered() -> None:
    case = with_progress(Case(), "a", 60).key_result("b", source="reported", baseline=0, target=10)
    row = case.scores(MID)[MID]
    assert (row["score"], row["coverage"], row["hard_data_share"], row["status"]) == (0.3, 0.5, 0.5, "not_started")


def test_old_data_counts_but_is_not_fresh() -> None:
    case = with_progress(Case(), "a", 40, on=day(2))
    rows = case.scores(day(5))
    assert [rows[day(n)]["fresh_share"] for n in (1, 2, 4, 5)] == [0, 1, 1, 0]
    assert rows[day(5)]["score"] == 0.4


def test_a_key_result_that_starts_later_has_nothing_to_show_and_nothing_expected() -> None:
    case = with_progress(Case(), "a", 50).key_result("b", start=day(16), baseline=0, target=1)
    row = case.scores(day(10))[day(10)]
    assert (row["score"], row["coverage"], row["status"]) == (0.25, 1, "ahead")
    assert row["expected_score"] == pytest.approx(1 / 6, abs=1e-12)


def test_children_count_by_their_weight_where_the_objective_says_so() -> None:
    case = Case().objective("top", roll_up="with_children").objective("plain")
    case.objective("left", parent="top", weight=3).objective("right", parent="plain")
    with_progress(
        with_progress(with_progress(case, "own", 80, objective="top"), "l", 40, objective="left"),
        "r",
        10,
        objective="right",
    )
    with_progress(case, "p", 70, objective="plain")
    assert case.scores(MID, "top")[MID]["score"] == (80 + 3 * 40) / 400
    assert case.scores(MID, "plain")[MID]["score"] == 0.7
    row = case.scores(MID, "top")[MID]
    assert (row["parts"], row["status"], row["weakest_key_result_id"]) == (2, "on_track", "l")


def test_an_objective_may_be_made_of_its_children_alone() -> None:
    case = Case().objective("year", end := date(2026, 4, 1), DUE, roll_up="with_children")
    case.objective("first", end, day(10), parent="year").objective("second", day(11), DUE, parent="year")
    with_progress(with_progress(case, "a", 100, objective="first"), "b", 50, on=day(12), objective="second")
    rows = case.scores(DUE, "year")
    assert [rows[day(n)]["score"] for n in (1, 10, 11, 12, 30)] == [0.5, 0.5, 1.0, 0.75, 0.75]
    assert rows[day(1)]["expected_score"] == 0.05


def test_objectives_are_rolled_up_from_the_bottom() -> None:
    case = Case().objective("a", roll_up="with_children").objective("b", parent="a", roll_up="with_children")
    case.objective("c", parent="b").objective("d", parent="c")
    assert by_height(case.company().objectives) == [["c", "d"], ["b"], ["a"]]


@pytest.mark.parametrize(
    ("kind", "percent", "grade"),
    [
        ("committed", 100, "met"),
        ("committed", 99.9, "miss"),
        ("aspirational", 70, "green"),
        ("aspirational", 69.9, "yellow"),
        ("aspirational", 40, "yellow"),
        ("aspirational", 39.9, "red"),
    ],
)
def test_grades_are_given_after_the_period(kind: str, percent: float, grade: str) -> None:
    case = with_progress(Case().objective(kind=kind), "a", percent)
    rows = case.scores(date(2026, 5, 8))
    assert [rows[day]["grade"] for day in (DUE, date(2026, 5, 1))] == [None, grade]
    assert (rows[date(2026, 5, 6)]["is_final"], rows[date(2026, 5, 7)]["final_grade"]) == (False, grade)


def test_before_the_start_there_is_one_row() -> None:
    rows = with_progress(Case(), "a", 10).scores(date(2026, 3, 9))
    assert [(on, row["score"], row["status"]) for on, row in rows.items()] == [(date(2026, 3, 9), 0, "not_started")]


def test_milestones_and_check_ins_are_no_hard_data() -> None:
    case = Case().key_result(
        "m", type="milestone", source="reported", milestones=[milestone("a", 1, day(2)), milestone("b", 1)]
    )
    case.key_result("r", source="reported", baseline=0, target=2).checkin(datetime(2026, 4, 3), 1, id="r")
    row = case.scores(MID)[MID]
    assert (row["score"], row["hard_data_share"], row["coverage"]) == (0.5, 0, 1)


parts = st.lists(st.tuples(st.integers(-50, 150), st.integers(1, 9)), min_size=1, max_size=5)


@settings(max_examples=5, deadline=None)
@given(st.lists(parts, min_size=1, max_size=6), st.sampled_from([1000, 0.01]))
def test_a_roll_up_lies_within_its_parts_and_knows_no_scale_and_no_order(
    objectives: list[list[tuple[int, int]]], scale: float
) -> None:
    case, mirror = Case(), Case()
    for number, listed in enumerate(objectives):
        for name, percent, weight in [(f"k{number}_{n}", *part) for n, part in enumerate(listed)]:
            case.objective(f"o{number}", title="as given")
            with_progress(case, name, percent, objective=f"o{number}", weight=weight)
        for name, percent, weight in reversed([(f"k{number}_{n}", *part) for n, part in enumerate(listed)]):
            mirror.objective(f"o{number}", title="the other way round")
            with_progress(mirror, name, percent, objective=f"o{number}", weight=weight * scale)
    mirror.objectives = dict(reversed(mirror.objectives.items()))
    found = {row["objective_id"]: row for row in case.rows("okr_objective", MID) if row["as_of"] == MID}
    other = {row["objective_id"]: row for row in mirror.rows("okr_objective", MID) if row["as_of"] == MID}
    for number, listed in enumerate(objectives):
        row, scores = found[f"o{number}"], [min(max(percent / 100, 0), 1) for percent, _ in listed]
        assert min(scores) <= row["score"] <= max(scores)
        assert row["score"] == pytest.approx(
            sum(score * weight for score, (_, weight) in zip(scores, listed, strict=True)) / sum(w for _, w in listed)
        )
        mirrored = other[f"o{number}"]
        assert mirrored["score"] == pytest.approx(row["score"], abs=1e-9)
        assert mirrored["weakest_key_result_id"] == row["weakest_key_result_id"]
