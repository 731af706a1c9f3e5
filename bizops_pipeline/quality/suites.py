"""Expectations on whole tables, evaluated by Great Expectations in the open warehouse connection.

This is the only place that imports the library, and only when a table changed: the import takes seconds.
Its SQL runs in the engine; no table is copied out of it.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import QUARANTINE_RECORD
from bizops_pipeline.errors import UsageError
from bizops_pipeline.naming import quoted
from bizops_pipeline.quality.checks import SAMPLE_ROWS, CheckResult, latest_results
from bizops_pipeline.quality.deferred import deferred
from bizops_pipeline.quality.expectations import PREFIX, TableExpectation, expectations
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.engine import Engine

_ABOUT_ROW_COUNT = "expect_table_row_count"
_LONGEST = 500


def run_suites(
    engine: Engine, company: Company, changed: set[str], tables: Collection[str] | None = None
) -> list[CheckResult]:
    """Return a result for every expectation of every table (`schema.table`), or of some tables.

    Evaluated are those of tables in `changed`, and those that are new, were worded otherwise or could not be
    evaluated the last time; for the others the last result counts again.
    """
    results: list[CheckResult] = []
    due: dict[str, list[TableExpectation]] = {}
    wanted = {table: listed for table, listed in expectations(company).items() if tables is None or table in tables}
    unchanged = [table for table in wanted if table not in changed]
    known = {(old.table_name, old.check_id): old for old in latest_results(engine, unchanged, PREFIX)}
    for table, listed in wanted.items():
        for expectation in listed:
            old = known.get((table, expectation.check_id))
            if old is not None and _still_counts(old, expectation):
                results.append(old.carried_forward())
            else:
                due.setdefault(table, []).append(expectation)
    if due:
        # An expectation that cannot be evaluated is a result here; the library also logs it, with every frame.
        logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
        results += _evaluate_all(engine, due)
    return results


def _evaluate_all(engine: Engine, due: dict[str, list[TableExpectation]]) -> list[CheckResult]:
    try:
        asset = _asset(engine)
    except Exception as error:
        return [_failed_to(expectation, error) for listed in due.values() for expectation in listed]
    return [result for table, listed in due.items() for result in _evaluate(engine, asset, table, listed)]


def _still_counts(old: CheckResult, expectation: TableExpectation) -> bool:
    same = (old.expected, old.severity) == (expectation.expected, expectation.severity)
    return same and old.outcome != "error"


def _evaluate(engine: Engine, asset: Any, table: str, listed: list[TableExpectation]) -> list[CheckResult]:
    """Evaluate expectations of one table; those that cannot be evaluated end as errors, each by itself."""
    schema, _, name = table.partition(".")
    try:
        if not engine.exists(schema, name):
            return [_error(expectation, f"there is no table {table}") for expectation in listed]
        is_empty = not engine.scalar(f"select 1 from {schema}.{quoted(name)} limit 1")
        results = [_nothing_to_judge(each) for each in listed if is_empty and not _judges_emptiness(each)]
        judged = [each for each in listed if not is_empty or _judges_emptiness(each)]
        return results + _validated(engine, asset, table, f"{schema}.{quoted(name)}", judged)
    except Exception as error:
        return [_failed_to(expectation, error) for expectation in listed]


def _judges_emptiness(expectation: TableExpectation) -> bool:
    return expectation.expectation.startswith(_ABOUT_ROW_COUNT)


def _nothing_to_judge(expectation: TableExpectation) -> CheckResult:
    return replace(_result(expectation), outcome="passed", observed="no rows")


def _validated(
    engine: Engine, asset: Any, table: str, qualified: str, listed: list[TableExpectation]
) -> list[CheckResult]:
    import great_expectations as gx

    results: list[CheckResult] = []
    suite = gx.ExpectationSuite(name=table)
    for expectation in listed:
        try:
            suite.add_expectation(_configured(expectation))
        except Exception as error:
            results.append(_failed_to(expectation, error))
    if not suite.expectations:
        return results
    # One asset for all tables in turn: for each that is added, the library writes all it knows out again.
    asset.name, asset.query = table, f"select * from {qualified}"
    batch = asset.get_batch(asset.build_batch_request())
    settings = {"result_format": "SUMMARY", "partial_unexpected_count": SAMPLE_ROWS}
    validations = batch.validate(suite, result_format=settings).results
    found = {validation.expectation_config.meta["check_id"]: validation for validation in validations}
    refused = {result.check_id for result in results}
    return results + [
        _from_validation(engine, qualified, expectation, found.get(expectation.check_id))
        for expectation in listed
        if expectation.check_id not in refused
    ]


def _configured(expectation: TableExpectation) -> Any:
    from great_expectations.expectations.registry import get_expectation_impl

    kind = get_expectation_impl(expectation.expectation)
    return kind(**expectation.arguments, meta={"check_id": expectation.check_id})


def _from_validation(engine: Engine, qualified: str, expectation: TableExpectation, found: Any) -> CheckResult:
    if found is None:
        return _error(expectation, "the evaluation gave no result")
    raised = _raised(found.exception_info)
    if raised:
        return _error(expectation, raised)
    detail = found.result or {}
    if found.success:
        return replace(_result(expectation), outcome="passed", observed=_observed(detail))
    sample = _sample(engine, qualified, expectation, detail)
    return replace(_result(expectation), outcome="failed", observed=_observed(detail), sample=tuple(sample))


def _raised(info: dict[str, Any] | None) -> str | None:
    """Return the message of an exception; the library nests the reports by metric when it is one's fault."""
    if not info:
        return None
    reports: Iterable[Any] = [info] if "raised_exception" in info else info.values()
    for report in reports:
        if isinstance(report, dict) and report.get("raised_exception"):
            return str(report.get("exception_message"))
    return None


