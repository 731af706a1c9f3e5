"""Raw tables as assets: one step per source extracts to landing and loads into `raw`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from time import monotonic
from typing import Any

import dagster as dg

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.defs import log
from bizops_pipeline.defs.metadata import freshness, row_count, schema_of_query
from bizops_pipeline.defs.resources import OpenWarehouse, Warehouse, environment
from bizops_pipeline.errors import TransientSourceError
from bizops_pipeline.landing.loader import LoadResult
from bizops_pipeline.landing.raw import raw_of
from bizops_pipeline.landing.store import LandingStore
from bizops_pipeline.naming import RAW
from bizops_pipeline.sources.ingest import extract_new, hash_key, load_new
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.side_by_side import Done, Task, side_by_side

GROUP = RAW
RETRIES, RETRY_SECONDS = 3, 20


def asset_key(table: SourceTable) -> dg.AssetKey:
    """Return the asset key of a source table."""
    return dg.AssetKey([RAW, raw_of(table).name])


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return one multi-asset per source with an asset per source table."""
    ordered = sorted(company.source_tables, key=lambda table: table.source)
    return [_source(company, list(tables)) for _, tables in groupby(ordered, key=lambda table: table.source)]


def _source(company: Company, tables: list[SourceTable]) -> dg.AssetsDefinition:
    by_key = {asset_key(table): table for table in tables}

    @dg.multi_asset(
        name=f"load_{tables[0].source}",
        specs=[_spec(table) for table in tables],
        can_subset=True,
        description=f"Extract {tables[0].source} to landing and load it into raw.",
    )
    def load_source(context: dg.AssetExecutionContext, warehouse: Warehouse) -> Iterator[dg.MaterializeResult[None]]:
        logged = log.Tables(f"{RAW}.{tables[0].source}")
        wanted = {raw_of(table).id: table for key, table in by_key.items() if key in context.selected_asset_keys}
        try:
            tasks = _extracted(company, wanted.values(), warehouse)
            for done in side_by_side(warehouse.engine, tasks, tell=partial(_log, logged)):
                yield _materialized(warehouse.engine, wanted[done.table], done.result)
        except TransientSourceError as error:
            log.logger.warning("%s; trying again in %s s, %s times at most", error, RETRY_SECONDS, RETRIES)
            raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=RETRY_SECONDS) from error
        logged.end()

    return load_source


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a load did, the rows that raw holds since, and how many seconds the extraction before it took."""

    load: LoadResult
    total: int
    extracting: float


def _extracted(company: Company, tables: Iterable[SourceTable], warehouse: OpenWarehouse) -> Iterator[Task[_Loaded]]:
    """Extract one table after another, as a source may bear no more, and yield the loading of each."""
    store, key = LandingStore(warehouse.paths.landing), hash_key(company, environment())
    for table in tables:
        started = monotonic()
        extract_new(warehouse.engine, company.root, table, store, warehouse.run, environment())
        yield Task(raw_of(table).id, partial(_load, table, store, warehouse.run, key, monotonic() - started))


def _load(table: SourceTable, store: LandingStore, run: Run, key: str, extracting: float, engine: Engine) -> _Loaded:
    done = load_new(engine, table, store, run, key)
    return _Loaded(done, done.total if done.total is not None else stored_rows(engine, table), extracting)


def _log(logged: log.Tables, done: Done[_Loaded]) -> None:
    loaded, load = done.result, done.result.load
    is_as_before = not (load.files or load.changed or load.withheld)
    logged.add(done.table, loaded.total, _changes(load), loaded.extracting + done.seconds, is_as_before=is_as_before)


def _materialized(engine: Engine, table: SourceTable, loaded: _Loaded) -> dg.MaterializeResult[None]:
    metadata = _metadata(engine, table, loaded.load, loaded.total)
    return dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)


def _changes(done: LoadResult) -> str:
    return (
        (f"loaded anew from {done.files} landing files" if done.is_anew else f"{done.files} files")
        + f", {done.rows_in} records: {done.inserted} new, {done.updated} updated, "
        f"{done.unchanged} unchanged, {done.deduplicated} deduplicated, {done.rejected} rejected"
        + (f"; personal data: {done.withheld.describe()}" if done.withheld else "")
    )


def stored_rows(engine: Engine, table: SourceTable) -> int:
    """Return the rows that raw holds of a source table, 0 before its first load."""
    raw = raw_of(table)
    return int(engine.scalar(f"select count(*) from {raw.qualified}")) if raw.exists(engine) else 0


def _metadata(engine: Engine, table: SourceTable, done: LoadResult, total: int) -> dict[str, Any]:
    raw = raw_of(table)
    schema = schema_of_query(engine, f"select * from {raw.qualified}") if raw.exists(engine) else None
    return {
        **row_count(
            total,
            files=done.files,
            records=done.rows_in,
            inserted=done.inserted,
            updated=done.updated,
            unchanged=done.unchanged,
            deduplicated=done.deduplicated,
            rejected=done.rejected,
        ),
        **({"personal_columns": done.withheld.describe()} if done.withheld else {}),
        **({"dagster/column_schema": schema} if schema else {}),
    }


def _spec(table: SourceTable) -> dg.AssetSpec:
    connector = table.connector
    kinds = {connector.kind} if connector.kind != "files" else {"file", getattr(connector, "format", None) or "csv"}
    return dg.AssetSpec(
        asset_key(table),
        group_name=GROUP,
        description=table.description or f"{table.name} of {table.source} as it arrived, with its provenance.",
        kinds={*kinds, "duckdb"},
        metadata={"dagster/table_name": raw_of(table).id, "definition": table.file},
        freshness_policy=freshness(table.cadence),
    )
