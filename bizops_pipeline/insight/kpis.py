"""KPIs of type `association`: how strongly operations go with a business outcome, in marts.kpi_value beside all others.

They are read from marts.kpi_association, which is computed after all other KPIs; `metrics` leaves them alone. A pair
that may be chance has no value here, while marts.kpi_association has it with what speaks against it.
"""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.marts.insight import DISCOVERY, KPI_ASSOCIATION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.naming import literal
from bizops_pipeline.warehouse.changes import ensure_all
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
    """Write the values of the company's KPIs over pairs of KPIs and return their number.

    Values that are as they were stay as they are, with the refresh that computed them. Values of KPIs that the
    company had at the last refresh and has no more go.
    """
    ensure_all(engine, [(table, ()) for table in (KPI_VALUE, KPI_ASSOCIATION, METRIC_CATALOGUE)])
    kpis = [kpi for kpi in company.kpis if kpi.type == ASSOCIATION]
    shown = ", ".join(literal(id) for id in ["", *(kpi.id for kpi in kpis)])
    former = f"select kpi_id from {METRIC_CATALOGUE.qualified} where type = {literal(ASSOCIATION)}"
    stored = f"from {KPI_VALUE.qualified} where kpi_id in ({shown}) or kpi_id in ({former})"
    found = " union all ".join(values_sql(kpi) for kpi in kpis) or f"select {COLUMNS} {stored} limit 0"
    differences = f"(({found}) except all select {COLUMNS} {stored})"
    differences += f" union all (select {COLUMNS} {stored} except all ({found}))"
    with engine.transaction():
        if engine.scalar(f"select 1 from ({differences}) as difference limit 1"):
            engine.execute(f"delete {stored}")
            engine.execute(
                f"insert into {KPI_VALUE.qualified} ({COLUMNS}, run_id) "
                f"select {COLUMNS}, {literal(run.id)} from ({found}) as found"
            )
    return int(engine.scalar(f"select count(*) from {KPI_VALUE.qualified} where kpi_id in ({shown})"))


def values_sql(kpi: Kpi) -> str:
    """Return the query for the values of a KPI: the strength of the strongest lag of each pair and scope."""
    scopes = ", ".join(literal("value_stream" if "value_stream" in names else "company") for names in kpi.by) or "''"
    return (
        f"select {literal(kpi.id)} as kpi_id, cast({kpi.version} as bigint) as kpi_version, scope_type, scope_id, "
        'concat(\'{"business_kpi":"\', business_kpi_id, \'","it_kpi":"\', it_kpi_id, \'"}\') as dimensions, '
        "'all' as grain, first_week as period_start, cast(last_week + interval 6 day as date) as period_end, "
        f"strength / {kpi.scale!r} as value, n, 'no_target' as status, true as is_complete, false as is_provisional, "
        f"data_as_of from {KPI_ASSOCIATION.qualified} "
        f"where is_strongest and q_value < {DISCOVERY} and scope_type in ({scopes})"
    )
