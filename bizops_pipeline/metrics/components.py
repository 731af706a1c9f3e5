"""Numerator, denominator, n and value of every KPI, member, grain and period, into `kpi_component`.

KPIs of one shape are computed by one statement (`component_query.py`), in an order in which each comes after those
that it refers to: planning a statement takes longer than running it for a small company.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from bizops_pipeline.metrics import members
from bizops_pipeline.metrics.beginnings import ALWAYS
from bizops_pipeline.metrics.component_query import COLUMNS, shape_of
from bizops_pipeline.metrics.context import KPI_GRAIN, KPI_MEASURE, KPI_PARAMETER, NUMBERS, Context
from bizops_pipeline.metrics.definitions import Days, Definition
from bizops_pipeline.metrics.members import COMPONENT, KPI_MEMBER
from bizops_pipeline.metrics.plan import Plan
from bizops_pipeline.metrics.rollup import MEMBER, PERIOD
from bizops_pipeline.naming import date_literal, literal, quoted
from bizops_pipeline.warehouse.engine import Engine

TABLES = (COMPONENT, KPI_MEMBER, KPI_MEASURE, KPI_GRAIN, KPI_PARAMETER)
"""Temporary tables of a build."""


def build(engine: Engine, context: Context) -> None:
    """Compute the components of all KPIs into the temporary table `kpi_component`."""
    engine.execute(
        f"create or replace temp table {COMPONENT} (kpi_number integer, member_id bigint, grain varchar, "
        "period_start date, period_end date, first_day date, numerator decimal(38,9), denominator decimal(38,9), "
        "n bigint, value double, null_reason varchar)"
    )
    for table, query in parameters_sql(context).items():
        engine.execute(f"create or replace temp table {table} as\n{query}")
    engine.execute(f"create or replace temp table {KPI_MEMBER} as\n{members.members_sql(context)}")
    measured = {row[0] for row in engine.rows(f"select distinct kpi_number from {KPI_MEMBER}")}
    for level in levels(context.plan):
        unmeasured = [definition for definition in level if definition.number not in measured]
        for definition in unmeasured:
            engine.execute(members.of_others_sql(definition, context.plan))
        for statement in statements(level, context):
            engine.execute(statement)
        for definition in unmeasured:
            of_company = any(by.id == "company" for by in context.plan.by[definition.kpi.id])
            made = f"select 1 from {COMPONENT} where kpi_number = {definition.number} limit 1"
            has_begun = (definition.kpi.begins or ALWAYS) <= context.as_of
            if of_company and has_begun and not engine.scalar(made):
                engine.execute(_nothing_at_all(definition, context))


def levels(plan: Plan) -> list[list[Definition]]:
    """Return the KPIs so that each is in a later list than those it refers to."""
    depth: dict[str, int] = {}
    found: defaultdict[int, list[Definition]] = defaultdict(list)
    for definition in plan.definitions:
        depth[definition.kpi.id] = 1 + max((depth[other] for other in definition.references), default=-1)
        found[depth[definition.kpi.id]].append(definition)
    return [found[level] for level in sorted(found)]


def statements(definitions: Iterable[Definition], context: Context) -> list[str]:
    """Return the statements that compute the components of some KPIs, one for each shape among them."""
    shapes: defaultdict[str, list[int]] = defaultdict(list)
    for definition in definitions:
        shapes[shape_of(definition, context)].append(definition.number)
    return [shape.replace(NUMBERS, ", ".join(map(str, numbers))) for shape, numbers in shapes.items()]


def parameters_sql(context: Context) -> dict[str, str]:
    """Return the queries for the tables of parameters: what differs between KPIs of one shape."""
    definitions, grains = context.plan.definitions, context.plan.grains
    numbers = {one.kpi.id: one.number for one in definitions}
    width = max((len(one.references) for one in definitions), default=0)
    others = [f"other_{index}" for index in range(width)]
    measures = [
        f"({one.number}, {slot}, {literal(id)})"
        for one in definitions
        for slot, id in enumerate([one.result_id] if one.result_id else one.measure_ids)
    ]
    shown = [f"({one.number}, {literal(grain)})" for one in definitions for grain in grains[one.kpi.id]]
    rows = [
        f"({', '.join([*_parameters(one, context), *(_other(one, index, numbers) for index in range(width))])})"
        for one in definitions
    ]
    types = ("integer", "double", "bigint", "date", "date")
    typed = ", ".join(f"cast(null as {type})" for type in types)
    nothing = "".join(", cast(null as integer)" for _ in others)
    columns = ", ".join(["kpi_number", "scale", "minimum", "begins", "days_since", *others])
    return {
        KPI_MEASURE: _values("kpi_number, slot, measure_id", "(cast(null as integer), 0, '')", measures),
        KPI_GRAIN: _values("kpi_number, grain", "(cast(null as integer), '')", shown),
        KPI_PARAMETER: _values(columns, f"({typed}{nothing})", rows),
    }


def _parameters(definition: Definition, context: Context) -> list[str]:
    """Return number, scale, minimum, since when it counts, and since when the days of a period are counted."""
    minimum, begins = definition.kpi.min_denominator, definition.kpi.begins or ALWAYS
    part = definition.denominator
    first = context.first_days.get((part.entity.name, part.day)) if isinstance(part, Days) else None
    return [
        str(definition.number),
        f"cast({definition.kpi.scale!r} as double)",
        "null" if minimum is None else str(minimum),
        date_literal(begins),
        date_literal(max(first or context.as_of, begins)),
    ]


def _other(definition: Definition, index: int, numbers: dict[str, int]) -> str:
    return str(numbers[definition.references[index]]) if index < len(definition.references) else "null"


def _values(columns: str, nothing: str, rows: list[str]) -> str:
    return f"select * from (values {', '.join([nothing, *rows])}) as given({columns})"


def _nothing_at_all(definition: Definition, context: Context) -> str:
    """Return the statement that explains a KPI without any row: one row per grain, for the period of the as-of date."""
    missing = definition.lacks(context.missing)
    zero = not missing and definition.kpi.unit == "count" and definition.kpi.type in ("simple", "distinct", "snapshot")
    listed = ", ".join(literal(grain) for grain in context.plan.grains[definition.kpi.id])
    today = date_literal(context.as_of)
    number, reason = ("0", "null") if zero else ("null", literal("source_missing" if missing else "no_events"))
    return (
        f"insert into {quoted(COMPONENT)} ({', '.join(COLUMNS)})\n"
        f"select {definition.number}, member.member_id, period.grain, period.period_start, period.period_end,\n"
        f"    {today}, {number}, null, 0, {number}, {reason}\n"
        f"from {MEMBER} as member\ncross join {PERIOD} as period\n"
        f"where member.by_id = 'company' and period.last_day = {today} and period.grain in ({listed})"
    )
