"""What a KPI step takes is put to the passes and KPIs that it is for, however the step writes its statements."""

import pytest

from benchmarks.kpi_step import costliest, timed_build
from bizops_pipeline import metrics
from bizops_pipeline_tests.metrics.support import World, at
from bizops_pipeline_tests.metrics.test_properties import KPIS


def test_every_pass_and_every_kpi_has_its_costs_and_the_values_are_those_of_a_build(monkeypatch: pytest.MonkeyPatch):
    world, steps = World(KPIS, as_of="2024-01-31"), []
    world.services({"shop": "web"}, {"shop": {"sales": 1}})
    for n in range(3):
        placed = {"service_id": "shop", "channel": "web", "cart_id": f"c{n}"}
        order = {"customer_id": "a", "net_amount": 5, "is_cancelled": False}
        world.add("fct_order", {**placed, **order, "ordered_at": at("2024-01-10", days=n)})
        world.add("fct_cart", {**placed, "created_at": at("2024-01-09", days=n)})
        world.add("fct_incident", {"service_id": "shop", "opened_at": at("2024-01-10", days=n)})

    def build(*given):
        done, step = timed_build(*given)
        steps.append(step)
        return done

    monkeypatch.setattr(metrics, "build", build)
    world.build()
    [step] = steps

    assert world.row("revenue", "month", "2024-01-01")["value"] == 15
    assert set(step.passes) == set(step.kpis_of)
    assert all(cost > 0 for cost in step.passes.values())
    assert set(step.by_kpi) >= {kpi.id for kpi in KPIS}
    assert {"values by KPI", "all KPIs at once"} <= {
        line.split("|")[1].strip() for line in costliest(step).splitlines() if line
    }
