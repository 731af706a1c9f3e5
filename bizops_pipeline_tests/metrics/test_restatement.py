"""Final values that change are noted with what they were, what they became and by which input; worked by hand."""

from datetime import date, datetime
from typing import Any

import pytest

from bizops_pipeline.contracts.audit import RUN
from bizops_pipeline.warehouse import changes
from bizops_pipeline_tests.metrics.support import World, at, kpi

JANUARY = date(2024, 1, 1)


def orders(**more: Any) -> Any:
    given = {"entity": "fct_order", "time": "ordered_at", "expr": "count(*)", "unit": "count", "grains": ["month"]}
    return kpi("orders", "simple", **given | more)


def aov() -> Any:
    return kpi("aov", "ratio", entity="fct_order", time="ordered_at", numerator="sum(net_amount)",
               denominator="count(*)", grains=["month"])  # fmt: skip


def world_of(*kpis: Any, as_of: str = "2024-02-10") -> World:
    """Return a world with orders on 5 January (10.00), 9 January (20.00) and 5 February (30.00), built once."""
    world = World(kpis, as_of=as_of)
    changes.ensure(world.engine, RUN)
    for day, amount in (("2024-01-05 10:00", 10), ("2024-01-09 10:00", 20), ("2024-02-05 10:00", 30)):
        world.add("fct_order", {"ordered_at": at(day), "net_amount": amount})
    refresh(world)
    return world


def refresh(world: World, as_of: str | None = None, **given: Any) -> int:
    """Build as a refresh does, with its row in audit.run."""
    found = world.build(as_of, **given)
    run = {"run_id": f"run-{world.sequence}", "sequence": world.sequence, "as_of": world.as_of, "status": "published"}
    world.engine.insert(RUN, [run | {"started_at": datetime(2025, 1, 1)}])
    return found.restated


def restated(world: World, *columns: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(columns or ("kpi_id", "period_start", "old_value", "new_value"))
    return world.engine.rows(f"select {listed} from marts.restatement order by number, kpi_id, period_start")


def test_a_late_record_of_a_final_month_restates_it() -> None:
    world = world_of(orders(), aov())
    assert restated(world) == []
    world.add("fct_order", {"ordered_at": at("2024-01-20 10:00"), "net_amount": 60})
    assert refresh(world, "2024-02-11") == 2
    assert restated(world) == [("aov", JANUARY, 15.0, 30.0), ("orders", JANUARY, 2.0, 3.0)]
    told = restated(world, "cause", "inputs", "change", "final_since", "final_run_id", "noticed_on", "run_id")
    of_count = ("data", "fct_order (1 rows)", 1.0, date(2024, 2, 10), "run-1", date(2024, 2, 11), "run-2")
    assert told[1] == of_count


def test_a_second_restatement_names_the_first_as_the_refresh_that_made_the_value_final() -> None:
    world = world_of(orders())
    for day in ("2024-01-20", "2024-01-21"):
        world.add("fct_order", {"ordered_at": at(f"{day} 10:00")})
        refresh(world)
    found = restated(world, "number", "old_value", "new_value", "final_run_id")
    assert found == [(2, 2.0, 3.0, "run-1"), (3, 3.0, 4.0, "run-2")]


def test_a_provisional_month_and_a_month_without_news_are_not_restated() -> None:
    world = world_of(orders(late_arrival_days=20))
    world.add("fct_order", {"ordered_at": at("2024-01-20 10:00")})  # January is settled on 20 February
    world.add("fct_order", {"ordered_at": at("2024-02-06 10:00")})
    assert refresh(world, "2024-02-11") == 0
    assert world.values("orders", "month") == {"2024-01-01": 3.0, "2024-02-01": 2.0}
    refresh(world, "2024-02-20")
    assert refresh(world, "2024-02-21") == 0


@pytest.mark.parametrize("full", [False, True], ids=["again", "full"])
def test_the_same_data_restate_nothing(full: bool) -> None:
    world = world_of(orders(), aov())
    assert refresh(world, full=full) == 0


def test_an_earlier_as_of_date_restates_nothing() -> None:
    world = world_of(orders())
    assert refresh(world, "2024-01-15") == 0
    assert refresh(world, "2024-02-10") == 0


def test_a_final_value_that_is_gone_is_told() -> None:
    world = world_of(aov())
    for key in ("fct_order-0", "fct_order-1"):
        world.remove("fct_order", key)
    assert refresh(world) == 1
    found = restated(world, "old_value", "new_value", "new_null_reason", "cause", "inputs")
    # The KPI now begins in February, so January has no row that could say why.
    assert found == [(15.0, None, None, "data", "fct_order (2 rows)")]


def test_a_definition_that_means_something_else_is_a_cause_of_its_own() -> None:
    world = world_of(orders(version=1))
    changed = orders(version=2, where="net_amount > 15")
    world.company = world.company.model_copy(update={"kpis": (changed,)})
    assert refresh(world) == 1
    found = restated(world, "old_value", "new_value", "kpi_version", "cause", "inputs")
    assert found == [
        (2.0, 1.0, 2, "definition", "orders: version: 1 -> 2; where: (none) -> net_amount > 15"),
    ]


def test_a_service_that_serves_another_stream_restates_its_values() -> None:
    world = World([orders(by=[["value_stream"]])], as_of="2024-02-10")
    changes.ensure(world.engine, RUN)
    world.services({"shop": "web"}, {"shop": {"buy": 0.5, "serve": 0.5}})
    world.add("fct_order", {"ordered_at": at("2024-01-05 10:00"), "service_id": "shop"})
    refresh(world)
    stream = "core.bridge_service_value_stream"
    world.engine.execute(f"update {stream} set weight = 0.25 where value_stream_id = 'buy'")
    world.engine.execute(f"update {stream} set weight = 0.75 where value_stream_id = 'serve'")
    assert refresh(world) == 2
    found = restated(world, "scope_id", "old_value", "new_value", "cause")
    assert sorted(found) == [("buy", 0.5, 0.25, "calculation"), ("serve", 0.5, 0.75, "calculation")]
