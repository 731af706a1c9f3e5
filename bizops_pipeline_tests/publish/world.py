"""A small company with a built warehouse, as the steps before a publication leave it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import (
    Company,
    CompanySettings,
    EntityMap,
    FilesConnector,
    Kpi,
    Load,
    Objective,
    Organisation,
    SourceTable,
    SqlConnector,
    Threshold,
)
from bizops_pipeline.contracts.audit import (
    EXTRACT,
    ORIGIN,
    QUARANTINE_RECORD,
    REJECT,
    STAGING_BALANCE,
    SYSTEM_TABLES,
)
from bizops_pipeline.contracts.core import DIMENSIONS
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.model.definitions import definition_rows
from bizops_pipeline.okr.build import build as build_okr
from bizops_pipeline.publish.accounting import write_data_quality
from bizops_pipeline.publish.definitions import write_data_dictionary, write_metric_catalogue
from bizops_pipeline.publish.events import EVENT_COLUMNS
from bizops_pipeline.publish.freshness import write_data_freshness
from bizops_pipeline.publish.grades import write_grades
from bizops_pipeline.publish.standing import write_kpi_scorecard
from bizops_pipeline.quality.checks import CheckResult, record
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import calendar
from bizops_pipeline_tests.warehouses import copy_of, written_once

AS_OF = date(2026, 4, 15)
LOADED = datetime(2026, 4, 16, 1)
PASSED = CheckResult("balance_incident", "staging.incident", "blocking", "passed")


def source_table(source: str, name: str, entity: str, *, files: bool = True, cadence: str = "daily") -> SourceTable:
    """Return a source table that is mapped to one entity."""
    connector = FilesConnector(kind="files", path="*.csv") if files else SqlConnector(kind="sql", url="sqlite://")
    return SourceTable(
        source=source,
        name=name,
        connector=connector,
        cadence=cadence,
        load=Load(),
        entities={entity: EntityMap(map={EVENT_COLUMNS[entity] or "name": "column"})},
        drop_columns=(),
        hash_columns=(),
        floor=None,
        allow_empty=False,
        required=True,
        threshold=Threshold(),
        file=f"sources/{source}.yaml",
    )


INCIDENTS = source_table("itsm", "incidents", "incident")
ORDERS = source_table("erp", "orders", "order", files=False)

SLA = Kpi(
    id="sla_compliance",
    label="SLA compliance",
    unit="percent",
    direction="up",
    type="ratio",
    entity="fct_incident",
    time="resolved_at",
    numerator="count(*) filter (where sla_met)",
    denominator="count(*)",
    file="catalogue/kpis/it.yaml",
)
ORDER_COUNT = Kpi(
    id="order_count",
    unit="count",
    direction="up",
    type="simple",
    entity="fct_order",
    time="ordered_at",
    expr="count(*)",
)
OBJECTIVE = Objective(
    id="reliable",
    title="Reliable services",
    period={"from": "2026-04-01", "to": "2026-04-30"},
    key_results=[
        {"id": "kr_sla", "kpi": "sla_compliance", "grain": "month", "baseline": 0.8, "target": 0.9},
        {"id": "kr_partner", "baseline": 0, "target": 12},
    ],
)


def company(*tables: SourceTable, **settings: Any) -> Company:
    """Return the company; by default with both of its source tables."""
    return Company(
        root=Path("/somewhere"),
        settings=CompanySettings(id="acme", name="Acme", **settings),
        organisation=Organisation(),
        source_tables=tables or (INCIDENTS, ORDERS),
        kpis=(SLA, ORDER_COUNT),
        objectives=(OBJECTIVE,),
        suites=(),
        fingerprint="fingerprint",
    )


def run(number: int = 1, as_of: date = AS_OF) -> Run:
    """Return the refresh of a number."""
    return Run(f"{number:08x}-run", number, as_of, datetime(2026, 4, 16))


def warehouse(folder: Path | None = None) -> DuckDBEngine:
    """Return a warehouse with all tables, the calendar and the company's definitions; locked to a folder."""
    return copy_of(written_once("published", write_definitions), allowed=[folder] if folder else [])


def write_definitions(engine: DuckDBEngine) -> None:
    """Write what `warehouse` returns."""
    with engine.transaction():
        for table in (*SYSTEM_TABLES, *DIMENSIONS, *MARTS.values()):
            ensure(engine, table)
        for name in ("checkin", "fx_rate", "incident", "order", "problem", "product"):
            ensure(engine, ENTITIES[name], ORIGIN)
        engine.insert(DIM_DATE, calendar(date(2026, 1, 1), date(2026, 4, 30)))
        for table, rows in definition_rows(company()).items():
            engine.insert(table, rows)


