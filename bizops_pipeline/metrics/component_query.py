"""The statement that computes numerator, denominator, n and value of KPIs of one shape.

Its steps: what was measured, the members and periods to fill, the parts of the value on each, the value, and the
reason when there is none. What differs between KPIs of a shape comes from tables of parameters (`components.py`):
the measures by slot, the grains, scale, minimum and the KPIs that are referred to.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp, parse_one

from bizops_pipeline.metrics import expressions
from bizops_pipeline.metrics.context import KPI_GRAIN, KPI_PARAMETER, NUMBERS, Context
from bizops_pipeline.metrics.definitions import Days, Definition, Measured, Part, Referenced
from bizops_pipeline.metrics.measured_query import sources
from bizops_pipeline.metrics.members import COMPONENT, KPI_MEMBER
from bizops_pipeline.metrics.rollup import MEMBER, PERIOD
from bizops_pipeline.naming import date_literal, quoted

COLUMNS = (
    "kpi_number",
    "member_id",
    "grain",
    "period_start",
    "period_end",
    "first_day",
    "numerator",
    "denominator",
    "n",
    "value",
    "null_reason",
)
LARGEST = "1.7976931348623157e308"


@dataclass(frozen=True, slots=True)
class Terms:
    """SQL of one part of a value on a row of the spine."""

    amount: str
    n: str
    blocked: str | None = None
    """Reason why the part itself is missing."""


def shape_of(definition: Definition, context: Context) -> str:
    """Return the statement for KPIs like this one, with NUMBERS for which they are."""
    steps = [
        *sources(definition, context),
        ("spine", _spine(definition, context)),
        ("parts", _parts(definition, context)),
        *([("shared", SHARED)] if definition.kpi.share_of else []),
        ("valued", _valued(definition)),
        ("reasoned", _reasoned(definition, context)),
    ]
    listed = ",\n".join(f"{name} as (\n{sql}\n)" for name, sql in steps)
    return (
        f"insert into {quoted(COMPONENT)} ({', '.join(COLUMNS)})\nwith {listed}\n"
        "select kpi_number, member_id, grain, period_start, period_end, first_day,\n"
        "    numerator, denominator, n, case when null_reason is null then value end, null_reason\nfrom reasoned"
    )


def _touched(definition: Definition, context: Context) -> str:
    """Return the SQL condition that limits `period` to those that are computed of a member's KPI."""
    if definition.kpi.id not in context.partial:
        return ""
    return (
        "\n        and exists (select 1 from kpi_touched as touched where touched.kpi_number = member.kpi_number "
        "and touched.grain = period.grain and touched.period_start = period.period_start)"
    )


def _spine(definition: Definition, context: Context) -> str:
    others = "".join(f", kpi.other_{index}" for index in range(len(definition.references)))
    since = "greatest(member.since, kpi.begins)"
    return (
        "    select member.kpi_number, member.member_id, period.grain, period.period_start, period.period_end,\n"
        f"        period.last_day, {since} as first_day, kpi.scale, kpi.minimum, kpi.days_since"
        f"{others}\n    from {KPI_MEMBER} as member\n"
        f"    join {KPI_PARAMETER} as kpi on kpi.kpi_number = member.kpi_number\n"
        f"    join {KPI_GRAIN} as shown on shown.kpi_number = member.kpi_number\n"
        f"    join {PERIOD} as period on period.grain = shown.grain and period.last_day >= {since}\n"
        f"    where member.kpi_number in ({NUMBERS}){_touched(definition, context)}"
    )


def _parts(definition: Definition, context: Context) -> str:
    """Return the step that puts numerator, denominator and what else the value needs on every row of the spine."""
    nothing = {
        "numerator": "cast(null as decimal(38,9))",
        "numerator_n": "0",
        "denominator": "cast(null as decimal(38,9))",
        "denominator_n": "0",
        "given": "cast(null as double)",
        "open_n": "0",
        "blocked": "cast(null as varchar)",
    }
    columns = nothing | _filled(definition, context)
    joins: list[str] = []
    if definition.result_id or definition.measure_ids:
        joins.append(_on_spine("measured", "measured"))
    for alias, index in _joined(definition):
        joins.append(_on_spine(COMPONENT, alias, f"spine.other_{index}"))
    listed = ",\n        ".join(["spine.*", *(f"{sql} as {name}" for name, sql in columns.items())])
    return f"    select {listed}\n    from spine\n    " + "\n    ".join(joins)


