"""marts.okr_progress: every key result on every day since its start.

The rules are in `sql/*.sql`, one step a file, each kept as a temporary table for the next; this module runs
them. The whole table is computed at each refresh from the definitions, the KPI values and the check-ins, so
that its past does not depend on when refreshes ran.
"""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT, DIM_KEY_RESULT_TARGET, DIM_OBJECTIVE
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
from bizops_pipeline.okr.extras import (
    CURVE_POINT,
    LIMIT,
    MILESTONE,
    curve_point_rows,
    limit_rows,
    milestone_rows,
)
from bizops_pipeline.okr.status import BAND, band_rows
from bizops_pipeline.okr.steps import kept, query
from bizops_pipeline.warehouse.changes import check_returns_contract, ensure, ensure_all, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

STEPS = ("okr_definition", "okr_target", "okr_curve", "okr_observation", "okr_trend", "okr_day")
"""Temporary tables in the order in which they are made, each from a file of its name."""

INPUTS = (DIM_DATE, DIM_OBJECTIVE, DIM_KEY_RESULT, DIM_KEY_RESULT_TARGET, KPI_VALUE)


def build(engine: Engine, company: Company, run: Run) -> int:
    """Compute marts.okr_progress up to the as-of date and return its number of rows."""
    ensure_all(engine, [(table, ()) for table in (*INPUTS, OKR_PROGRESS)])
    if not engine.exists(CHECKIN.schema, CHECKIN.name):
        ensure(engine, CHECKIN, ORIGIN)
    written = {
        BAND.name: values_query(BAND, list(band_rows(company.settings.okr_status_preset))),
        MILESTONE.name: values_query(MILESTONE, list(milestone_rows(company.objectives))),
        CURVE_POINT.name: values_query(CURVE_POINT, list(curve_point_rows(company.objectives))),
        LIMIT.name: values_query(LIMIT, list(limit_rows(company.kpis))),
    }
    with engine.transaction(), kept(engine, {**written, **{step: query(step, run.as_of) for step in STEPS}}):
        progress = (
            "select progress.*, cast(null as varchar) as quality_grade, "
            f"{literal(run.id)} as run_id from ({query('okr_progress', run.as_of)}) as progress"
        )
        check_returns_contract(engine, OKR_PROGRESS, progress)
        done = replace(engine, OKR_PROGRESS, progress, run)
    return done.total
