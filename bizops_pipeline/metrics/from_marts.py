"""Values of KPIs that are computed from marts, after all other KPIs: put beside these in marts.kpi_value.

What they are computed from is said where the mart is: key results in `okr`, associations in `insight`.
"""

from __future__ import annotations

from collections.abc import Sequence

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.naming import literal
from bizops_pipeline.warehouse.changes import ensure_all
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


def store_values(engine: Engine, type: str, kpis: Sequence[Kpi], columns: str, query: str, run: Run) -> int:
    """Replace the values of all KPIs of a type by what a query finds, and return their number; in a transaction.

    `kpis` are the company's KPIs of the type, `columns` those of the mart that `query` gives, in their order, but for
    the refresh that computed a value. Values that are as they were stay as they are, with their refresh. Values of
    KPIs of the type that the company had at the last refresh and has no more go; without `kpis` no query is run.
    """
    ensure_all(engine, [(KPI_VALUE, ()), (METRIC_CATALOGUE, ())])
    shown = ", ".join(literal(id) for id in ["", *(kpi.id for kpi in kpis)])
    former = f"select kpi_id from {METRIC_CATALOGUE.qualified} where type = {literal(type)}"
    stored = f"from {KPI_VALUE.qualified} where kpi_id in ({shown}) or kpi_id in ({former})"
    if not kpis:
        engine.execute(f"delete {stored}")
        return 0
    differences = f"(({query}) except all select {columns} {stored})"
    differences += f" union all (select {columns} {stored} except all ({query}))"
    if engine.scalar(f"select 1 from ({differences}) as difference limit 1"):
        engine.execute(f"delete {stored}")
        engine.execute(
            f"insert into {KPI_VALUE.qualified} ({columns}, run_id) "
            f"select {columns}, {literal(run.id)} from ({query}) as found"
        )
    return int(engine.scalar(f"select count(*) from {KPI_VALUE.qualified} where kpi_id in ({shown})"))
