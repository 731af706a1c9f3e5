"""Deployments, changes and incidents by hand-computed cases."""

from datetime import date, datetime, timedelta

import pytest

from bizops_pipeline.model.build import build
from bizops_pipeline_tests.model.company import built, company, content, facts, fill, run

START = datetime(2026, 3, 10, 12)
HOUR = timedelta(hours=1)


def deployment(id, hours, **columns):
    finished_at = START + timedelta(hours=hours)
    return {
        "deployment_id": id,
        "repository": "web",
        "service_id": "shop",
        "environment": "production",
        "result": "success",
        "started_at": finished_at - timedelta(minutes=10),
        "finished_at": finished_at,
        **columns,
    }


def incident(id, hours, **columns):
    return {"incident_id": id, "opened_at": START + timedelta(hours=hours), "service_id": "shop", **columns}


def change(id, **hours):
    return {
        "change_id": id,
        "repository": "web",
        "service_id": "shop",
        "merge_commit_sha": f"merge of {id}",
        **{f"{name}_at": START + timedelta(hours=value) for name, value in hours.items()},
    }


def brings(deployment_id, *changes):
    return [
        {
            "deployment_commit_id": f"{deployment_id}:{id}",
            "deployment_id": deployment_id,
            "commit_sha": f"merge of {id}",
        }
        for id in changes
    ]


def test_the_previous_success_skips_failures_and_other_places():
    engine = built(
        "fct_deployment",
        deployment=[
            deployment("d1", 0),
            deployment("d2", 1, result="failure"),
            deployment("d3", 2, environment="staging"),
            deployment("d4", 3, repository="api"),
            deployment("d5", 4, scope="other"),
            deployment("d6", 5),
            deployment("d7", 6, environment=None),
        ],
    )

    assert facts(
        engine, "fct_deployment", "deployment_id", "previous_success_id", "is_baseline", "is_production_success"
    ) == [
        ("d1", None, True, True),
        ("d2", None, False, False),
        ("d3", None, True, False),
        ("d4", None, True, True),
        ("d5", None, True, True),
        ("d6", "d1", False, True),
        ("d7", None, False, False),
    ]


def test_a_group_counts_once_as_its_last_successful_production_part():
    engine = built(
        "fct_deployment",
        deployment=[
            deployment("d1", 0, deployment_group_id="release 1"),
            deployment("d2", 1, deployment_group_id="release 1", repository="api"),
            deployment("d3", 1, deployment_group_id="release 1", repository="cli"),
            deployment("d4", 2, deployment_group_id="release 1", environment="staging"),
            deployment("d5", 3, deployment_group_id="release 2", result="failure"),
            deployment("d6", 4),
        ],
    )

    assert facts(
        engine, "fct_deployment", "deployment_id", "deployment_group_id", "is_group_lead", "group_finished_at"
    ) == [
        ("d1", "release 1", False, START + HOUR),
        ("d2", "release 1", False, START + HOUR),
        ("d3", "release 1", True, START + HOUR),
        ("d4", "release 1", False, START + HOUR),
        ("d5", "release 2", False, START + 3 * HOUR),
        ("d6", "d6", True, START + 4 * HOUR),
    ]


def test_a_deployment_fails_once_however_many_incidents_hit_its_group():
    engine = built(
        "fct_deployment",
        deployment=[
            deployment("d1", 0, deployment_group_id="release"),
            deployment("d2", 1, deployment_group_id="release", repository="api"),
            deployment("d3", 30),
        ],
        incident=[incident("i1", 2), incident("i2", 3, caused_by_deployment_id="d1"), incident("i3", 29)],
    )

    assert facts(engine, "fct_deployment", "deployment_id", "attributed_incidents", "is_failed_change") == [
        ("d1", 2, True),
        ("d2", 2, True),
        ("d3", 0, False),
    ]


