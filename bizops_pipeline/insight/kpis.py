"""KPIs of type `association`: how strongly operations go with a business outcome, in marts.kpi_value beside all others.

They are read from marts.kpi_association, which is computed after all other KPIs; `metrics` leaves them alone. A pair
that may be chance has no value here, while marts.kpi_association has it with what speaks against it.
"""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.marts.insight import BEYOND_CHANCE, KPI_ASSOCIATION
from bizops_pipeline.metrics.from_marts import store_values
from bizops_pipeline.naming import literal
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

ASSOCIATION = "association"
"""Type of KPIs over pairs of KPIs."""

COLUMNS = (
    "kpi_id, kpi_version, scope_type, scope_id, dimensions, grain, period_start, period_end, value, n, status, "
    "is_complete, is_provisional, data_as_of"
)
"""The columns of the mart that a value of these KPIs fills, but for the refresh that computed it."""


def build(engine: Engine, company: Company, run: Run) -> int:
    """Write the values of the company's KPIs over pairs of KPIs and return their number."""
    ensure(engine, KPI_ASSOCIATION)
    kpis = [kpi for kpi in company.kpis if kpi.type == ASSOCIATION]
    found = " union all ".join(values_sql(kpi) for kpi in kpis)
    with engine.transaction():
        return store_values(engine, ASSOCIATION, kpis, COLUMNS, found, run)


def values_sql(kpi: Kpi) -> str:
    """Return the query for the values of a KPI: the strength of the strongest lag of each pair and scope."""
    scopes = ", ".join(literal("value_stream" if "value_stream" in names else "company") for names in kpi.by) or "''"
    return (
        f"select {literal(kpi.id)} as kpi_id, cast({kpi.version} as bigint) as kpi_version, scope_type, scope_id, "
        'concat(\'{"business_kpi":"\', business_kpi_id, \'","it_kpi":"\', it_kpi_id, \'"}\') as dimensions, '
        "'all' as grain, first_week as period_start, cast(last_week + interval 6 day as date) as period_end, "
        f"strength / {kpi.scale!r} as value, n, 'no_target' as status, true as is_complete, false as is_provisional, "
        f"data_as_of from {KPI_ASSOCIATION.qualified} "
        f"where is_strongest and {BEYOND_CHANCE} and scope_type in ({scopes})"
    )
