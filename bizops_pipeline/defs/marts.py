"""Marts as assets: KPI values, OKR progress, and the tables that say what the numbers mean and how good they are."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.core.organisation import DIM_STAGE
from bizops_pipeline.contracts.core.steering import DIM_OBJECTIVE
from bizops_pipeline.contracts.marts import data, history, kpi, okr
from bizops_pipeline.contracts.marts.flow import VALUE_STREAM_FLOW
from bizops_pipeline.contracts.marts.insight import KPI_ASSOCIATION
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.defs import checks, log
from bizops_pipeline.defs.metadata import asset_key, mart_spec, row_count, table_of
from bizops_pipeline.defs.resources import Warehouse
from bizops_pipeline.metrics import flow
from bizops_pipeline.metrics.build import build as build_metrics
from bizops_pipeline.metrics.facts import facts_of_kpis
from bizops_pipeline.model.needs import fed_models, mapped
from bizops_pipeline.model.registry import defined_tables
from bizops_pipeline.okr.build import build as build_okr
from bizops_pipeline.okr.checks import check_progress
from bizops_pipeline.publish.accounting import write_data_issue, write_data_quality
from bizops_pipeline.publish.collection import check_collection, write_data_collection
from bizops_pipeline.publish.definitions import write_data_dictionary, write_metric_catalogue
from bizops_pipeline.publish.freshness import check_freshness, write_data_freshness
from bizops_pipeline.publish.grades import write_grades
from bizops_pipeline.publish.latest_goals import latest_key_results, latest_objectives
from bizops_pipeline.quality.kpi_values import check_kpi_values
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

Writer = Callable[[Engine, Company, Run], Written]

LATEST_KPIS = """
select kpi_id, period_start, period_end, round(value, 4) as value, target, status
from marts.kpi_value
where scope_type = 'company' and dimensions = '{}' and grain = 'month' and is_complete
qualify row_number() over (partition by kpi_id order by period_start desc) = 1
order by kpi_id
limit 40
"""
LATEST_RESTATEMENTS = """
select subject, subject_id, as_of, old_score, new_score, old_grade, new_grade, noticed_on
from marts.okr_restatement
order by refresh desc, subject, subject_id
limit 40
"""
LATEST_FLOW = """
select value_stream_id, stage_id, period_start, load, completed, round(flow_days_median, 2) as flow_days_median,
    round(flow_efficiency, 3) as flow_efficiency, is_bottleneck
from marts.value_stream_flow
where grain = 'month' and is_complete
qualify dense_rank() over (order by period_start desc) = 1
order by value_stream_id, stage_position
limit 40
"""


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the steps that compute KPI values, OKR progress and the flow of work."""
    return [_kpi_value(company), _okr_marts(company), _value_stream_flow(company)]


