"""Incident details, monitors, service-level objectives, usage and change requests by hand-computed cases."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from bizops_pipeline_tests.model.company import build_model, built, company, facts, fill, models_of, warehouse

START = datetime(2026, 3, 10, 12)
HOUR = timedelta(hours=1)
D = Decimal


def test_what_the_incident_does_not_say_its_review_does():
    engine = built(
        "fct_incident",
        incident=[
            {"incident_id": "a", "opened_at": START, "severity": "S1", "users_affected": 5},
            {"incident_id": "b", "opened_at": START},
        ],
        incident_review=[
            {"incident_id": "a", "severity": "S3", "users_affected": 7, "problem_id": "p"},
            {"incident_id": "b", "severity": "S2"},
            {"incident_id": "no such incident", "severity": "S2"},
        ],
    )
    assert facts(engine, "fct_incident", "severity", "users_affected", "problem_id") == [
        ("S1", 5, "p"),
        ("S2", None, None),
    ]


def test_detection_and_acknowledgement_of_incidents():
    def incident(id, **hours):
        moments = {f"{name}_at": START + hour * HOUR for name, hour in hours.items()}
        return {"incident_id": id, "opened_at": START, **moments}

    engine = built(
        "fct_incident",
        incident=[
            incident("a", impact_started=-2, detected=-1, acknowledged=1),
            incident("detected before it hurt", impact_started=-1, detected=-2),
            incident("unknown start", detected=0),
        ],
    )
    assert facts(engine, "fct_incident", "detection_seconds", "acknowledgement_seconds") == [
        (3600, 3600),
        (None, None),
        (None, None),
    ]


def check(id, hours, is_up, service="shop"):
    return {
        "status_check_id": id,
        "service_id": service,
        "checked_at": START + hours * HOUR,
        "is_up": is_up,
    }


def test_a_service_is_down_from_the_first_failed_check_to_the_next_good_one():
    engine = built(
        "fct_outage",
        "fct_service_day",
        as_of=date(2026, 3, 10),
        status_check=[
            check("a", 0, True),
            check("b", 1, False),
            check("c", 2, False),
            check("d", 3, True),
            check("e", 3.5, True),
            check("f", 4, False),
            check("g", 0, False, service="payments"),
            check("h", 1, True, service="payments"),
            check("i", 0, False, service="unallocated"),
            check("j", 0, False, service="nobody knows"),
        ],
        outage=[
            {"outage_id": "on record", "service_id": "shop", "started_at": START + 2.5 * HOUR, "is_planned": False,
             "ended_at": START + 3.25 * HOUR},
        ],
    )  # fmt: skip
    assert facts(engine, "fct_outage", "outage_id", "service_id", "started_at", "duration_seconds") == [
        ("on record", "shop", START + 2.5 * HOUR, 2700),
        ("status_check:b", "shop", START + HOUR, 7200),
        ("status_check:f", "shop", START + 4 * HOUR, None),
        ("status_check:g", "payments", START, 3600),
    ]
    # watched since noon
    days = facts(engine, "fct_service_day", "service_id", "agreed_seconds", "downtime_seconds", "outages")
    assert days == [("payments", 12 * 3600, 3600, 1), ("shop", 12 * 3600, 8100 + 8 * 3600, 3)]


def goal(value, **columns):
    return {"slo_version_id": f"{value}", "slo_id": "fast", "service_id": "shop", "goal": D(value), **columns}


def measured(id, day, good, valid, slo="fast"):
    return {
        "slo_measurement_id": id,
        "slo_id": slo,
        "measured_at": datetime(2026, 3, day),
        "good_events": good,
        "valid_events": valid,
    }


def test_the_error_budget_is_that_of_the_goal_of_the_day():
    engine = warehouse()
    fill(engine, "slo", [goal("0.99"), {**goal("1"), "slo_id": "perfect"}])
    measurements = [measured("a", 1, 980, 1000), measured("b", 9, 990, 1000), measured("c", 9, 9, 10, "perfect")]
    fill(engine, "slo_measurement", [*measurements, measured("d", 9, 9, 10, "unknown")])
    build_model(engine, company(), models=models_of("fct_slo_measurement"))
    columns = ("service_id", "goal", "bad_events", "allowed_bad_events")
    first = ("shop", D("0.99"), 20, D(10))
    rest = [("shop", D(1), 1, D(0)), ("unallocated", None, 1, None)]
    assert facts(engine, "fct_slo_measurement", *columns) == [first, ("shop", D("0.99"), 10, D(10)), *rest]

    goals = [goal("0.99"), goal("0.95", valid_from=date(2026, 3, 5)), {**goal("1"), "slo_id": "perfect"}]
    fill(engine, "slo", goals, sequence=2)
    done = build_model(engine, company(), sequence=2, models=models_of("fct_slo_measurement"))["fct_slo_measurement"]

    assert (done.mode, done.written.inserted) == ("incremental", 1)
    assert facts(engine, "fct_slo_measurement", *columns) == [first, ("shop", D("0.95"), 10, D(50)), *rest]


def test_means_of_an_interval_become_sums_over_time():
    usage = {"service_id": "shop", "measured_at": START, "interval_seconds": 3600, "cpu_used_cores": D("0.25")}
    engine = built(
        "fct_resource_usage",
        resource_usage=[
            {"resource_usage_id": "a", **usage, "cpu_available_cores": D(4), "memory_used_gib": D("1.5")},
            {"resource_usage_id": "b", **usage, "interval_seconds": 60, "requests": 7, "errors": 1},
            {"resource_usage_id": "too large to be true", **usage, "memory_used_gib": D(999_999_999_999)},
        ],
    )
    columns = ("cpu_used_core_seconds", "cpu_available_core_seconds", "memory_used_gib_seconds", "requests", "errors")
    assert facts(engine, "fct_resource_usage", *columns) == [
        (D(900), D(14_400), D(5400), None, None),
        (D(15), None, None, 7, 1),
        (D(900), None, None, None, None),
    ]


def test_a_change_is_successful_when_it_was_carried_out_and_stayed():
    outcomes = ["successful", "rolled_back", "failed", "cancelled", None]
    engine = built(
        "fct_change_request",
        change_request=[
            {
                "change_request_id": str(number),
                "type": "normal",
                "outcome": outcome,
                "opened_at": START,
                "closed_at": START + HOUR if outcome else None,
            }
            for number, outcome in enumerate(outcomes)
        ],
    )
    assert facts(engine, "fct_change_request", "is_successful") == [(True,), (False,), (False,), (None,), (None,)]


def test_employees_work_their_share_of_the_business_hours():
    def member(id, start, end, fte):
        return {
            "team_member_id": id,
            "employee_id": id,
            "team_id": "web",
            "side": "it",
            "valid_from": date(2026, 3, start),
            "valid_to": None if end is None else date(2026, 3, end),
            "fte": fte,
        }

    engine = built(
        "fct_working_time",
        as_of=date(2026, 3, 11),
        team_member=[member("ann", 9, None, D("0.8")), member("ben", 1, 10, 1), member("cy", 1, None, None)],
        holiday=[{"holiday_id": "a", "holiday_date": date(2026, 3, 2)}],
    )
    days = [(3, 8), (4, 8), (5, 8), (6, 8), (9, 14.4), (10, 6.4), (11, 6.4)]
    assert facts(engine, "fct_working_time", "team_id", "side", "service_date", "worked_seconds") == [
        ("unallocated", "it", date(2026, 3, day), round(hours * 3600)) for day, hours in days
    ]
