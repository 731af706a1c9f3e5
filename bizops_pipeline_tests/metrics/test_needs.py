"""What counts something as missing has a value only where a source would show it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from bizops_pipeline.catalogue.dependencies import in_dependency_order, references
from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.metrics.availability import availability
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import recompute
from bizops_pipeline_tests.metrics.support import World, at, company, kpi, source_of_everything, standard

DAY = at("2024-03-05 10:00")
DATE = DAY.date()
MODEL = {"deployed_on": DATE}
DEPLOYMENT = {"group_finished_at": DAY, "is_production_success": True, "is_group_lead": True, "is_failed_change": False}
ORDER = {"ordered_at": DAY, "net_amount_reporting": 50, "refunded_amount_reporting": 0}
CART = {"cart_id": "c1", "created_at": DAY}
INCIDENT = {"opened_at": DAY}
SUBSCRIBER = {"started_on": DATE, "customer_id": "k1"}

CASES: list[Any] = [
    pytest.param("ai", "models_unused", {"fct_model": MODEL}, ["model_usage"], 1, id="use"),
    pytest.param("ai", "ai_active_users", {"fct_model_usage": {"used_at": DAY}}, ["model_seat"], 0, id="seats"),
    pytest.param("delivery", "change_failure_rate", {"fct_deployment": DEPLOYMENT}, ["incident"], 0, id="failures"),
    pytest.param(
        "delivery", "undeployed_changes", {"fct_change": {"merged_at": DAY}}, ["deployment_commit"], 1, id="deployment"
    ),
    pytest.param("commerce", "refund_rate", {"fct_order": ORDER}, ["refund"], 0, id="refunds"),
    pytest.param(
        "commerce", "cart_abandonment", {"fct_cart": CART, "fct_order": ORDER}, ["order.cart_id"], 1, id="a link"
    ),
    pytest.param(
        "operation",
        "unacknowledged_incidents",
        {"fct_incident": INCIDENT},
        ["incident.acknowledged_at"],
        1,
        id="a moment",
    ),
    pytest.param("operation", "open_incidents", {"fct_incident": INCIDENT}, ["incident.resolved_at"], 1, id="an end"),
    pytest.param(
        "operation",
        "error_rate",
        {"fct_resource_usage": {"measured_at": DAY, "requests": 10, "errors": 0}},
        ["resource_usage.errors"],
        0,
        id="a number",
    ),
    pytest.param("subscription", "churn", {"fct_subscriber": SUBSCRIBER}, ["subscription.ended_on"], 0, id="reference"),
    pytest.param(
        "work",
        "requests_awaiting_deployment",
        {"fct_service_request": {"approved_at": DAY}},
        ["work_item.available_at", "deployment"],
        1,
        id="either of two",
    ),
]


def only(id: str, kpis: list[Kpi]) -> list[Kpi]:
    """Return a KPI and those that it is computed from."""
    wanted = {id}
    for each in reversed(in_dependency_order(kpis)):
        if each.id in wanted:
            wanted |= {other for _, other in references(each)}
    return [each for each in kpis if each.id in wanted]


@pytest.mark.parametrize(("domain", "id", "facts", "needs", "value"), CASES)
def test_a_value_needs_what_would_show_the_opposite(
    domain: str, id: str, facts: Mapping[str, Mapping[str, Any]], needs: list[str], value: float
):
    def found(*lacking: str) -> tuple[Any, Any, Any]:
        world = World(only(id, standard(domain)), as_of="2024-04-30")
        sources = (source_of_everything(lacking),)
        world.company = world.company.model_copy(update={"source_tables": sources})
        for name, row in facts.items():
            world.add(name, row)
        world.build()
        row = world.row(id, "month", "2024-04-01") if id == "churn" else world.row(id)
        return row["value"], row["numerator"], row["null_reason"]

    assert found(*needs) == (None, None, "source_missing")
    for one in needs[1:]:
        assert found(one)[0] == value
    assert (found()[0], found()[2]) == (value, None)


def test_a_value_that_lacks_something_is_not_computed_once_more_either():
    world = World(standard("subscription"), as_of="2024-04-30")
    world.add("fct_subscriber", SUBSCRIBER)
    whole, lacking = world.company, (source_of_everything(["subscription.ended_on"]),)
    without = whole.model_copy(update={"source_tables": lacking})
    april = Cut("month", first=date(2024, 4, 1), last=date(2024, 4, 30))
    found = [recompute(world.engine, of, "churn", april, world.as_of).value for of in (whole, without)]
    assert found == [0, None]


def test_what_a_kpi_lacks_is_said_before_it_is_switched_on():
    def state(*lacking: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
        of = company([]).model_copy(update={"source_tables": (source_of_everything(lacking),)})
        found = next(each for each in availability(of) if each.kpi.id == "requests_awaiting_deployment")
        return found.state, found.missing

    assert state() == ("possible", ())
    assert state("deployment") == ("possible", ())
    either = ("work_item.available_at", "deployment")
    assert state(*either) == ("missing", (either,))


def test_a_score_leaves_the_part_out_that_lacks_something():
    parts = [{"metric": "undelivered", "worst": 1, "best": 0}, {"metric": "cancelled", "worst": 1, "best": 0}]
    of_orders = {"entity": "fct_order", "time": "ordered_at", "denominator": "count(*)"}
    kpis = [
        kpi("undelivered", "ratio", numerator="count(order_id)", needs=["shipment"], **of_orders),
        kpi("cancelled", "ratio", numerator="count(*) filter (where is_cancelled)", **of_orders),
        kpi("health", "composite", parts=parts),
    ]
    world = World(kpis)
    lacking = {"source_tables": (source_of_everything(["shipment"]),)}
    world.company = world.company.model_copy(update=lacking)
    world.add("fct_order", ORDER)
    world.build()
    assert world.row("undelivered")["null_reason"] == "source_missing"
    assert (world.value("health"), world.row("health")["n"]) == (100, 1)


@pytest.mark.parametrize("id", [id for id, each in library().items() if each.get("needs")])
def test_needs_are_of_what_the_kpi_is_made_of(id: str):
    """With every need met the library's KPI lacks nothing else than its facts."""
    of = company([]).model_copy(update={"source_tables": (source_of_everything(),)})
    found = next(each for each in availability(of) if each.kpi.id == id)
    assert found.missing == ()
    assert Kpi.model_validate(library()[id]).needs