def extract(engine: DuckDBEngine, table: SourceTable, number: int = 1, **given: Any) -> None:
    """Record a loaded landing file."""
    row = {
        "extract_id": f"{table.source}-{table.name}-{number}",
        "run_id": "any",
        "source": table.source,
        "source_table": table.name,
        "file": "file",
        "rows_in": 10,
        "inserted": 10,
        "updated": 0,
        "unchanged": 0,
        "deduplicated": 0,
        "rejected": 0,
        "is_current": True,
        "loaded_at": LOADED,
    }
    engine.insert(EXTRACT, [row | given])


def balance(
    engine: DuckDBEngine, table: SourceTable, raw: int, kept: int, quarantined: int = 0, deduplicated: int = 0
) -> None:
    """Record the staging balance of a table's one entity."""
    (entity,) = table.entities
    row = {"source": table.source, "source_table": table.name, "entity": entity, "raw_rows": raw, "kept": kept}
    engine.insert(STAGING_BALANCE, [row | {"quarantined": quarantined, "deduplicated": deduplicated, "run_id": "any"}])


def quarantine(engine: DuckDBEngine, table: SourceTable, *rules: str) -> None:
    """Record quarantined rows by the rules they broke."""
    (entity,) = table.entities
    names = {"entity": entity, "source": table.source, "source_table": table.name, "reason": "why", "original": "{}"}
    engine.insert(QUARANTINE_RECORD, [names | {"row_key": str(n), "rule": rule} for n, rule in enumerate(rules)])


def reject(engine: DuckDBEngine, extract_id: str, table: SourceTable, *reasons: str) -> None:
    """Record rejected lines by their reasons."""
    names = {"extract_id": extract_id, "source": table.source, "source_table": table.name, "file": "file"}
    engine.insert(REJECT, [names | {"line_number": n, "reason": reason} for n, reason in enumerate(reasons)])


def stage(engine: DuckDBEngine, table: SourceTable, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert staging rows of a table's one entity."""
    (entity,) = table.entities
    provenance = {"_source": table.source, "_source_table": table.name, "_row_key": "1"}
    for row in rows:
        values = {**row, **provenance, "_change_sequence": 1}
        marks = ", ".join("?" for _ in values)
        statement = f"insert into {ENTITIES[entity].qualified} ({', '.join(values)}) values ({marks})"
        engine.execute(statement, list(values.values()))


def kpi_value(kpi_id: str, start: date, end: date, value: float | None, **given: Any) -> dict[str, Any]:
    """Return a row of kpi_value."""
    row = {
        "kpi_id": kpi_id,
        "kpi_version": 1,
        "scope_type": "company",
        "scope_id": "acme",
        "dimensions": "{}",
        "grain": "month",
        "period_start": start,
        "period_end": end,
        "value": value,
        "status": "no_target",
        "is_complete": end <= AS_OF,
        "is_provisional": False,
        "run_id": "any",
        "data_as_of": AS_OF,
    }
    return row | given


def fill(engine: DuckDBEngine) -> None:
    """Put ordinary data into the warehouse: two sources in order, two KPIs with values."""
    extract(engine, INCIDENTS)
    extract(engine, ORDERS)
    balance(engine, INCIDENTS, 10, 10)
    balance(engine, ORDERS, 10, 10)
    stage(engine, INCIDENTS, [{"incident_id": "i1", "opened_at": datetime(2026, 4, 15, 9)}])
    stage(engine, ORDERS, [{"order_id": "o1", "ordered_at": datetime(2026, 4, 15, 9)}])
    months = [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 31)),
        (date(2026, 4, 1), date(2026, 4, 30)),
    ]
    shares = [
        kpi_value("sla_compliance", *month, value) for month, value in zip(months, (0.8, 0.855, 0.5), strict=True)
    ]
    shares[1] |= {"previous_value": 0.8, "target": 0.9, "status": "off_target"}
    counts = [
        kpi_value("order_count", *month, value) for month, value in zip(months, (12000.0, 11000.0, 3.0), strict=True)
    ]
    engine.insert(KPI_VALUE, [*shares, *counts])


def finish(engine: DuckDBEngine, of: Company, run: Run, *checks: CheckResult) -> None:
    """Do what a refresh does between its metrics and its publication."""
    record(engine, checks or (PASSED,), run)
    build_okr(engine, of, run)
    write_metric_catalogue(engine, of, run)
    write_data_dictionary(engine, of, run)
    write_data_freshness(engine, of, run)
    write_data_quality(engine, of, run)
    write_grades(engine, of, run)
    write_kpi_scorecard(engine, of, run)


def rows(engine: DuckDBEngine, table: Table, *names: str) -> list[tuple[Any, ...]]:
    """Return some columns of a table, ordered by its key."""
    return engine.rows(f"select {', '.join(names)} from {table.qualified} order by {', '.join(table.key)}")
