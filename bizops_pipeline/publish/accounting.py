"""marts.data_quality: what became of every record that a source holds.

The counts are of the present state, not of what single refreshes did, so that many small refreshes and one
large one give the same rows.
"""

from __future__ import annotations

from importlib.resources import files

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts import DATA_QUALITY
from bizops_pipeline.contracts.table import Table, flag, text
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
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
    ensure(engine, DATA_QUALITY)
    mapped = [
        {
            "source": table.source,
            "source_table": table.name,
            "entity": entity,
            "has_files": table.connector.kind == "files",
        }
        for table in company.source_tables
        for entity in table.entities
    ]
    counts = files(__package__).joinpath("sql", "data_quality.sql").read_text(encoding="utf-8")
    with engine.transaction():
        engine.execute(f"create or replace temp table {MAPPED.name} as {values_query(MAPPED, mapped)}")
        query = (
            "select quality.*, cast(null as varchar) as quality_grade, "
            f"{literal(run.id)} as run_id from ({counts}) as quality"
        )
        check_returns_contract(engine, DATA_QUALITY, query)
        written = replace(engine, DATA_QUALITY, query, run)
        engine.execute(f"drop table {MAPPED.name}")
    return written
