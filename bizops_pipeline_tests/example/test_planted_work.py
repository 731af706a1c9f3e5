"""What planted.json says of work is counted again from the committed files, with none of the generator's code."""

import csv
import gzip
import json
from collections import defaultdict
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
EXTRACTS = RETAILER / "extracts"
BERLIN = ZoneInfo("Europe/Berlin")
ACTIVE = {"In Progress", "In Review", "Deploying"}
WAITING = {"Blocked", "Waiting for Review", "Ready to Deploy"}
STAGES = {"build": {"In Progress", "Blocked"}, "await_deployment": {"Ready to Deploy"}}
TEAMS = {"PAY": "checkout_engineering"}

Stay = tuple[str, datetime, datetime | None]


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((RETAILER / "planted.json").read_text())


def rows(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(gzip.decompress((EXTRACTS / path).read_bytes()).decode().splitlines()))


@pytest.fixture(scope="module")
def history() -> list[dict[str, str]]:
    return rows("tracker/history.csv.gz")


@pytest.fixture(scope="module")
def stays(history: list[dict[str, str]]) -> dict[str, list[Stay]]:
    """Stays of each issue in its statuses after the backlog; issues with a broken record are left out."""
    entered: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    broken = set()
    for row in history:
        if is_time(row["changed_at"]):
            entered[row["issue"]][row["change_id"]] = (row["changed_at"], row["to_status"])
        else:
            broken.add(row["issue"])
    found: dict[str, list[Stay]] = {}
    for issue, changes in entered.items():
        if issue in broken or issue.startswith(("EPIC", "OLD")):
            continue
        ordered = [(datetime.fromisoformat(at), status) for at, status in sorted(changes.values())]
        found[issue] = [(status, at, until) for (at, status), (until, _) in pairwise([*ordered, (None, "")])]
    return found


def is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def quarter(moment: datetime) -> str:
    local = moment.astimezone(BERLIN)
    return f"{local.year}-q{(local.month + 2) // 3}"


@pytest.mark.parametrize(
    "table", ["tracker.components", "tracker.issues", "tracker.history", "timesheets.bookings", "portfolio.initiatives"]
)
def test_the_wrong_records_are_those_planted(planted: dict[str, Any], history: list[dict[str, str]], table: str):
    issues = [
        json.loads(line)
        for line in gzip.decompress((EXTRACTS / "tracker/issues.jsonl.gz").read_bytes()).split(b"\n")
        if line
    ]
    bookings = rows("timesheets/bookings.csv.gz")
    components = (EXTRACTS / "tracker/components.csv").read_text().splitlines()[1:]
    initiatives = (EXTRACTS / "portfolio/initiatives.csv").read_text().splitlines()[1:]
    found = {
        "tracker.issues": (len(issues), {"unknown_service": sum(i["component"] == "Intranet (old)" for i in issues)}),
        "tracker.history": (
            len(history),
            {
                "bad_date": sum(not is_time(row["changed_at"]) for row in history),
                "duplicate": len(history) - len({row["change_id"] for row in history}),
                "unknown_issue": sum(row["issue"] == "OLD-000001" for row in history),
            },
        ),
        "timesheets.bookings": (
            len(bookings),
            {
                "out_of_range": sum(row["hours"].startswith("-") for row in bookings),
                "type_drift": sum(row["hours"] == "two" for row in bookings),
            },
        ),
        "portfolio.initiatives": (len(initiatives), {}),
        "tracker.components": (len(components), {}),
    }
    said = planted["tables"][table]
    assert found[table] == (said["rows"], said["mess"])


def test_flow_efficiency_drops_where_reviews_became_slow(planted: dict[str, Any], stays: dict[str, list[Stay]]):
    said = planted["facts"]["slow_reviews"]["flow_efficiency"]
    seconds: dict[tuple[str, str], dict[bool, float]] = defaultdict(lambda: defaultdict(float))
    for issue, path in stays.items():
        if path[-1][0] == "Done":
            group = TEAMS.get(issue.split("-")[0], "other_teams")
            for status, at, until in path[:-1]:
                if status in ACTIVE | WAITING:
                    seconds[group, quarter(path[-1][1])][status in ACTIVE] += (until - at).total_seconds()
    for group, values in said.items():
        for name, value in values.items():
            spent = seconds[group, name]
            assert spent[True] / (spent[True] + spent[False]) == pytest.approx(value, abs=0.005), (group, name)
    slow, others = said["checkout_engineering"], said["other_teams"]
    assert slow["2026-q3"] < slow["2026-q1"] / 2
    assert others["2026-q3"] > others["2026-q1"] * 0.85


def test_waiting_for_deployment_becomes_the_longest_stage(planted: dict[str, Any], stays: dict[str, list[Stay]]):
    said = planted["facts"]["release_windows"]["median_stage_days"]
    for stage, statuses in STAGES.items():
        days: dict[str, list[float]] = defaultdict(list)
        for path in stays.values():
            inside = [(at, until) for status, at, until in path if status in statuses]
            if inside and all(until for _, until in inside):
                spent = sum((until - at).total_seconds() for at, until in inside) / 86_400
                days[quarter(max(until for _, until in inside))].append(spent)
        for name, value in said[stage].items():
            assert median(days[name]) == pytest.approx(value, rel=0.03), (stage, name)
    assert said["await_deployment"]["2025-q4"] < said["build"]["2025-q4"]
    assert said["await_deployment"]["2026-q3"] > said["build"]["2026-q3"]
