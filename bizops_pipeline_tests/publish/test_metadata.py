"""The tables about the tables, with counts made up and added by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
import yaml

from bizops_pipeline.catalogue.models import EntityMap, Kpi
from bizops_pipeline.contracts.marts.data import DATA_DICTIONARY, DATA_FRESHNESS, DATA_QUALITY
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.publish.accounting import write_data_quality
from bizops_pipeline.publish.definitions import write_data_dictionary, write_metric_catalogue
from bizops_pipeline.publish.events import EVENT_COLUMNS
from bizops_pipeline.publish.freshness import check_freshness, write_data_freshness
from bizops_pipeline.publish.grades import grades, of_kpis_over_marts, write_grades
from bizops_pipeline.quality.checks import CheckResult, record
from bizops_pipeline_tests.publish.world import (
    INCIDENTS,
    ORDER_COUNT,
    ORDERS,
    PASSED,
    SLA,
    balance,
    company,
    extract,
    fill,
    finish,
    quarantine,
    reject,
    rows,
    run,
    source_table,
    stage,
    warehouse,
)

COUNTS = ("rows_in", "rows_kept", "rows_quarantined", "rows_deduplicated", "rows_rejected", "is_balanced")


def test_the_metric_catalogue_says_what_a_kpi_means() -> None:
    engine = warehouse()
    write_metric_catalogue(engine, company(), run())
    found = rows(engine, METRIC_CATALOGUE, "kpi_id", "label", "source_entities", "definition_file")
    assert found == [
        ("order_count", "order_count", "fct_order", ""),
        ("sla_compliance", "SLA compliance", "fct_incident", "catalogue/kpis/it.yaml"),
    ]
    definition = yaml.safe_load(rows(engine, METRIC_CATALOGUE, "definition")[1][0])
    assert definition["numerator"] == "count(*) filter (where sla_met)"
    assert "owner" not in definition
    assert not write_metric_catalogue(engine, company(), run(2)).changed


def test_the_data_dictionary_describes_every_column_in_order() -> None:
    engine = warehouse()
    write_data_dictionary(engine, company(), run())
    found = rows(engine, DATA_DICTIONARY, "table_name", "column_name", "position", "is_key")
    assert ("kpi_value", "kpi_id", 1, True) in found
    assert ("kpi_latest", "label", 2, False) in found
    assert ("publication", "build_id", 1, True) in found
    assert engine.scalar("select count(*) from marts.data_dictionary where coalesce(description, '') = ''") == 0
    status = (
        "select description from marts.data_dictionary where table_name = 'data_freshness' and column_name = 'status'"
    )
    assert str(engine.scalar(status)).endswith("One of `fresh`, `late`, `stale`, `missing`.")


def test_files_are_accounted_for_from_their_physical_records() -> None:
    engine = warehouse()
    # 10 records in a file that was replaced since, 12 + 8 now; of these 3 could not be parsed, 2 were the same
    # row again: 15 raw rows. Of them 11 were kept, 3 are in quarantine, 1 lost to a newer version.
    extract(engine, INCIDENTS, 1, rows_in=10, is_current=False)
    extract(engine, INCIDENTS, 2, rows_in=12, rejected=2)
    extract(engine, INCIDENTS, 3, rows_in=8, rejected=1, deduplicated=2)
    balance(engine, INCIDENTS, 15, 11, 3, 1)
    quarantine(engine, INCIDENTS, "opened_at_required", "resolved_at_not_before_opened_at", "opened_at_required")
    reject(engine, "itsm-incidents-1", INCIDENTS, *["too many fields"] * 9)
    reject(engine, "itsm-incidents-2", INCIDENTS, "too few fields: 3", "too few fields: 4")
    write_data_quality(engine, company(INCIDENTS), run())
    counts = (
        "rows_in",
        "rows_kept",
        "rows_quarantined",
        "rows_deduplicated",
        "rows_rejected",
        "is_balanced",
        "top_reason",
    )
    assert rows(engine, DATA_QUALITY, *counts) == [(20, 11, 3, 3, 3, True, "opened_at_required")]


def test_database_tables_are_accounted_for_from_their_raw_rows() -> None:
    engine = warehouse()
    extract(engine, ORDERS, 1, rows_in=100)
    extract(engine, ORDERS, 2, rows_in=30)  # read again by the overlap of the cursor
    balance(engine, ORDERS, 120, 118, 0, 2)
    write_data_quality(engine, company(ORDERS), run())
    assert rows(engine, DATA_QUALITY, *COUNTS) == [(120, 118, 0, 2, 0, True)]


@pytest.mark.parametrize(
    ("rows_in", "raw", "kept"),
    [(10, 11, 11), (10, 10, 9)],
    ids=["more rows than records", "a row that is nowhere"],
)
def test_counts_that_do_not_add_up_are_not_balanced(rows_in: int, raw: int, kept: int) -> None:
    engine = warehouse()
    extract(engine, INCIDENTS, rows_in=rows_in)
    balance(engine, INCIDENTS, raw, kept)
    write_data_quality(engine, company(INCIDENTS), run())
    assert rows(engine, DATA_QUALITY, "is_balanced") == [(False,)]


def test_records_that_were_loaded_but_never_staged_are_not_balanced() -> None:
    engine = warehouse()
    extract(engine, INCIDENTS, rows_in=10)
    write_data_quality(engine, company(INCIDENTS), run())
    assert rows(engine, DATA_QUALITY, "is_balanced") == [(False,)]


@pytest.mark.parametrize(
    ("cadence", "age", "status"),
    [
        ("daily", 0, "fresh"),
        ("daily", 2, "fresh"),
        ("daily", 3, "late"),
        ("daily", 4, "stale"),
        ("weekly", 8, "fresh"),
        ("weekly", 15, "late"),
        ("weekly", 16, "stale"),
        ("monthly", 32, "fresh"),
        ("once", 90, "fresh"),
    ],
)
def test_freshness_by_cadence(cadence: str, age: int, status: str) -> None:
    engine = warehouse()
    table = source_table("itsm", "incidents", "incident", cadence=cadence)
    extract(engine, table)
    event = datetime(2026, 4, 15, 23, 59) - timedelta(days=age)
    tomorrow = datetime(2026, 4, 16, 0, 0)  # the source is ahead of the business clock
    stage(engine, table, [{"incident_id": "i1", "opened_at": event}, {"incident_id": "i2", "opened_at": tomorrow}])
    write_data_freshness(engine, company(table), run())
    assert rows(engine, DATA_FRESHNESS, "age_days", "status", "latest_event_at") == [(age, status, event)]


def test_freshness_of_days_of_masters_and_of_what_never_came() -> None:
    engine = warehouse()
    rates, products, gone = (
        source_table("bank", "rates", "fx_rate"),
        source_table("erp", "products", "product"),
        source_table("shop", "sessions", "session"),
    )
    for table in (rates, products):
        extract(engine, table)
    stage(
        engine,
        rates,
        [{"fx_rate_id": "r1", "rate_date": date(2026, 4, 13)}, {"fx_rate_id": "r2", "rate_date": date(2026, 4, 20)}],
    )
    stage(engine, products, [{"product_id": "p1"}])
    write_data_freshness(engine, company(rates, products, gone), run())
    found = rows(engine, DATA_FRESHNESS, "source_table", "age_days", "status")
    assert found == [("rates", 2, "fresh"), ("products", None, "fresh"), ("sessions", None, "missing")]


def test_all_sources_that_are_not_fresh_are_named_by_the_check() -> None:
    engine = warehouse()
    tables = [
        source_table("itsm", "incidents", "incident"),
        source_table("itsm", "problems", "problem"),
        source_table("bank", "rates", "fx_rate", cadence="weekly"),
        source_table("shop", "orders", "order"),
        source_table("shop", "sessions", "session", cadence="monthly"),
    ]
    for table in tables[:4]:
        extract(engine, table)
    incidents, problems, rates, orders, _ = tables
    stage(engine, incidents, [{"incident_id": "i1", "opened_at": datetime(2026, 4, 11, 9)}])
    stage(engine, problems, [{"problem_id": "p1", "opened_at": datetime(2025, 1, 1)}])
    stage(engine, rates, [{"fx_rate_id": "r1", "rate_date": date(2026, 4, 1)}])
    stage(engine, orders, [{"order_id": "o1", "ordered_at": datetime(2026, 4, 14, 9)}])
    write_data_freshness(engine, company(*tables), run())
    [found] = check_freshness(engine)
    assert (found.outcome, found.severity, found.table_name) == ("failed", "warn", "marts.data_freshness")
    assert found.observed == (
        "3 source tables not fresh (shop.sessions missing: monthly, nothing yet, "
        "itsm.incidents stale: daily, nothing since 2026-04-11, bank.rates late: weekly, nothing since 2026-04-01)"
    )
    write_data_freshness(engine, company(problems, orders), run(2))
    assert [each.outcome for each in check_freshness(engine)] == ["passed"]


def test_lines_whose_order_has_the_time_do_not_make_a_source_missing() -> None:
    engine = warehouse()
    lines = source_table("erp", "lines", "order_line")
    lines = lines.model_copy(update={"entities": {"order_line": EntityMap(map={"order_id": "order"})}})
    extract(engine, lines)
    write_data_freshness(engine, company(lines), run())
    assert rows(engine, DATA_FRESHNESS, "age_days", "status") == [(None, "fresh")]


def test_the_kind_of_a_rejection_counts_and_not_its_line() -> None:
    engine = warehouse()
    extract(engine, INCIDENTS, rows_in=3, rejected=3)
    reject(engine, "itsm-incidents-1", INCIDENTS, "malformed JSON", "too few fields: 3", "too few fields: 4")
    write_data_quality(engine, company(INCIDENTS), run())
    assert rows(engine, DATA_QUALITY, "top_reason") == [("too few fields",)]


def test_every_entity_says_by_which_event_its_source_is_alive() -> None:
    assert EVENT_COLUMNS.keys() == ENTITIES.keys()
    assert all(column is None or ENTITIES[name].has(column) for name, column in EVENT_COLUMNS.items())


def failed(check_id: str, table: str, severity: str) -> CheckResult:
    return CheckResult(check_id, table, severity, "failed", "1 row", "none")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("checks", "quarantined", "age", "grade"),
    [
        ([], 0, 0, "A"),
        ([failed("volume", "staging.incident", "warn")], 0, 0, "B"),
        ([failed("volume", "core.fct_incident", "warn")], 0, 0, "B"),
        ([], 1, 0, "A"),
        ([], 2, 0, "C"),
        ([], 0, 3, "B"),
        ([], 0, 9, "C"),
        ([failed("volume", "staging.incident", "warn"), failed("key", "raw.itsm__incidents", "blocking")], 2, 9, "D"),
    ],
    ids=["clean", "warning", "warning on the fact", "0.1 % bad", "0.2 % bad", "late", "stale", "blocked"],
)
def test_a_kpi_is_as_good_as_the_worst_of_its_inputs(
    checks: list[CheckResult], quarantined: int, age: int, grade: str
) -> None:
    engine = warehouse()
    fill(engine)
    engine.execute("delete from audit.staging_balance where source = 'itsm'")
    engine.execute("update audit.extract set rows_in = 1000")
    balance(engine, INCIDENTS, 1000, 1000 - quarantined, quarantined)
    engine.execute("update staging.incident set opened_at = ?", (datetime(2026, 4, 15) - timedelta(days=age),))
    finish(engine, company(), run(), PASSED, *checks)
    assert set(rows(engine, KPI_VALUE, "kpi_id", "quality_grade")) == {("order_count", "A"), ("sla_compliance", grade)}
    assert set(rows(engine, OKR_PROGRESS, "key_result_id", "quality_grade")) == {("kr_sla", grade), ("kr_partner", "A")}
    assert grades(engine, company(), run())["core.fct_incident"] == grade


def test_a_kpi_over_a_mart_is_as_good_as_the_worst_of_what_is_in_it() -> None:
    it, business = ({"layer": layer} for layer in ("it_operational", "business_outcome"))
    over = [
        Kpi(id="progress", type="okr", unit="percent", direction="up", expr="progress"),
        Kpi(id="correlation", type="association", unit="ratio", direction="context", grains=("all",)),
    ]
    kpis = (SLA.model_copy(update=it), ORDER_COUNT.model_copy(update=business), *over)
    owner = company().model_copy(update={"kpis": kpis})
    assert of_kpis_over_marts(owner, {"sla_compliance": "B", "order_count": "A"}, {"kr_sla": "B", "told": "C"}) == {
        "progress": "C",
        "correlation": "B",
    }


def test_grades_follow_when_the_cause_is_gone() -> None:
    engine = warehouse()
    fill(engine)
    finish(engine, company(), run(1), failed("volume", "staging.incident", "warn"))
    record(engine, [PASSED], run(2))
    write_grades(engine, company(), run(2))
    assert set(rows(engine, KPI_VALUE, "quality_grade")) == {("A",)}
