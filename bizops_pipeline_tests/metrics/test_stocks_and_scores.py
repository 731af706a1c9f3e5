"""Stocks by other measures than their number, shares of a class, and composite scores, computed by hand."""

from decimal import Decimal

import pytest

from bizops_pipeline import metrics
from bizops_pipeline_tests.metrics.support import World, at, kpi

INCIDENTS = {"entity": "fct_incident", "from": "opened_at", "to": "resolved_at", "grains": ["day", "month", "all"]}


def incident(opened: str, resolved: str | None = None, **columns: object) -> dict[str, object]:
    return {
        "opened_at": at(f"{opened} 06:00"),
        "resolved_at": None if resolved is None else at(f"{resolved} 06:00"),
        **columns,
    }


def backlog(*kpis, as_of: str = "2024-02-10") -> World:
    world = World(kpis, as_of=as_of, time_zone="UTC")
    world.add(
        "fct_incident",
        incident("2024-01-10", "2024-02-03", priority="P1", resolution_seconds=10),
        incident("2024-01-20", priority="P2", resolution_seconds=20),
        incident("2024-01-30", "2024-01-31", priority="P2", resolution_seconds=40),
        incident("2024-02-05", priority="P2", resolution_seconds=80),
    )
    world.build()
    return world


def test_a_stock_is_a_sum_over_what_is_open():
    world = backlog(kpi("effort", "snapshot", expr="sum(resolution_seconds)", unit="seconds", **INCIDENTS))
    assert world.value("effort", "day", "2024-01-30") == 10 + 20 + 40
    assert world.value("effort", "month", "2024-01-01") == 10 + 20
    assert world.value("effort", "month", "2024-02-01") == 20 + 80


def test_a_stock_may_be_arithmetic_over_several_sums():
    share = "count(*) filter (where priority = 'P2') / count(*)"
    world = backlog(kpi("share", "snapshot", expr=share, unit="percent", **INCIDENTS))
    assert world.value("share", "month", "2024-01-01") == 1 / 2
    assert world.value("share", "month", "2024-02-01") == 1


def test_the_first_stock_of_a_period_is_that_before_it():
    world = backlog(kpi("start", "snapshot", over_time="first", unit="count", **INCIDENTS))
    assert world.value("start", "month", "2024-01-01") == 0
    assert world.value("start", "month", "2024-02-01") == 2
    assert world.value("start", "day", "2024-01-31") == 3


def test_the_median_age_of_a_stock_is_taken_at_the_end_of_each_period():
    age = "date_diff('second', opened_at, period_end)"
    median = kpi("age", "snapshot", expr=age, percentile=0.5, unit="days", scale=86_400, **INCIDENTS)
    world = backlog(median)
    assert world.value("age", "month", "2024-01-01") == (21.75 + 11.75) / 2
    assert world.row("age", "month", "2024-01-01")["n"] == 2
    assert world.value("age", "month", "2024-02-01") == (21.75 + 5.75) / 2, "the running month ends at the as-of date"
    assert world.value("age", "day", "2024-02-04") == 15.75


def test_a_stock_without_records_has_no_median_age():
    median = kpi("age", "snapshot", expr="resolution_seconds", percentile=0.5, unit="seconds", **INCIDENTS)
    world = World([median], as_of="2024-02-10", time_zone="UTC")
    world.add("fct_incident", incident("2024-01-10", "2024-01-12", resolution_seconds=10))
    world.build()
    row = world.row("age", "day", "2024-01-12")
    assert (row["value"], row["n"], row["null_reason"]) == (None, 0, "no_events")


def test_a_later_end_of_a_record_reaches_the_periods_it_was_open_in():
    median = kpi("age", "snapshot", expr="resolution_seconds", percentile=0.5, unit="seconds", **INCIDENTS)
    world = backlog(median)
    assert world.value("age", "day", "2024-02-09") == 50
    world.add("fct_incident", incident("2024-01-25", resolution_seconds=200))
    world.build()
    assert world.value("age", "day", "2024-02-09") == 80
    assert world.value("age", "day", "2024-01-26") == 20


def shares(by: list[list[str]]):
    return kpi(
        "mix",
        "ratio",
        entity="fct_incident",
        time="opened_at",
        numerator="count(*)",
        denominator="count(*)",
        share_of=["priority"],
        by=by,
        unit="percent",
        grains=["month", "all"],
    )


def test_a_share_is_that_of_a_class_in_all_classes():
    world = backlog(shares([["priority"]]))
    assert world.value("mix", "all", priority="P1") == 1 / 4
    assert world.value("mix", "all", priority="P2") == 3 / 4
    january = world.row("mix", "month", "2024-01-01", priority="P2")
    assert (january["numerator"], january["denominator"], january["value"]) == (2, 3, pytest.approx(2 / 3))
    february = world.row("mix", "month", "2024-02-01", priority="P1")
    assert (february["numerator"], february["denominator"], february["value"]) == (0, 1, 0)


