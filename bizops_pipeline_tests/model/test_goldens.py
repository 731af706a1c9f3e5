"""The real SQL on other systems' inputs, compared with the results that those systems expect.

Where a convention differs on purpose the test applies theirs to the input or the output and says which.
"""

import csv
import json
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from statistics import mean

import pytest

from bizops_pipeline_tests.model.company import built, company, facts

ANY_TIME = {"window_hours": 24 * 365 * 10}


def read(path):
    with path.open(newline="") as file:
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]


def moment(text):
    """Return a time as DevLake writes it: ISO, or with a date of single digits."""
    if text is None:
        return None
    if "T" in text:
        return datetime.fromisoformat(text).replace(tzinfo=None)
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")


def devlake_deployments(path):
    return [
        {
            "deployment_id": row["id"],
            "deployment_group_id": row["cicd_deployment_id"],
            "repository": row["repo_url"],
            "scope": row["cicd_scope_id"],
            "environment": row["environment"].lower() if row["environment"] else None,
            "result": row["result"].lower(),
            "started_at": moment(row["started_date"]),
            "finished_at": moment(row["finished_date"]),
            "commit_sha": row["commit_sha"],
        }
        for row in read(path)
    ]


def test_devlake_previous_success(shared_goldens):
    """Their scopes outside the project get no answer (15 is alone in its scope, so the rows agree)."""
    folder = shared_goldens / "devlake/dora/prev_success_deployment_commit"

    engine = built("fct_deployment", deployment=devlake_deployments(folder / "cicd_deployment_commits_before.csv"))

    expected = {
        row["id"]: row["prev_success_deployment_commit_id"]
        for row in read(folder / "cicd_deployment_commits_after.csv")
    }
    assert dict(facts(engine, "fct_deployment", "deployment_id", "previous_success_id")) == expected


def ceiled_minutes(seconds):
    """Return a duration as DevLake rounds it."""
    return None if seconds is None else int((Decimal(seconds) / 60).to_integral_value(ROUND_CEILING))


def test_devlake_change_lead_time(shared_goldens):
    """Differences in convention, applied here and not in the model.

    - Parts are whole minutes, rounded up, and their cycle time is the sum of rounded parts, missing ones as 0; ours
      is deployed less first commit.
    - They look for a deployment in all repositories of the project, we in the repository of the change: the one
      change (pr3) that was deployed from another repository is given that repository.
    - They keep the commits of a deployment as the difference of two commits; a deployment whose predecessor has
      another commit brought none of them.
    - pr0 came with the first deployment: no deployment there, the reason `before_baseline` here.
    """
    folder = shared_goldens / "devlake/dora/change_lead_time"
    deployments = devlake_deployments(folder / "cicd_deployment_commits.csv")
    comments = read(folder / "pull_request_comments.csv")
    changes = []
    for row in read(folder / "pull_requests.csv"):
        by_others = [
            moment(comment["created_date"])
            for comment in comments
            if comment["pull_request_id"] == row["id"] and comment["account_id"] != row["author_id"]
        ]
        changes.append(
            {
                "change_id": row["id"],
                "repository": "REPO222" if row["id"] == "pr3" else "REPO111",
                "author_hash": row["author_id"],
                "created_at": moment(row["created_date"]),
                "merged_at": moment(row["merged_date"]),
                "merge_commit_sha": row["merge_commit_sha"],
                "first_review_at": min(by_others, default=None),
            }
        )
    commits = [
        {
            "commit_id": row["commit_sha"],
            "repository": "REPO111",
            "commit_sha": row["commit_sha"],
            "change_id": row["pull_request_id"],
            "authored_at": moment(row["commit_authored_date"]),
        }
        for row in read(folder / "pull_request_commits.csv")
    ]
    brought = [
        {
            "deployment_commit_id": f"{deployment['deployment_id']}:{row['commit_sha']}",
            "deployment_id": deployment["deployment_id"],
            "commit_sha": row["commit_sha"],
        }
        for row in read(folder / "commits_diffs.csv")
        for deployment in deployments
        if deployment["commit_sha"] == row["new_commit_sha"]
    ]

    engine = built("fct_change", change=changes, commit=commits, deployment=deployments, deployment_commit=brought)

    found = {}
    for id, reason, deployment, created, merged, *parts in facts(
        engine,
        "fct_change",
        "change_id",
        "undeployed_reason",
        "deployment_id",
        "created_at",
        "merged_at",
        "coding_seconds",
        "pickup_seconds",
        "review_seconds",
        "merge_to_deploy_seconds",
    ):
        coding, pickup, review, deploy = map(ceiled_minutes, parts)
        cycle = (coding or 0) + ceiled_minutes((merged - created).total_seconds()) + (deploy or 0)
        found[id] = (coding, pickup, review, deployment, deploy, cycle)
        assert (reason == "before_baseline") == (id == "pr0")
    columns = ("coding_time", "pickup_time", "review_time", "deploy_time", "cycle_time")
    expected = {}
    for row in read(folder / "project_pr_metrics.csv"):
        coding, pickup, review, deploy, cycle = (row[f"pr_{name}"] and int(row[f"pr_{name}"]) for name in columns)
        expected[row["id"]] = (coding, pickup, review, row["deployment_commit_id"], deploy, cycle)
    assert found == expected


