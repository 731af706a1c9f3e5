"""Meanings of KPIs: since when, until when, what changed, and the values of those that ended."""

from datetime import date
from typing import Any

from bizops_pipeline.metrics.versions import difference
from bizops_pipeline_tests.metrics.support import World, at, kpi

GIVEN = {"entity": "fct_order", "time": "ordered_at", "expr": "count(*)", "unit": "count", "grains": ["day", "month"]}


def world_of(**given: Any) -> World:
    world = World([kpi("orders", "simple", **GIVEN | given)], as_of="2024-01-31")
    world.add("fct_order", {"ordered_at": at("2024-01-05 10:00"), "net_amount": 10})
    world.add("fct_order", {"ordered_at": at("2024-01-09 10:00"), "net_amount": 20})
    world.build()
    return world


def redefine(world: World, *kpis: Any, as_of: str = "2024-02-10") -> None:
    world.company = world.company.model_copy(update={"kpis": kpis})
    world.build(as_of)


def versions(world: World) -> list[tuple[Any, ...]]:
    return world.engine.rows(
        "select position, kpi_version, valid_from, valid_to, changes, is_unversioned from marts.metric_version "
        "where kpi_id = 'orders' order by position"
    )


def test_the_first_meaning_holds_since_ever() -> None:
    world = world_of()
    assert versions(world) == [(1, 1, None, None, None, False)]


def test_texts_targets_and_owners_make_no_new_meaning() -> None:
    world = world_of()
    targets = [{"from": "2024-01-01", "value": 3}]
    redefine(world, kpi("orders", "simple", **GIVEN, label="Orders", owner="sales@example.org", targets=targets))
    assert versions(world) == [(1, 1, None, None, None, False)]
    last_seen = world.engine.rows("select last_seen_on, last_run_id from marts.metric_version")
    assert last_seen == [(date(2024, 2, 10), "run-2")]


def test_a_new_version_ends_the_old_one_and_its_values_stay_readable() -> None:
    world = world_of()
    redefine(world, kpi("orders", "simple", **GIVEN, version=2, where="net_amount > 15"))
    ended = date(2024, 2, 10)
    assert versions(world) == [
        (1, 1, None, ended, None, False),
        (2, 2, ended, None, "version: 1 -> 2; where: (none) -> net_amount > 15", False),
    ]
    assert world.value("orders", "month", "2024-01-01") == 1.0
    kept = world.engine.rows(
        "select position, kpi_version, ended_on, grain, period_start, value from marts.kpi_value_ended"
    )
    assert kept == [(1, 1, ended, "month", date(2024, 1, 1), 2.0)]


def test_a_meaning_that_changes_under_the_same_version_is_marked() -> None:
    world = world_of()
    redefine(world, kpi("orders", "simple", **GIVEN | {"expr": "sum(net_amount)"}))
    assert versions(world)[1][4:] == ("expr: count(*) -> sum(net_amount)", True)
    redefine(world, kpi("orders", "simple", **GIVEN | {"expr": "sum(net_amount)"}, version=2), as_of="2024-02-11")
    assert versions(world)[2][4:] == ("version: 1 -> 2", False)


def test_what_a_kpi_needs_is_part_of_its_meaning() -> None:
    world = world_of()
    redefine(world, kpi("orders", "simple", **GIVEN | {"needs": ["refund"]}, version=2))
    assert versions(world)[1][4:] == ('version: 1 -> 2; needs: (none) -> ["refund"]', False)


def test_a_kpi_that_is_switched_off_ends_and_goes_on_when_it_is_back() -> None:
    world = world_of()
    other = kpi("amount", "simple", **GIVEN | {"expr": "sum(net_amount)"})
    redefine(world, other)
    assert versions(world)[0][3] == date(2024, 2, 10)
    assert world.engine.scalar("select count(*) from marts.kpi_value_ended where kpi_id = 'orders'") == 1
    redefine(world, other, kpi("orders", "simple", **GIVEN), as_of="2024-02-11")
    assert versions(world) == [(1, 1, None, None, None, False)]
    assert world.engine.scalar("select count(*) from marts.kpi_value_ended") == 0


def test_a_difference_is_told_field_by_field() -> None:
    before, after = {"type": "simple", "expr": "count(*)"}, {"type": "simple", "where": "x", "scale": 2}
    assert difference(before, after) == "expr: count(*) -> (none); where: (none) -> x; scale: (none) -> 2"
