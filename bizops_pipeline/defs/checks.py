"""Asset checks: what holds of a table, evaluated in the step that builds it, one check per table and kind.

A kind gathers single checks: `records` the balances and bad records, `personal` the names of personal columns,
`references` unknown and unallocated members and amounts without a rate, `money` conserved totals, `values` the bounds
of KPI values, `steering` how goals stand, `arrival` whether sources bring what they promised, `expectations` the Great
Expectations suite. Each single check is a row of the check's metadata, with severity, what was observed and expected.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core import CORE_TABLES, FACTS
from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.marts.data import DATA_COLLECTION, DATA_FRESHNESS
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.marts.steering import STATUS_GAP
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.defs.metadata import asset_key, table_of
from bizops_pipeline.defs.resources import OpenWarehouse
from bizops_pipeline.display import counted
from bizops_pipeline.landing.personal import named_columns
from bizops_pipeline.okr import checks as goals
from bizops_pipeline.publish import collection, freshness
from bizops_pipeline.quality import kpi_values, money, personal, reconciliation, references
from bizops_pipeline.quality.checks import CheckResult, record
from bizops_pipeline.quality.expectations import expectations, review_files
from bizops_pipeline.quality.suites import run_suites

TABLES: dict[str, Table] = {table.id: table for table in (*ENTITIES.values(), *CORE_TABLES.values(), *MARTS.values())}
DESCRIPTIONS = {
    "records": "Every record is accounted for, and bad ones stay below the source's threshold.",
    "personal": "The columns that the source's YAML drops, hashes or keeps as personal are columns that it has.",
    "references": "References name known members, rows reach a service, amounts have a rate, shares sum to at most 1.",
    "money": "Amounts in staging and in the model agree, per currency.",
    "values": "KPI values have one row each, finite and within bounds, and a definition that means otherwise says so.",
    "steering": "Key results have fresh data, objectives are on pace, reports are no greener than what is measured.",
    "arrival": "Every source brings records as often as its cadence says, and none are missing in between.",
    "expectations": "The table meets its Great Expectations suite, derived from its contract and the company's own.",
}
ADVICE = frozenset({"steering", "arrival"})
"""Kinds of which every check warns: the numbers are right by what is there, and it is people who are to act."""


@dataclass(frozen=True, slots=True)
class Group:
    """The single checks of a table that Dagster shows as one."""

    table: Table
    kind: str
    check_ids: tuple[str, ...]

    @property
    def spec(self) -> dg.AssetCheckSpec:
        """The group as Dagster knows it; a failure of severity ERROR stops what comes after."""
        return dg.AssetCheckSpec(
            self.kind,
            asset=asset_key(self.table),
            description=DESCRIPTIONS[self.kind],
            blocking=self.kind not in ADVICE,
        )


def groups(company: Company, tables: Iterable[Table]) -> list[Group]:
    """Return the groups of checks of some tables, known before anything runs."""
    wanted = {table.id for table in tables}
    found: dict[tuple[str, str], list[str]] = {}
    for table, kind, check_id in _planned(company):
        if table in wanted:
            found.setdefault((table, kind), []).append(check_id)
    return [Group(TABLES[table], kind, tuple(ids)) for (table, kind), ids in sorted(found.items())]


def specs(company: Company, tables: Iterable[Table]) -> list[dg.AssetCheckSpec]:
    """Return the check specs of some tables."""
    return [group.spec for group in groups(company, tables)]


def required(company: Company) -> set[str]:
    """Return the ids of the single checks without which nothing is published."""
    return reconciliation.required_checks(company)


def evaluate(
    company: Company,
    warehouse: OpenWarehouse,
    tables: Iterable[Table],
    selected: Iterable[dg.AssetCheckKey],
    *,
    found: Iterable[CheckResult] = (),
    changed: set[str],
) -> Iterator[dg.AssetCheckResult]:
    """Evaluate the suites of some tables, put them on record with what was found, and yield the selected groups.

    A single check without a result is an error, never silent.
    """
    listed = list(tables)
    suites = run_suites(warehouse.engine, company, changed, {table.id for table in listed})
    results = [*found, *suites]
    record(warehouse.engine, results, warehouse.run)
    by_id = {result.check_id: result for result in results}
    wanted = set(selected)
    for group in groups(company, listed):
        if group.spec.key in wanted:
            yield _asset_check_result(group, by_id)


def reconcile_sources(company: Company, warehouse: OpenWarehouse) -> list[CheckResult]:
    """Return balances and bad records, and write the expectation suites of this refresh out for review."""
    review_files(company, warehouse.paths.expectations)
    return reconciliation.reconcile_sources(warehouse.engine, company)


def _planned(company: Company) -> Iterator[tuple[str, str, str]]:
    """Yield table, kind and id of every single check."""
    for source in company.source_tables:
        name = f"{source.source}.{source.name}"
        for place, entity in enumerate(source.entities):
            table = ENTITIES[entity].id
            if place == 0:
                yield table, "records", f"load_balance:{name}"
                yield table, "records", f"bad_records:{name}"
                if named_columns(source):
                    yield table, "personal", f"{personal.NAMED}{name}"
            yield table, "records", f"staging_balance:{name}:{entity}"
    yield from ((table, "money", check_id) for check_id, table in money.CHECKS.items())
    for fact in FACTS:
        for column in fact.columns:
            if column.references:
                yield fact.id, "references", f"{references.ORPHANS}{fact.name}.{column.name}"
        if fact.has("service_id"):
            yield fact.id, "references", f"{references.UNALLOCATED_ROWS}{fact.name}"
        if fact.has("exchange_rate"):
            yield fact.id, "references", f"{references.UNRATED}{fact.name}"
    yield BRIDGE_ITEM_SERVICE.id, "references", references.SHARES
    yield from ((KPI_VALUE.id, "values", check_id) for check_id in kpi_values.CHECKS)
    yield OKR_PROGRESS.id, "steering", goals.FRESH
    yield OKR_OBJECTIVE.id, "steering", goals.PACE
    yield STATUS_GAP.id, "steering", goals.GREENER
    yield DATA_FRESHNESS.id, "arrival", freshness.FRESH
    yield DATA_COLLECTION.id, "arrival", collection.GAPS
    for name, listed in expectations(company).items():
        if name in TABLES:
            yield from ((name, "expectations", expectation.check_id) for expectation in listed)


def _asset_check_result(group: Group, by_id: Mapping[str, CheckResult]) -> dg.AssetCheckResult:
    results = [
        by_id.get(id) or CheckResult(id, group.table.id, "blocking", "error", observed="it was not evaluated")
        for id in group.check_ids
    ]
    bad = sorted((each for each in results if each.outcome != "passed"), key=lambda each: not each.blocks)
    is_blocking = any(result.blocks for result in bad)
    samples = {f"sample of {result.check_id}": table_of(result.sample) for result in bad if result.sample}
    return dg.AssetCheckResult(
        check_name=group.kind,
        asset_key=asset_key(group.table),
        passed=not bad,
        severity=dg.AssetCheckSeverity.ERROR if is_blocking else dg.AssetCheckSeverity.WARN,
        description="; ".join(_sentence(result, is_blocking) for result in bad)
        or f"{counted(len(results), 'check')} passed",
        metadata={"failed": len(bad), "checks": table_of([_row(result) for result in results]), **samples},
    )


def _sentence(result: CheckResult, is_blocking: bool) -> str:
    """Say what a check found; beside checks that block, of one that does not that it is a warning."""
    id = f"(warning) {result.check_id}" if is_blocking and not result.blocks else result.check_id
    if result.outcome == "error":
        return f"{id} could not be evaluated: {result.observed}"
    # The text of a query says less than its description, which stands before it.
    expected = result.expected.split(" unexpected_rows_expectation(")[0] or "it to hold"
    example = f", for example {_listed(result.sample[0])}" if result.sample else ""
    return f"{id}: found {result.observed or 'no value'}, expected {expected}{example}"


def _listed(sample: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in sample.items() if value is not None)


def _row(result: CheckResult) -> dict[str, object]:
    return {
        "check": result.check_id,
        "severity": result.severity,
        "outcome": result.outcome + (" (earlier)" if result.is_carried_forward else ""),
        "observed": result.observed,
        "expected": result.expected,
    }
