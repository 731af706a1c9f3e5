"""The catalogue of the example company names what its records name."""

import json
from pathlib import Path
from typing import Any

import yaml

from bizops_pipeline.catalogue.loader import load_company
from retailer_generator.company import REPORTED, SERVICES

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"


def read(path: str) -> Any:
    return yaml.safe_load((RETAILER / path).read_text())


def test_the_catalogue_has_no_problem():
    company = load_company(RETAILER, {})
    planted = json.loads((RETAILER / "planted.json").read_text())
    assert len(company.source_tables) == len(planted["tables"])


def test_services_are_those_of_the_records():
    services = read("catalogue/organisation.yaml")["services"]
    assert {(s["id"], s["name"]) for s in services} == {(s.id, s.name) for s in SERVICES}


def test_reported_key_results_are_those_with_check_ins():
    files = sorted((RETAILER / "catalogue" / "okrs").glob("*.yaml"))
    key_results = [
        kr
        for file in files
        for objective in read(str(file.relative_to(RETAILER)))["objectives"]
        for kr in objective["key_results"]
    ]
    reported = {kr["id"]: (kr["baseline"], kr["target"]) for kr in key_results if kr.get("source") == "reported"}
    assert reported == {kr.id: (kr.baseline, kr.target) for kr in REPORTED}


def test_personal_columns_are_dropped():
    dropped = {
        (source, table): settings.get("drop_columns", [])
        for source in ("erp", "webshop", "itsm")
        for table, settings in read(f"sources/{source}.yaml")["tables"].items()
    }
    assert dropped["erp", "customers"] == ["email"]
    assert dropped["webshop", "sessions"] == ["email"]
    assert "caller_email" in dropped["itsm", "incidents"]