ATTRIBUTION = {
    "latest before": (5, {}, ("d2", "same_service_window")),
    "same instant": (4, {}, ("d2", "same_service_window")),
    "just before it": (3.99, {}, ("d1", "same_service_window")),
    "last second of the window": (28, {}, ("d2", "same_service_window")),
    "after the window": (28.001, {}, (None, "unattributed")),
    "before all": (-1, {}, (None, "unattributed")),
    "named": (5, {"caused_by_deployment_id": "d1"}, ("d1", "explicit")),
    "named though it failed": (500, {"caused_by_deployment_id": "failed"}, ("failed", "explicit")),
    "named but unknown": (5, {"caused_by_deployment_id": "never heard of"}, ("d2", "same_service_window")),
    "other service": (5, {"service_id": "payments"}, (None, "unattributed")),
    "no service": (5, {"service_id": None}, (None, "unattributed")),
    "unallocated": (5, {"service_id": "unallocated"}, (None, "unattributed")),
    "unknown service": (5, {"service_id": "nobody knows"}, (None, "unattributed")),
}
DEPLOYMENTS = (
    deployment("d1", 0),
    deployment("d2", 4),
    deployment("failed", 4.5, result="failure"),
    deployment("staged", 4.5, environment="staging"),
    deployment("lost", 4.5, service_id="unallocated"),
    deployment("stray", 4.5, service_id="nobody knows"),
)


@pytest.fixture(scope="module")
def attribution():
    engine = built(
        "fct_incident",
        deployment=DEPLOYMENTS,
        incident=[incident(case, opened, **columns) for case, (opened, columns, _) in ATTRIBUTION.items()],
    )
    rows = facts(engine, "fct_incident", "incident_id", "deployment_id", "attribution_method")
    return {case: found for case, *found in rows}


@pytest.mark.parametrize("case", ATTRIBUTION)
def test_an_incident_is_attributed_by_name_then_by_service_and_window(case, attribution):
    assert tuple(attribution[case]) == ATTRIBUTION[case][2]


def test_attribution_does_not_depend_on_the_load_window():
    """The same incidents have the same cause whether one day, the later part or all of the history changed."""
    incidents = [incident(f"i{hours}", hours) for hours in (1, 5, 23, 27, 29)]
    engine = built("fct_incident", deployment=DEPLOYMENTS[1:], incident=incidents[3:])
    owner = company()

    fill(engine, "incident", incidents[1:], sequence=2)
    build(engine, owner, "fct_incident", run(2))
    fill(engine, "deployment", DEPLOYMENTS, sequence=3)
    fill(engine, "incident", incidents, sequence=3)
    build(engine, owner, "fct_incident", run(3))

    at_once = built("fct_incident", deployment=DEPLOYMENTS, incident=incidents)
    assert content(engine, "core.fct_incident") == content(at_once, "core.fct_incident")
    assert facts(engine, "fct_incident", "deployment_id") == [("d1",), ("d2",), ("d2",), (None,), ("d2",)]


def test_a_service_may_have_its_own_window():
    owner = company(incident_attribution={"window_hours": 1, "services": {"shop": 48}})
    engine = built(
        "fct_incident",
        owner=owner,
        deployment=[deployment("d1", 0), deployment("d2", 0, service_id="payments")],
        incident=[incident("i1", 40), incident("i2", 40, service_id="payments")],
    )

    assert facts(engine, "fct_incident", "deployment_id") == [("d1",), (None,)]


def test_clocks_of_an_incident():
    engine = built(
        "fct_incident",
        deployment=[deployment("d1", 0)],
        incident=[
            incident(
                "i1", 2, impact_started_at=START + HOUR, restored_at=START + 3 * HOUR, resolved_at=START + 4 * HOUR
            ),
            incident("i2", 2),
            incident("i3", -9, resolved_at=START - 8 * HOUR, caused_by_deployment_id="d1"),
        ],
    )

    assert facts(engine, "fct_incident", "resolution_seconds", "restoration_seconds", "recovery_seconds") == [
        (7200, 7200, 14400),
        (None, None, None),
        (3600, None, None),
    ]


