"""marts.okr_progress: every key result on every day since its start.

The rules are in `sql/*.sql`, one step a file, each kept as a temporary table for the next; this module runs
them. The whole table is computed at each refresh from the definitions, the KPI values and the check-ins, so
that its past does not depend on when refreshes ran.
"""

from __future__ import annotations

from datetime import date
from importlib.resources import files

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
from bizops_pipeline.okr.extras import BOUND, LIMIT, MILESTONE, bound_rows, limit_rows, milestone_rows
from bizops_pipeline.okr.status import BAND, band_rows
from bizops_pipeline.warehouse.changes import check_returns_contract, ensure, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

STEPS = ("okr_definition", "okr_observation", "okr_trend", "okr_day")
"""Temporary tables in the order in which they are made, each from a file of its name."""


def build(engine: Engine, company: Company, run: Run) -> int:
    """Compute marts.okr_progress up to the as-of date and return its number of rows."""
    for table in (DIM_DATE, DIM_KEY_RESULT, KPI_VALUE, OKR_PROGRESS):
        ensure(engine, table)
    if not engine.exists(CHECKIN.schema, CHECKIN.name):
        ensure(engine, CHECKIN, ORIGIN)
    with engine.transaction():
        steps = {
            BAND.name: values_query(BAND, list(band_rows(company.settings.okr_status_preset))),
            BOUND.name: values_query(BOUND, list(bound_rows(company.objectives))),
            MILESTONE.name: values_query(MILESTONE, list(milestone_rows(company.objectives))),
            LIMIT.name: values_query(LIMIT, list(limit_rows(company.kpis))),
            **{step: query(step, run.as_of) for step in STEPS},
        }
        for name, text in steps.items():
            engine.execute(f"create or replace temp table {name} as {text}")
        progress = (
            "select progress.*, cast(null as varchar) as quality_grade, "
            f"{literal(run.id)} as run_id from ({query('okr_progress', run.as_of)}) as progress"
        )
        check_returns_contract(engine, OKR_PROGRESS, progress)
        written = replace(engine, OKR_PROGRESS, progress, run)
        failpoint("tracked")
        for name in steps:
            engine.execute(f"drop table {name}")
    return written.total


def query(name: str, as_of: date) -> str:
    """Return the query of a step for an as-of date, to run or to show."""
    text = files(__package__).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return text.replace("$as_of", f"cast({literal(as_of.isoformat())} as date)")
