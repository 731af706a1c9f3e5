"""Where everything stands, as assets: the scorecard of all KPIs, value domains, and the cost of a unit of output."""

from collections.abc import Callable, Iterator
from time import monotonic

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.standing import KPI_SCORECARD, UNIT_COST, VALUE_DOMAIN
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.defs import checks, log
from bizops_pipeline.defs.metadata import asset_key, mart_spec, row_count, table_of
from bizops_pipeline.defs.resources import Warehouse
from bizops_pipeline.publish.charts import main_charts
from bizops_pipeline.publish.standing import write_kpi_scorecard, write_unit_cost, write_value_domain
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

WRITERS: dict[Table, Callable[[Engine, Company, Run], Written]] = {
    KPI_SCORECARD: write_kpi_scorecard,
    VALUE_DOMAIN: write_value_domain,
    UNIT_COST: write_unit_cost,
}
SAMPLES = {
    KPI_SCORECARD.name: "select kpi_id, period_start, round(value, 4) as value, target, status, trend, quality_grade "
    "from marts.kpi_scorecard where scope_type = 'company' and dimensions = '{}' "
    "order by case status when 'off_target' then 1 when 'warning' then 2 else 3 end, kpi_id limit 30",
    VALUE_DOMAIN.name: "select value_domain, scope_id, period_start, with_target, on_target, warning, off_target, "
    "round(score, 3) as score, worst_kpi_id from marts.value_domain where grain = 'month' and is_complete "
    "qualify row_number() over (partition by value_domain, scope_type, scope_id order by period_start desc) = 1 "
    "order by value_domain, scope_type, scope_id limit 30",
    UNIT_COST.name: "select scope_type, scope_id, unit, period_start, allocated_cost, units, "
    "round(unit_cost, 4) as unit_cost from marts.unit_cost where grain = 'month' and is_complete "
    "qualify row_number() over (partition by scope_type, scope_id, unit order by period_start desc) = 1 "
    "order by scope_type, scope_id, unit limit 30",
}


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the step that says where everything stands; it comes after the grades."""
    tables = list(WRITERS)

    @dg.multi_asset(
        name="take_stock",
        specs=[mart_spec(table, [KPI_VALUE, METRIC_CATALOGUE]) for table in tables],
        check_specs=checks.specs(company, tables),
        description="Say where every KPI and value domain stands, and what a unit of output costs.",
    )
    def take_stock(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        engine = warehouse.engine
        for table, write in WRITERS.items():
            started = monotonic()
            written = write(engine, company, warehouse.run)
            log.table(table.id, written.total, "", monotonic() - started)
            sample = table_of(engine.dicts(SAMPLES[table.name]))
            charts = {}
            if table is KPI_SCORECARD:
                charts = {"charts": dg.MetadataValue.md(main_charts(engine, company.settings.reporting_currency))}
            metadata = {**row_count(written.total), **charts, "rows": sample}
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        changed = {table.id for table in tables}
        yield from checks.evaluate(company, warehouse, tables, context.selected_asset_check_keys, changed=changed)

    return [take_stock]