def _observed(detail: dict[str, Any]) -> str:
    if detail.get("observed_value") is not None:
        return str(detail["observed_value"])[:_LONGEST]
    if "unexpected_count" in detail:
        of = f" of {detail['element_count']} rows" if detail.get("element_count") is not None else " values"
        return f"{detail['unexpected_count']}{of} are not as expected"
    return ""


def _sample(
    engine: Engine, qualified: str, expectation: TableExpectation, detail: dict[str, Any]
) -> list[dict[str, Any]]:
    if _judges_emptiness(expectation) and not detail.get("observed_value"):
        return _set_aside(engine, expectation.table)
    query = expectation.arguments.get("unexpected_rows_query")
    if query:
        rows = str(query).replace("{batch}", qualified)
        return engine.dicts(f"select * from ({rows}) as unexpected limit {SAMPLE_ROWS}")
    column = expectation.arguments.get("column", "value")
    return [{column: value} for value in (detail.get("partial_unexpected_list") or [])[:SAMPLE_ROWS]]


def _set_aside(engine: Engine, table: str) -> list[dict[str, Any]]:
    """Return what is in quarantine instead of in an empty table of staging, by source and rule."""
    return engine.dicts(
        "select source || '.' || source_table as source, count(*) as quarantined, min(reason) as reason "
        f"from {QUARANTINE_RECORD.qualified} where 'staging.' || entity = ? "
        f"group by source, source_table, rule order by quarantined desc, source, reason limit {SAMPLE_ROWS}",
        (table,),
    )


def _result(expectation: TableExpectation) -> CheckResult:
    return CheckResult(
        expectation.check_id, expectation.table, expectation.severity, "error", expected=expectation.expected
    )


def _error(expectation: TableExpectation, message: str) -> CheckResult:
    return replace(_result(expectation), observed=message[:_LONGEST])


def _failed_to(expectation: TableExpectation, error: Exception) -> CheckResult:
    return _error(expectation, f"{type(error).__name__}: {error}")


def _asset(engine: Engine) -> Any:
    """Return an asset of a context that keeps nothing, reports to nobody and reads through the engine's connection."""
    if not isinstance(engine, DuckDBEngine):
        raise UsageError("expectation suites run on the embedded engine only")
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # Distances between distributions and their charts: without them the import takes 2.3 s, not 4.0.
    with deferred("scipy.stats", "altair"):
        import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from sqlalchemy.pool import StaticPool

    from bizops_pipeline.quality.connection import SharedConnection, release_driver_at_exit

    release_driver_at_exit()
    connection = SharedConnection(engine.connection)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    sources: Any = context.data_sources
    source = sources.add_sql(
        "warehouse",
        connection_string="duckdb://",
        kwargs={"creator": lambda: connection, "poolclass": StaticPool},
    )
    return source.add_query_asset(name="table", query="select 1 as one")
