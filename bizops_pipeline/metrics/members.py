"""The members of each KPI and since when it has data: every member has a row in every period since that day."""

from __future__ import annotations

from datetime import date

from bizops_pipeline.metrics.context import Context
from bizops_pipeline.metrics.definitions import Computed, Definition, StockAggregate
from bizops_pipeline.metrics.plan import Plan
from bizops_pipeline.metrics.rollup import EXTENT, MEMBER
from bizops_pipeline.naming import date_literal, literal

COMPONENT, KPI_MEMBER = "kpi_component", "kpi_member"
"""Temporary tables of a build: the rows of all KPIs, and the members of each with the first day of the KPI."""


def members_sql(context: Context) -> str:
    """Return the query for the members of every KPI that has data, and since when the KPI has any.

    A count is 0 also in the periods before the first record that it counts, since its fact has records.
    """
    plan = context.plan
    needed = ["(cast(null as integer), '', '')"]
    needed += [
        f"({one.number}, {literal(source)}, {literal(by.id)})"
        for one in plan.definitions
        for source in plan.sources[one.kpi.id]
        for by in plan.by[one.kpi.id]
    ]
    counted = ["(cast(null as integer), cast(null as date))"]
    counted += [
        f"({one.number}, {date_literal(first)})"
        for one in plan.definitions
        if (first := _first_day(one, context)) and any(by.id == "company" for by in plan.by[one.kpi.id])
    ]
    return f"""with needed as (
    select * from (values {", ".join(needed)}) as needed(kpi_number, source_id, by_id)
),
counted as (
    select * from (values {", ".join(counted)}) as counted(kpi_number, first_day)
),
known as (
    select needed.kpi_number, extent.member_id, extent.first_day
    from needed
    join {EXTENT} as extent on extent.source_id = needed.source_id
    join {MEMBER} as member on member.member_id = extent.member_id and member.by_id = needed.by_id
    union all
    select counted.kpi_number, member.member_id, counted.first_day
    from counted
    join {MEMBER} as member on member.by_id = 'company' and counted.first_day is not null
)
select kpi_number, member_id, min(min(first_day)) over (partition by kpi_number) as since
from known
group by kpi_number, member_id"""


def _first_day(definition: Definition, context: Context) -> date | None:
    """Return the first day with records of the fact of which a KPI counts some.

    Of what says when it begins that holds for every kind of KPI, from then on.
    """
    if definition.lacks(context.missing):
        return None
    if definition.kpi.begins:
        days = [context.first_days.get((each.entity.name, _day_of(each))) for each in definition.computed]
        return max(min(day for day in days if day), definition.kpi.begins) if any(days) else None
    if not definition.is_zero_without_records:
        return None
    counted = definition.aggregate or next(iter(definition.measures), None)
    return context.first_days.get((counted.entity.name, counted.day)) if counted else None


def _day_of(computed: Computed) -> str:
    return computed.arrived if isinstance(computed, StockAggregate) else computed.day


def of_others_sql(definition: Definition, plan: Plan) -> str:
    """Return the statement that gives a KPI without data the members of those it refers to, which say so."""
    numbers = {one.kpi.id: one.number for one in plan.definitions}
    others = ", ".join(str(numbers[other]) for other in definition.references) or "null"
    sets = ", ".join(literal(by.id) for by in plan.by[definition.kpi.id])
    return (
        f"insert into {KPI_MEMBER} (kpi_number, member_id, since)\n"
        f"select {definition.number}, member_id, min(first_day) from {COMPONENT}\n"
        f"where kpi_number in ({others})\n"
        f"    and member_id in (select member_id from {MEMBER} where by_id in ({sets}))\n"
        "group by member_id"
    )
