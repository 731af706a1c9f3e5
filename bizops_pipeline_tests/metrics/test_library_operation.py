"""Standard KPIs of operation: each with its value worked out by hand."""

from decimal import Decimal
from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
HOUR = 3_600


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("operation"), as_of="2024-02-29")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"buy": 1}})
    incidents(made)
    service_time(made)
    changes(made)
    objectives(made)
    usage(made)
    made.build()
    return made


def incidents(world: World) -> None:
    cases = [
        # service, priority, problem, hours to resolve, in business hours, to restore, to recover, to detect, kept
        ("shop", "P1", "pool", 2, 1, 1, 3, 0.5, True),
        ("shop", "P2", "pool", 4, 3, None, None, 1.5, False),
        ("erp", "P2", "disk", 12, 8, 8, 5, None, True),
        ("erp", "P3", None, None, None, None, None, None, None),
    ]
    opened = "2024-01-23 10:00"
    world.add(
        "fct_incident",
        *(
            {
                "opened_at": at(opened),
                "acknowledged_at": None if resolve is None else at(opened, minutes=10 * resolve),
                "acknowledgement_seconds": None if resolve is None else 600 * resolve,
                "resolved_at": None if resolve is None else at(opened, hours=resolve),
                "restored_at": None if restore is None else at(opened, hours=restore),
                "service_id": service,
                "priority": priority,
                "problem_id": problem,
                "detection_seconds": seconds(detect),
                "resolution_seconds": seconds(resolve),
                "resolution_business_seconds": seconds(business),
                "restoration_seconds": seconds(restore),
                "recovery_seconds": seconds(recover),
                "sla_met": kept,
            }
            for service, priority, problem, resolve, business, restore, recover, detect, kept in cases
        ),
        {"opened_at": at("2024-01-30 10:00"), "resolved_at": at("2024-02-02 10:00"), "service_id": "shop"},
    )
    world.add("fct_problem", {"opened_at": at("2024-01-24 10:00")})
    world.add("fct_problem", {"opened_at": at("2024-01-25 10:00"), "resolved_at": at("2024-01-27 10:00")})
    visits = [
        ("a", "2024-01-10 10:00"),
        ("b", "2024-01-10 11:00"),
        ("a", "2024-01-11 10:00"),
        (None, "2024-01-12 10:00"),
    ]
    world.add(
        "fct_session",
        *({"customer_id": customer, "started_at": at(moment), "service_id": "shop"} for customer, moment in visits),
    )


def service_time(world: World) -> None:
    days = [
        # service, day, agreed, lost, outages that began
        ("shop", "2024-01-23", 86_400, 8_640, 2),
        ("erp", "2024-01-23", 43_200, 0, 0),
        ("shop", "2024-01-24", 86_400, 0, 0),
    ]
    world.add(
        "fct_service_day",
        *(
            {
                "service_id": service,
                "service_date": day,
                "agreed_seconds": agreed,
                "downtime_seconds": down,
                "outages": n,
            }
            for service, day, agreed, down, n in days
        ),
    )
    losses = [("incident", 2 * HOUR), ("ticket", HOUR)]
    world.add(
        "fct_productivity_loss",
        *({"service_date": "2024-01-23", "cause": cause, "lost_seconds": lost} for cause, lost in losses),
    )
    worked = [("web", "business", 90 * HOUR), ("core", "it", 10 * HOUR)]
    world.add(
        "fct_working_time",
        *(
            {"service_date": "2024-01-23", "team_id": team, "side": side, "worked_seconds": time}
            for team, side, time in worked
        ),
    )


def changes(world: World) -> None:
    cases = [
        ("standard", True),
        ("standard", False),
        ("normal", True),
        ("normal", True),
        ("normal", False),
        ("normal", None),
        ("emergency", False),
    ]
    world.add(
        "fct_change_request",
        *(
            {
                "type": type,
                "is_successful": successful,
                "opened_at": at("2024-01-20 10:00"),
                "closed_at": at("2024-01-22 10:00"),
            }
            for type, successful in cases
        ),
    )


