"""Additive parts: one pass over a fact computes all measures of its days, then gives them to their members."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.metrics import incremental
from bizops_pipeline.metrics.definitions import DailyDistinct, Measure
from bizops_pipeline.metrics.expressions import at, uses_as_of
from bizops_pipeline.metrics.incremental import Consumer, Memory, Work
from bizops_pipeline.metrics.plan import MeasurePass
from bizops_pipeline.metrics.scopes import BySet
from bizops_pipeline.metrics.tables import METRIC_PART
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.engine import Engine

BASE = "base"
"""Temporary table of a pass: its measures per day and columns, before they are given to members."""

SUMMABLE = (Type.INTEGER, Type.MONEY, Type.QUANTITY)
"""Column types that are summed as they are; anything else is made exact first."""


def refresh(engine: Engine, one: MeasurePass, company_id: str, mapping: str, memory: Memory) -> Work:
    """Bring the parts of a pass up to date, and say what had to be computed."""
    as_of = memory.run.as_of
    consumer = Consumer.of(one.id, company_id, mapping, grouped_sql(one, Work(True, True), as_of), repr(one.needs))
    work = memory.work(one.id, consumer, [(one.entity, one.day)])
    if work.any:
        clear(engine, one.id, work)
        engine.execute(f"create or replace temp table base as\n{grouped_sql(one, work, as_of)}")
        for by, measures in one.needs:
            engine.execute(members_sql(one.id, by, [measure.id for measure in measures], company_id))
        memory.remember(consumer)
    return work


def refresh_daily(
    engine: Engine, one: DailyDistinct, sets: Sequence[BySet], company_id: str, mapping: str, memory: Memory
) -> Work:
    """Bring the daily counts of an average distinct count up to date, and say what had to be computed."""
    clock = incremental.clock_read(uses_as_of(one.value, one.condition), memory.run)
    consumer = Consumer.of(one.id, company_id, mapping, repr((one, sets)), clock)
    work = memory.work(one.id, consumer, [(one.entity, one.day)])
    if work.any:
        clear(engine, one.id, work)
        for by in sets:
            engine.execute(daily_distinct_sql(one, by, work, company_id, memory.run.as_of))
        memory.remember(consumer)
    return work


def clear(engine: Engine, pass_id: str, work: Work) -> None:
    """Remove the parts that are about to be computed again."""
    engine.execute(f"delete from {METRIC_PART.qualified} where pass_id = {literal(pass_id)} {work.days('day')}")


def grouped_sql(one: MeasurePass, work: Work, as_of: date) -> str:
    """Return the query of the pass itself: every measure per day and columns, with the records behind it."""
    keys = [f"{quoted(one.day)} as day", f"{quoted(one.member_day)} as member_day", *map(quoted, one.columns)]
    amounts = [line for measure in one.measures for line in _aggregates(measure, as_of)]
    grouping = dict.fromkeys([one.day, one.member_day, *one.columns])
    return (
        "select\n    " + ",\n    ".join([*keys, *amounts]) + f"\nfrom {one.entity.qualified} as fact\n"
        f"where {quoted(one.day)} is not null {work.days(quoted(one.day))}\n"
        "group by " + ", ".join(map(quoted, grouping))
    )


def members_sql(pass_id: str, by: BySet, measure_ids: Iterable[str], company_id: str) -> str:
    """Return the statement that stores the grouped rows of `base` by member: amounts weighted, records counted."""
    ids = list(measure_ids)
    sums = [
        f"sum({by.weighted(f'base.a_{id}')}) filter (where base.n_{id} > 0) as a_{id}, sum(base.n_{id}) as n_{id}"
        for id in ids
    ]
    return (
        f"{insert_into(METRIC_PART)}\nwith placed as (\n"
        f"    select base.day, {by.scope_id(company_id)} as scope_id{by.dimension_columns()},\n        "
        + ",\n        ".join(sums)
        + f"\n    from base\n    {by.join}\n"
        f"    group by base.day, {by.scope_id(company_id)}{by.dimension_columns()}\n),\n"
        + "unpivoted as (\n"
        + "\n    union all\n".join(
            f"    select {literal(id)} as measure_id, placed.*, a_{id} as amount, n_{id} as n\n"
            f"    from placed where n_{id} > 0"
            for id in ids
        )
        + f"\n)\nselect {literal(pass_id)} as pass_id, measure_id, {member_columns(by)}, day,\n"
        "    cast(amount as decimal(38,9)) as amount, cast(n as bigint) as n\nfrom unpivoted"
    )


def daily_distinct_sql(one: DailyDistinct, by: BySet, work: Work, company_id: str, as_of: date) -> str:
    """Return the statement that stores distinct counts per day and member."""
    columns = "".join(f", {quoted(name)}" for name in sorted(by.base))
    condition = f"and ({at(one.condition, as_of)})" if one.condition else ""
    return (
        f"{insert_into(METRIC_PART)}\nwith base as (\n"
        f"    select {quoted(one.day)} as day, {quoted(one.day)} as member_day{columns},\n"
        f"        {at(one.value, as_of)} as counted_value\n"
        f"    from {one.entity.qualified} as fact\n"
        f"    where {quoted(one.day)} is not null {condition} {work.days(quoted(one.day))}\n),\n"
        f"placed as (\n    select base.day, {by.scope_id(company_id)} as scope_id{by.dimension_columns()},\n"
        "        count(distinct base.counted_value) as amount, count(base.counted_value) as n\n"
        f"    from base\n    {by.join}\n    group by base.day, {by.scope_id(company_id)}{by.dimension_columns()}\n)\n"
        f"select {literal(one.id)} as pass_id, {literal(one.id)} as measure_id, {member_columns(by)}, day,\n"
        "    cast(amount as decimal(38,9)) as amount, n\nfrom placed where n > 0"
    )


def insert_into(table: Table) -> str:
    """Return the head of an insert that names all columns of a table."""
    return f"insert into {table.qualified} ({', '.join(table.column_names)})"


def member_columns(by: BySet) -> str:
    """Return the SQL of the columns that name a member, from a scope_id and dimension columns."""
    return f"{literal(by.id)} as by_id, {literal(by.scope)} as scope_type, scope_id,\n    {by.json} as dimensions"


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
