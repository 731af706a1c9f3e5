"""marts.value_stream_flow: how work items pass the stages of value streams, period by period.

It is made of the facts, not of KPI values: a stage has no service, and its load is that of the stays in it.
"""

from __future__ import annotations

from datetime import date

from bizops_pipeline.contracts.core.organisation import DIM_DATE, DIM_STAGE
from bizops_pipeline.contracts.core.work import FCT_STATUS_VISIT, FCT_WORK_ITEM, FCT_WORK_ITEM_STAGE
from bizops_pipeline.contracts.marts.flow import VALUE_STREAM_FLOW
from bizops_pipeline.naming import date_literal, literal
from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

FACTS = (FCT_WORK_ITEM, FCT_STATUS_VISIT, FCT_WORK_ITEM_STAGE)


def build(engine: Engine, run: Run) -> Written:
    """Compute marts.value_stream_flow up to the as-of date."""
    for table in (DIM_DATE, DIM_STAGE, *FACTS, VALUE_STREAM_FLOW):
        ensure(engine, table)
    as_of = date_literal(run.as_of)
    flow = f"select flow.*, {literal(run.id)} as run_id, {as_of} as data_as_of from ({query(run.as_of)}) as flow"
    with engine.transaction():
        check_returns_contract(engine, VALUE_STREAM_FLOW, flow)
        return replace(engine, VALUE_STREAM_FLOW, flow, run)


def query(as_of: date) -> str:
    """Return the query for an as-of date, to run or to show."""
    return query_file(__package__, VALUE_STREAM_FLOW.name, as_of)