def objectives(world: World) -> None:
    days = [
        # objective, day, goal, good, valid, allowed
        ("fast", "2024-01-22", "0.99", 980, 1000, 10),
        ("fast", "2024-01-23", "0.99", 999, 1000, 10),
        ("perfect", "2024-01-23", "1", 90, 100, 0),
        ("rare", "2024-01-23", "0.5", 7, 8, 4),
    ]
    world.add(
        "fct_slo_measurement",
        *(
            {
                "slo_id": slo,
                "service_id": "shop",
                "measured_at": at(day),
                "goal": Decimal(goal),
                "valid_events": valid,
                "good_events": good,
                "bad_events": valid - good,
                "allowed_bad_events": allowed,
            }
            for slo, day, goal, good, valid, allowed in days
        ),
    )


def usage(world: World) -> None:
    cases = [
        # service, cores used and available, GiB used and available (for an hour), requests, errors, slow
        ("shop", 1, 4, 6, 8, 900, 9, 90),
        ("erp", 5, 8, 2, 8, 100, 3, 0),
        ("erp", None, None, None, None, 0, 0, 0),
    ]
    world.add(
        "fct_resource_usage",
        *(
            {
                "measured_at": at("2024-01-23 10:00"),
                "service_id": service,
                "cpu_used_core_seconds": seconds(cpu),
                "cpu_available_core_seconds": seconds(cores),
                "memory_used_gib_seconds": seconds(memory),
                "memory_available_gib_seconds": seconds(most),
                "requests": requests,
                "errors": errors,
                "slow_requests": slow,
            }
            for service, cpu, cores, memory, most, requests, errors, slow in cases
        ),
    )