def _filled(definition: Definition, context: Context) -> dict[str, str]:
    if definition.result_id:
        return {
            "numerator": "measured.amount",
            "numerator_n": "coalesce(measured.n, 0)",
            "given": "measured.value",
        }
    if definition.expression is not None:
        given = _derived(definition, context)
        # An expression may have a value although a part of it has none: `coalesce(spend, 0) - budget`.
        return {"given": given, "blocked": f"case when {given} is null then {_first_reason(definition, context)} end"}
    if definition.kpi.parts:
        return _score(definition, context)
    parts = {"numerator": definition.numerator, "denominator": definition.denominator}
    terms = {name: _terms(part, name, definition, context) for name, part in parts.items()}
    if definition.averaged:
        terms["denominator"] = Terms("cast(measured.days as decimal(38,9))", "0")
    columns: dict[str, str] = {}
    for name, found in terms.items():
        columns |= {name: found.amount, f"{name}_n": found.n}
    blocked = [found.blocked for found in terms.values() if found.blocked]
    if blocked:
        columns["blocked"] = f"coalesce({', '.join(blocked)}, null)"
    if definition.conversion:
        columns["open_n"] = f"coalesce(measured.n_{definition.measure_ids.index(definition.conversion.open)}, 0)"
    return columns


def _joined(definition: Definition) -> list[tuple[str, int]]:
    """Return under which names the KPIs that are referred to are joined, with their position among the references."""
    if definition.expression is not None or definition.kpi.parts:
        return [(f"other_{index}", index) for index in range(len(definition.references))]
    parts = {"numerator": definition.numerator, "denominator": definition.denominator}
    return [
        (f"other_{name}", definition.references.index(part.kpi))
        for name, part in parts.items()
        if isinstance(part, Referenced)
    ]


def _on_spine(table: str, alias: str, number: str = "spine.kpi_number") -> str:
    return (
        f"left join {table} as {alias}\n        on {alias}.kpi_number = {number} "
        f"and {alias}.member_id = spine.member_id\n"
        f"        and {alias}.grain = spine.grain and {alias}.period_start = spine.period_start"
    )


def _terms(part: Part | None, name: str, definition: Definition, context: Context) -> Terms:
    if part is None:
        return Terms("cast(null as decimal(38,9))", "0")
    if isinstance(part, Measured):
        slot = {id: number for number, id in enumerate(definition.measure_ids)}
        amount = part.formula.sql(lambda index: f"coalesce(measured.a_{slot[part.measures[index]]}, 0)")
        counts = [f"coalesce(measured.n_{slot[id]}, 0)" for id in part.measures]
        if definition.kpi.type == "snapshot":
            counts = [f"{arrived} - {left}" for arrived, left in zip(counts[::2], counts[1::2], strict=True)]
        n = f"greatest({', '.join(dict.fromkeys(counts))})"
        if definition.averaged:
            n = f"cast(round({n} / measured.days) as bigint)"
        if part.must_be_there:
            amount = f"case when {n} > 0 then {amount} end"
        blocked = f"case when {n} > 0 then null else 'no_events' end" if part.must_be_there else None
        return Terms(f"try_cast({amount} as decimal(38,9))", n, blocked)
    if isinstance(part, Days):
        days = "greatest(date_diff('day', greatest(spine.period_start, spine.days_since), spine.last_day) + 1, 0)"
        return Terms(f"cast({days} as decimal(38,9))", "0")
    other = context.definition(part.kpi)
    alias = f"other_{name}"
    if other.aggregate and other.aggregate.percentile is None:
        scale = "" if other.kpi.scale == 1 else f" / {other.kpi.scale!r}"
        return Terms(f"coalesce({alias}.numerator, 0){scale}", f"coalesce({alias}.n, 0)")
    value = _value_of(alias, other, context)
    return Terms(
        f"try_cast({value} as decimal(38,9))",
        f"coalesce({alias}.n, 0)",
        f"case when {value} is null then coalesce({alias}.null_reason, 'no_events') end",
    )


def _value_of(alias: str, other: Definition, context: Context) -> str:
    """Return SQL for the value of a joined KPI: a count has no row where it never counted anything, and is 0 there
    but for the time before it begins.
    """
    if other.lacks(context.missing) or not other.is_zero_without_records:
        return f"{alias}.value"
    nothing = f"case when spine.last_day >= {date_literal(other.kpi.begins)} then 0 end" if other.kpi.begins else "0"
    return f"case when {alias}.kpi_number is null then {nothing} else {alias}.value end"


def _valued(definition: Definition) -> str:
    """Return the step that computes the value."""
    kept = definition.counts_nothing_as_zero
    numerator, n = "numerator", "numerator_n"
    if definition.expression is not None:
        value, n = _finite("given"), "cast(null as bigint)"
    elif definition.stock or (definition.aggregate and definition.aggregate.percentile is not None):
        value = _finite("given")
    elif definition.kpi.parts:
        n = "numerator_n"
        score = "least(100 * cast(numerator as double) / cast(denominator as double), given)"
        value = f"case when denominator > 0 then {score} end"
    elif definition.denominator is None and not definition.averaged:
        numerator = "coalesce(numerator, 0)" if kept else "case when numerator_n > 0 then numerator end"
        value = f"cast({numerator} as double)"
    else:
        over_days = isinstance(definition.denominator, Days)
        n = "numerator_n" if over_days or definition.averaged else "denominator_n"
        counted = "case when numerator_n > 0 then numerator end" if over_days and not kept else "numerator"
        value = f"cast({counted} as double) / cast(nullif(denominator, 0) as double)"
    return (
        "    select kpi_number, member_id, grain, period_start, period_end, first_day, minimum,\n"
        f"        {numerator} as numerator, denominator, cast({n} as bigint) as n,\n"
        f"        ({value}) / scale as value,\n"
        "        numerator_n + denominator_n as events, open_n, blocked\n"
        f"    from {'shared' if definition.kpi.share_of else 'parts'}"
    )


