"""What is final stays, what differs later is logged, and what was known on a day can be asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bizops_pipeline.okr.build import build
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import DUE, START, Case

FINAL = date(2026, 5, 7)  # seven days for late data after the 30th


class Watched:
    """A case that is built day after day in one warehouse, while its data changes."""

    def __init__(self, case: Case) -> None:
        self.case, self.engine, self.sequence = case, case.engine(), 0

    def refresh(self, as_of: date) -> None:
        """Build with the data the case has now."""
        self.sequence += 1
        self.case.fill(self.engine)
        run = Run(f"run-{self.sequence}", self.sequence, as_of, datetime(2026, 1, 1))
        build(self.engine, self.case.company(), run)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Query the warehouse."""
        return self.engine.rows(sql)

    def known(self, on: date, day: date) -> list[float]:
        """Return the progress of a day as it was known on another."""
        return [
            progress
            for (progress,) in self.rows(
                f"select progress from marts.okr_progress_known where as_of = date '{day}' "
                f"and known_from <= date '{on}' and (known_to is null or known_to > date '{on}')"
            )
        ]


@pytest.fixture
def april() -> Iterator[Watched]:
    """An aspirational objective of April with one key result, at 50 of 100 since the 2nd."""
    case = Case().objective(kind="aspirational").key_result(baseline=0, target=100).value(date(2026, 4, 2), 50)
    watched = Watched(case)
    yield watched
    watched.engine.close()


def test_a_grade_is_frozen_by_the_first_refresh_after_the_days_for_late_data(april: Watched) -> None:
    april.refresh(FINAL - timedelta(days=1))
    assert april.rows("select * from marts.okr_final") == []
    april.refresh(FINAL + timedelta(days=2))
    frozen = "select subject, subject_id, as_of, score, grade, frozen_on from marts.okr_final order by subject"
    assert april.rows(frozen) == [
        ("key_result", "kr", FINAL, 0.5, "missed", FINAL + timedelta(days=2)),
        ("objective", "objective", FINAL, 0.5, "yellow", FINAL + timedelta(days=2)),
    ]
    assert april.rows("select * from marts.okr_restatement") == []


def test_what_would_change_a_frozen_grade_is_logged_once_and_does_not_change_it(april: Watched) -> None:
    april.refresh(FINAL)
    april.case.values[0]["value"] = 80
    for later in (1, 2, 3):
        april.refresh(FINAL + timedelta(days=later))
    logged = (
        "select subject_id, as_of, old_score, new_score, old_grade, new_grade, noticed_on "
        "from marts.okr_restatement where subject = 'objective' order by refresh"
    )
    first = ("objective", FINAL, 0.5, 0.8, "yellow", "green", FINAL + timedelta(days=1))
    assert april.rows(logged) == [first]
    latest = (
        "select score, grade, is_final, final_score, final_grade from marts.okr_objective order by as_of desc limit 1"
    )
    assert april.rows(latest) == [(0.8, "green", True, 0.5, "yellow")]

    april.case.values[0]["value"] = 50
    april.refresh(FINAL + timedelta(days=4))
    april.refresh(FINAL + timedelta(days=4))
    assert april.rows(logged)[1:] == [("objective", FINAL, 0.8, 0.5, "green", "yellow", FINAL + timedelta(days=4))]


def test_a_correction_changes_the_past_but_not_what_was_known(april: Watched) -> None:
    third, fifth, sixth = (date(2026, 4, number) for number in (3, 5, 6))
    april.refresh(third)
    april.refresh(fifth)
    april.case.values[0]["value"] = 40
    april.refresh(sixth)
    assert april.rows(f"select progress from marts.okr_progress where as_of = date '{third}'") == [(0.4,)]
    assert [april.known(on, third) for on in (third, fifth, sixth, DUE)] == [[0.5], [0.5], [0.4], [0.4]]
    assert april.known(date(2026, 4, 2), third) == []


def test_what_was_known_is_written_only_when_it_changes(april: Watched) -> None:
    april.refresh(date(2026, 4, 5))
    count = "select count(*), count(known_to) from marts.okr_progress_known"
    assert april.rows(count) == [(5, 0)]
    april.refresh(date(2026, 4, 5))
    april.refresh(date(2026, 4, 6))
    assert april.rows(count) == [(6, 0)]


def test_the_last_refresh_of_a_day_is_what_was_known_on_it(april: Watched) -> None:
    third = date(2026, 4, 3)
    april.refresh(third)
    april.case.values[0]["value"] = 60
    april.refresh(third)
    assert april.known(third, third) == [0.6]
    assert april.rows("select known_from = known_to from marts.okr_progress_known where known_to is not null") == [
        (True,),
        (True,),
    ]


def test_a_look_back_is_not_remembered(april: Watched) -> None:
    april.refresh(date(2026, 4, 9))
    before = april.rows("select * from marts.okr_progress_known order by all")
    april.refresh(date(2026, 4, 4))
    assert april.rows("select * from marts.okr_progress_known order by all") == before


def test_a_memory_of_another_version_is_kept_and_extended(april: Watched) -> None:
    april.refresh(FINAL)
    april.engine.execute("alter table marts.okr_final drop column grade")
    april.refresh(FINAL + timedelta(days=1))
    assert april.rows("select subject, score, grade from marts.okr_final order by 1") == [
        ("key_result", 0.5, None),
        ("objective", 0.5, None),
    ]


REPLAYED = [START + timedelta(days=number) for number in range(-3, 40, 4)]


@pytest.mark.parametrize(
    "days",
    [
        pytest.param(REPLAYED, id="sampled"),
        pytest.param([START + timedelta(days=n) for n in range(-3, 40)], id="daily", marks=pytest.mark.slow),
    ],
)
def test_a_period_replayed_day_by_day_equals_its_history_at_once(days: list[date]) -> None:
    def until(last: date) -> Case:
        """Return what the records held at the end of a day."""
        case = Case().objective("top", roll_up="with_children").objective("child", parent="top", kind="aspirational")
        case.key_result(
            "daily", "child", baseline=0, target=40, changes=[{"from": date(2026, 4, 20), "target": 30, "reason": "r"}]
        )
        case.key_result("weekly", "child", kpi="w", grain="week", baseline=9, target=2, curve=[{"by": DUE, "share": 1}])
        case.key_result("kept", "top", kpi="k", type="stay_below", target=7)
        case.key_result("told", "top", source="reported", baseline=0, target=5)
        for number in range(min((last - START).days + 1, 35)):
            on = START + timedelta(days=number)
            case.value(on, number * 1.25 if number % 3 else None).value(on, number % 9, kpi_id="k")
            if on.weekday() == 6:
                case.value(on - timedelta(days=6), 9 - number / 5, on, kpi_id="w", grain="week")
            if number % 8 == 4:
                case.checkin(datetime(2026, 4, 1) + timedelta(days=number), number / 8, 0.6, id="told")
        return case

    watched = Watched(until(days[0]))
    for day in days:
        watched.case = until(day)
        watched.refresh(day)
    at_once = Watched(until(days[-1]))
    at_once.refresh(days[-1])
    for mart in ("okr_progress", "okr_objective"):
        query = f"select * exclude (run_id) from marts.{mart} order by all"
        assert watched.rows(query) == at_once.rows(query)
    # Nothing was corrected, so each day was known as it stands now; only the look ahead before the start is over.
    looks_ahead = 2 * sum(day < START for day in days)
    assert watched.rows("select count(known_to) from marts.okr_objective_known") == [(looks_ahead,)]
    assert watched.rows("select * from marts.okr_restatement") == []
    for each in (watched, at_once):
        each.engine.close()