def seconds(hours: float | None) -> int | None:
    return None if hours is None else int(hours * HOUR)


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("failed_deploy_recovery", JANUARY, 4, "median of 3, 5"),
        ("mttr_resolve", JANUARY, 6, "mean of 2, 4, 12"),
        ("mttr_resolve_median", JANUARY, 4, "median of 2, 4, 12"),
        ("mttr_resolve_business", JANUARY, 4, "mean of 1, 3, 8"),
        ("mttr_resolve_business_median", JANUARY, 3, "median of 1, 3, 8"),
        ("mttr_restore", JANUARY, 4.5, "median of 1, 8"),
        ("mttd", JANUARY, 60, "mean of 30 and 90 minutes"),
        ("detection_coverage", JANUARY, 2 / 5, "two of five say when they were noticed"),
        ("mtta", JANUARY, 60, "mean of 20, 40, 120 minutes"),
        ("unacknowledged_incidents", JANUARY, 2, "the open one and the last one"),
        ("unacknowledged_incidents", FEBRUARY, 0, "none is a real zero"),
        ("incidents", JANUARY, 5, "all"),
        ("incidents_with_root_cause", JANUARY, 3 / 5, "pool twice, disk once"),
        ("open_problems", JANUARY, 1, "the other one was resolved"),
        ("open_incidents", JANUARY, 2, "the one never resolved and the one resolved in February"),
        ("open_incidents", FEBRUARY, 1, "the one never resolved"),
        ("open_incident_age", JANUARY, ((8 * 24 + 14) + 38) / 2, "206 and 38 hours to the end of the 31st"),
        ("availability", JANUARY, 1 - 8_640 / 216_000, "2.4 of 60 hours lost"),
        ("mtbf", JANUARY, 57.6 / 2, "57.6 hours with two failures"),
        ("mtbf", FEBRUARY, None, "no failure is not infinity"),
        ("outages", JANUARY, 2, "both of the shop"),
        ("downtime", JANUARY, 144, "8640 seconds"),
        ("sla_compliance", JANUARY, 2 / 3, "the open one has no verdict yet"),
        ("change_success_rate", JANUARY, 2 / 4, "three normal ones and one emergency; standard and cancelled are out"),
        ("emergency_change_share", JANUARY, 1 / 6, "one of six that were carried out"),
        ("slo_attainment", JANUARY, 2076 / 2108, "good of valid events"),
        ("error_budget_burn", JANUARY, 22 / 24, "20 + 1 + 1 of 10 + 10 + 4 allowed; a goal of 1 has no budget"),
        ("active_users", JANUARY, 2, "a twice, b, one unknown"),
        ("incident_rate", JANUARY, 2500, "five incidents of two users"),
        ("incident_rate", FEBRUARY, None, "no users"),
        ("cpu_utilisation", JANUARY, 6 / 12, "1 + 5 of 4 + 8 core hours"),
        ("memory_utilisation", JANUARY, 8 / 16, "6 + 2 of 8 + 8 GiB hours"),
        ("requests", JANUARY, 1000, "900 + 100"),
        ("error_rate", JANUARY, 12 / 1000, "9 + 3"),
        ("slow_request_rate", JANUARY, 90 / 1000, "90"),
        ("productivity_loss_hours", JANUARY, 3, "2 + 1"),
        ("working_hours", JANUARY, 100, "90 + 10"),
        ("it_productivity_loss", JANUARY, 3 / 100, "three of a hundred hours"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


@pytest.mark.parametrize(
    ("kpi", "scope", "member", "dimensions", "value"),
    [
        ("availability", "service", "shop", {}, 0.95),
        ("mttr_resolve", "service", "shop", {}, 3),
        ("mttr_resolve", "company", None, {"priority": "P2"}, 8),
        ("mtbf", "service", "erp", {}, None),
        ("root_cause_share", "company", None, {"problem_id": "pool"}, 2 / 3),
        ("root_cause_share", "company", None, {"problem_id": "disk"}, 1 / 3),
        ("slo_attainment", "service", "shop", {"slo_id": "fast"}, 1979 / 2000),
        ("slo_attainment", "service", "shop", {"slo_id": "rare"}, None),
        ("error_budget_burn", "service", "shop", {"slo_id": "fast"}, 21 / 20),
        ("error_budget_burn", "service", "shop", {"slo_id": "perfect"}, None),
        ("incident_rate", "service", "shop", {}, 1500),
        ("incident_rate", "service", "erp", {}, None),
        ("cpu_utilisation", "team", "core", {}, 5 / 8),
    ],
)
def test_standard_kpi_by_member(
    world: World, kpi: str, scope: str, member: str | None, dimensions: dict[str, str], value: float | None
):
    found = world.value(kpi, "month", JANUARY, scope, member, **dimensions)
    assert found == (None if value is None else pytest.approx(value, rel=1e-9))


def test_few_events_and_no_budget_have_their_reasons(world: World):
    rare = world.row("slo_attainment", "month", JANUARY, "service", "shop", slo_id="rare")
    perfect = world.row("error_budget_burn", "month", JANUARY, "service", "shop", slo_id="perfect")
    assert (rare["null_reason"], perfect["null_reason"]) == ("below_minimum", "no_denominator")


def test_every_standard_kpi_has_values(world: World):
    found: dict[str, Any] = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard("operation")}
    assert all(found.values()), found


@pytest.mark.parametrize(
    ("kpi", "part", "whole"),
    [
        ("cpu_utilisation", "cpu_used_core_seconds", "cpu_available_core_seconds"),
        ("memory_utilisation", "memory_used_gib_seconds", "memory_available_gib_seconds"),
        ("error_rate", "errors", "requests"),
        ("slow_request_rate", "slow_requests", "requests"),
    ],
)
def test_an_interval_that_was_measured_by_half_is_left_out(kpi: str, part: str, whole: str):
    world = World([each for each in standard("operation") if each.id == kpi])
    measured = {"measured_at": at("2024-01-23 10:00"), whole: 10}
    unmeasured = {"measured_at": at("2024-02-23 10:00"), whole: 10}
    world.add("fct_resource_usage", {**measured, part: 5}, {**measured, whole: None, part: 5}, measured, unmeasured)
    world.build()
    assert world.value(kpi, "month", "2024-01-01") == 0.5
    assert world.row(kpi, "month", "2024-02-01")["null_reason"] == "no_events"
