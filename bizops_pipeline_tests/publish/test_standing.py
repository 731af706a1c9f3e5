"""Scorecard, value domains and unit cost, each with numbers worked out by hand."""

import json
from datetime import date, datetime
from typing import Any

import pytest

from bizops_pipeline.metrics.explain import telling_grain
from bizops_pipeline.publish.definitions import write_metric_catalogue
from bizops_pipeline.publish.standing import write_kpi_scorecard, write_unit_cost, write_value_domain
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.metrics.support import World, at, kpi

RUN = Run("run", 9, date(2024, 7, 15), datetime(2024, 7, 16))
ORDERS = [40, 30, 35, 20, 10, 5]
"""Orders of January to June 2024: of 15 pairs of months one rises (30 to 35) and 14 fall."""


def orders(id: str, **given: Any) -> Any:
    fields = {"entity": "fct_order", "time": "ordered_at", "unit": "count", "expr": "count(*)", "grains": ["month"]}
    return kpi(id, "simple", **fields | {"value_domain": "value_creation"} | given)


@pytest.fixture(scope="module")
def world() -> World:
    made = World(
        [
            orders("orders", by=[[], ["value_stream"]], targets=[{"from": "2024-01-01", "value": 10, "warn": 4}]),
            orders("cancelled", direction="down", where="is_cancelled", targets=[{"from": "2024-01-01", "value": 4}]),
            orders("seen", direction="context", value_domain=None),
            orders("yearly", grains=["year", "day"], value_domain="risk_mitigation"),
        ],
        as_of="2024-07-15",
    )
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"serve": 1.0}})
    for month, count in enumerate(ORDERS, start=1):
        rows = [{"ordered_at": at(f"2024-{month:02}-10 10:00"), "service_id": "shop"} for _ in range(count)]
        rows[0]["is_cancelled"] = True
        made.add("fct_order", *rows)
    costs = [("2024-06-03", "shop", True, 60), ("2024-06-20", "erp", True, 30), ("2024-06-20", None, False, 500)]
    made.add(
        "fct_technology_cost",
        *(
            {"cost_date": date.fromisoformat(day), "service_id": service or "unallocated", "is_allocated": allocated,
             "amount_reporting": amount, "origin": "ledger"}
            for day, service, allocated, amount in costs
        ),
    )  # fmt: skip
    made.build()
    write_metric_catalogue(made.engine, made.company, RUN)
    for write in (write_kpi_scorecard, write_value_domain, write_unit_cost):
        write(made.engine, made.company, RUN)
    return made


def scorecard(world: World, kpi_id: str, scope: str = "company") -> dict[str, Any]:
    rows = world.engine.dicts(
        "select * from marts.kpi_scorecard where kpi_id = ? and scope_type = ? order by scope_id", (kpi_id, scope)
    )
    return rows[0]


def test_the_scorecard_shows_the_latest_complete_month_with_target_and_change(world: World) -> None:
    row = scorecard(world, "orders")
    assert (row["grain"], row["period_start"], row["value"]) == ("month", date(2024, 6, 1), 5)
    assert (row["target"], row["status"], row["target_gap"]) == (10, "warning", -5)
    assert (row["previous_value"], row["change"], row["change_meaning"]) == (10, -5, "worse")


def test_the_trend_is_robust_and_says_what_it_means(world: World) -> None:
    row = scorecard(world, "orders")
    # The slopes of the 15 pairs, sorted: -15 -10 -10 -25/3 -7.5 -7.5 -7 -7 -20/3 -20/3 -6.25 -5 -5 -2.5 5.
    assert row["trend_slope"] == pytest.approx(-7)
    assert row["trend_strength"] == pytest.approx(-13 / 15)
    assert (row["trend"], row["trend_periods"]) == ("worsening", 6)
    assert json.loads(row["recent_values"]) == [None] * 6 + [float(count) for count in ORDERS]
    assert scorecard(world, "seen")["trend"] == "falling"
    assert scorecard(world, "cancelled")["trend"] == "steady"


def test_a_kpi_without_months_is_shown_by_its_next_best_grain(world: World) -> None:
    row = scorecard(world, "yearly")
    assert (row["grain"], row["period_start"], row["value"]) == ("day", date(2024, 7, 15), 0)
    assert row["grain"] == telling_grain(world.company.kpi("yearly"))


@pytest.mark.parametrize(("kpi_id", "meaning"), [("orders", "worse"), ("cancelled", "same"), ("seen", "lower")])
def test_what_a_change_means_depends_on_the_direction(world: World, kpi_id: str, meaning: str) -> None:
    assert scorecard(world, kpi_id)["change_meaning"] == meaning


def test_every_member_has_a_row(world: World) -> None:
    assert scorecard(world, "orders", "value_stream")["value"] == 3.75
    assert world.engine.scalar("select count(*) from marts.kpi_scorecard where kpi_id = 'orders'") == 3


def test_a_value_domain_counts_its_kpis_by_status(world: World) -> None:
    june = world.engine.dicts(
        "select * from marts.value_domain where value_domain = 'value_creation' and scope_type = 'company' "
        "and grain = 'month' and period_start = date '2024-06-01'"
    )[0]
    # 5 orders where 10 are wanted is a warning, 1 cancelled where 4 are tolerated is on target.
    assert (june["kpis"], june["with_target"], june["on_target"], june["warning"], june["off_target"]) == (
        2,
        2,
        1,
        1,
        0,
    )
    assert june["score"] == 0.75
    assert (june["best_kpi_id"], june["best_gap"]) == ("cancelled", 0.75)
    assert (june["worst_kpi_id"], june["worst_gap"]) == ("orders", -0.5)


@pytest.mark.parametrize(
    ("scope", "member", "cost", "units", "unit_cost"),
    [
        ("company", "acme", 90, 4, 22.5),
        ("service", "shop", 60, 4, 15),
        ("value_stream", "buy", 45, 3, 15),
        ("value_stream", "serve", 45, 1, 45),
    ],
)
def test_unit_cost_divides_what_reaches_a_service_by_what_it_did(
    world: World, scope: str, member: str, cost: float, units: float, unit_cost: float
) -> None:
    """In June the shop cost 60 and took 5 orders, one of them cancelled; the ERP cost 30 and took none."""
    row = world.engine.dicts(
        "select * from marts.unit_cost where scope_type = ? and scope_id = ? and unit = 'order' and grain = 'month' "
        "and period_start = date '2024-06-01'",
        (scope, member),
    )[0]
    assert (row["allocated_cost"], row["units"], row["unit_cost"]) == (cost, units, unit_cost)


def test_units_without_cost_have_a_reason(world: World) -> None:
    query = "select unit_cost, null_reason from marts.unit_cost where scope_type = 'company' and grain = 'month'"
    assert world.engine.rows(f"{query} and period_start = date '2024-01-01'") == [(None, "no_events")]


def test_written_again_nothing_changes(world: World) -> None:
    for write in (write_kpi_scorecard, write_value_domain, write_unit_cost):
        assert not write(world.engine, world.company, RUN).changed
