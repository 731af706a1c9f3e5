"""Additive parts: one pass over a fact computes all measures of its days and columns; `parts` gives them to members."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial

from bizops_pipeline.contracts.table import Type
from bizops_pipeline.metrics import incremental
from bizops_pipeline.metrics.definitions import DailyDistinct, Measure
from bizops_pipeline.metrics.expressions import at, uses_as_of
from bizops_pipeline.metrics.incremental import Consumer, Memory, Work
from bizops_pipeline.metrics.parts import Grouped, clear, insert_into, member_columns
from bizops_pipeline.metrics.placement import Placement
from bizops_pipeline.metrics.plan import MeasurePass
from bizops_pipeline.metrics.scopes import BySet
from bizops_pipeline.metrics.tables import METRIC_PART
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.engine import Engine

SUMMABLE = (Type.INTEGER, Type.MONEY, Type.QUANTITY)
"""Column types that are summed as they are; anything else is made exact first."""


def group(one: MeasurePass, placement: Placement, memory: Memory) -> tuple[Work, Grouped | None]:
    """Say what a pass has to compute, and how, where there is anything."""
    as_of = memory.run.as_of
    definition = grouped_sql(one, Work(True, True), placement, as_of)
    consumer = Consumer.of(one.id, placement.mark(one.entity), definition, repr(one.needs))
    work = memory.work(
        one.id,
        consumer,
        placement.read(one.entity, one.day),
        matched=partial(placement.moved, one.entity, one.day),
    )
    if not work.any:
        return work, None
    memory.remember(consumer)
    needs = tuple((by, tuple(measure.id for measure in measures)) for by, measures in one.needs)
    return work, Grouped(work, grouped_sql(one, work, placement, as_of), _columns(one, placement), needs)


def refresh_daily(
    engine: Engine, one: DailyDistinct, sets: Sequence[BySet], placement: Placement, memory: Memory
) -> Work:
    """Bring the daily counts of an average distinct count up to date, and say what had to be computed."""
    clock = incremental.clock_read(uses_as_of(one.value, one.condition), memory.run)
    consumer = Consumer.of(one.id, placement.mark(one.entity), repr((one, sets)), clock)
    work = memory.work(
        one.id,
        consumer,
        placement.read(one.entity, one.day),
        matched=partial(placement.moved, one.entity, one.day),
    )
    if work.any:
        clear(engine, [work])
        for by in sets:
            engine.execute(daily_distinct_sql(one, by, work, placement, memory.run.as_of))
        memory.remember(consumer)
    return work


def grouped_sql(one: MeasurePass, work: Work, placement: Placement, as_of: date) -> str:
    """Return the query of the pass itself: every measure per day and columns, with the records behind it."""
    columns = _columns(one, placement)
    keys = [f"{quoted(one.day)} as day", f"{quoted(one.member_day)} as member_day", *map(quoted, columns)]
    amounts = [line for measure in one.measures for line in _aggregates(measure, as_of)]
    grouping = dict.fromkeys([one.day, one.member_day, *columns])
    return (
        "select\n    "
        + ",\n    ".join([*keys, *amounts])
        + f"\nfrom {placement.source(one.entity, one.member_day, columns)} as fact\n"
        f"where {quoted(one.day)} is not null {work.days(quoted(one.day))}\n"
        "group by " + ", ".join(map(quoted, grouping))
    )


def _columns(one: MeasurePass, placement: Placement) -> tuple[str, ...]:
    return placement.columns(one.columns, (by for by, _ in one.needs), one.entity)


def daily_distinct_sql(one: DailyDistinct, by: BySet, work: Work, placement: Placement, as_of: date) -> str:
    """Return the statement that stores distinct counts per day and member."""
    columns = placement.columns(sorted(by.base), [by], one.entity)
    listed = "".join(f", {quoted(name)}" for name in columns)
    condition = f"and ({at(one.condition, as_of)})" if one.condition else ""
    members = placement.members(by, one.entity)
    return (
        f"{insert_into(METRIC_PART)}\nwith base as (\n"
        f"    select {quoted(one.day)} as day, {quoted(one.day)} as member_day{listed},\n"
        f"        {at(one.value, as_of)} as counted_value\n"
        f"    from {placement.source(one.entity, one.day, columns)} as fact\n"
        f"    where {quoted(one.day)} is not null {condition} {work.days(quoted(one.day))}\n),\n"
        f"placed as (\n    select base.day, {members.scope_id} as scope_id{by.dimension_columns()},\n"
        "        count(distinct base.counted_value) as amount, count(base.counted_value) as n\n"
        f"    from base\n    {members.join}\n    group by base.day, {members.scope_id}{by.dimension_keys()}\n)\n"
        f"select {literal(one.id)} as pass_id, {literal(one.id)} as measure_id, {member_columns(by)}, day,\n"
        "    cast(amount as decimal(38,9)) as amount, n\nfrom placed where n > 0"
    )


def _aggregates(measure: Measure, as_of: date) -> list[str]:
    aggregate = measure.aggregate
    only = f" filter (where {at(aggregate.condition, as_of)})" if aggregate.condition else ""
    value = at(aggregate.value, as_of) if aggregate.value else "*"
    records = f"count({value}){only}"
    amount = records if aggregate.kind == "count" else f"sum({_exact(measure, value)}){only}"
    return [f"cast({amount} as decimal(38,9)) as a_{measure.id}", f"{records} as n_{measure.id}"]


def _exact(measure: Measure, value: str) -> str:
    column = measure.aggregate.column
    if column and measure.entity.has(column) and measure.entity.column(column).type in SUMMABLE:
        return value
    return f"try_cast({value} as decimal(27,9))"
