from collections.abc import Iterator

import pytest

from bizops_pipeline.contracts.core.commerce import DIM_CUSTOMER, DIM_PRODUCT, FCT_ORDER_LINE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.quality.checks import CheckResult, record
from bizops_pipeline.quality.references import check_references
from bizops_pipeline.warehouse.changes import replace
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.session import writer_session
from bizops_pipeline_tests.model.staging_world import World, company, run
from bizops_pipeline_tests.quality.model_case import fill, reconciled, result_of

PRODUCT, CUSTOMER = (f"orphans:fct_order_line.{name}" for name in ("product_id", "customer_id"))
REFUND = "unallocated:fct_refund"


@pytest.fixture
def model() -> Iterator[World]:
    world = reconciled()
    yield world
    world.engine.close()


def judged(model: World) -> list[CheckResult]:
    return check_references(model.engine, model.company, run(1))


def test_unknown_references_are_counted(model: World) -> None:
    check_id = "orphans:fct_order_line.product_id"
    model.engine.execute("update core.fct_order_line set product_id = order_id")
    assert result_of(judged(model), check_id).outcome == "passed"
    model.engine.execute("insert into core.dim_product (product_id, is_recorded) values ('1', false)")
    assert result_of(judged(model), check_id).outcome == "passed"
    model.engine.execute("insert into core.dim_product (product_id, is_recorded) values ('known', true)")
    result = result_of(judged(model), "orphans:fct_order_line.product_id")
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert result.observed == "3 rows name 3 unknown members"
    assert result.sample[0] == {"value": "1", "records": 1}


def test_items_with_weights_above_one_are_named(model: World) -> None:
    columns = ("item_type", "item_id", "service_id", "weight", "method", "valid_from", "valid_to")
    share = ("change", "a", "shop", "1", "explicit", "1900-01-01", "9999-12-31")
    fill(model.engine, "core.bridge_item_service", columns, [share])
    assert result_of(judged(model), "shares:bridge_item_service").outcome == "passed"
    wrong = ("change", "b", "unallocated", "1", "invalid", "2026-01-01", "9999-12-31")
    fill(model.engine, "core.bridge_item_service", columns, [wrong])
    result = result_of(judged(model), "shares:bridge_item_service")
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert [row["item_id"] for row in result.sample] == ["b"]


def test_unallocated_rows_are_counted(model: World) -> None:
    result = result_of(judged(model), REFUND)
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert result.observed == "1 of 2 rows (50.00 %) reach no service"
    without_services = result_of(check_references(model.engine, company(), run(1)), REFUND)
    assert without_services.outcome == "passed"


def test_amounts_without_a_rate_are_counted_by_currency(model: World) -> None:
    model.engine.execute("update core.fct_order_line set exchange_rate = 1 where currency = 'EUR'")
    fill(model.engine, "core.fct_order_line", ("order_line_id", "currency", "net_amount"), [("d", "USD", "7")])
    nothing = [("e", "USD", "0"), ("f", "USD", None)]
    fill(model.engine, "core.fct_order_line", ("order_line_id", "currency", "net_amount"), nothing)
    result = result_of(judged(model), "unrated:fct_order_line")
    assert (result.outcome, result.severity) == ("failed", "warn")
    assert result.observed == "3 rows have no exchange rate, so that they are missing in sums"
    assert result.sample == ({"currency": "USD", "records": 2}, {"currency": "GBP", "records": 1})
    assert result_of(judged(model), "unrated:fct_invoice").outcome == "passed"


def test_items_that_are_mapped_to_a_service_are_allocated(model: World) -> None:
    fill(model.engine, "core.fct_change", ("change_id", "service_id"), [("a", "unallocated"), ("b", "unallocated")])
    columns = ("item_type", "item_id", "service_id", "weight", "method", "valid_from", "valid_to")
    shares = [("change", "a", service, "0.5", "label", "1900-01-01", "9999-12-31") for service in ("shop", "pay")]
    fill(model.engine, "core.bridge_item_service", columns, [*shares, ("incident", "b", "shop", "1", *shares[0][4:])])
    result = result_of(judged(model), "unallocated:fct_change")
    assert result.observed == "1 of 2 rows (50.00 %) reach no service"


def test_rows_that_name_a_value_stream_are_allocated(model: World) -> None:
    columns = ("assessment_id", "service_id", "value_stream_id")
    rows = [("a", "shop", None), ("b", "unallocated", "order_to_cash"), ("c", "unallocated", None)]
    fill(model.engine, "core.fct_assessment", columns, rows)
    result = result_of(judged(model), "unallocated:fct_assessment")
    assert result.observed == "1 of 3 rows (33.33 %) reach no service or value stream"


