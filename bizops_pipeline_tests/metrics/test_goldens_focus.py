"""Figures of the FOCUS specification and of its sample bill, from charges through the model to the standard KPIs."""

import csv
import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bizops_pipeline import metrics
from bizops_pipeline.naming import canonical_dimensions
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.metrics.support import source_of_everything, standard
from bizops_pipeline_tests.model.company import built, company, run

AS_OF = date(2026, 6, 30)
COSTS = {"billed_cost": "BilledCost", "effective_cost": "EffectiveCost", "list_cost": "ListCost"}
COSTS |= {"contracted_cost": "ContractedCost"}
TEXTS = {
    "billing_currency": "BillingCurrency",
    "charge_category": "ChargeCategory",
    "charge_class": "ChargeClass",
    "commitment_discount_id": "CommitmentDiscountId",
    "commitment_discount_status": "CommitmentDiscountStatus",
    "pricing_category": "PricingCategory",
    "service_category": "ServiceCategory",
    "tags": "Tags",
}
SAMPLE = "focus_1.0_sample_1000.csv"


def charges(folder: Path, file: Path) -> Iterator[dict[str, Any]]:
    """Read a file as charges whose provider is the file, so that every figure can be told apart."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for number, row in enumerate(csv.DictReader(opened)):
            name = file.relative_to(folder).as_posix()
            yield {
                "cloud_cost_id": f"{name}:{number}",
                "provider_name": name,
                "charge_period_start": moment(row["ChargePeriodStart"]),
                "billing_period_start": moment(row["BillingPeriodStart"]),
                **{column: exact(row.get(focus)) for column, focus in COSTS.items()},
                **{column: known(row.get(focus)) for column, focus in TEXTS.items()},
            }


def known(text: str | None) -> str | None:
    return None if text is None or text.strip() in ("", "null", "NULL") else text


def exact(text: str | None) -> Decimal | None:
    """Read `$10,000.00 ` and `8760.00`, to the nine places that the contract keeps."""
    if known(text) is None:
        return None
    return round(Decimal(str(text).strip().replace("$", "").replace(",", "")), 9)


def moment(text: str) -> datetime:
    """Read 2023-01-01T00:00:00Z, 2024-09-18 22:00:00 and 5/1/25."""
    return datetime.strptime(text, "%m/%d/%y") if "/" in text else datetime.fromisoformat(text.replace("Z", ""))


@pytest.fixture(scope="module")
def goldens(shared_goldens: Path) -> dict[str, Any]:
    return json.loads((shared_goldens / "focus" / "expected.json").read_text())


@pytest.fixture(scope="module")
def engine(shared_goldens: Path, goldens: dict[str, Any]) -> DuckDBEngine:
    folder = shared_goldens / "focus" / "spec_examples"
    files = [folder / name for name in (*goldens["utilization"], *goldens["totals"])]
    rows = [row for file in files for row in charges(folder, file)]
    rows += list(charges(shared_goldens / "focus", shared_goldens / "focus" / SAMPLE))
    owner = company(reporting_currency="USD")
    made = built("fct_cloud_cost", owner=owner, as_of=AS_OF, cloud_cost=rows)
    mapped = {"kpis": tuple(standard("cloud")), "source_tables": (source_of_everything(),)}
    metrics.build(made, owner.model_copy(update=mapped), run(2, AS_OF))
    return made


def value(engine: DuckDBEngine, kpi: str, file: str) -> Any:
    dimensions = canonical_dimensions({"provider_name": file})
    query = "select value from marts.kpi_value where kpi_id = ? and grain = 'all' and dimensions = ?"
    return engine.rows(query, (kpi, dimensions))[0][0]


def total(engine: DuckDBEngine, column: str, file: str, where: str = "true") -> Decimal:
    query = f"select sum({column}) from core.fct_cloud_cost where provider_name = ? and {where}"
    return engine.rows(query, (file,))[0][0]


def test_utilisation_of_commitments(engine: DuckDBEngine, goldens: dict[str, Any]):
    found = {file: value(engine, "commitment_utilization", file) for file in goldens["utilization"]}
    assert found == goldens["utilization"]
    assert sorted(set(found.values())) == [0, 0.75, 1]


def test_billed_and_effective_cost_are_two_views_of_the_same_money(engine: DuckDBEngine, goldens: dict[str, Any]):
    for file, expected in goldens["totals"].items():
        assert value(engine, "billed_cost", file) == expected["billed"], file
        assert value(engine, "effective_cost", file) == expected["effective"], file


def test_prepayments_do_not_count_twice_at_list_price(engine: DuckDBEngine, goldens: dict[str, Any]):
    for file, expected in goldens["totals"].items():
        assert value(engine, "cloud_list_cost", file) == expected["list_accrual"], file
        saved = 1 - Decimal(expected["effective"]) / Decimal(expected["list_accrual"])
        assert value(engine, "effective_savings_rate", file) == pytest.approx(float(saved), rel=1e-12), file
        if "list_naive" in expected:
            assert total(engine, "list_cost_reporting", file) == expected["list_naive"], "the trap"
            assert total(engine, "contracted_cost_reporting", file) == expected["contracted_naive"]
            contracted = total(engine, "contracted_cost_reporting", file, "not is_prepayment")
            assert contracted == expected["contracted_accrual"]


def test_the_sample_bill(engine: DuckDBEngine):
    # Nine decimals of a thousand charges: off by at most half a millionth.
    assert value(engine, "billed_cost", SAMPLE) == pytest.approx(20.52022672899, abs=5e-7)
    assert value(engine, "effective_cost", SAMPLE) == pytest.approx(14.97651418586, abs=5e-7)
    counted = engine.rows(
        "select count(*), count(*) filter (where not is_tagged), count(*) filter (where charge_category = 'Credit'), "
        "count(*) filter (where charge_category = 'Adjustment') from core.fct_cloud_cost where provider_name = ?",
        (SAMPLE,),
    )
    assert counted == [(1000, 289, 1, 2)]
