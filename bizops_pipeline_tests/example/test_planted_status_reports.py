"""The key results that people report green while they are red are counted again from the committed file."""

import csv
import json
from collections import Counter
from pathlib import Path

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
PLANTED = json.loads((RETAILER / "planted.json").read_text(encoding="utf-8"))


def reports() -> list[dict[str, str]]:
    with (RETAILER / "extracts" / "okr" / "status_reports.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_week_every_line() -> None:
    found = reports()
    assert PLANTED["tables"]["status_reports.reports"] == {"rows": len(found), "mess": {}}
    assert set(Counter(row["key_result"] or row["objective"] for row in found).values()) == {13}


def test_the_two_key_results_that_are_reported_green() -> None:
    planted = PLANTED["facts"]["green_while_red"]
    found = reports()
    green = Counter(row["key_result"] for row in found if row["light"] == "Green")
    assert planted["green_reports"] == {name: green[name] for name in planted["key_results"]}
    assert {row["side"] for row in found if row["key_result"] in planted["key_results"]} == {planted["side"]}
