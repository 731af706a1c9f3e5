"""What planted.json and the organisation say of people is counted again from the committed files."""

import csv
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
LAST_DAY = date(2026, 9, 30)


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return json.loads((RETAILER / "planted.json").read_text())["tables"]


def rows(name: str) -> list[dict[str, str]]:
    text = (RETAILER / "extracts" / "hr" / name).read_bytes().decode("cp1252")
    return list(csv.DictReader(text.splitlines(), delimiter=";"))


def day(text: str) -> date:
    return datetime.strptime(text, "%d.%m.%Y").date()


def test_rows_and_units(tables):
    units = yaml.safe_load((RETAILER / "sources" / "hr.yaml").read_text())["tables"]["assignments"]
    known = units["entities"]["team_member"]["map"]["team_id"]["values"]
    assignments = rows("zuordnungen.csv")
    unknown = sum(row["Organisationseinheit"] not in known for row in assignments)
    assert tables["hr.people"] == {"rows": len(rows("mitarbeiter.csv")), "mess": {}}
    assert tables["hr.assignments"] == {"rows": len(assignments), "mess": {"unknown_unit": unknown}}


def test_teams_end_with_the_heads_of_the_organisation():
    teams = yaml.safe_load((RETAILER / "catalogue" / "organisation.yaml").read_text())["teams"]
    last: dict[str, tuple[tuple[int, int], str]] = {}
    for row in rows("zuordnungen.csv"):
        if day(row["Beginn"]) <= LAST_DAY <= day(row["Ende"]):
            # The larger share is the head, the first of equal ones.
            rank = (-int(row["BG_Prozent"]), int(row["Lfd"]))
            person = row["Personalnummer"]
            last[person] = min(last.get(person, (rank, row["Kostenstelle"])), (rank, row["Kostenstelle"]))
    heads = Counter(centre for _, centre in last.values())
    assert sorted(heads.values()) == sorted(team["members"] for team in teams)
    assert sum(heads.values()) == 131


def test_nobody_works_before_entry_or_after_exit():
    employed = {row["Personalnummer"]: (day(row["Eintritt"]), day(row["Austritt"])) for row in rows("mitarbeiter.csv")}
    for row in rows("zuordnungen.csv"):
        entry, leaving = employed[row["Personalnummer"]]
        assert entry <= day(row["Beginn"]) <= day(row["Ende"]) <= leaving
