"""Quality grades: how far each number can be trusted, from the checks of everything it was made of.

A all checks passed; B a check warned, or the source is late; C the source is stale or missing, or more than a
tenth of a percent of its rows is in quarantine; D a blocking check failed. A table is as good as its worst
input, a KPI as the worst fact it reads, one over key results or other KPIs as the worst of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts.data import DATA_FRESHNESS, DATA_QUALITY
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.insight.association import compared
from bizops_pipeline.insight.kpis import ASSOCIATION
from bizops_pipeline.metrics.facts import facts_of_kpis
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.naming import RAW, literal, quoted, raw_table
from bizops_pipeline.okr.kpis import OKR
from bizops_pipeline.quality.checks import CheckResult, results_of
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

Grade = Literal["A", "B", "C", "D"]

QUARANTINE_LIMIT = 0.001
"""Share of quarantined rows above which an input is no better than C."""

OF_FRESHNESS: dict[str, Grade] = {"fresh": "A", "late": "B", "stale": "C", "missing": "C"}


def grades(engine: Engine, company: Company, run: Run) -> dict[str, Grade]:
    """Return the grade of every raw, staging and core table by `schema.name`.

    Reads the checks of the refresh and marts.data_freshness and marts.data_quality, so these come first.
    """
    found = of_checks(results_of(engine, run))
    found |= _of_raw(engine, company, found)
    for name in ENTITIES:
        found[ENTITIES[name].id] = worst([found.get(ENTITIES[name].id, "A"), *_of_inputs(engine, name, found)])
    for model in in_build_order():
        inputs = [found.get(table.id, "A") for table in model.inputs]
        found[model.table.id] = worst([found.get(model.table.id, "A"), *inputs])
    for table in CORE_TABLES.values():
        found.setdefault(table.id, "A")
    return found


def of_checks(results: Iterable[CheckResult]) -> dict[str, Grade]:
    """Return the grade of each checked table by its own checks."""
    found: dict[str, Grade] = {}
    for result in results:
        own: Grade = "D" if result.blocks else "A" if result.outcome == "passed" else "B"
        found[result.table_name] = worst([found.get(result.table_name, "A"), own])
    return found


def of_kpis(company: Company, tables: Mapping[str, Grade]) -> dict[str, Grade]:
    """Return the grade of each KPI over facts: that of the worst it reads."""
    return {
        id: worst([tables.get(CORE_TABLES[fact].id, "A") for fact in facts])
        for id, facts in facts_of_kpis(company.kpis).items()
    }


def of_kpis_over_marts(
    company: Company, kpis: Mapping[str, Grade], key_results: Mapping[str, Grade]
) -> dict[str, Grade]:
    """Return the grade of each KPI over a mart: that of the worst key result, or of the worst KPI compared."""
    made_of = {OKR: list(key_results.values()), ASSOCIATION: [kpis[id] for id in compared(company)]}
    return {kpi.id: worst(made_of[kpi.type]) for kpi in company.kpis if kpi.made_of}


def write_grades(engine: Engine, company: Company, run: Run) -> None:
    """Set quality_grade in marts.kpi_value, okr_progress and data_quality."""
    tables = grades(engine, company, run)
    kpis = of_kpis(company, tables)
    reported = tables.get(CHECKIN.id, "A")
    key_results = {
        each.id: kpis.get(each.kpi, "A") if each.kpi and each.source != "reported" else reported
        for objective in company.objectives
        for each in objective.key_results
    }
    kpis |= of_kpis_over_marts(company, kpis, key_results)
    with engine.transaction():
        _set(engine, KPI_VALUE, "kpi_id", kpis)
        _set(engine, OKR_PROGRESS, "key_result_id", key_results)
        _set(engine, DATA_QUALITY, "entity", {name: tables[ENTITIES[name].id] for name in ENTITIES})


def worst(found: Iterable[Grade]) -> Grade:
    """Return the worst of some grades, A of none."""
    return max(found, default="A")


def _of_raw(engine: Engine, company: Company, checked: Mapping[str, Grade]) -> dict[str, Grade]:
    query = f"select source, source_table, status from {DATA_FRESHNESS.qualified}"
    status = {(source, table): found for source, table, found in engine.rows(query)}
    result: dict[str, Grade] = {}
    for table in company.source_tables:
        name = f"{RAW}.{raw_table(table.source, table.name)}"
        freshness = OF_FRESHNESS[status.get((table.source, table.name), "missing")]
        result[name] = worst([checked.get(name, "A"), freshness])
    return result


def _of_inputs(engine: Engine, entity: str, found: Mapping[str, Grade]) -> list[Grade]:
    """Return the grades of the source tables of an entity, and C for each with too much in quarantine."""
    rows = engine.rows(
        "select source, source_table, rows_kept + rows_quarantined, rows_quarantined "
        f"from {DATA_QUALITY.qualified} where entity = ?",
        (entity,),
    )
    inputs: list[Grade] = []
    for source, table, judged, quarantined in rows:
        inputs.append(found.get(f"{RAW}.{raw_table(source, table)}", "A"))
        inputs.append("C" if quarantined > QUARANTINE_LIMIT * judged else "A")
    return inputs


def _set(engine: Engine, table: Table, key: str, found: Mapping[str, Grade]) -> None:
    if not engine.exists(table.schema, table.name):
        return
    for grade in sorted(set(found.values())):
        members = ", ".join(literal(name) for name in sorted(found) if found[name] == grade)
        engine.execute(
            f"update {table.qualified} set quality_grade = {literal(grade)} "
            f"where {quoted(key)} in ({members}) and quality_grade is distinct from {literal(grade)}"
        )
