"""The build of everything that key results and objectives show: progress, scores, what was known, KPIs over them."""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT, DIM_KEY_RESULT_TARGET, DIM_OBJECTIVE
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import MARTS, MEMORIES, OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.okr import known, kpis, objective, progress
from bizops_pipeline.okr.unchanged import is_as_left, mark, remember
from bizops_pipeline.warehouse.changes import ensure_all
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.memory import ensure_memory
from bizops_pipeline.warehouse.run import Run

READ = (DIM_DATE, DIM_OBJECTIVE, DIM_KEY_RESULT, DIM_KEY_RESULT_TARGET, CHECKIN)
"""What is read besides KPI values."""

COMPUTED = (OKR_PROGRESS, OKR_OBJECTIVE)
"""Marts that are computed as a whole; the others remember."""


def build(engine: Engine, company: Company, run: Run) -> dict[str, int]:
    """Bring the marts of contracts.marts.okr up to date in one transaction; return their numbers of rows by name."""
    with engine.transaction():
        ensure_all(engine, [(table, ()) for table in (CONSUMED, KPI_VALUE, *COMPUTED)])
        for table in MEMORIES:
            ensure_memory(engine, table)
        involved = (*READ, *MARTS)
        if is_as_left(engine, COMPUTED, mark(engine, company, run.as_of, involved), run):
            # Every publication says of its progress that it is of its refresh.
            engine.execute(f"update {OKR_PROGRESS.qualified} set run_id = ?", (run.id,))
        else:
            progress.build(engine, company, run)
            objective.build(engine, company, run)
            known.remember(engine, run)
            kpis.build(engine, company, run)
            remember(engine, COMPUTED, mark(engine, company, run.as_of, involved), run)
        failpoint("tracked")
    return {table.name: int(engine.scalar(f"select count(*) from {table.qualified}")) for table in MARTS}
