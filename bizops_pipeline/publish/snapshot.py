"""What lies in a publication's folder: a self-contained database, and one Parquet file per table.

This is the one place that speaks the embedded engine's own SQL: other engines will have their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from bizops_pipeline import __version__
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.data import PUBLICATION
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import MARTS, literal, quoted
from bizops_pipeline.publish.cut_views import cut_views
from bizops_pipeline.publish.tables import TABLES, VIEWS, view_query
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

DATABASE, PARQUET = "bizops.duckdb", "parquet"
CATALOG = "bizops"
"""Name under which readers see the database, from its file."""

STORAGE_VERSION = "v1.2.0"
"""Readers from DuckDB 1.2 on open the file."""


def write_snapshot(
    engine: Engine, company: Company, run: Run, folder: Path, build_id: str, published_at: datetime
) -> dict[str, Any]:
    """Write database and Parquet files into a folder; return their part of the manifest."""
    publication = _publication(company, run, build_id, published_at)
    with _attached(engine, folder / DATABASE):
        with engine.transaction():
            for table in TABLES:
                _copy(engine, table, f"select * from {table.qualified}")
            _copy(engine, PUBLICATION, values_query(PUBLICATION, [publication]))
            views = _create_views(engine, company)
        tables = [
            _describe(engine, table, folder, parquet=company.settings.publish.parquet)
            for table in (*TABLES, PUBLICATION)
        ]
        engine.execute(f"checkpoint {CATALOG}")
    database = {"file": DATABASE, "storage_version": STORAGE_VERSION, **_fingerprint(folder / DATABASE)}
    return {"database": database, "tables": tables, "views": views}


@contextmanager
def _attached(engine: Engine, database: Path) -> Iterator[None]:
    engine.execute(f"attach {literal(str(database))} as {CATALOG} (storage_version {literal(STORAGE_VERSION)})")
    try:
        engine.execute(f"create schema {CATALOG}.{MARTS}")
        yield
    finally:
        engine.execute(f"detach {CATALOG}")


def _copy(engine: Engine, table: Table, query: str) -> None:
    """Copy the declared columns, ordered by key so that the same rows give the same file, with comments."""
    target = f"{CATALOG}.{MARTS}.{quoted(table.name)}"
    columns = ", ".join(quoted(name) for name in table.column_names)
    order = ", ".join(quoted(name) for name in table.key)
    engine.execute(f"create table {target} as select {columns} from ({query}) as source order by {order}")
    _comment(engine, table, "table")


def _create_views(engine: Engine, company: Company) -> list[str]:
    """Create the views inside the published database, where they find their tables whatever its name is."""
    queries = {view: view_query(view) for view in VIEWS}
    queries |= {view.table: view.query for view in cut_views(company)}
    before = engine.scalar("select current_database()")
    engine.execute(f"use {CATALOG}.{MARTS}")
    try:
        for view, query in queries.items():
            engine.execute(f"create view {CATALOG}.{MARTS}.{quoted(view.name)} as {query}")
            _comment(engine, view, "view")
    finally:
        engine.execute(f"use {quoted(before)}.main")
    return [view.name for view in queries]


def _comment(engine: Engine, table: Table, kind: str) -> None:
    target = f"{CATALOG}.{MARTS}.{quoted(table.name)}"
    description = f"{table.description} Grain: {table.grain}."
    engine.execute(f"comment on {kind} {target} is {literal(description)}")
    for column in table.columns:
        engine.execute(f"comment on column {target}.{quoted(column.name)} is {literal(column.description)}")


def _describe(engine: Engine, table: Table, folder: Path, *, parquet: bool) -> dict[str, Any]:
    """Return a table's entry of the manifest; writes its Parquet file where the company wants one."""
    source = f"{CATALOG}.{MARTS}.{quoted(table.name)}"
    entry: dict[str, Any] = {"name": table.name, "rows": engine.scalar(f"select count(*) from {source}")}
    if not parquet:
        return entry
    file = folder / PARQUET / table.name / f"{table.name}.parquet"
    file.parent.mkdir(parents=True)
    engine.execute(f"copy {source} to {literal(str(file))} (format parquet, compression zstd)")
    return {**entry, "file": str(file.relative_to(folder)), **_fingerprint(file)}


def _fingerprint(file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}


def _publication(company: Company, run: Run, build_id: str, published_at: datetime) -> dict[str, Any]:
    settings = company.settings
    return {
        "build_id": build_id,
        "run_id": run.id,
        "as_of": run.as_of,
        "published_at": published_at.isoformat(sep=" "),
        "code_version": __version__,
        "company_id": settings.id,
        "company_name": settings.name,
        "time_zone": settings.time_zone,
        "week_start": settings.week_start,
        "reporting_currency": settings.reporting_currency,
    }
