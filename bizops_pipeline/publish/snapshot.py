"""What lies in a publication's folder: a self-contained database, and one Parquet file per table.

This is the one place that speaks the embedded engine's own SQL: other engines will have their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from bizops_pipeline import __version__
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts.data import PUBLICATION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import MARTS, literal, quoted
from bizops_pipeline.publish.cut_views import cut_views
from bizops_pipeline.publish.tables import TABLES, VIEWS, view_query
from bizops_pipeline.publish.unchanged import Earlier, fingerprint_of, layout_mark
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.side_by_side import Task, side_by_side

DATABASE, PARQUET = "bizops.duckdb", "parquet"
CATALOG = "bizops"
"""Name under which readers see the database, from its file."""

STORAGE_VERSION = "v1.2.0"
"""Readers from DuckDB 1.2 on open the file."""

YEARS_AHEAD = 2
"""Years after the as-of date of which the published calendar has days."""


def write_snapshot(
    engine: Engine,
    company: Company,
    run: Run,
    folder: Path,
    build_id: str,
    published_at: datetime,
    earlier: Earlier | None = None,
) -> dict[str, Any]:
    """Write database and Parquet files into a folder; return their part of the manifest.

    From an earlier publication of the same layout come the tables and views, and the rows of tables that have the same.
    """
    publication = _publication(company, run, build_id, published_at)
    views = _views(company)
    layout = layout_mark(engine, (*TABLES, PUBLICATION), views, STORAGE_VERSION)
    shown = {DIM_DATE: _days_shown(engine, run)}
    found = {table.name: engine.content(table, shown.get(table, "true")) for table in TABLES}
    taken = earlier if earlier and earlier.holds(layout) else None
    same = taken.unchanged({name: mark for name, (mark, _) in found.items()}) if taken else frozenset()
    queries = {table: f"select * from {table.qualified} where {shown.get(table, 'true')}" for table in TABLES}
    queries[PUBLICATION] = values_query(PUBLICATION, [publication])
    parquet = folder / PARQUET if company.settings.publish.parquet else None
    tasks = [
        Task(table.name, partial(_write_table, table, query, parquet, taken if table.name in same else None))
        for table, query in queries.items()
    ]
    if taken:
        taken.copy_database(folder / DATABASE)
    with _attached(engine, folder / DATABASE):
        if taken:
            _empty(engine, [table for table in queries if table.name not in same])
        else:
            _lay_out(engine, queries, views)
        files = {done.table: done.result for done in side_by_side(engine, tasks)}
        engine.execute(f"checkpoint {CATALOG}")
    tables: list[dict[str, Any]] = [
        {"name": name, "rows": rows, "content": mark, **files[name]} for name, (mark, rows) in found.items()
    ]
    tables.append({"name": PUBLICATION.name, "rows": 1, **files[PUBLICATION.name]})
    database = {"file": DATABASE, "storage_version": STORAGE_VERSION, "layout": layout}
    return {
        "database": {**database, **fingerprint_of(folder / DATABASE)},
        "tables": tables,
        "views": [view.name for view in views],
    }


def _days_shown(engine: Engine, run: Run) -> str:
    """Return the condition for the days of the calendar that readers get.

    The calendar has every day that a record can have, a century of them; a report shows those from the first year with
    a KPI value to two years after the as-of date, by which plans and due dates have days.
    """
    first = engine.scalar(f"select min(period_start) from {KPI_VALUE.qualified} where grain <> 'all'") or run.as_of
    return f"date between date '{first.year:04}-01-01' and date '{run.as_of.year + YEARS_AHEAD:04}-12-31'"


@contextmanager
def _attached(engine: Engine, database: Path) -> Iterator[None]:
    engine.execute(f"attach {literal(str(database))} as {CATALOG} (storage_version {literal(STORAGE_VERSION)})")
    try:
        engine.execute(f"create schema if not exists {CATALOG}.{MARTS}")
        yield
    finally:
        engine.execute(f"detach {CATALOG}")


def _empty(engine: Engine, tables: Iterable[Table]) -> None:
    """Take the rows out of tables of an earlier publication, and give their room to those that will come."""
    with engine.transaction():
        for table in tables:
            engine.execute(f"delete from {_target(table)}")
    engine.execute(f"checkpoint {CATALOG}")


def _lay_out(engine: Engine, tables: Iterable[Table], views: Mapping[Table, str]) -> None:
    """Create tables and views with their comments; the views so that they find their tables under any database's name.

    All in one transaction: each for itself takes twice as long.
    """
    before = engine.scalar("select current_database()")
    engine.execute(f"use {CATALOG}.{MARTS}")
    try:
        with engine.transaction():
            for table in tables:
                columns = ", ".join(f"{quoted(column.name)} {column.type}" for column in table.columns)
                engine.execute(f"create table {_target(table)} ({columns})")
                _comment(engine, table, "table")
            for view, query in views.items():
                engine.execute(f"create view {_target(view)} as {query}")
                _comment(engine, view, "view")
    finally:
        engine.execute(f"use {quoted(before)}.main")


def _write_table(
    table: Table, query: str, parquet: Path | None, earlier: Earlier | None, engine: Engine
) -> dict[str, Any]:
    """Copy a table and write its Parquet file, where one is wanted, and return what the manifest says of that file.

    What is the same as in an earlier publication is in the database already, and its file is taken over.
    """
    if earlier is None:
        _copy(engine, table, query)
    return _write_parquet(engine, table, parquet, earlier) if parquet else {}


def _copy(engine: Engine, table: Table, query: str) -> None:
    """Copy the declared columns, ordered by key so that the same rows give the same file."""
    columns = ", ".join(quoted(name) for name in table.column_names)
    order = ", ".join(quoted(name) for name in table.key)
    engine.execute(
        f"insert into {_target(table)} ({columns}) select {columns} from ({query}) as source order by {order}"
    )


def _views(company: Company) -> dict[Table, str]:
    queries = {view: view_query(view) for view in VIEWS}
    return queries | {view.table: view.query for view in cut_views(company)}


def _comment(engine: Engine, table: Table, kind: str) -> None:
    """Comment a table and its columns, all in one call: each for itself takes three times as long."""
    comments = [f"comment on {kind} {_target(table)} is {literal(f'{table.description} Grain: {table.grain}.')}"]
    comments += [
        f"comment on column {_target(table)}.{quoted(column.name)} is {literal(column.meaning)}"
        for column in table.columns
    ]
    engine.execute("; ".join(comments))


def _target(table: Table) -> str:
    return f"{CATALOG}.{MARTS}.{quoted(table.name)}"


def _write_parquet(engine: Engine, table: Table, parquet: Path, earlier: Earlier | None) -> dict[str, Any]:
    """Write a table's Parquet file, or take over an earlier one; return its part of the manifest."""
    file = parquet / table.name / f"{table.name}.parquet"
    file.parent.mkdir(parents=True)
    if earlier is None or not earlier.copy_table(table.name, file):
        engine.execute(f"copy {_target(table)} to {literal(str(file))} (format parquet, compression zstd)")
    return {"file": str(file.relative_to(parquet.parent)), **fingerprint_of(file)}


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
        "vision": company.organisation.vision,
        "mission": company.organisation.mission,
        "principles": "\n".join(company.organisation.principles) or None,
    }