def test_a_change_is_deployed_by_the_earliest_production_success_that_brings_it():
    engine = built(
        "fct_change",
        change=[
            change("c1", first_commit=-5, created=-4, first_review=-3, merged=-2),
            change("c2", created=-4, merged=-2),
            change("c3", created=-4, merged=-2),
            change("c4", created=-4),
            change("c5", created=-4, merged=-2) | {"repository": "api"},
        ],
        deployment=[
            deployment("baseline", -1),
            deployment("failed", 0, result="failure"),
            deployment("staged", 1, environment="staging"),
            deployment("first", 2),
            deployment("second", 3),
        ],
        deployment_commit=[
            *brings("baseline", "c2"),
            *brings("failed", "c1"),
            *brings("staged", "c1", "c3"),
            *brings("first", "c1", "c5"),
            *brings("second", "c1"),
        ],
    )

    assert facts(
        engine,
        "fct_change",
        "change_id",
        "deployment_id",
        "undeployed_reason",
        "merge_to_deploy_seconds",
        "lead_time_seconds",
    ) == [
        ("c1", "first", None, 4 * 3600, 7 * 3600),
        ("c2", None, "before_baseline", None, None),
        ("c3", None, "not_deployed", None, None),
        ("c5", None, "not_deployed", None, None),
    ]
    assert facts(engine, "fct_change", "coding_seconds", "pickup_seconds", "review_seconds")[0] == (3600, 3600, 3600)


def test_a_part_that_would_be_negative_is_not_known_and_the_lead_time_is_end_less_start():
    engine = built(
        "fct_change",
        change=[change("c1", first_commit=-1, created=-2, first_review=-3, merged=5)],
        commit=[
            {
                "commit_id": "k",
                "repository": "web",
                "commit_sha": "k",
                "change_id": "c1",
                "authored_at": START - 9 * HOUR,
            }
        ],
        deployment=[deployment("d1", 0), deployment("d2", 1)],
        deployment_commit=brings("d2", "c1"),
    )

    assert facts(
        engine,
        "fct_change",
        "coding_seconds",
        "pickup_seconds",
        "review_seconds",
        "merge_to_deploy_seconds",
        "lead_time_seconds",
        "deployment_id",
    ) == [(None, None, 8 * 3600, None, 2 * 3600, "d2")]


def test_the_first_commit_comes_from_the_commits_when_the_change_does_not_say():
    commits = [
        {
            "commit_id": f"k{hours}",
            "repository": "web",
            "commit_sha": "k",
            "change_id": "c1",
            "authored_at": START - hours * HOUR,
        }
        for hours in (3, 9, 6)
    ]
    engine = built("fct_change", change=[change("c1", created=-2, merged=0)], commit=commits)

    assert facts(engine, "fct_change", "first_commit_at", "coding_seconds") == [(START - 9 * HOUR, 7 * 3600)]


def test_weeks_count_days_of_deployments_from_the_first_week_to_the_last_one_that_is_over():
    """The first deployment is on Tuesday, 10 March 2026; the as-of date is a Saturday."""
    engine = built(
        "fct_deployment_week",
        as_of=date(2026, 4, 4),
        deployment=[
            deployment("d1", 0),
            deployment("d2", 3),
            deployment("d3", 24),
            deployment("d4", 5 * 24, result="failure"),
            deployment("d5", 13 * 24),
            deployment("d6", 24 * 24),
            deployment("d7", 13 * 24, service_id="payments", environment="staging"),
        ],
    )

    assert facts(engine, "fct_deployment_week", "service_id", "week_end_date", "deployment_days") == [
        ("shop", date(2026, 3, 15), 2),
        ("shop", date(2026, 3, 22), 0),
        ("shop", date(2026, 3, 29), 1),
    ]


def test_a_build_tells_how_long_it_waited_and_ran():
    engine = built(
        "fct_pipeline_run",
        pipeline_run=[
            {
                "pipeline_run_id": "r1",
                "repository": "web",
                "service_id": "unheard of",
                "result": "success",
                "queued_at": START,
                "started_at": START + timedelta(seconds=30),
                "finished_at": START + timedelta(minutes=10),
            },
            {"pipeline_run_id": "r2", "repository": "web", "service_id": "shop", "started_at": START},
        ],
    )

    columns = ("service_id", "result", "queue_seconds", "run_seconds")
    assert facts(engine, "fct_pipeline_run", *columns) == [
        ("unallocated", "success", 30, 570),
        ("shop", None, None, None),
    ]