def refresh(model: World, sequence: int, *, is_killed: bool = False, full: bool = False) -> dict[str, CheckResult]:
    """Judge and put on record, unless the refresh is killed in between; return the results by check."""
    as_of = run(sequence).as_of
    session = writer_session(
        model.engine, run_id=f"run-{sequence}", as_of=as_of, full=full, code_version="1", fingerprint="f"
    )
    with session as opened:
        assert opened.run.sequence == sequence
        results = check_references(model.engine, model.company, opened.run)
        if not is_killed:
            record(model.engine, results, opened.run)
    return {result.check_id: result for result in results}


def write(model: World, table: Table, change: str, of: Run) -> None:
    """Write what a change of a table's rows gives, as the build of the table does."""
    model.engine.execute(f"create or replace temp table changed as select * from {table.qualified}")
    model.engine.execute(change)
    replace(model.engine, table, "select * from changed", of)


def comparable(results: dict[str, CheckResult]) -> dict[str, tuple[object, ...]]:
    return {
        id: (each.table_name, each.severity, each.outcome, each.observed, each.expected, each.sample)
        for id, each in results.items()
    }


@pytest.fixture
def judged_once(model: World) -> World:
    """Return the warehouse after a refresh that found nothing wrong but a refund without a service."""
    fill(model.engine, "core.dim_product", ("product_id", "is_recorded"), [("p", "true"), ("q", "true")])
    fill(model.engine, "core.dim_customer", ("customer_id",), [("c",)])
    model.engine.execute("update core.fct_order_line set product_id = 'p', customer_id = 'c', _change_sequence = 1")
    assert not any(result.is_carried_forward for result in refresh(model, 1).values())
    return model


def test_what_was_found_is_told_again_while_nothing_changes(judged_once: World) -> None:
    fill(judged_once.engine, "core.fct_order_line", ("order_line_id", "product_id"), [("d", "x"), ("e", "x")])
    found = refresh(judged_once, 2)
    assert found[PRODUCT].sample == ({"value": "x", "records": 2},)
    assert {each.outcome for each in found.values()} == {"passed", "failed"}
    again = refresh(judged_once, 3)
    assert all(each.is_carried_forward for each in again.values())
    anew = refresh(judged_once, 4, full=True)
    assert not any(each.is_carried_forward for each in anew.values())
    assert comparable(again) == comparable(anew) == comparable(found)


def test_what_could_not_be_judged_is_judged_again(judged_once: World) -> None:
    judged_once.engine.execute("alter table core.dim_product rename column product_id to id")
    judged_once.engine.execute("update core.dim_product set _change_sequence = 2")
    assert {refresh(judged_once, sequence)[PRODUCT].outcome for sequence in (2, 3)} == {"error"}
    judged_once.engine.execute("alter table core.dim_product rename column id to product_id")
    found = refresh(judged_once, 4)[PRODUCT]
    assert (found.outcome, found.is_carried_forward) == ("passed", False)


@pytest.mark.parametrize(
    ("table", "change", "check_id"),
    [
        pytest.param(FCT_ORDER_LINE, "update changed set product_id = 'x'", PRODUCT, id="the fact"),
        pytest.param(DIM_PRODUCT, "update changed set product_id = 'x' where product_id = 'p'", PRODUCT, id="members"),
        pytest.param(DIM_PRODUCT, "delete from changed where product_id = 'p'", PRODUCT, id="a member that goes"),
        pytest.param(DIM_CUSTOMER, "update changed set customer_id = 'x'", CUSTOMER, id="members that no one tracks"),
    ],
)
def test_what_changed_is_counted_again(judged_once: World, table: Table, change: str, check_id: str) -> None:
    assert refresh(judged_once, 2)[check_id].is_carried_forward
    write(judged_once, table, change, run(3))
    found = refresh(judged_once, 3)[check_id]
    assert (found.outcome, found.observed) == ("failed", "3 rows name 1 unknown members")
    again = refresh(judged_once, 4)[check_id]
    assert (again.outcome, again.is_carried_forward, again.sample) == ("failed", True, found.sample)


def test_a_refresh_that_was_killed_before_its_results_were_on_record_counts_for_nothing(judged_once: World) -> None:
    write(judged_once, FCT_ORDER_LINE, "update changed set product_id = 'x'", run(2))
    assert refresh(judged_once, 2, is_killed=True)[PRODUCT].outcome == "failed"
    assert refresh(judged_once, 3)[PRODUCT].outcome == "failed"
    write(judged_once, FCT_ORDER_LINE, "update changed set product_id = 'p'", run(4))
    refresh(judged_once, 4, is_killed=True)
    found = refresh(judged_once, 5)[PRODUCT]
    assert (found.outcome, found.is_carried_forward) == ("passed", False)


def test_a_company_with_services_from_now_on_has_its_rows_counted(model: World) -> None:
    with_services, model.company = model.company, company()
    assert refresh(model, 1)[REFUND].outcome == "passed"
    assert refresh(model, 2)[REFUND].is_carried_forward
    model.company = with_services
    assert refresh(model, 3)[REFUND].outcome == "failed"
