"""The members of each KPI and since when it has data: every member has a row in every period since that day."""

from __future__ import annotations

from bizops_pipeline.metrics.definitions import Definition
from bizops_pipeline.metrics.plan import Plan
from bizops_pipeline.metrics.rollup import EXTENT, MEMBER
from bizops_pipeline.naming import literal

COMPONENT, KPI_MEMBER = "kpi_component", "kpi_member"
"""Temporary tables of a build: the rows of all KPIs, and the members of each with the first day of the KPI."""


def members_sql(plan: Plan) -> str:
    """Return the query for the members of every KPI that has data, and since when the KPI has any."""
    listed = ["(cast(null as integer), '', '')"]
    listed += [
        f"({one.number}, {literal(source)}, {literal(by.id)})"
        for one in plan.definitions
        for source in plan.sources[one.kpi.id]
        for by in plan.by[one.kpi.id]
    ]
    return (
        f"with needed as (\n    select * from (values {', '.join(listed)}) as needed(kpi_number, source_id, by_id)\n)\n"
        "select needed.kpi_number, extent.member_id,\n"
        "    min(min(extent.first_day)) over (partition by needed.kpi_number) as since\n"
        f"from needed\njoin {EXTENT} as extent on extent.source_id = needed.source_id\n"
        f"join {MEMBER} as member on member.member_id = extent.member_id and member.by_id = needed.by_id\n"
        "group by needed.kpi_number, extent.member_id"
    )


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
