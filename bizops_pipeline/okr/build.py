"""The build of everything that key results and objectives show: progress, scores, what was known, KPIs over them."""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.okr import MARTS
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.okr import known, kpis, objective, progress
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


def build(engine: Engine, company: Company, run: Run) -> dict[str, int]:
    """Bring the marts of contracts.marts.okr up to date in one transaction; return their numbers of rows by name."""
    with engine.transaction():
        progress.build(engine, company, run)
        objective.build(engine, company, run)
        known.remember(engine, run)
        kpis.build(engine, company, run)
        failpoint("tracked")
    return {table.name: int(engine.scalar(f"select count(*) from {table.qualified}")) for table in MARTS}