def _reasoned(definition: Definition, context: Context) -> str:
    """Return the step that says why a value is missing."""
    missing = definition.lacks(context.missing)
    cases = ["when true then 'source_missing'"] if missing else ["when blocked is not null then blocked"]
    counted = "n" if definition.denominator is None else "denominator"
    if definition.kpi.suppress:
        counted = "least(denominator, n)"  # a denominator may be a sum, large for a single person
    cases += [
        f"when value is not null and {counted} < minimum then 'below_minimum'",
        "when value is not null then null",
        "when open_n > 0 then 'immature'",
        f"when {'true' if definition.expression is not None else 'events > 0'} then 'no_denominator'",
        "else 'no_events'",
    ]
    shown = "numerator, denominator, n"
    if missing:
        shown = "cast(null as decimal(38,9)) as numerator, cast(null as decimal(38,9)) as denominator, n"
    elif definition.kpi.suppress:
        parts = ("numerator", "denominator", "n")
        shown = ", ".join(f"case when {counted} < minimum then null else {part} end as {part}" for part in parts)
    return (
        "    select kpi_number, member_id, grain, period_start, period_end, first_day,\n"
        f"        {shown}, value,\n"
        "        case " + "\n            ".join(cases) + " end as null_reason\n    from valued"
    )


SHARED = f"""    select parts.kpi_number, parts.member_id, parts.grain, parts.period_start, parts.period_end,
        parts.first_day, parts.scale, parts.minimum, parts.numerator, parts.numerator_n,
        parts.given, parts.open_n, parts.blocked,
        sum(parts.denominator) over in_all as denominator,
        sum(parts.denominator_n) over in_all as denominator_n
    from parts
    join {MEMBER} as member on member.member_id = parts.member_id
    window in_all as (partition by parts.kpi_number, member.by_id, member.scope_id, parts.grain, parts.period_start)"""
"""The step that gives every class of a share the denominator of all classes: each record is in one of them."""


def _others(definition: Definition, context: Context) -> dict[str, str]:
    """Return SQL for the value of each KPI that is referred to, by its id."""
    return {
        id: _value_of(f"other_{index}", context.definition(id), context)
        for index, id in enumerate(definition.references)
    }


def _derived(definition: Definition, context: Context) -> str:
    values = {id: parse_one(sql, read="duckdb") for id, sql in _others(definition, context).items()}

    def value(node: exp.Expr) -> exp.Expr:
        return values[node.name].copy() if isinstance(node, exp.Column) else node

    assert definition.expression is not None
    return f"cast({expressions.render(definition.expression.transform(value))} as double)"


def _score(definition: Definition, context: Context) -> dict[str, str]:
    """Return the parts of a composite: what the KPIs there are worth, what they could be worth, and the limit."""
    values = _others(definition, context)
    worth, possible, there = [], [], []
    for part in definition.kpi.parts:
        value = values[part.metric]
        way = f"({value} - {part.worst!r}) / {part.best - part.worst!r}"
        worth.append(f"coalesce(cast({part.weight!r} * least(greatest({way}, 0), 1) as decimal(27,9)), 0)")
        possible.append(f"case when {value} is null then 0 else cast({part.weight!r} as decimal(27,9)) end")
        there.append(f"case when {value} is null then 0 else 1 end")
    limits = ["cast(100 as double)"]
    for cap in definition.kpi.caps:
        value = values[cap.metric]
        beyond = f"{value} < {cap.below!r}" if cap.below is not None else f"{value} > {cap.above!r}"
        limits.append(f"case when {beyond} then cast({cap.at!r} as double) else 100 end")
    return {
        "numerator": f"cast({' + '.join(worth)} as decimal(38,9))",
        "numerator_n": " + ".join(there),
        "denominator": f"cast({' + '.join(possible)} as decimal(38,9))",
        "given": f"least({', '.join(limits)})",
    }


def _first_reason(definition: Definition, context: Context) -> str:
    reasons = [
        f"case when {value} is null then coalesce(other_{index}.null_reason, 'no_events') end"
        for index, value in enumerate(_others(definition, context).values())
    ]
    return f"coalesce({', '.join(reasons)}, null)"


def _finite(value: str) -> str:
    return f"case when {value} between -{LARGEST} and {LARGEST} then {value} end"
