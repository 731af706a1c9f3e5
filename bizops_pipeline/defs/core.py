"""The value-stream model as assets: definitions and calendar, dimensions, facts and bridges."""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from typing import Any

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core import FACTS
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.staging.organisation import HOLIDAY
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.defs import checks, log, staging
from bizops_pipeline.defs.metadata import asset_key, definition_metadata, lineage, row_count, sql
from bizops_pipeline.defs.resources import Warehouse
from bizops_pipeline.model import calendar, definitions
from bizops_pipeline.model.build import Built, build, is_left_empty, prepare_all
from bizops_pipeline.model.declaration import Model
from bizops_pipeline.model.lineage import lineage as column_lineage
from bizops_pipeline.model.needs import fed_models, mapped
from bizops_pipeline.model.registry import defined_tables, in_build_order
from bizops_pipeline.naming import CORE, STAGING
from bizops_pipeline.quality.reconciliation import reconcile_model
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.side_by_side import Done, Task, side_by_side

GROUP = CORE


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the steps that write what the catalogue defines and build what the records say."""
    return [_definitions(company), _model(company)]


def _definitions(company: Company) -> dg.AssetsDefinition:
    tables = defined_tables()

    @dg.multi_asset(
        name="write_definitions",
        specs=[_spec(table, _calendar_inputs(table, company)) for table in tables],
        check_specs=checks.specs(company, tables),
        description="Write the calendar and what the catalogue defines: organisation, objectives, key results.",
    )
    def write_definitions(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        engine, run = warehouse.engine, warehouse.run
        # Here, for the calendar reads an entity too, and the model comes after it.
        staging.empty_what_no_source_feeds(company, warehouse)
        written: dict[str, Written] = dict(definitions.write(engine, company, run))
        written[DIM_DATE.name] = calendar.write(engine, company, run)
        for table in tables:
            counts = row_count(written[table.name].total, written=written[table.name].inserted)
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata=counts)
        changed = {table.id for table in tables if written[table.name].changed}
        yield from checks.evaluate(company, warehouse, tables, context.selected_asset_check_keys, changed=changed)

    return write_definitions


def _model(company: Company) -> dg.AssetsDefinition:
    fed = {model.table.id for model in fed_models(company)}
    shown = {asset_key(model.table): model for model in in_build_order() if model.table.id in fed}
    tables = [model.table for model in shown.values()]
    known = {*fed, *(f"{STAGING}.{name}" for name in mapped(company))}
    known |= {table.id for table in defined_tables()}

    @dg.multi_asset(
        name="build_core",
        specs=[_spec(model.table, _inputs(model, known), model) for model in shown.values()],
        check_specs=checks.specs(company, tables),
        can_subset=True,
        description="Build dimensions, facts and bridges from staging, in proportion to what changed.",
    )
    def build_core(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        changed = set()
        logged = log.Tables(CORE)
        not_selected = {*shown} - {*context.selected_asset_keys}
        models = [model for model in in_build_order() if asset_key(model.table) not in not_selected]
        prepare_all(warehouse.engine, models)
        tasks = [_task(company, model, warehouse.run, model.table.id in fed) for model in models]
        done = side_by_side(warehouse.engine, tasks, tell=partial(_log, logged, fed))
        for model, built in zip(models, (each.result for each in done), strict=True):
            if built and built.written.changed:
                changed.add(model.table.id)
            if built and model.table.id in fed:
                yield dg.MaterializeResult(asset_key=asset_key(model.table), metadata=_metadata(model, built))
        logged.end()
        yield from checks.evaluate(
            company,
            warehouse,
            tables,
            context.selected_asset_check_keys,
            found=reconcile_model(warehouse.engine, company, warehouse.run),
            changed=changed,
        )

    return build_core


def _task(company: Company, model: Model, run: Run, is_fed: bool) -> Task[Built | None]:
    def work(engine: Engine) -> Built | None:
        # Tables that no source feeds are kept empty for those who read them, and are no assets.
        if not is_fed and model.table in FACTS and is_left_empty(engine, model):
            return None
        return build(engine, company, model.name, run)

    return Task(model.table.id, work, after=[table.id for table in model.inputs])


def _log(logged: log.Tables, fed: Collection[str], done: Done[Built | None]) -> None:
    built = done.result
    if built and done.table in fed:
        what = f"{built.mode}: {built.written.inserted} written, {built.written.deleted} removed"
        logged.add(done.table, built.written.total, what, done.seconds, is_as_before=built.mode == "skipped")


def _metadata(model: Model, built: Built) -> dict[str, Any]:
    return {
        **row_count(built.written.total, written=built.written.inserted, removed=built.written.deleted),
        "mode": built.mode,
        "dagster/column_lineage": lineage(column_lineage(model)),
    }


def _inputs(model: Model, known: Collection[str]) -> list[dg.AssetKey]:
    """Return the assets that a model reads, of the tables that are assets."""
    return [asset_key(table) for table in model.inputs if table.id in known]


def _calendar_inputs(table: Table, company: Company) -> list[dg.AssetKey]:
    """Return what the calendar waits for: the holidays, where a source has them."""
    is_fed = table is DIM_DATE and HOLIDAY.name in mapped(company)
    return [asset_key(HOLIDAY)] if is_fed else []


def _spec(table: Table, deps: Sequence[dg.AssetKey], model: Model | None = None) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(table),
        deps=list(deps),
        group_name=GROUP,
        description=table.summary,
        kinds={"duckdb", "sql"} if model else {"duckdb", "yaml"},
        metadata={**definition_metadata(table), **({"query": sql(model.sql)} if model else {})},
    )
