"""KPIs over KPIs of which a member has no record: a count of nothing is 0, a sum of nothing is missing."""

from datetime import date
from typing import Any

import pytest

from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import recompute
from bizops_pipeline_tests.metrics.support import World, at, kpi, standard

JANUARY = "2024-01-01"
DEPLOYED = {
    "entity": "fct_deployment",
    "time": "finished_at",
    "unit": "count",
    "grains": ["month"],
    "by": [["service"]],
}
FAILED = {"entity": "fct_incident", "time": "opened_at", "unit": "count", "grains": ["month"], "by": [["service"]]}


def over_counts(kpi_id: str, **given: Any) -> World:
    """Service s1 was deployed once and had an incident; s2 was deployed once and never had one."""
    world = World(
        [
            kpi("deployments", "simple", expr="count(*)", **DEPLOYED),
            kpi("incidents", "simple", expr="count(*)", **FAILED),
            kpi("users", "distinct", expr="service_id", **FAILED),
            kpi(kpi_id, grains=["month"], by=[["service"]], **given),
        ],
        as_of="2024-01-31",
    )
    world.services({"s1": "t", "s2": "t"}, {})
    for service in ("s1", "s2"):
        world.add("fct_deployment", {"service_id": service, "finished_at": at("2024-01-10 10:00")})
    world.add("fct_incident", {"service_id": "s1", "opened_at": at("2024-01-11 10:00")})
    world.build()
    return world


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "derived", "expr": "deployments - incidents", "unit": "count"}, 1),
        ({"type": "derived", "expr": "deployments - users", "unit": "count"}, 1),
        (
            {"type": "ratio", "numerator": {"metric": "incidents"}, "denominator": {"metric": "deployments"}},
            0,
        ),
        (
            {
                "type": "composite",
                "parts": [
                    {"metric": "deployments", "worst": 0, "best": 4, "weight": 0.5},
                    {"metric": "incidents", "worst": 2, "best": 0, "weight": 0.5},
                ],
            },
            62.5,
        ),
    ],
    ids=["difference", "difference-of-distinct", "ratio", "score"],
)
def test_a_count_without_any_record_of_a_member_is_0_in_what_reads_it(given: dict[str, Any], expected: float) -> None:
    world = over_counts("over", **given)
    assert world.value("over", "month", JANUARY, "service", "s2") == expected
    cut = Cut("month", "service", "s2", (), date(2024, 1, 1), date(2024, 1, 31))
    assert recompute(world.engine, world.company, "over", cut, world.as_of).value == expected


def test_a_share_of_nothing_past_due_is_0_also_before_anything_was() -> None:
    ids = ("overdue_vulnerabilities", "open_vulnerabilities", "vuln_past_due_share")
    world = World([each for each in standard("risk") if each.id in ids], as_of="2024-03-31")
    world.services({"s1": "t", "s2": "t"}, {})
    world.add(
        "fct_vulnerability",
        {"service_id": "s1", "detected_at": at("2024-01-05 10:00"), "overdue_date": date(2024, 2, 6)},
        {"service_id": "s2", "detected_at": at("2024-01-05 10:00"), "overdue_date": None},
    )
    world.build()
    shares = {
        (member, month): world.value("vuln_past_due_share", "month", f"2024-{month}-01", scope, member)
        for scope, member in (("company", None), ("service", "s2"))
        for month in ("01", "02")
    }
    assert shares == {(None, "01"): 0, (None, "02"): 0.5, ("s2", "01"): 0, ("s2", "02"): 0}


def test_an_expression_may_say_what_a_missing_amount_is() -> None:
    world = World(
        [each for each in standard("finance") if each.id in ("cash_spend", "cash_budget", "budget_variance")],
        as_of="2024-01-31",
    )
    world.add(
        "fct_budget",
        {
            "cost_centre": "quiet",
            "budget_date": date(2024, 1, 10),
            "amount_reporting": 100,
            "is_cash": True,
            "is_it": True,
        },
    )
    world.add(
        "fct_gl_cost",
        {"cost_centre": "busy", "cost_date": date(2024, 1, 10), "amount_reporting": 5, "is_cash": True, "is_it": True},
    )
    world.build()
    assert world.value("budget_variance", "month", JANUARY, cost_centre="quiet") == -1
    assert world.value("budget_variance", "month", JANUARY, cost_centre="busy") is None


def test_a_count_that_never_counted_anything_has_the_history_of_its_fact() -> None:
    ignored = kpi("ignored", "simple", expr="count(*)", where="sla_met", **{**FAILED, "by": [[], ["service"]]})
    world = World([ignored], as_of="2024-03-15")
    world.services({"s1": "t"}, {})
    world.add("fct_incident", {"service_id": "s1", "opened_at": at("2024-01-10 10:00")})
    world.build()
    months = [world.value("ignored", "month", f"2024-{month:02}-01") for month in (1, 2, 3)]
    assert months == [0, 0, 0]
    world.add("fct_incident", {"service_id": "s1", "opened_at": at("2024-03-10 10:00"), "sla_met": True})
    world.build()
    assert [world.value("ignored", "month", f"2024-{month:02}-01") for month in (1, 2, 3)] == [0, 0, 1]


HOURS: dict[str, Any] = {"entity": "fct_incident", "time": "opened_at", "grains": ["month", "all"]}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "ratio", "numerator": {"metric": "hours"}, "denominator": {"metric": "incidents"}}, 1.5),
        ({"type": "derived", "expr": "hours / incidents"}, 1.5),
        ({"type": "cumulative", "metric": "hours", "reset": "year"}, 3),
    ],
    ids=["ratio", "derived", "to-date"],
)
def test_what_refers_to_a_scaled_kpi_reads_it_in_its_unit(given: dict[str, Any], expected: float) -> None:
    world = World(
        [
            kpi("hours", "simple", expr="sum(resolution_seconds)", unit="hours", scale=3600, **HOURS),
            kpi("incidents", "simple", expr="count(*)", unit="count", **HOURS),
            kpi("over", unit="hours", grains=["month"], **given),
        ],
        as_of="2024-01-31",
    )
    for seconds in (7200, 3600):
        world.add("fct_incident", {"opened_at": at("2024-01-10 10:00"), "resolution_seconds": seconds})
    world.build()
    assert world.value("over", "month", JANUARY) == pytest.approx(expected)
    cut = Cut("month", first=date(2024, 1, 1), last=date(2024, 1, 31))
    assert recompute(world.engine, world.company, "over", cut, world.as_of).value == pytest.approx(expected)
