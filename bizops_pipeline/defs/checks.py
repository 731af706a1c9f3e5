"""Asset checks: every expectation and reconciliation as a check of its table, evaluated in the step that builds it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core import CORE_TABLES, FACTS
from bizops_pipeline.contracts.marts import KPI_VALUE, MARTS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.defs.metadata import asset_key, table_of
from bizops_pipeline.defs.resources import OpenWarehouse
from bizops_pipeline.naming import CORE, STAGING
from bizops_pipeline.naming import MARTS as MARTS_SCHEMA
from bizops_pipeline.quality import reconciliation
from bizops_pipeline.quality.checks import CheckResult, record
from bizops_pipeline.quality.expectations import expectations, review_files
from bizops_pipeline.quality.suites import run_suites

ANY_DAY = date(2000, 1, 1)
"""Ids and wording of expectations do not depend on the as-of date; only the bounds of freshness do."""


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A check that is known before anything runs."""

    check_id: str
    table: Table
    description: str

    @property
    def name(self) -> str:
        """The id in the characters that Dagster allows."""
        return re.sub(r"[^A-Za-z0-9_]+", "_", self.check_id.removeprefix("suite:"))

    @property
    def spec(self) -> dg.AssetCheckSpec:
        """The check as Dagster knows it; a failure of severity ERROR stops what comes after."""
        return dg.AssetCheckSpec(self.name, asset=asset_key(self.table), description=self.description, blocking=True)


def planned(company: Company, schema: str) -> list[PlannedCheck]:
    """Return the checks of the tables of a schema, in the order in which they are shown."""
    kinds = {STAGING: _staging, CORE: _core, MARTS_SCHEMA: _marts}
    suites = [
        PlannedCheck(each.check_id, tables[name], each.description or each.expected)
        for tables in ({table.id: table for table in (*ENTITIES.values(), *CORE_TABLES.values(), *MARTS.values())},)
        for name, listed in expectations(company, ANY_DAY).items()
        for each in listed
        if name in tables and tables[name].schema == schema
    ]
    return [*kinds[schema](company), *suites]


def required(company: Company) -> set[str]:
    """Return the ids of the checks without which nothing is published."""
    return reconciliation.required_checks(company)


def specs(company: Company, schema: str, tables: Iterable[Table]) -> list[dg.AssetCheckSpec]:
    """Return the check specs of those tables of a schema that are assets."""
    shown = {table.id for table in tables}
    return [check.spec for check in planned(company, schema) if check.table.id in shown]


def staging_results(company: Company, warehouse: OpenWarehouse, changed: set[str]) -> list[CheckResult]:
    """Evaluate balances, bad records and expectations of staging and put the results on record."""
    review_files(company, warehouse.run.as_of, warehouse.paths.expectations)
    found = reconciliation.reconcile_sources(warehouse.engine, company)
    return _recorded(company, warehouse, found, STAGING, changed)


def core_results(company: Company, warehouse: OpenWarehouse, changed: set[str]) -> list[CheckResult]:
    """Evaluate money totals, references, allocation and expectations of the model and put them on record."""
    found = reconciliation.reconcile_model(warehouse.engine, company)
    return _recorded(company, warehouse, found, CORE, changed)


def marts_results(company: Company, warehouse: OpenWarehouse, changed: set[str]) -> list[CheckResult]:
    """Evaluate the bounds and expectations of KPI values and put them on record."""
    found = reconciliation.check_kpi_values(warehouse.engine, company)
    return _recorded(company, warehouse, found, MARTS_SCHEMA, changed)


def shown(
    company: Company, schema: str, results: Iterable[CheckResult], selected: Iterable[dg.AssetCheckKey]
) -> Iterator[dg.AssetCheckResult]:
    """Yield the results that were asked for; a check without a result is an error, never silent."""
    by_id = {result.check_id: result for result in results}
    wanted = set(selected)
    for check in planned(company, schema):
        if check.spec.key in wanted:
            yield _asset_check_result(check, by_id.get(check.check_id))


def _recorded(
    company: Company, warehouse: OpenWarehouse, found: list[CheckResult], schema: str, changed: set[str]
) -> list[CheckResult]:
    results = found + run_suites(warehouse.engine, company, warehouse.run, changed, schema)
    record(warehouse.engine, results, warehouse.run)
    return results


def _asset_check_result(check: PlannedCheck, result: CheckResult | None) -> dg.AssetCheckResult:
    if result is None:
        return dg.AssetCheckResult(
            check_name=check.name,
            asset_key=asset_key(check.table),
            passed=False,
            severity=dg.AssetCheckSeverity.ERROR,
            description="it was not evaluated",
        )
    is_blocking = result.severity == "blocking"
    described = result.observed
    if result.outcome != "passed":
        described = f"found {result.observed}; expected {result.expected}"
    return dg.AssetCheckResult(
        check_name=check.name,
        asset_key=asset_key(check.table),
        passed=result.outcome == "passed",
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        description=described if result.outcome != "error" else f"could not be evaluated: {result.observed}",
        metadata={
            "observed": result.observed,
            "expected": result.expected,
            "severity": result.severity,
            "outcome": result.outcome,
            "carried_forward": result.is_carried_forward,
            **({"sample": table_of(result.sample)} if result.sample else {}),
        },
    )


def _staging(company: Company) -> Iterator[PlannedCheck]:
    for source in company.source_tables:
        name = f"{source.source}.{source.name}"
        for place, entity in enumerate(source.entities):
            table = ENTITIES[entity]
            if place == 0:
                yield PlannedCheck(f"load_balance:{name}", table, f"Every record of {name} is accounted for in raw.")
                yield PlannedCheck(f"bad_records:{name}", table, f"Bad records of {name} stay below its threshold.")
            yield PlannedCheck(
                f"staging_balance:{name}:{entity}", table, f"raw {name} = kept + quarantined + deduplicated."
            )


def _core(company: Company) -> Iterator[PlannedCheck]:
    yield PlannedCheck("money:order_line", CORE_TABLES["fct_order_line"], "Line amounts in staging and facts agree.")
    yield PlannedCheck("money:refund", CORE_TABLES["fct_refund"], "Refunds in staging and facts agree.")
    for fact in FACTS:
        for column in fact.columns:
            if column.references:
                yield PlannedCheck(
                    f"orphans:{fact.name}.{column.name}", fact, f"{column.name} is a member of {column.references}."
                )
        if fact.has("service_id"):
            yield PlannedCheck(f"unallocated:{fact.name}", fact, "Share of rows that reach no value stream.")


def _marts(company: Company) -> Iterator[PlannedCheck]:
    yield PlannedCheck("finite:kpi_value", KPI_VALUE, "Every value is a finite number or NULL.")
    yield PlannedCheck("bounds:kpi_value", KPI_VALUE, "Shares of a whole lie between 0 and 1.")
