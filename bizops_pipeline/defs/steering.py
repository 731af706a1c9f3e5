"""Steering as assets: reports beside measurements, what carries goals, alignment, and the stages of service teams."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.core.finance import FCT_GL_COST
from bizops_pipeline.contracts.core.work import FCT_INITIATIVE, FCT_WORKLOG
from bizops_pipeline.contracts.marts import steering as contracts
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.defs import checks, log
from bizops_pipeline.defs.metadata import asset_key, mart_spec, row_count, table_of
from bizops_pipeline.defs.resources import Warehouse
from bizops_pipeline.insight import service_team
from bizops_pipeline.model.needs import fed_models, mapped
from bizops_pipeline.okr import steering
from bizops_pipeline.okr.checks import check_reports

LATEST = {
    contracts.STATUS_GAP: """
        select coalesce(key_result_id, objective_id) as subject, reported_on, side, reported_light, measured_status,
            levels_greener, round(points_greener, 1) as points_greener, greener_since, greener_reports
        from marts.status_gap
        where is_latest
        order by levels_greener desc nulls last, greener_reports desc, subject
        limit 40""",
    contracts.KEY_RESULT_SUPPORT: """
        select key_result_id, layer, supporters, it_supporters_below, initiatives, is_supported, attention, silent_days
        from marts.key_result_support
        order by is_supported, key_result_id
        limit 40""",
    contracts.OKR_CASCADE: """
        select path, layer, supported_layer, distance
        from marts.okr_cascade
        order by supported_id, distance, key_result_id
        limit 40""",
    contracts.ALIGNMENT: """
        select objective_id, value_stream_id, period_start, is_co_owned, round(outcome_share, 2) as outcome_share,
            round(hard_data_share, 2) as hard_data_share, round(spend_share, 2) as spend_share,
            round(effort_share, 2) as effort_share, unsupported_key_results
        from marts.alignment
        where grain = 'quarter'
        qualify dense_rank() over (order by period_start desc) = 1
        order by value_stream_id, objective_id
        limit 40""",
    contracts.SERVICE_TEAM_STAGE: """
        select service_team_id, period_start, stage, stage_since, gate, gate_status, distance, furthest_metric,
            outcome_kpi_id, outcome_value
        from marts.service_team_stage
        order by period_start desc, service_team_id
        limit 40""",
}
"""What is shown of each table beside its number of rows."""


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the steps that compute what people steer by."""
    return [_steering(company), _service_teams(company)]


def _steering(company: Company) -> dg.AssetsDefinition:
    entities = mapped(company)
    reported = [ENTITIES[name] for name in ("checkin", "status_report") if name in entities]
    fed = {model.table for model in fed_models(company)}
    used = [table for table in (FCT_INITIATIVE, FCT_WORKLOG, FCT_GL_COST) if table in fed]
    read = [OKR_PROGRESS, OKR_OBJECTIVE, *reported, *used]
    tables = steering.TABLES

    @dg.multi_asset(
        name="steer",
        specs=[mart_spec(table, read) for table in tables],
        check_specs=checks.specs(company, tables),
        description="Compare reports with measurements, follow what carries each goal, and measure alignment.",
    )
    def steer(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        started = monotonic()
        written = steering.build(warehouse.engine, company, warehouse.run)
        for table in tables:
            rows = written[table.name].total
            log.table(table.id, rows, table.grain, monotonic() - started)
            latest = {"latest": table_of(warehouse.engine.dicts(LATEST[table]))}
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata={**row_count(rows), **latest})
        yield from checks.evaluate(
            company,
            warehouse,
            tables,
            context.selected_asset_check_keys,
            found=check_reports(warehouse.engine),
            changed={table.id for table in tables if written[table.name].changed},
        )

    return steer


def _service_teams(company: Company) -> dg.AssetsDefinition:
    tables = (contracts.SERVICE_TEAM_METRIC, contracts.SERVICE_TEAM_STAGE)

    @dg.multi_asset(
        name="stage_service_teams",
        specs=[mart_spec(table, [KPI_VALUE]) for table in tables],
        check_specs=checks.specs(company, tables),
        description="Judge the gates of the service teams, period by period, and say in which stage they are.",
    )
    def stage_service_teams(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        started = monotonic()
        written = service_team.build(warehouse.engine, company, warehouse.run)
        for table in tables:
            rows = written[table.name].total
            log.table(table.id, rows, table.grain, monotonic() - started)
            latest = {"latest": table_of(warehouse.engine.dicts(LATEST[table]))} if table in LATEST else {}
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata={**row_count(rows), **latest})
        changed = {table.id for table in tables if written[table.name].changed}
        yield from checks.evaluate(company, warehouse, tables, context.selected_asset_check_keys, changed=changed)

    return stage_service_teams
