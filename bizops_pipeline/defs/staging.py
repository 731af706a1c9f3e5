"""Staging tables as assets, with their record balance and expectation suites as checks."""

from collections.abc import Iterator
from functools import partial
from time import monotonic

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import QUARANTINE_RECORD
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.defs import checks, log, raw
from bizops_pipeline.defs.metadata import asset_key, definition_metadata, row_count, table_of
from bizops_pipeline.defs.resources import OpenWarehouse, Warehouse
from bizops_pipeline.model.needs import mapped
from bizops_pipeline.model.staging import StagingResult, build
from bizops_pipeline.naming import STAGING
from bizops_pipeline.quality.balance import tables_of
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.side_by_side import Done, Task, side_by_side

GROUP = STAGING


def empty_what_no_source_feeds(company: Company, warehouse: OpenWarehouse) -> None:
    """Take the rows out of entities whose last source is gone: they are no assets any more, and nothing else would."""
    engine, fed = warehouse.engine, set(mapped(company))
    there = engine.tables()
    for name, table in ENTITIES.items():
        if name in fed or table.id not in there or not engine.scalar(f"select 1 from {table.qualified} limit 1"):
            continue
        started = monotonic()
        done = build(engine, company, name, warehouse.run)
        what = f"no source feeds it any more, {done.written.deleted} removed"
        log.table(table.id, done.kept, what, monotonic() - started)


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the multi-asset that builds every staging table the company has a source for."""
    by_key = {asset_key(ENTITIES[name]): name for name in mapped(company)}
    if not by_key:
        return []
    tables = [ENTITIES[name] for name in by_key.values()]

    @dg.multi_asset(
        name="build_staging",
        specs=[_spec(company, name) for name in by_key.values()],
        check_specs=checks.specs(company, tables),
        can_subset=True,
        description="Type, map, judge and deduplicate raw rows; bad ones go to quarantine with their reason.",
    )
    def build_staging(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        changed = set()
        logged = log.Tables(STAGING)
        wanted = [name for key, name in by_key.items() if key in context.selected_asset_keys]
        tasks = [_task(company, name, warehouse.run) for name in wanted]
        for done in side_by_side(warehouse.engine, tasks, tell=partial(_log, logged)):
            if done.result.changed:
                changed.add(done.table)
            yield _materialized(warehouse.engine, done.result)
        logged.end()
        yield from checks.evaluate(
            company,
            warehouse,
            tables,
            context.selected_asset_check_keys,
            found=checks.reconcile_sources(company, warehouse),
            changed=changed,
        )

    return [build_staging]


def _task(company: Company, name: str, run: Run) -> Task[StagingResult]:
    return Task(ENTITIES[name].id, lambda engine: build(engine, company, name, run))


def _log(logged: log.Tables, done: Done[StagingResult]) -> None:
    built = done.result
    logged.add(
        done.table,
        built.kept,
        f"{built.read} raw rows read, {built.quarantined} in quarantine, {built.deduplicated} deduplicated",
        done.seconds,
        is_as_before=not built.read and not built.changed,
    )


def _materialized(engine: Engine, built: StagingResult) -> dg.MaterializeResult[None]:
    counts = {"quarantined": built.quarantined, "deduplicated": built.deduplicated, "raw_rows_read": built.read}
    metadata = row_count(built.kept, **counts)
    if built.quarantined:
        metadata["quarantine"] = table_of(_reasons(engine, built.entity))
    return dg.MaterializeResult(asset_key=asset_key(ENTITIES[built.entity]), metadata=metadata)


def _reasons(engine: Engine, entity: str) -> list[dict[str, object]]:
    return engine.dicts(
        f"select rule, count(*) as rows, min(reason) as example from {QUARANTINE_RECORD.qualified} "
        "where entity = ? group by rule order by count(*) desc, rule limit 10",
        (entity,),
    )


def _spec(company: Company, name: str) -> dg.AssetSpec:
    table = ENTITIES[name]
    return dg.AssetSpec(
        asset_key(table),
        deps=[raw.asset_key(source) for source in tables_of(company, name)],
        group_name=GROUP,
        description=table.summary,
        kinds={"duckdb", "sql"},
        metadata=definition_metadata(table),
    )
