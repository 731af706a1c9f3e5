import csv

import pytest

from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline_tests.conftest import shared_folder

STANDARD = sorted(library())
OF_PARTS = {"deployment_days_median", "it_business_corr"}
"""KPIs that the dictionary has for services, or pairs of KPIs, only."""


def test_every_standard_kpi_passes_all_checks_without_an_override(write_files) -> None:
    uses = "".join(f"  - {{id: {id}, use: library}}\n" for id in STANDARD)
    company = load_company(write_files({"catalogue/kpis/all.yaml": "kpis:\n" + uses}), {})
    assert {kpi.id for kpi in company.kpis} == set(STANDARD)
    assert {kpi.file for kpi in company.kpis} == {"catalogue/kpis/all.yaml"}


@pytest.mark.parametrize("id", STANDARD)
def test_a_standard_kpi_explains_itself(id: str) -> None:
    definition = library()[id]
    for key in ("label", "description", "formula", "citation", "edge_cases", "value_domain", "layer"):
        assert definition[key], key
    assert definition["owner"] is None
    assert [] in definition["by"] or "share_of" in definition or id in OF_PARTS
    assert "all" in definition["grains"]


def test_the_library_agrees_with_the_metric_dictionary() -> None:
    path = shared_folder("design") / "metric-dictionary.csv"
    domains = {"VC": "value_creation", "RM": "risk_mitigation", "RO": "resource_optimization"}
    units = {"ratio": "percent", "per day": "per_day", "days/week": "days", "0-100": "score", "0-5": "score"}
    units |= {"x": "factor", "per 1000": "per_1000", "count, days": "days", "r, q": "ratio"}
    directions = {"0": "band", "balance": "band", "down (abs)": "band", "run down": "down", "-": "context"}
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() <= library().keys()
    for id, definition in library().items():
        if id in rows:
            assert definition["direction"] == directions.get(rows[id]["better"], rows[id]["better"]), id
            assert rows[id]["domain"] == "all" or definition["value_domain"] == domains[rows[id]["domain"]], id
            assert definition["unit"] == units.get(rows[id]["unit"], rows[id]["unit"]), id


def test_what_stands_beside_use_overrides_and_lists_are_replaced(write_files) -> None:
    files = {
        "catalogue/kpis/a.yaml": """
            kpis:
              - id: cart_abandonment
                use: library
                label: Left behind
                by: [[], [channel]]
                base: {where: "items > 1"}
                targets: [{from: 2026-01-01, value: 0.65, warn: 0.70}]
            """
    }
    kpi = load_company(write_files(files), {}).kpi("cart_abandonment")
    assert kpi.label == "Left behind"
    assert kpi.by == ((), ("channel",))
    assert kpi.base is not None
    assert (kpi.base.entity, kpi.base.time, kpi.base.where) == ("fct_cart", "created_at", "items > 1")
    assert kpi.complement
    assert kpi.targets[0].value == 0.65


def test_a_standard_kpi_brings_the_standard_kpis_it_is_made_of(write_files) -> None:
    company = load_company(write_files({"catalogue/kpis/a.yaml": "kpis: [{id: arpu, use: library}]\n"}), {})
    assert [kpi.id for kpi in company.shown_kpis] == ["arpu"]
    assert {kpi.id for kpi in company.kpis} == {"arpu", "net_revenue", "active_customers"}
