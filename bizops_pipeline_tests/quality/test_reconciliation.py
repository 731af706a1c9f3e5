from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from bizops_pipeline.catalogue.models import Service, Threshold
from bizops_pipeline.contracts.audit import EXTRACT, ORIGIN, REJECT
from bizops_pipeline.contracts.core import CORE_TABLES, FACTS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Type
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.quality.money import CHECKS
from bizops_pipeline.quality.reconciliation import reconcile_model, reconcile_sources, required_checks
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.model.staging_world import World, company, source_table
from bizops_pipeline_tests.warehouses import copy_of, written_once

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


def result_of(results: list[CheckResult], check_id: str) -> CheckResult:
    return next(result for result in results if result.check_id == check_id)


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


SERVICES = (Service(id="shop"),)


@pytest.fixture
def model() -> Iterator[World]:
    """Return a warehouse with two orders, three lines and a refund, in staging and in the model."""
    world = World(services=SERVICES)
    world.engine.close()
    world.engine = copy_of(written_once("reconciled", write_orders))
    yield world
    world.engine.close()


def write_orders(engine: DuckDBEngine) -> None:
    staging, core = ((table, ORIGIN) for table in ENTITIES.values()), ((table, ()) for table in CORE_TABLES.values())
    changes.ensure_all(engine, (*staging, *core))
    fill(engine, 'staging."order"', ("order_id", "currency"), [("1", "EUR"), ("2", "USD")])
    lines = [("a", "1", None, "10.10"), ("b", "2", None, "5"), ("c", "9", "GBP", "-1")]
    fill(engine, "staging.order_line", ("order_line_id", "order_id", "currency", "net_amount"), lines)
    fill(engine, "staging.refund", ("refund_id", "order_id", "amount"), [("r", "1", "2"), ("s", "9", "1")])
    facts = [("a", "1", "EUR", "10.10", "shop"), ("b", "2", "USD", "5", "shop"), ("c", "9", "GBP", "-1", "shop")]
    columns = ("order_line_id", "order_id", "currency", "net_amount", "service_id")
    fill(engine, "core.fct_order_line", columns, facts)
    columns = ("refund_id", "order_id", "currency", "amount", "service_id")
    fill(engine, "core.fct_refund", columns, [("r", "1", "EUR", "2", "shop"), ("s", "9", "GBP", "1", "unallocated")])
    fill(engine, "core.dim_service", ("service_id",), [("shop",), ("unallocated",)])


def fill(engine: DuckDBEngine, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    marks = ", ".join("?" for _ in columns)
    for row in rows:
        engine.execute(f"insert into {table} ({', '.join(columns)}) values ({marks})", row)


def test_money_is_conserved(model: World) -> None:
    results = reconcile_model(model.engine, model.company)
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
    result = result_of(reconcile_model(model.engine, model.company), check_id)
    assert (result.outcome, bool(result.sample)) == ("failed", True)


def test_money_is_compared_in_the_currency_that_each_source_names(model: World) -> None:
    charges = [("1", "USD", "0.000000001", "2"), ("2", None, "1", None)]
    columns = ("cloud_cost_id", "billing_currency", "billed_cost", "effective_cost")
    fill(model.engine, "staging.cloud_cost", columns, charges)
    facts = [("1", "USD", "0.000000001", "2"), ("2", "EUR", "1", None)]
    fill(model.engine, "core.fct_cloud_cost", ("cloud_cost_id", "currency", "billed_cost", "effective_cost"), facts)
    results = reconcile_model(model.engine, model.company)
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
    result = result_of(reconcile_model(model.engine, model.company), "money:fct_forecast.amount")
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


def test_unknown_references_are_counted(model: World) -> None:
    check_id = "orphans:fct_order_line.product_id"
    model.engine.execute("update core.fct_order_line set product_id = order_id")
    assert result_of(reconcile_model(model.engine, model.company), check_id).outcome == "passed"
    model.engine.execute("insert into core.dim_product (product_id) values ('known')")
    result = result_of(reconcile_model(model.engine, model.company), "orphans:fct_order_line.product_id")
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert result.observed == "3 rows name 3 unknown members"
    assert result.sample[0] == {"value": "1", "records": 1}


def test_items_with_weights_above_one_are_named(model: World) -> None:
    columns = ("item_type", "item_id", "service_id", "weight", "method", "valid_from", "valid_to")
    share = ("change", "a", "shop", "1", "explicit", "1900-01-01", "9999-12-31")
    fill(model.engine, "core.bridge_item_service", columns, [share])
    assert result_of(reconcile_model(model.engine, model.company), "shares:bridge_item_service").outcome == "passed"
    wrong = ("change", "b", "unallocated", "1", "invalid", "2026-01-01", "9999-12-31")
    fill(model.engine, "core.bridge_item_service", columns, [wrong])
    result = result_of(reconcile_model(model.engine, model.company), "shares:bridge_item_service")
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert [row["item_id"] for row in result.sample] == ["b"]


def test_unallocated_rows_are_counted(model: World) -> None:
    result = result_of(reconcile_model(model.engine, model.company), "unallocated:fct_refund")
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert result.observed == "1 of 2 rows (50.00%) reach no service"
    without_services = result_of(reconcile_model(model.engine, company()), "unallocated:fct_refund")
    assert without_services.outcome == "passed"


def test_items_that_are_mapped_to_a_service_are_allocated(model: World) -> None:
    fill(model.engine, "core.fct_change", ("change_id", "service_id"), [("a", "unallocated"), ("b", "unallocated")])
    columns = ("item_type", "item_id", "service_id", "weight", "method", "valid_from", "valid_to")
    shares = [("change", "a", service, "0.5", "label", "1900-01-01", "9999-12-31") for service in ("shop", "pay")]
    fill(model.engine, "core.bridge_item_service", columns, [*shares, ("incident", "b", "shop", "1", *shares[0][4:])])
    result = result_of(reconcile_model(model.engine, model.company), "unallocated:fct_change")
    assert result.observed == "1 of 2 rows (50.00%) reach no service"


def test_rows_that_name_a_value_stream_are_allocated(model: World) -> None:
    columns = ("assessment_id", "service_id", "value_stream_id")
    rows = [("a", "shop", None), ("b", "unallocated", "order_to_cash"), ("c", "unallocated", None)]
    fill(model.engine, "core.fct_assessment", columns, rows)
    result = result_of(reconcile_model(model.engine, model.company), "unallocated:fct_assessment")
    assert result.observed == "1 of 3 rows (33.33%) reach no service or value stream"
