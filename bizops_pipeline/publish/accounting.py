"""marts.data_quality and data_issue: what became of every record that a source holds, and why some are missing.

The counts are of the present state, not of what single refreshes did, so that many small refreshes and one
large one give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.data import DATA_ISSUE, DATA_QUALITY
from bizops_pipeline.contracts.table import Table, flag, text
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

MAPPED = Table(
    "temp",
    "mapped_source_table",
    "one row per source table and entity",
    ("source", "source_table", "entity"),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        text("entity", "Entity it is mapped to.", required=True),
        flag("has_files", "Whether its records come from files and were counted before loading.", required=True),
    ),
    "Which source tables are mapped to which entities.",
)


def write_data_quality(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.data_quality: one row per source table and entity; grades are set afterwards."""
    return _write(engine, company, run, DATA_QUALITY, "cast(null as varchar) as quality_grade, ")


def write_data_issue(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.data_issue: one row per source table, entity and reason why records are not in the numbers."""
    return _write(engine, company, run, DATA_ISSUE, "")


def _write(engine: Engine, company: Company, run: Run, table: Table, more: str) -> Written:
    ensure(engine, table)
    sql = query_file(__package__, table.name)
    query = f"select counted.*, {more}{literal(run.id)} as run_id from ({sql}) as counted"
    with engine.transaction():
        mapped = values_query(MAPPED, list(_mapped(company)))
        engine.execute(f"create or replace temp table {MAPPED.name} as {mapped}")
        check_returns_contract(engine, table, query)
        written = replace(engine, table, query, run)
        engine.execute(f"drop table {MAPPED.name}")
    return written


def _mapped(company: Company) -> Iterator[dict[str, Any]]:
    for table in company.source_tables:
        for entity in table.entities:
            yield {
                "source": table.source,
                "source_table": table.name,
                "entity": entity,
                "has_files": table.connector.kind == "files",
            }
