"""Standard KPIs of delivery beyond the four keys: each with its value worked out by hand."""

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("delivery"), as_of="2024-02-29", time_zone="UTC")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 1}, "erp": {"buy": 1}})
    deployments(made)
    made.add(
        "fct_deployment_week",
        *(
            {"service_id": service, "week_end_date": day, "deployment_days": days}
            for service, day, days in [
                ("shop", "2024-01-07", 3),
                ("shop", "2024-01-14", 0),
                ("shop", "2024-01-21", 2),
                ("erp", "2024-01-21", 0),
                ("shop", "2024-02-04", 5),
            ]
        ),
    )
    changes(made)
    methods = ("explicit", "unattributed", "unattributed")
    made.add(
        "fct_incident",
        *({"service_id": "shop", "opened_at": at("2024-01-12"), "attribution_method": method} for method in methods),
    )
    made.add(
        "fct_pipeline_run",
        *(
            {"service_id": "shop", "started_at": at("2024-01-10"), "finished_at": at("2024-01-10 00:30"), **columns}
            for columns in [
                {"result": "success", "run_seconds": 300},
                {"result": "success", "run_seconds": 600},
                {"result": "failure", "run_seconds": 120},
                {"result": "cancelled", "run_seconds": 60},
            ]
        ),
        {"service_id": "shop", "started_at": at("2024-01-10")},
    )
    made.build()
    return made


def deployments(world: World) -> None:
    planned = {"reason": "planned", "result": "success", "is_production_success": True, "is_group_lead": True}
    rows = [
        planned,
        planned,
        planned | {"reason": "fix"},
        planned | {"reason": "rollback"},
        planned | {"reason": "fix", "is_group_lead": False},
        planned | {"reason": None},
        {"reason": "planned", "result": "failure"},
        {"reason": "planned", "result": "cancelled"},
        {"reason": "planned", "result": "failure", "environment": "staging"},
    ]
    when = {"finished_at": at("2024-01-10 10:00"), "group_finished_at": at("2024-01-10 10:00")}
    world.add("fct_deployment", *({"service_id": "shop", "environment": "production", **when, **row} for row in rows))


def changes(world: World) -> None:
    waiting = [
        ("2024-01-20 00:00", None, "not_deployed"),
        ("2024-01-22 00:00", "2024-02-10 00:00", None),
        ("2024-01-02 00:00", None, "before_baseline"),
        ("2024-01-03 00:00", "2024-01-05 00:00", None),
    ]
    for merged, deployed, reason in waiting:
        times = {"merged_at": at(merged), "deployed_at": at(deployed) if deployed else None}
        world.add("fct_change", {"service_id": "shop", **times, "undeployed_reason": reason})


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("rework_rate", JANUARY, 2 / 4, "a fix and a rollback of four with a reason; parts of a group count once"),
        ("deployment_success_rate", JANUARY, 6 / 7, "one of seven failed; the cancelled one and staging are out"),
        ("undeployed_changes", JANUARY, 2, "merged on the 20th and the 22nd"),
        ("undeployed_changes", FEBRUARY, 1, "one of them was deployed"),
        ("undeployed_change_age", JANUARY, 11, "median of 12 and 10 days before 1 February"),
        ("changes_before_baseline", JANUARY, 1, "merged on the 2nd; of the three others one waits"),
        ("changes_before_baseline", FEBRUARY, 0, "none was merged"),
        ("unattributed_incident_share", JANUARY, 2 / 3, "one of three names its deployment"),
        ("build_success_rate", JANUARY, 2 / 3, "the cancelled one counts on neither side"),
        ("build_duration", JANUARY, 3.5, "median of 1, 2, 5, 10"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float, working: str):
    assert world.value(kpi, "month", start) == pytest.approx(value, rel=1e-12), working


def test_a_week_is_that_of_its_service(world: World):
    assert world.value("deployment_days_median", "month", JANUARY, "service", "shop") == 2
    assert world.value("deployment_days_median", "month", JANUARY, "service", "erp") == 0
    assert not world.rows("deployment_days_median", "month")
