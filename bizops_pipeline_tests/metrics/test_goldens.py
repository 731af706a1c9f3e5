"""Figures of another DORA implementation (middleware), where its conventions are ours; where not, ours and why."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, kpi

DEPLOYMENTS = {"entity": "fct_deployment", "time": "finished_at", "where": "is_group_lead"}
RATE = kpi(
    "change_failure_rate", "ratio", **DEPLOYMENTS,
    numerator="count(*) filter (where is_failed_change)", denominator="count(*)",
    direction="down", grains=["week", "all"],
)  # fmt: skip
FREQUENCY = kpi(
    "deployment_frequency", "ratio", **DEPLOYMENTS,
    numerator="count(*)", denominator={"calendar": "days"}, unit="per_day", grains=["week", "all"],
)  # fmt: skip
MTTR = kpi(
    "mttr_resolve", "ratio", entity="fct_incident", time="resolved_at", unit="seconds",
    direction="down", grains=["week"],
    numerator="sum(resolution_seconds)", denominator="count(resolution_seconds)",
)  # fmt: skip


@pytest.fixture
def cases(shared_goldens: Path) -> dict[str, Any]:
    return json.loads((shared_goldens / "middleware" / "cases.json").read_text())


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def last_day(text: str) -> str:
    """Return the business date up to which a peer's inclusive interval reaches."""
    return moment(text).date().isoformat()


def deployments(world: World, moments: list[str], failed: set[int] = frozenset()) -> None:
    rows = [
        {"finished_at": moment(text), "is_group_lead": True, "is_failed_change": index in failed}
        for index, text in enumerate(moments)
    ]
    world.add("fct_deployment", *rows)


def test_weekly_change_failure_rate(cases: dict[str, Any]):
    for case in cases["weekly_cfr"]:
        world = World([RATE], as_of=last_day(case["to"]))
        failed = {index for week in case["expected"].values() for index in week["failed"]}
        deployments(world, case["deployments"], failed)
        world.build()
        found = {str(row["period_start"]): row for row in world.rows("change_failure_rate", "week")}
        for week, expected in case["expected"].items():
            if not case["deployments"]:
                # The peer reports a rate of 0; without a single deployment there is no rate.
                assert all(row["value"] is None for row in found.values())
                continue
            row = found[week]
            assert (row["numerator"], row["denominator"]) == (len(expected["failed"]), len(expected["total"])), week
            if expected["total"]:
                assert row["value"] == len(expected["failed"]) / len(expected["total"])
            else:
                assert (row["value"], row["null_reason"]) == (None, "no_events"), "the peer says 0"


def test_change_failure_rate_counts_deployments_not_incidents(cases: dict[str, Any]):
    start = datetime(2024, 3, 1)
    for case in cases["incident_to_deployment_and_cfr"]:
        if "cfr_pct" not in case:
            continue
        world = World([RATE], as_of="2024-03-02")
        hours = case["deployments_h"]
        moments = [(start + timedelta(hours=offset)).isoformat() for offset in hours]
        deployments(world, moments, set(case["failed"]))
        world.build()
        if hours:
            assert world.value("change_failure_rate") == pytest.approx(case["cfr_pct"] / 100), case["name"]
        else:
            assert world.value("change_failure_rate") is None, "the peer says 0 without deployments"


def test_deployment_counts(cases: dict[str, Any]):
    for case in cases["deployment_frequency"]:
        if not case.get("deployments"):
            continue
        last = moment(case["to"]).date()
        world = World([FREQUENCY], as_of=last.isoformat())
        deployments(world, case["deployments"])
        world.build()
        found = world.row("deployment_frequency")
        assert found["numerator"] == case["total"], case["name"]
        first = min(moment(text) for text in case["deployments"]).date()
        # Exact deployments per day, where the peer truncates means to whole numbers.
        assert found["value"] == case["total"] / ((last - first).days + 1)


def test_weekly_deployment_counts(cases: dict[str, Any]):
    for case in cases["weekly_deployment_counts"]:
        world = World([FREQUENCY], as_of=last_day(case["to"]))
        deployments(world, case["deployments"])
        world.build()
        found = {str(row["period_start"]): row for row in world.rows("deployment_frequency", "week")}
        if not case["deployments"]:
            assert {row["null_reason"] for row in found.values()} == {"source_missing"}, (
                "no deployment was ever recorded"
            )
            continue
        assert {week: row["numerator"] for week, row in found.items()} == case["expected"]
        assert [row["value"] for row in found.values() if row["numerator"] == 0] == [0, 0], (
            "no deployment is a real zero"
        )


def test_weekly_mean_time_to_resolve(cases: dict[str, Any]):
    for case in cases["mttr_weekly_by_resolved_week"]:
        world = World([MTTR], as_of=last_day(case["to"]))
        rows = [(moment(created), seconds) for created, seconds in case["incidents"]]
        world.add(
            "fct_incident",
            *(
                {"opened_at": opened, "resolved_at": opened + timedelta(seconds=seconds), "resolution_seconds": seconds}
                for opened, seconds in rows
            ),
        )
        world.build()
        found = {str(row["period_start"]): (row["value"], row["n"]) for row in world.rows("mttr_resolve", "week")}
        assert found == {week: (expected["mean"], expected["count"]) for week, expected in case["expected"].items()}


def test_mean_is_that_of_the_records(cases: dict[str, Any]):
    for case in cases["mttr_mean_seconds"]:
        world = World([MTTR], as_of="2024-01-07")
        opened = datetime(2024, 1, 2)
        world.add(
            "fct_incident",
            {"opened_at": opened},
            *(
                {"opened_at": opened, "resolved_at": opened + timedelta(seconds=seconds), "resolution_seconds": seconds}
                for seconds in case["durations_s"]
            ),
        )
        world.build()
        found = world.row("mttr_resolve", "week", str(date(2024, 1, 1)))
        assert (found["value"], found["n"]) == (case["mean"], case["count"]), case["name"]
