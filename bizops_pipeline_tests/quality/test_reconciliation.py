from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from bizops_pipeline.catalogue.models import Threshold
from bizops_pipeline.contracts.audit import EXTRACT, LOADING, REJECT
from bizops_pipeline.contracts.core import FACTS
from bizops_pipeline.contracts.table import Type
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.quality.money import CHECKS
from bizops_pipeline.quality.reconciliation import reconcile_model, reconcile_sources, required_checks
from bizops_pipeline.warehouse import changes
from bizops_pipeline_tests.model.staging_world import World, company, run, source_table
from bizops_pipeline_tests.quality.model_case import fill, reconciled, result_of

MAP = {"order_id": "id", "ordered_at": "'2026-01-01'", "status": "state"}


def extract(world: World, **counts: Any) -> None:
    changes.ensure(world.engine, EXTRACT)
    changes.ensure(world.engine, REJECT)
    values = dict.fromkeys(("rows_in", "inserted", "updated", "unchanged", "deduplicated", "rejected"), 0)
    row = {
        "extract_id": f"e{world.engine.scalar('select count(*) from audit.extract')}",
        "run_id": "run-0001",
        "source": "erp",
        "source_table": "t",
        "file": "x.csv",
        "is_current": True,
        "loaded_at": datetime(2026, 1, 1),
        **values,
        **counts,
    }
    world.engine.insert(EXTRACT, [row])


@pytest.fixture
def world() -> Iterator[World]:
    world = World(source_table("erp", MAP, threshold=Threshold(share=0.5, rows=1)))
    world.put("erp", {key: {"id": key, "state": "open"} for key in "abc"})
    world.put("erp", {"d": {"id": "d", "state": "lost"}, "e": {"id": "a", "state": "completed"}})
    extract(world, rows_in=6, inserted=5, rejected=1)
    world.build()
    yield world
    world.engine.close()


def outcomes(results: list[CheckResult]) -> dict[str, str]:
    return {result.check_id: result.outcome for result in results}


def test_sources_in_balance(world: World) -> None:
    results = reconcile_sources(world.engine, world.company)
    assert outcomes(results) == {
        "load_balance:erp.t": "passed",
        "staging_balance:erp.t:order": "passed",
        "bad_records:erp.t": "passed",
    }
    assert {result.severity for result in results} == {"blocking"}
    assert set(outcomes(results)) <= required_checks(world.company)
    balance = result_of(results, "staging_balance:erp.t:order")
    assert balance.observed == "5 raw = 3 kept + 1 quarantined + 1 deduplicated"


@pytest.mark.parametrize(
    "tamper",
    [
        pytest.param("delete from staging.\"order\" where order_id = 'b'", id="a row of staging is lost"),
        pytest.param('delete from state."superseded__order"', id="a superseded row is lost"),
        pytest.param("delete from quarantine.record", id="a quarantined row is lost"),
        pytest.param("delete from raw.erp__t where _row_key = 'b'", id="a raw row is lost"),
        pytest.param("update audit.staging_balance set kept = 4, quarantined = 0", id="the account is wrong"),
        pytest.param("delete from audit.staging_balance", id="there is no account"),
    ],
)
def test_the_staging_balance_breaks(world: World, tamper: str) -> None:
    world.engine.execute(tamper)
    results = reconcile_sources(world.engine, world.company)
    assert outcomes(results)["staging_balance:erp.t:order"] == "failed"


def test_the_load_balance_breaks_and_names_the_file(world: World) -> None:
    extract(world, rows_in=10, inserted=9, file="y.csv")
    result = result_of(reconcile_sources(world.engine, world.company), "load_balance:erp.t")
    assert result.outcome == "failed"
    assert [(row["file"], row["rows_in"], row["disposed"]) for row in result.sample] == [("y.csv", 10, 9)]


@pytest.mark.parametrize(("required", "outcome"), [(True, "failed"), (False, "passed")])
def test_a_source_that_was_never_loaded(world: World, required: bool, outcome: str) -> None:
    missing = company(source_table("crm", MAP, required=required))
    assert outcomes(reconcile_sources(world.engine, missing))["load_balance:crm.t"] == outcome


@pytest.mark.parametrize(
    ("named", "outcome", "observed"),
    [
        (("State", "id"), "passed", "2 named, all there"),
        (("sate",), "failed", "1 named as personal that erp never brought (sate)"),
    ],
    ids=["known", "typo"],
)
def test_names_of_personal_columns(world: World, named: tuple[str, ...], outcome: str, observed: str) -> None:
    changes.ensure(world.engine, LOADING)
    columns = {"definition": "", "treatment": "", "run_id": "run-0001"}
    world.engine.insert(LOADING, [{"source": "erp", "source_table": "t", "columns": '["id", "state"]', **columns}])
    [table] = world.company.source_tables
    company = world.company.model_copy(update={"source_tables": (table.model_copy(update={"hash_columns": named}),)})
    found = result_of(reconcile_sources(world.engine, company), "personal_columns:erp.t")
    assert (found.severity, found.outcome, found.observed) == ("warn", outcome, observed)
    assert ("did you mean `state`?" in str(found.expected)) is (outcome == "failed")


