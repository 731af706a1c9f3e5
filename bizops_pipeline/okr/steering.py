"""The marts of steering: reports against measurements, what carries key results, the cascade, alignment.

They read marts.okr_progress and okr_objective, so they come after these. Each is computed as a whole, unless nothing
that it is computed from changed.
"""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN
from bizops_pipeline.contracts.core import finance, organisation, steering, work
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.marts.steering import ALIGNMENT, KEY_RESULT_SUPPORT, OKR_CASCADE, STATUS_GAP
from bizops_pipeline.contracts.staging.steering import CHECKIN, STATUS_REPORT
from bizops_pipeline.contracts.table import Table, flag
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
from bizops_pipeline.okr import tree
from bizops_pipeline.okr.status import TEMPORARY
from bizops_pipeline.okr.steps import kept, query
from bizops_pipeline.okr.unchanged import is_as_left, mark, remember
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure_all, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

TABLES = (STATUS_GAP, OKR_CASCADE, KEY_RESULT_SUPPORT, ALIGNMENT)
"""What is written, in this order: what carries a key result counts reports, alignment counts what is carried."""

READ = (
    organisation.DIM_DATE,
    organisation.DIM_TEAM,
    organisation.DIM_VALUE_STREAM,
    organisation.BRIDGE_SERVICE_VALUE_STREAM,
    steering.DIM_OBJECTIVE,
    steering.DIM_KEY_RESULT,
    steering.DIM_KEY_RESULT_TARGET,
    work.FCT_INITIATIVE,
    work.FCT_WORKLOG,
    finance.FCT_GL_COST,
    OKR_PROGRESS,
    OKR_OBJECTIVE,
)
"""What is read, made empty where no source feeds it."""

REPORTED = (CHECKIN, STATUS_REPORT)
"""What people report, likewise."""

BROUGHT = Table(
    TEMPORARY,
    "brought",
    "one row",
    (),
    (
        flag("has_initiatives", "Whether initiatives are mapped, and with them what they cost.", required=True),
        flag("has_effort", "Whether effort is mapped.", required=True),
    ),
    "Which entities the company's sources bring, while steering marts are computed.",
)

STEPS = ("steering_period", "steering_use")
"""Temporary tables from files of their names, in the order in which they are made."""


def build(engine: Engine, company: Company, run: Run) -> dict[str, Written]:
    """Compute the marts up to the as-of date and return what was written, by table."""
    tables = (CONSUMED, KPI_VALUE, *READ, *TABLES)
    ensure_all(engine, [*((table, ()) for table in tables), *((table, ORIGIN) for table in REPORTED)])
    involved = (*READ, *REPORTED, *TABLES)
    if is_as_left(engine, TABLES, mark(engine, company, run.as_of, involved), run):
        counts = {table.name: int(engine.scalar(f"select count(*) from {table.qualified}")) for table in TABLES}
        return {name: Written(0, 0, total) for name, total in counts.items()}
    defined = {table.name: values_query(table, rows) for table, rows in tree.rows(company).items()}
    defined[BROUGHT.name] = values_query(BROUGHT, [brought(company)])
    steps = {step: query(step, run.as_of) for step in STEPS}
    with engine.transaction(), kept(engine, {**defined, **steps}):
        written = {table.name: _write(engine, table, run) for table in TABLES}
        remember(engine, TABLES, mark(engine, company, run.as_of, involved), run)
        failpoint("steered")
    return written


def brought(company: Company) -> dict[str, bool]:
    """Return which of what alignment needs the company's sources bring, as a row of BROUGHT."""
    mapped = {entity for table in company.source_tables for entity in table.entities}
    return {"has_initiatives": "initiative" in mapped, "has_effort": "worklog" in mapped}


def _write(engine: Engine, table: Table, run: Run) -> Written:
    text = f"select found.*, {literal(run.id)} as run_id from ({query(table.name, run.as_of)}) as found"
    check_returns_contract(engine, table, text)
    return replace(engine, table, text, run)
