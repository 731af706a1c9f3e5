"""Every value of the mart can be had once more from the facts, for every scope, dimension, grain and type."""

import json
from datetime import date
from typing import Any

import pytest

from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import Recomputed, recompute
from bizops_pipeline_tests.metrics.support import World, at, kpi
from bizops_pipeline_tests.metrics.test_properties import BY, KPIS, SHARES, TIMED

AS_OF = date(2024, 2, 10)
MORE = [
    kpi("a_day", "ratio", numerator={"metric": "orders"}, denominator={"calendar": "days"}, by=BY, unit="per_day"),
    kpi("per_active", "ratio", numerator={"metric": "revenue"}, denominator={"metric": "active"}, by=BY),
    kpi("late", "ratio", **TIMED, numerator="count(*) filter (where ordered_date < as_of)", denominator="count(*)",
        scale=1.23456789),
    kpi(
        "share", "ratio", entity="fct_order", time="ordered_at", by=[["channel"], ["service", "channel"]],
        numerator="count(*)", denominator="count(*)", share_of=["channel"],
    ),
    kpi("week", "cumulative", metric="revenue", window="7d", unit="currency", by=BY),
    kpi("lost", "conversion", base={"entity": "fct_cart", "time": "created_at"}, complement=True,
        event={"entity": "fct_order", "time": "ordered_at"}, match="cart_id", within="36h", by=BY),
    kpi(
        "days_open", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", over_time="average",
        by=[[], ["value_stream"]], unit="count",
    ),
    kpi(
        "age", "snapshot", entity="fct_incident", from_="opened_at", to="resolved_at", percentile=0.5, unit="hours",
        expr="date_diff('second', opened_at, period_end)", scale=3600, by=[[], ["service"], ["team"]],
    ),
    kpi(
        "health", "composite", unit="score", by=[[], ["service"]],
        parts=[
            {"metric": "aov", "weight": 2, "worst": 0, "best": 40.1234567},
            {"metric": "open", "worst": 20, "best": 0},
        ],
        caps=[{"metric": "open", "above": 10, "at": 30}],
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def world() -> World:
    world = World([*KPIS, *MORE], as_of=AS_OF.isoformat())
    world.services({"shop": "web", "erp": "core"}, SHARES)
    customers, services, channels = ["a", "b", None, "c"], ["shop", "erp", "shop", "unallocated"], ["web", None, "mail"]
    for n in range(40):
        placed = {"service_id": services[n % 4], "channel": channels[n % 3], "cart_id": f"c{n}"}
        order = {"is_cancelled": n % 5 == 0, "net_amount": n * 1.25, "customer_id": customers[n % 4]}
        world.add("fct_order", {**placed, **order, "ordered_at": at("2023-12-20 08:00", hours=n * 29)})
        world.add("fct_cart", {**placed, "created_at": at("2023-12-20 01:00", hours=n * 28)})
    for n in range(15):
        opened, resolved = at("2023-12-20 01:00", days=n), at("2024-01-01 01:00", days=2 * n)
        world.add("fct_incident", {"opened_at": opened, "resolved_at": resolved, "service_id": services[n % 4]})
    world.build()
    return world


def again(world: World, row: dict[str, Any]) -> Recomputed:
    first = date.min if row["grain"] == "all" else row["period_start"]
    member = None if row["scope_type"] == "company" else row["scope_id"]
    dimensions = tuple(json.loads(row["dimensions"]).items())
    cut = Cut(row["grain"], row["scope_type"], member, dimensions, first, row["period_end"])
    return recompute(world.engine, world.company, row["kpi_id"], cut, AS_OF)


@pytest.mark.parametrize("id", [one.id for one in (*KPIS, *MORE)])
def test_every_value_is_had_again_from_the_facts(world: World, id: str) -> None:
    rows = world.engine.dicts("select * from marts.kpi_value where kpi_id = ? and grain in ('month', 'all')", (id,))
    assert any(row["value"] for row in rows)
    found = [(row, again(world, row)) for row in rows if row["value"] is not None]
    wrong = [(row["grain"], row["scope_id"], row["dimensions"], row["period_start"], row["value"], one.value)
             for row, one in found if not one.agrees_with(row["value"])]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize(
    ("expr", "unit", "expected"),
    [
        ("sum(net_amount)", "currency", None),
        ("sum(net_amount) - sum(refunded_amount_reporting)", "currency", None),
        ("sum(net_amount)", "count", 0),
        ("count(net_amount)", "count", 0),
        ("count(*)", "count", 1),
    ],
)
def test_records_without_an_amount_add_up_to_nothing_and_count_as_0(
    expr: str, unit: str, expected: float | None
) -> None:
    world = World([kpi("total", "simple", **TIMED, expr=expr, unit=unit, grains=["month"])], as_of=AS_OF.isoformat())
    world.add("fct_order", {"ordered_at": at("2024-02-01 08:00"), "net_amount": None})
    world.build()
    row = world.engine.dicts("select * from marts.kpi_value where period_start = date '2024-02-01'")[0]
    assert (row["value"], again(world, row).value) == (expected, expected)


def test_a_value_over_others_is_put_together_from_the_facts_not_from_stored_values(world: World) -> None:
    row = world.row("paid_twice", "month", "2024-01-01", "service", "shop")
    found = again(world, row)
    assert {part.kpi_id for part in found.parts} == {"revenue", "orders", "cancelled"}
    assert all("core." in query for part in found.parts for query in part.queries)
    assert not any("marts." in query for part in found.parts for query in part.queries)


def test_a_stored_value_that_is_wrong_does_not_agree(world: World) -> None:
    row = world.row("aov", "month", "2024-01-01")
    found = again(world, row)
    assert found.agrees_with(row["value"])
    assert not found.agrees_with(row["value"] + 0.01)
    assert not found.agrees_with(None)
