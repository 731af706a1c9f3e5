"""The warehouse as a Dagster resource: for one run it holds the writer's lock, the connection and the session."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
from dagster_duckdb import DuckDBResource

from bizops_pipeline import __version__
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.defs.ending import kept_for_status, report_killed
from bizops_pipeline.defs.retention import forget_old_runs
from bizops_pipeline.errors import UsageError
from bizops_pipeline.quality.record_rules import EARLIEST, LATEST
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.duckdb import DuckDBEngine, connect, lock_down
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.lock import writer_lock
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.session import is_published, writer_session


@dataclass(frozen=True, slots=True)
class OpenWarehouse:
    """The company's warehouse, open for writing by this run alone."""

    paths: StatePaths
    engine: Engine
    run: Run


Warehouse = dg.ResourceParam[OpenWarehouse]
"""How an asset asks for the warehouse."""


def warehouse_for(company: Company, paths: StatePaths) -> dg.ResourceDefinition:
    """Return the resource that opens a company's warehouse once per run and gives it back at the run's end.

    A run may set `as_of` (YYYY-MM-DD; empty: yesterday in the company's zone), `full` (rebuild everything after
    raw), `reload` (sources, or tables as source.table, to load anew from landing) and `lock_wait_seconds` (how long to
    wait for another writer).
    """
    settings = company.settings

    @dg.resource(
        description="The company's warehouse: the writer's lock, the connection and the refresh under way.",
        config_schema={
            "as_of": dg.Field(str, default_value="" if settings.as_of == "yesterday" else settings.as_of.isoformat()),
            "full": dg.Field(bool, default_value=False),
            "reload": dg.Field([str], default_value=[]),
            "lock_wait_seconds": dg.Field(float, default_value=30.0),
        },
    )
    def warehouse(context: dg.InitResourceContext) -> Iterator[OpenWarehouse]:
        given = context.resource_config
        run_id = context.run.run_id if context.run else "manual"
        paths.create()
        paths.refuse_other(settings.id)
        with kept_for_status(context, paths) as ending:
            as_of = business_date(given["as_of"], settings.time_zone)
            reload = known_tables(company, given["reload"])
            with (
                writer_lock(paths.lock, f"run {run_id}", given["lock_wait_seconds"]),
                _locked_down(paths, settings.id) as engine,
                writer_session(
                    engine,
                    run_id=run_id,
                    as_of=as_of,
                    full=given["full"],
                    reload=reload,
                    code_version=__version__,
                    fingerprint=company.fingerprint,
                ) as session,
            ):
                report_killed(context.instance, session.abandoned)
                yield OpenWarehouse(paths, session.engine, session.run)
                ending.published = is_published(session.engine, session.run)
            if context.instance:
                forget_old_runs(context.instance, settings.run_history_days)

    return warehouse


@contextmanager
def _locked_down(paths: StatePaths, company_id: str) -> Iterator[DuckDBEngine]:
    paths.claim(company_id)
    _refuse_if_open_elsewhere(paths)
    resource = DuckDBResource(database=str(paths.warehouse))
    # By itself the resource closes the connection of what succeeds only.
    with resource.get_connection() as connection, closing(connection):
        lock_down(connection, allowed=writable_folders(paths), temp=paths.temp)
        yield DuckDBEngine(connection)


def _refuse_if_open_elsewhere(paths: StatePaths) -> None:
    # The resource would try again for two minutes; a person's open SQL client does not go away by itself.
    connect(paths.warehouse).close()


def writable_folders(paths: StatePaths) -> list[Path]:
    """Return the folders the engine may touch: landing, temp and publications."""
    return [paths.landing, paths.temp, paths.published]


def business_date(given: str, time_zone: str) -> date:
    """Return the as-of date: as given, else yesterday in the company's zone.

    Raises UsageError when what is given is not a date, or one that the calendar cannot hold.
    """
    if not given:
        return datetime.now(ZoneInfo(time_zone)).date() - timedelta(days=1)
    try:
        found = date.fromisoformat(given)
    except ValueError:
        raise UsageError(
            f"as-of date {given!r} is not a date; write it as YYYY-MM-DD, for example 2026-09-30"
        ) from None
    if not EARLIEST <= found.isoformat() < LATEST:
        raise UsageError(
            f"as-of date {given} is outside of the calendar, which begins on {EARLIEST} and ends before {LATEST}; "
            "correct it"
        )
    return found


def known_tables(company: Company, given: Sequence[str]) -> frozenset[str]:
    """Return the sources and tables to load anew; raises UsageError for one that the catalogue does not have."""
    tables = company.source_tables
    known = {table.source for table in tables} | {f"{table.source}.{table.name}" for table in tables}
    for name in given:
        if name not in known:
            raise UsageError(f"unknown source or table {name!r} to load anew; {one_of(name, known, 'one of')}")
    return frozenset(given)


def environment() -> Mapping[str, str]:
    """Return the process environment: read here, at the edge, and handed on."""
    return os.environ