def test_a_share_within_a_member_of_a_scope_is_of_that_member():
    world = World([shares([["service", "priority"]])], as_of="2024-01-31")
    world.services({"shop": "web", "erp": "core"}, {})
    rows = [("shop", "P1"), ("shop", "P2"), ("shop", "P2"), ("erp", "P1")]
    world.add("fct_incident", *(incident("2024-01-10", service_id=s, priority=p) for s, p in rows))
    world.build()
    assert world.value("mix", "all", scope="service", member="shop", priority="P2") == 2 / 3
    assert world.value("mix", "all", scope="service", member="erp", priority="P1") == 1


def counted(id: str, priority: str):
    where = f"priority = '{priority}'"
    return kpi(id, "simple", entity="fct_incident", time="opened_at", where=where, expr="sum(resolution_seconds)")


def score(**more: object):
    parts = [
        {"metric": "first", "weight": 3, "worst": 0, "best": 20},
        {"metric": "second", "weight": 1, "worst": 100, "best": 0},
        {"metric": "third", "weight": 6, "worst": 0, "best": 1},
    ]
    return kpi("score", "composite", parts=parts, unit="score", grains=["month", "all"], **more)


PARTS = (counted("first", "P1"), counted("second", "P2"), counted("third", "P3"))


def test_a_score_is_the_weighted_mean_of_the_parts_that_are_there():
    world = backlog(*PARTS, score())
    row = world.row("score", "month", "2024-01-01")
    assert row["value"] == pytest.approx(100 * (3 * 10 / 20 + 1 * (100 - 60) / 100) / (3 + 1))
    assert (row["numerator"], row["denominator"], row["n"]) == (Decimal("1.9"), 4, 2)


def test_a_part_beyond_its_worst_or_best_counts_as_that():
    world = backlog(*PARTS, kpi("high", "composite", parts=[{"metric": "first", "worst": 0, "best": 5}], unit="score"))
    assert world.value("high", "month", "2024-01-01") == 100
    assert world.row("high", "month", "2024-02-01")["null_reason"] == "no_events", "no part has a value"


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        ({"metric": "first", "below": 11, "at": 20}, 20),
        ({"metric": "first", "below": 10, "at": 20}, 47.5),
        ({"metric": "second", "above": 59, "at": 40}, 40),
        ({"metric": "third", "above": 0, "at": 0}, 47.5),
    ],
    ids=["below", "at the limit", "above", "without a value"],
)
def test_a_part_that_is_too_bad_limits_the_score(cap: dict[str, object], expected: float):
    world = backlog(*PARTS, score(caps=[cap]))
    assert world.value("score", "month", "2024-01-01") == pytest.approx(expected)


def test_the_shown_sql_of_a_share_gives_the_shares():
    mix = shares([["priority"]])
    world = backlog(mix)
    found = world.engine.rows(metrics.sql_of(mix).replace("as_of", "date '2024-02-10'"))
    assert [(str(start), priority, float(value)) for start, priority, value in found] == [
        ("2024-01-01", "P1", pytest.approx(1 / 3)),
        ("2024-01-01", "P2", pytest.approx(2 / 3)),
        ("2024-02-01", "P2", 1),
    ]


@pytest.mark.parametrize(
    ("over_time", "value", "n"), [("last", 1, 1), ("average", 61 / 31, 2)], ids=["at-the-end", "average-of-days"]
)
def test_the_records_behind_a_stock_are_those_that_are_open(over_time: str, value: float, n: int):
    """Two tickets are open from the 1st to the 30th, a third on the 31st: 2 x 30 + 1 open days."""
    stock = kpi("open", "snapshot", entity="fct_ticket", unit="count", grains=["month"], over_time=over_time,
                **{"from": "opened_at", "to": "resolved_at"})  # fmt: skip
    world = World([stock], as_of="2024-01-31")
    left = {"opened_at": at("2024-01-01 10:00"), "resolved_at": at("2024-01-31 10:00")}
    world.add("fct_ticket", left, left, {"opened_at": at("2024-01-31 10:00")})
    world.build()
    row = world.row("open", "month", "2024-01-01")
    assert (row["value"], row["n"]) == (pytest.approx(value), n)


def test_a_stock_of_few_is_suppressed_however_many_there_were():
    few = kpi("staff", "snapshot", entity="fct_ticket", unit="count", grains=["month"], min_denominator=2,
              suppress=True, **{"from": "opened_at", "to": "resolved_at"})  # fmt: skip
    world = World([few], as_of="2024-01-31")
    left = {"opened_at": at("2024-01-01 10:00"), "resolved_at": at("2024-01-20 10:00")}
    world.add("fct_ticket", left, left, {"opened_at": at("2024-01-02 10:00")})
    world.build()
    row = world.row("staff", "month", "2024-01-01")
    assert (row["value"], row["null_reason"]) == (None, "below_minimum")
