"""Percentiles of what is open at the end of each period, such as the median age of a backlog, from its records."""

from __future__ import annotations

from datetime import date
from functools import partial

from bizops_pipeline.metrics.expressions import at
from bizops_pipeline.metrics.incremental import Consumer, Memory, Work
from bizops_pipeline.metrics.parts import insert_into, member_columns
from bizops_pipeline.metrics.placement import Placement
from bizops_pipeline.metrics.plan import StockPass
from bizops_pipeline.metrics.rollup import PERIOD
from bizops_pipeline.metrics.tables import METRIC_PERIOD
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.engine import Engine


def refresh(engine: Engine, one: StockPass, placement: Placement, memory: Memory) -> Work:
    """Bring the results of a pass up to date, and say what had to be computed.

    A record is in every period from its arrival to its end, so a change in the fact or of the day computes all anew.
    """
    entity, arrived = one.aggregate.entity, one.aggregate.arrived
    query = results_sql(one, placement, memory.run.as_of)
    consumer = Consumer.of(one.id, placement.mark(entity), query, memory.weeks, memory.run.as_of.isoformat())
    moved = partial(placement.moved, entity, arrived)
    work = memory.work(one.id, consumer, placement.read(entity, arrived), matched=moved)
    if not work.any:
        return work
    engine.execute(f"delete from {METRIC_PERIOD.qualified} where pass_id = {literal(one.id)}")
    engine.execute(query)
    memory.remember(consumer)
    return Work(True, True, one.id)


def results_sql(one: StockPass, placement: Placement, as_of: date) -> str:
    """Return the statement that stores the results of a pass."""
    aggregate, by = one.aggregate, one.by
    arrived, left = f"fact.{quoted(aggregate.arrived)}", f"fact.{quoted(aggregate.left)}"
    members = placement.members(by, aggregate.entity)
    grouped = placement.columns(sorted(by.base), [by], aggregate.entity)
    columns = "".join(f", fact.{quoted(name)}" for name in grouped)
    only = f"\n        and ({at(aggregate.condition, as_of)})" if aggregate.condition else ""
    listed = ", ".join(literal(grain) for grain in one.grains)
    group = f"{members.scope_id}{by.dimension_keys()}, base.grain, base.period_start"
    return (
        f"{insert_into(METRIC_PERIOD)}\nwith period as (\n"
        "    select metric_calendar.grain, metric_calendar.period_start, metric_calendar.last_day,\n"
        "        last.utc_end as period_end\n"
        f"    from {PERIOD}\n    join core.dim_date as last on last.date = {PERIOD}.last_day\n"
        f"    where {PERIOD}.grain in ({listed})\n),\nbase as (\n"
        f"    select period.grain, period.period_start, {arrived} as day, {arrived} as member_day{columns},\n"
        f"        cast({at(aggregate.value, as_of)} as double) as standing\n"
        f"    from period\n    join {placement.source(aggregate.entity, aggregate.arrived, grouped)} as fact\n"
        f"        on {arrived} <= period.last_day and ({left} is null or {left} > period.last_day){only}\n),\n"
        f"placed as (\n    select {members.scope_id} as scope_id{by.dimension_columns()},\n"
        "        base.grain, base.period_start,\n"
        f"        quantile_cont(base.standing, {aggregate.percentile!r}) as value, count(base.standing) as n,\n"
        f"        min(base.day) as first_day\n    from base\n    {members.join}\n    group by {group}\n)\n"
        f"select {literal(one.id)} as pass_id, {literal(aggregate.id)} as aggregate_id, {member_columns(by)},\n"
        "    grain, period_start, cast(null as decimal(38,9)) as amount, value, cast(n as bigint) as n, first_day\n"
        "from placed\nwhere n > 0"
    )