@pytest.fixture(scope="module")
def middleware(shared_goldens):
    return json.loads((shared_goldens / "middleware/cases.json").read_text())


NOW = datetime(2026, 3, 10, 12)


def hours(value):
    return NOW + timedelta(hours=value)


def test_middleware_incidents_and_failed_deployments(middleware):
    """Their attribution has no window, so ours is made ten years; their rate without deployments is 0, ours NULL."""
    cases = middleware["incident_to_deployment_and_cfr"]
    services = [{"id": f"case{number}"} for number in range(len(cases))]
    engine = built(
        "fct_deployment",
        owner=company(services=services, incident_attribution=ANY_TIME),
        deployment=[
            {
                "deployment_id": f"case{number}:{index}",
                "repository": f"case{number}",
                "service_id": f"case{number}",
                "environment": "production",
                "result": "success",
                "finished_at": hours(at),
            }
            for number, case in enumerate(cases)
            for index, at in enumerate(case["deployments_h"])
        ],
        incident=[
            {"incident_id": f"case{number}:{index}", "opened_at": hours(at), "service_id": f"case{number}"}
            for number, case in enumerate(cases)
            for index, at in enumerate(case["incidents_h"])
        ],
    )

    attributed = facts(engine, "fct_incident", "incident_id", "deployment_id")
    deployments = facts(engine, "fct_deployment", "deployment_id", "is_failed_change")
    for number, case in enumerate(cases):
        mine = {id.split(":")[1]: failed for id, failed in deployments if id.startswith(f"case{number}:")}
        incidents = {
            index: [int(id.split(":")[1]) for id, at in attributed if at == f"case{number}:{index}"] for index in mine
        }
        if "map" in case:
            assert incidents == case["map"], case["name"]
        if "failed" in case:
            assert sorted(int(index) for index, failed in mine.items() if failed) == case["failed"], case["name"]
            assert sorted(map(int, mine)) == case["total"], case["name"]
            rate = 100 * sum(mine.values()) / len(mine) if mine else None
            assert rate == (pytest.approx(case["cfr_pct"]) if mine else None), case["name"]


def test_middleware_stages_of_a_change(middleware):
    """Rework time is no part of our model; what is undefined is -1 there and NULL here; an open change has no row."""
    cases = [case for case in middleware["pr_stage_times"] if {"first_review_time_s", "cycle_time_s"} & case.keys()]
    assert len(cases) == 4
    engine = built(
        "fct_change",
        change=[
            {
                "change_id": case["name"],
                "repository": "web",
                "created_at": hours(case.get("created_h", 0)),
                "first_commit_at": hours(case.get("created_h", 0)),
                "first_review_at": min((hours(at) for _, at in case["events"]), default=None),
                "merged_at": None
                if "merged_h" in case and case["merged_h"] is None
                else hours(case.get("merged_h", 24)),
            }
            for case in cases
        ],
    )

    found = {
        name: (pickup, int((merged - created).total_seconds()))
        for name, pickup, created, merged in facts(
            engine, "fct_change", "change_id", "pickup_seconds", "created_at", "merged_at"
        )
    }
    for case in cases:
        if "first_review_time_s" in case:
            assert found[case["name"]][0] == (case["first_review_time_s"] if case["first_review_time_s"] >= 0 else None)
        else:
            assert found.get(case["name"], (None, None))[1] == (
                case["cycle_time_s"] if case["cycle_time_s"] >= 0 else None
            )


def test_middleware_time_to_resolve(middleware):
    cases = middleware["mttr_mean_seconds"]
    engine = built(
        "fct_incident",
        incident=[
            {
                "incident_id": f"{number}:{index}",
                "opened_at": NOW,
                "resolved_at": NOW + timedelta(seconds=seconds),
            }
            for number, case in enumerate(cases)
            for index, seconds in enumerate(case["durations_s"])
        ],
    )

    rows = facts(engine, "fct_incident", "incident_id", "resolution_seconds")
    for number, case in enumerate(cases):
        durations = [seconds for id, seconds in rows if id.startswith(f"{number}:")]
        assert (mean(durations) if durations else None, len(durations)) == (case["mean"], case["count"])


def test_middleware_time_to_resolve_by_week_of_resolution(middleware):
    (case,) = middleware["mttr_weekly_by_resolved_week"]
    incidents = [
        (datetime.fromisoformat(opened).replace(tzinfo=None), seconds) for opened, seconds in case["incidents"]
    ]
    engine = built(
        "fct_incident",
        incident=[
            {"incident_id": f"i{index}", "opened_at": opened, "resolved_at": opened + timedelta(seconds=seconds)}
            for index, (opened, seconds) in enumerate(incidents)
        ],
    )

    found = engine.rows(
        "select cast(week.week_start as varchar), avg(incident.resolution_seconds), count(incident.incident_id) "
        "from (select distinct week_start from core.dim_date "
        "where week_start between date '2024-01-01' and date '2024-01-22') as week "
        "join core.dim_date as day on day.week_start = week.week_start "
        "left join core.fct_incident as incident on incident.resolved_date = day.date group by week.week_start"
    )
    assert {week: {"mean": average, "count": count} for week, average, count in found} == case["expected"]