def _kpi_value(company: Company) -> dg.AssetsDefinition:
    table = kpi.KPI_VALUE
    fed = {model.table.name for model in fed_models(company)}
    facts = {name for names in facts_of_kpis(company.kpis).values() for name in names} & fed
    read = [CORE_TABLES[name] for name in sorted(facts)] + defined_tables()
    written = [table, *history.MARTS]

    @dg.multi_asset(
        name="compute_kpis",
        specs=[mart_spec(table, read, owners=_owners(company)), *(mart_spec(each, read) for each in history.MARTS)],
        check_specs=checks.specs(company, written),
        description="Compute every KPI at every grain, scope and dimension from its re-aggregated parts.",
    )
    def compute_kpis(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        started = monotonic()
        done = build_metrics(warehouse.engine, company, warehouse.run)
        note = (
            f"{done.kpis} KPIs, {done.passes_run} of {done.passes} passes needed, {done.restated} final values changed"
        )
        log.table(table.id, done.rows, note, monotonic() - started)
        yield dg.MaterializeResult(
            asset_key=asset_key(table),
            metadata={
                **row_count(done.rows, kpis=done.kpis, passes_run=done.passes_run),
                "latest_month": table_of(warehouse.engine.dicts(LATEST_KPIS)),
            },
        )
        for each in history.MARTS:
            rows = int(warehouse.engine.scalar(f"select count(*) from {each.qualified}"))
            yield dg.MaterializeResult(asset_key=asset_key(each), metadata=row_count(rows))
        yield from checks.evaluate(
            company,
            warehouse,
            written,
            context.selected_asset_check_keys,
            found=check_kpi_values(warehouse.engine, company),
            changed={each.id for each in written},
        )

    return compute_kpis


def _okr_marts(company: Company) -> dg.AssetsDefinition:
    checkins = [ENTITIES["checkin"]] if "checkin" in mapped(company) else []
    read = {okr.OKR_PROGRESS: [kpi.KPI_VALUE, DIM_OBJECTIVE, *checkins]}
    shown: dict[Table, Callable[[Engine], list[dict[str, Any]]]] = {
        okr.OKR_PROGRESS: lambda engine: latest_key_results(engine, company),
        okr.OKR_OBJECTIVE: latest_objectives,
        okr.OKR_RESTATEMENT: lambda engine: engine.dicts(LATEST_RESTATEMENTS),
    }

    @dg.multi_asset(
        name="track_okrs",
        specs=[mart_spec(table, read.get(table, [okr.OKR_PROGRESS]), owners=_owners(company)) for table in okr.MARTS],
        check_specs=checks.specs(company, okr.MARTS),
        description="Progress of every key result and objective on every day, what is final, and what was known when.",
    )
    def track_okrs(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        started = monotonic()
        rows = build_okr(warehouse.engine, company, warehouse.run)
        for table in okr.MARTS:
            log.table(table.id, rows[table.name], table.grain, monotonic() - started)
            latest = {"latest": table_of(shown[table](warehouse.engine))} if table in shown else {}
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata={**row_count(rows[table.name]), **latest})
        selected = context.selected_asset_check_keys
        changed = {table.id for table in okr.MARTS}
        found = check_progress(warehouse.engine, warehouse.run)
        yield from checks.evaluate(company, warehouse, okr.MARTS, selected, found=found, changed=changed)

    return track_okrs


def _value_stream_flow(company: Company) -> dg.AssetsDefinition:
    table = VALUE_STREAM_FLOW
    fed = {model.table for model in fed_models(company)}
    read = [*(fact for fact in flow.FACTS if fact in fed), DIM_STAGE]

    @dg.multi_asset(
        name="measure_flow",
        specs=[mart_spec(table, read)],
        check_specs=checks.specs(company, [table]),
        description="Load, velocity, time, efficiency and distribution of work by value stream and stage.",
    )
    def measure_flow(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        started = monotonic()
        rows = flow.build(warehouse.engine, warehouse.run).total
        log.table(table.id, rows, "one row per value stream, stage and period", monotonic() - started)
        latest = table_of(warehouse.engine.dicts(LATEST_FLOW))
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata={**row_count(rows), "latest_month": latest})
        selected = context.selected_asset_check_keys
        yield from checks.evaluate(company, warehouse, [table], selected, changed={table.id})

    return measure_flow


def trust(company: Company) -> dg.AssetsDefinition:
    """Return the step that writes what numbers mean and grades them: after all that writes KPI values."""
    writers: dict[Table, Writer] = {
        kpi.METRIC_CATALOGUE: write_metric_catalogue,
        data.DATA_DICTIONARY: write_data_dictionary,
        data.DATA_FRESHNESS: write_data_freshness,
        data.DATA_COLLECTION: write_data_collection,
        data.DATA_QUALITY: write_data_quality,
        data.DATA_ISSUE: write_data_issue,
    }

    @dg.multi_asset(
        name="account_for_quality",
        specs=[mart_spec(table, [okr.OKR_PROGRESS, VALUE_STREAM_FLOW, KPI_ASSOCIATION]) for table in writers],
        check_specs=checks.specs(company, writers),
        description="Write what the numbers mean, how fresh, complete and sound they are, and grade every KPI by it.",
    )
    def account_for_quality(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        engine, run = warehouse.engine, warehouse.run
        for table, write in writers.items():
            started = monotonic()
            written = write(engine, company, run)
            log.table(table.id, written.total, "", monotonic() - started)
            sample = engine.dicts(f"select * from {table.qualified} limit 20")
            yield dg.MaterializeResult(
                asset_key=asset_key(table), metadata={**row_count(written.total), "rows": table_of(sample)}
            )
        write_grades(engine, company, run)
        changed = {table.id for table in writers}
        selected = context.selected_asset_check_keys
        found = [*check_freshness(engine), *check_collection(engine)]
        yield from checks.evaluate(company, warehouse, writers, selected, found=found, changed=changed)

    return account_for_quality


def _owners(company: Company) -> list[str]:
    return sorted({kpi.owner for kpi in company.kpis if kpi.owner and "@" in kpi.owner})
