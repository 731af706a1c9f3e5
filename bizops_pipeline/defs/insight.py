"""Analyses over KPI values as assets."""

from collections.abc import Iterator
from time import monotonic

import dagster as dg

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.insight import KPI_ASSOCIATION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.defs import checks, log
from bizops_pipeline.defs.metadata import asset_key, mart_spec, row_count, table_of
from bizops_pipeline.defs.resources import Warehouse
from bizops_pipeline.insight.association import build as build_association
from bizops_pipeline.insight.kpis import build as build_kpis

STRONGEST = """
select it_kpi_id, business_kpi_id, scope_id, lag_weeks, round(r, 3) as r, n, round(n_effective) as n_effective,
    round(q_value, 4) as q_value, is_as_expected, halves_agree, statement
from marts.kpi_association
where is_strongest
order by q_value, it_kpi_id, business_kpi_id, scope_type, scope_id
limit 20
"""


def assets(company: Company) -> list[dg.AssetsDefinition]:
    """Return the steps that analyse KPI values."""
    return [_kpi_association(company)]


def _kpi_association(company: Company) -> dg.AssetsDefinition:
    table = KPI_ASSOCIATION

    @dg.multi_asset(
        name="associate_kpis",
        specs=[mart_spec(table, [KPI_VALUE], kinds={"duckdb", "python"})],
        check_specs=checks.specs(company, [table]),
        description="Compare weekly changes of IT-operational KPIs with later changes of business outcomes.",
    )
    def associate_kpis(
        context: dg.AssetExecutionContext, warehouse: Warehouse
    ) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
        started = monotonic()
        written, is_new = build_association(warehouse.engine, company, warehouse.run)
        log.table(
            table.id, written.total, "computed" if is_new else "as before: no KPI value changed", monotonic() - started
        )
        build_kpis(warehouse.engine, company, warehouse.run)
        strongest = table_of(warehouse.engine.dicts(STRONGEST))
        counts = row_count(written.total, written=written.inserted)
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata={**counts, "strongest": strongest})
        selected = context.selected_asset_check_keys
        yield from checks.evaluate(company, warehouse, [table], selected, changed={table.id} if is_new else set())

    return associate_kpis