def test_too_many_bad_records(world: World) -> None:
    world.company = company(source_table("erp", MAP, threshold=Threshold(share=0.1, rows=1)))
    result = result_of(reconcile_sources(world.engine, world.company), "bad_records:erp.t")
    assert result.outcome == "failed"
    assert result.observed == "2 of 6 records (1 quarantined, 1 rejected)"
    assert result.sample == ({"reason": "allowed_status", "records": 1},)
    world.company = company(source_table("erp", MAP, threshold=Threshold(share=0.1, rows=2)))
    assert outcomes(reconcile_sources(world.engine, world.company))["bad_records:erp.t"] == "passed"


def test_without_accounts_the_checks_are_errors() -> None:
    world = World(source_table("erp", MAP))
    assert outcomes(reconcile_sources(world.engine, world.company)) == {
        "load_balance:erp.t": "error",
        "bad_records:erp.t": "error",
        "staging_balance:erp.t:order": "failed",
    }


@pytest.fixture
def model() -> Iterator[World]:
    world = reconciled()
    yield world
    world.engine.close()


def test_money_is_conserved(model: World) -> None:
    results = reconcile_model(model.engine, model.company, run(1))
    assert {result.outcome for result in results} <= {"passed", "failed"}
    lines = result_of(results, "money:fct_order_line.net_amount")
    assert (lines.outcome, lines.severity) == ("passed", "blocking")
    assert lines.observed == (
        "EUR 10.1000 in staging, 10.1000 in facts; GBP -1.0000 in staging, -1.0000 in facts; "
        "USD 5.0000 in staging, 5.0000 in facts"
    )
    assert result_of(results, "money:fct_refund.amount").outcome == "passed"


@pytest.mark.parametrize(
    ("tamper", "check_id"),
    [
        pytest.param(
            "update core.fct_order_line set net_amount = 5.0001 where currency = 'USD'",
            "money:fct_order_line.net_amount",
            id="a cent",
        ),
        pytest.param(
            "delete from core.fct_order_line where order_line_id = 'c'",
            "money:fct_order_line.net_amount",
            id="a lost line",
        ),
        pytest.param(
            "update core.fct_order_line set currency = 'EUR'", "money:fct_order_line.net_amount", id="currencies mixed"
        ),
        pytest.param(
            "insert into core.fct_refund select * from core.fct_refund", "money:fct_refund.amount", id="doubled"
        ),
        pytest.param(
            "insert into staging.refund (refund_id, amount) values ('x', 1)",
            "money:fct_refund.amount",
            id="not modelled",
        ),
    ],
)
def test_money_that_is_lost_or_made(model: World, tamper: str, check_id: str) -> None:
    model.engine.execute(tamper)
    result = result_of(reconcile_model(model.engine, model.company, run(1)), check_id)
    assert (result.outcome, bool(result.sample)) == ("failed", True)


def test_money_is_compared_in_the_currency_that_each_source_names(model: World) -> None:
    charges = [("1", "USD", "0.000000001", "2"), ("2", None, "1", None)]
    columns = ("cloud_cost_id", "billing_currency", "billed_cost", "effective_cost")
    fill(model.engine, "staging.cloud_cost", columns, charges)
    facts = [("1", "USD", "0.000000001", "2"), ("2", "EUR", "1", None)]
    fill(model.engine, "core.fct_cloud_cost", ("cloud_cost_id", "currency", "billed_cost", "effective_cost"), facts)
    results = reconcile_model(model.engine, model.company, run(1))
    assert result_of(results, "money:fct_cloud_cost.billed_cost").outcome == "passed"
    effective = result_of(results, "money:fct_cloud_cost.effective_cost")
    assert effective.outcome == "passed"
    assert effective.observed == "USD 2.000000000 in staging, 2.000000000 in facts"


def test_only_frozen_forecasts_must_add_up(model: World) -> None:
    columns = ("forecast_id", "cost_centre", "month", "made_on", "amount")
    made = [
        ("early", "it", "2026-02-01", "2026-01-10", "1"),
        ("frozen", "it", "2026-02-01", "2026-01-31", "20"),
        ("late", "it", "2026-02-01", "2026-02-01", "300"),
        ("other", None, "2026-02-01", "2026-01-01", "4000"),
    ]
    fill(model.engine, "staging.forecast", columns, made)
    result = result_of(reconcile_model(model.engine, model.company, run(1)), "money:fct_forecast.amount")
    assert (result.outcome, result.severity) == ("failed", "blocking")
    assert [(row["currency"], str(row["staging"])) for row in result.sample] == [("EUR", "4020.0000")]


def test_every_amount_in_a_currency_names_what_it_conserves() -> None:
    computed = {
        "fct_order": "sums of fct_order_line",
        "fct_revenue": "signed fct_order_line and fct_refund",
        "fct_model_plan": "partly of the catalogue",
        "fct_model_value": "effects times worth",
    }
    silent = {
        f"{fact.name}.{column.name}"
        for fact in FACTS
        if fact.has("currency") and fact.name not in computed
        for column in fact.columns
        if column.type is Type.MONEY and not column.name.endswith("_reporting") and not column.conserves
    }
    assert not silent
    assert set(CHECKS) <= required_checks(company())
