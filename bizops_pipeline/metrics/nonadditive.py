"""Distinct counts and percentiles: computed from the records of each period, and only for periods that changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from bizops_pipeline.metrics import incremental
from bizops_pipeline.metrics.definitions import PeriodAggregate
from bizops_pipeline.metrics.expressions import at
from bizops_pipeline.metrics.incremental import DIRTY, DIRTY_PERIOD, Consumer, Memory, Work, clear_whole
from bizops_pipeline.metrics.parts import insert_into, member_columns
from bizops_pipeline.metrics.placement import Placement
from bizops_pipeline.metrics.plan import PeriodPass
from bizops_pipeline.metrics.rollup import DAY_PERIOD, PERIOD
from bizops_pipeline.metrics.scopes import BySet
from bizops_pipeline.metrics.tables import METRIC_PERIOD
from bizops_pipeline.naming import date_literal, literal, quoted
from bizops_pipeline.warehouse.engine import Engine


def work_of(one: PeriodPass, placement: Placement, memory: Memory) -> Work:
    """Say what a pass has to compute."""
    as_of = memory.run.as_of
    clock = incremental.clock_read(one.uses_as_of, memory.run)
    what = repr((one.aggregates, one.grains))
    consumer = Consumer.of(one.id, placement.mark(one.entity), what, memory.weeks, clock)
    work = memory.work(
        one.id,
        consumer,
        placement.read(one.entity, one.day),
        matched=partial(placement.moved, one.entity, one.day),
        clock=lambda previous: incremental.passed_days(previous, as_of),
    )
    if work.any:
        memory.remember(consumer)
    return work


def store(engine: Engine, passes: Sequence[tuple[PeriodPass, Work]], placement: Placement, as_of: date) -> None:
    """Replace the stored results of the periods that passes compute again."""
    wanted = [(one, work) for one, work in passes if work.any]
    _clear(engine, [work for _, work in wanted])
    for one, work in wanted:
        engine.execute(results_sql(one, work, placement, as_of))


def results_sql(one: PeriodPass, work: Work, placement: Placement, as_of: date) -> str:
    """Return the statement that stores the results of a pass, from the records up to the as-of date."""
    members = placement.members(one.by, one.entity)
    results = [line for aggregate in one.aggregates for line in _result(aggregate)]
    listed = ", ".join(literal(grain) for grain in one.grains)
    dirty = (
        ""
        if work.everything
        else f"\n    join {DIRTY_PERIOD} as dirty on dirty.pass_id = {literal(one.id)}\n"
        "        and dirty.grain = period.grain and dirty.period_start = period.period_start"
    )
    return (
        f"{insert_into(METRIC_PERIOD)}\nwith base as (\n{_records(one, placement, as_of)}\n),\nplaced as (\n"
        f"    select base.*, {members.scope_id} as member_id\n    from base\n    {members.join}\n),\n"
        "results as (\n"
        f"    select placed.member_id{one.by.dimension_columns('placed')}, period.grain, period.period_start,\n        "
        + ",\n        ".join(results)
        + f"\n    from placed\n    join {DAY_PERIOD} as period\n"
        f"        on period.day = placed.day and period.grain in ({listed})"
        + dirty
        + f"\n    group by placed.member_id{one.by.dimension_keys('placed')}, period.grain, period.period_start\n),\n"
        + "unpivoted as (\n"
        + "\n    union all\n".join(_unpivoted(aggregate, one.by) for aggregate in one.aggregates)
        + f"\n)\nselect {literal(one.id)} as pass_id, aggregate_id, {member_columns(one.by)},\n"
        "    grain, period_start, amount, value, cast(n as bigint) as n, first_day\nfrom unpivoted\nwhere n > 0"
    )


def _records(one: PeriodPass, placement: Placement, as_of: date) -> str:
    grouped = placement.columns(sorted(one.by.base), [one.by], one.entity)
    columns = "".join(f", {quoted(name)}" for name in grouped)
    day, source = quoted(one.day), placement.source(one.entity, one.day, grouped)
    counted = f"{day} <= {date_literal(as_of)}"
    if one.aggregates[0].percentile is None:
        (aggregate,) = one.aggregates
        value = at(aggregate.value, as_of)
        only = f" and ({at(aggregate.condition, as_of)})" if aggregate.condition else ""
        return (
            f"    select {day} as day, {day} as member_day{columns}, {value} as v_{aggregate.id}, count(*) as records\n"
            f"    from {source} as fact\n    where {counted} and {value} is not null{only}\n"
            f"    group by {day}{columns}, {value}"
        )
    values = [
        f",\n        cast({_limited(aggregate, as_of)} as double) as v_{aggregate.id}" for aggregate in one.aggregates
    ]
    return (
        f"    select {day} as day, {day} as member_day{columns}{''.join(values)}\n"
        f"    from {source} as fact\n    where {counted}"
    )


def _limited(aggregate: PeriodAggregate, as_of: date) -> str:
    value = at(aggregate.value, as_of)
    return f"case when {at(aggregate.condition, as_of)} then {value} end" if aggregate.condition else value


def _result(aggregate: PeriodAggregate) -> list[str]:
    id, value = aggregate.id, f"placed.v_{aggregate.id}"
    first = f"min(placed.day) filter (where {value} is not null) as f_{id}"
    if aggregate.percentile is None:
        return [f"count(distinct {value}) as r_{id}", f"sum(placed.records) as n_{id}", first]
    return [f"quantile_cont({value}, {aggregate.percentile!r}) as r_{id}", f"count({value}) as n_{id}", first]


def _unpivoted(aggregate: PeriodAggregate, by: BySet) -> str:
    id = aggregate.id
    distinct = aggregate.percentile is None
    amount = f"cast(r_{id} as decimal(38,9))" if distinct else "cast(null as decimal(38,9))"
    value = "cast(null as double)" if distinct else f"r_{id}"
    columns = "".join(f", {quoted(name)}" for name in by.dimensions)
    return (
        f"    select {literal(id)} as aggregate_id, member_id as scope_id{columns}, grain, period_start,\n"
        f"        {amount} as amount, {value} as value, n_{id} as n, f_{id} as first_day\n    from results"
    )


def _clear(engine: Engine, works: Sequence[Work]) -> None:
    """Remove the results that are about to be computed again, and collect their periods."""
    partly = clear_whole(engine, METRIC_PERIOD, works)
    if partly:
        engine.execute(
            f"create or replace temp table {DIRTY_PERIOD} as "
            f"select dirty.pass_id, period.grain, period.period_start from {DIRTY} as dirty "
            f"join {DAY_PERIOD} as period on period.day = dirty.day where dirty.pass_id in ({partly}) "
            f"union select dirty.pass_id, part.grain, part.period_start from {DIRTY} as dirty "
            f"cross join {PERIOD} as part where dirty.pass_id in ({partly}) and part.grain like '%to_date'"
        )
        # With the clock, those to date get other days or belong to other periods.
        engine.execute(
            f"delete from {METRIC_PERIOD.qualified} as result "
            f"where result.pass_id in ({partly}) and result.grain like '%to_date' "
            f"or exists (select 1 from {DIRTY_PERIOD} as dirty where dirty.pass_id = result.pass_id "
            "and dirty.grain = result.grain and dirty.period_start = result.period_start)"
        )
