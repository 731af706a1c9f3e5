"""Items of several services: one record of each member, with amounts by weight, in values and in their explanation."""

from datetime import date
from typing import Any

import pytest

from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import recompute
from bizops_pipeline_tests.metrics.support import World, at, kpi

TIMED = {"entity": "fct_incident", "time": "opened_at", "by": [[], ["service"], ["team"], ["value_stream"]]}
STOCK = {"entity": "fct_incident", "from_": "opened_at", "to": "resolved_at", "by": TIMED["by"], "unit": "count"}
KPIS = [
    kpi("incidents", "simple", **TIMED, expr="count(*)", unit="count"),
    kpi("effort", "simple", **TIMED, expr="sum(resolution_seconds)", unit="seconds"),
    kpi("mean", "ratio", **TIMED, numerator="sum(resolution_seconds)", denominator="count(*)", unit="seconds"),
    kpi("median", "percentile", **TIMED, expr="resolution_seconds", percentile=0.5, unit="seconds"),
    kpi("callers", "distinct", **TIMED, expr="priority", unit="count"),
    kpi("callers_a_day", "distinct", **TIMED, expr="priority", over_time="average", unit="count"),
    kpi("open", "snapshot", **STOCK, over_time="last"),
    kpi("age", "snapshot", **STOCK | {"unit": "seconds"}, percentile=0.5,
        expr="date_diff('second', opened_at, period_end)"),
]  # fmt: skip
EVER = "1900-01-01"
SHARES = (
    ("incident", "both", "shop", 0.6, EVER),
    ("incident", "both", "search", 0.4, EVER),
    ("incident", "early", "shop", 1, "2024-01-15"),
    ("incident", "late", "shop", 0.5, "2024-01-15"),
    ("incident", "late", "erp", 0.5, "2024-01-15"),
    ("change", "named", "shop", 1, EVER),
)


def incident(id: str, service: str, day: str, seconds: int, caller: str) -> dict[str, Any]:
    times = {"opened_at": at(f"{day} 10:00"), "resolved_at": None}
    return {"incident_id": id, "service_id": service, "resolution_seconds": seconds, "priority": caller, **times}


def filled(*shares: tuple[str, str, str, float, str]) -> World:
    world = World(KPIS, as_of="2024-01-31")
    world.services(
        {"shop": "web", "search": "web", "erp": "core"},
        {"shop": {"buy": 0.75, "serve": 0.25}, "search": {"buy": 1}, "erp": {"supply": 1}},
    )
    world.add(
        "fct_incident",
        incident("both", "erp", "2024-01-10", 100, "a"),
        incident("early", "erp", "2024-01-10", 400, "b"),
        incident("late", "erp", "2024-01-20", 400, "b"),
        incident("named", "erp", "2024-01-20", 1000, "c"),
    )
    if shares:
        world.map_items(*shares)
    world.build()
    return world


@pytest.fixture(scope="module")
def world() -> World:
    return filled(*SHARES)


@pytest.mark.parametrize(
    ("scope", "member", "count", "effort", "mean", "median", "callers", "n"),
    [
        ("company", None, 4, 1900, 475, 400, 3, 4),
        ("service", "shop", 0.6 + 0.5, 60 + 200, 260 / 1.1, 250, 2, 2),
        ("service", "search", 0.4, 40, 100, 100, 1, 1),
        ("service", "erp", 1 + 0.5 + 1, 400 + 200 + 1000, 640, 400, 2, 3),
        ("team", "web", 1 + 0.5, 100 + 200, 200, 250, 2, 2),
        ("team", "core", 2.5, 1600, 640, 400, 2, 3),
        ("value_stream", "buy", 0.6 * 0.75 + 0.4 + 0.5 * 0.75, 85 + 150, 235 / 1.225, 250, 2, 2),
        ("value_stream", "serve", 0.15 + 0.125, 15 + 50, 65 / 0.275, 250, 2, 2),
        ("value_stream", "supply", 2.5, 1600, 640, 400, 2, 3),
    ],
)
def test_amounts_are_shared_and_records_counted_once_by_each_member(
    world: World, scope: str, member: str | None, count: float, effort: float, mean: float, median: float,
    callers: int, n: int,
):  # fmt: skip
    rows = [world.row(id, "all", None, scope, member) for id in ("incidents", "effort", "mean", "median", "callers")]
    assert [row["value"] for row in rows] == pytest.approx([count, effort, mean, median, callers])
    assert {row["n"] for row in rows} == {n}


def test_what_is_open_is_shared_by_what_holds_on_the_day_of_arrival(world: World):
    assert world.value("open", "all", None, "service", "shop") == pytest.approx(1.1)
    assert world.value("open", "all", None, "team", "core") == pytest.approx(2.5)
    opened_ten = 21 * 86400 + 14 * 3600
    assert world.value("age", "all", None, "service", "search") == opened_ten
    assert world.value("callers_a_day", "all", None, "team", "web") == pytest.approx(2 / 22)


@pytest.mark.parametrize("scope", ["service", "team", "value_stream"])
def test_members_add_up_to_the_company(world: World, scope: str):
    for id in ("incidents", "effort"):
        parts = world.engine.scalar(
            "select sum(numerator) from marts.kpi_value where kpi_id = ? and grain = 'all' and scope_type = ?",
            (id, scope),
        )
        assert parts == world.row(id)["numerator"]


def test_every_value_can_be_had_once_more_from_the_facts(world: World):
    rows = world.engine.dicts("select * from marts.kpi_value where grain in ('month', 'all') and value is not null")
    assert {row["scope_type"] for row in rows} == {"company", "service", "team", "value_stream"}
    for row in rows:
        member = None if row["scope_type"] == "company" else row["scope_id"]
        first = date.min if row["grain"] == "all" else row["period_start"]
        cut = Cut(row["grain"], row["scope_type"], member, (), first, row["period_end"])
        found = recompute(world.engine, world.company, row["kpi_id"], cut, world.as_of)
        assert found.agrees_with(row["value"]), (row, found)


def test_a_changed_mapping_moves_what_it_concerns_and_nothing_else():
    changed = (*SHARES[:2], ("incident", "late", "search", 1, EVER))
    world = filled(*SHARES)
    world.map_items(*changed)
    world.build()
    assert world.everything() == filled(*changed).everything()
    world.map_items()
    world.build()
    assert world.everything() == filled().everything()


def test_the_share_of_a_service_counts_as_unallocated_until_the_service_has_a_value_stream():
    counted = kpi("incidents", "simple", **TIMED | {"by": [[], ["value_stream"]]}, expr="count(*)", unit="count")
    world = World([counted], as_of="2024-03-31")
    world.services({"shop": "web", "search": "web"}, {"shop": {"buy": 1}})
    world.share("search", "find", 1, since="2024-03-01")
    world.add(
        "fct_incident",
        incident("february", "shop", "2024-02-10", 1, "a"),
        incident("march", "shop", "2024-03-10", 1, "a"),
        incident("of search", "search", "2024-02-11", 1, "a"),
    )
    halves = [(item, service) for item in ("february", "march") for service in ("shop", "search")]
    world.map_items(*(("incident", item, service, 0.5, EVER) for item, service in halves))
    world.build()
    found = {stream: world.values("incidents", "month", "value_stream", stream) for stream in ("buy", "unallocated")}
    assert found["buy"] == {"2024-02-01": 0.5, "2024-03-01": 0.5}
    assert found["unallocated"] == {"2024-02-01": 1.5, "2024-03-01": 0}
    assert world.value("incidents", "month", "2024-03-01", "value_stream", "find") == 0.5
