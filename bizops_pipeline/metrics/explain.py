"""The SQL of a KPI as one query that a person can read and run: the whole company by one grain, or one cut of it.

It gives the numbers of the mart for complete data, without what only the mart needs: members, filled
periods, reasons and increments.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sqlglot import exp, parse_one

from bizops_pipeline.catalogue.models import CalendarReference, Cap, Kpi, MetricReference, ScorePart
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts.insight import BEYOND_CHANCE
from bizops_pipeline.contracts.marts.vocabulary import TELLING_GRAINS
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import MetricError
from bizops_pipeline.metrics import expressions
from bizops_pipeline.metrics.cut import WEIGHT, Cut
from bizops_pipeline.metrics.expressions import Aggregate, Formula
from bizops_pipeline.metrics.reading import day_column, entity_of, window_seconds
from bizops_pipeline.naming import date_literal, literal


def sql_of(kpi: Kpi, cut: Cut | None = None) -> str:
    """Return a query for the values of a KPI, by default for the whole company at its most telling grain.

    `as_of` in an expression stands for the as-of date of the refresh. A KPI over other KPIs reads the company's
    values of those from the mart; only the other types can be cut.
    """
    if cut is None:
        cut = Cut(telling_grain(kpi))
    whole = " and ".join(f"{name} = {value}" for name, value in cut.dimensions)
    whose = "the whole company" if cut.scope_id is None else f"{cut.scope_type} {cut.scope_id}"
    when = f"{cut.first} to {cut.last}" if cut.first else f"per {cut.grain}"
    head = f"-- {kpi.id}: {kpi.type}, {when}, {whose}{', ' + whole if whole else ''}\n"
    return head + _WRITERS[kpi.type](kpi, cut)


def telling_grain(kpi: Kpi) -> str:
    """Return the grain at which a KPI says most to people: the month where it has months."""
    return next(name for name in TELLING_GRAINS if name in kpi.grains)


def _additive(kpi: Kpi, cut: Cut) -> str:
    if kpi.type == "simple":
        amount = _amount(kpi, cut)
        return _per_period(kpi, cut, [f"{amount} as numerator", f"({amount}){_scale(kpi)} as value"])
    parts = (kpi.numerator, kpi.denominator)
    if any(isinstance(part, MetricReference) for part in parts):
        return _over_metrics(kpi, cut.grain)
    numerator, denominator = (
        _days(kpi, cut) if isinstance(part, CalendarReference) else _formula(kpi, part or "", cut)  # type: ignore[arg-type]
        for part in parts
    )
    if kpi.share_of:
        return _share(kpi, cut.start, numerator, denominator)
    columns = [f"{numerator} as numerator", f"{denominator} as denominator"]
    return _per_period(kpi, cut, [*columns, f"({numerator}) / nullif({denominator}, 0){_scale(kpi)} as value"])


def _days(kpi: Kpi, cut: Cut) -> str:
    if not (cut.first and cut.last):
        return f"count(distinct calendar.date) /* all days of the {cut.grain}, also those without records */"
    entity, day = _fact(kpi)
    return days_sql(entity, day, cut)


def days_sql(entity: Table, day: str, cut: Cut) -> str:
    """Return the SQL of the number of days of a cut since the fact has data."""
    first, last = (date_literal(max(found, cut.since)) for found in (cut.first, cut.last) if found)
    since = f"greatest({first}, (select min({day}) from {entity.qualified}))"
    return f"greatest(date_diff('day', {since}, {last}) + 1, 0)"


def _share(kpi: Kpi, start: str, numerator: str, denominator: str) -> str:
    entity, day = _fact(kpi)
    classes = ", ".join(f"fact.{name}" for name in kpi.share_of)
    return (
        f"with class as (\n    select {start} as period_start, {classes},\n        {numerator} as numerator,\n"
        f"        {denominator} as denominator\n    from {entity.qualified} as fact\n"
        f"    join {DIM_DATE.qualified} as calendar on calendar.date = fact.{day}\n"
        f"    where calendar.date <= as_of\n    group by {start}, {classes}\n)\n"
        f"select period_start, {', '.join(kpi.share_of)},\n"
        f"    numerator / nullif(sum(denominator) over (partition by period_start), 0){_scale(kpi)} as value\n"
        f"from class\norder by period_start, {', '.join(kpi.share_of)}"
    )


def _over_metrics(kpi: Kpi, grain: str) -> str:
    written = (("numerator", kpi.numerator), ("denominator", kpi.denominator))
    columns = [
        _part_of(part.metric, name, _AMOUNT) if isinstance(part, MetricReference) else f"/* {part} */ null as {name}"
        for name, part in written
    ]
    names = [part.metric for _, part in written if isinstance(part, MetricReference)]
    value = f"numerator / nullif(denominator, 0){_scale(kpi)}"
    return (
        f"with {_parts(names, columns, grain)}\n"
        f"select period_start, numerator, denominator, {value} as value\nfrom part\norder by period_start"
    )


_AMOUNT = "case when denominator is null then coalesce(value, numerator) else value end"


def _parts(names: Iterable[str], columns: Iterable[str], grain: str) -> str:
    """Return a CTE of the company's values of KPIs, a row per period."""
    listed, between = ", ".join(literal(name) for name in names), ",\n        "
    return (
        f"part as (\n    select period_start,\n        {between.join(columns)}\n"
        f"    from marts.kpi_value\n    where kpi_id in ({listed}) and grain = {literal(grain)}\n"
        "        and scope_type = 'company' and dimensions = '{}'\n"
        "    group by period_start\n)"
    )


def _part_of(id: str, name: str, what: str = "value") -> str:
    return f"max({what}) filter (where kpi_id = {literal(id)}) as {name}"


def _of_records(kpi: Kpi, cut: Cut) -> str:
    owner, start = f"KPI {kpi.id}", cut.start
    value = expressions.value(kpi.expr or "", owner)
    where = expressions.condition(kpi.where, owner)
    if kpi.type == "percentile":
        column = f"quantile_cont(cast({value} as double), {kpi.percentile!r}){_scale(kpi)} as value"
        return _per_period(kpi, cut, [column, f"count({value}) as n"], where)
    if kpi.over_time == "average":
        entity, day = _fact(kpi)
        only = f"\n    where {where}" if where else ""
        return (
            f"with per_day as (\n    select {day} as day, count(distinct {value}) as numerator\n"
            f"    from {cut.source(entity, day)} as fact{only}\n    group by {day}\n)\n"
            f"select {start} as period_start, sum(per_day.numerator) as numerator, count(*) as denominator,\n"
            "    sum(per_day.numerator) / count(*) as value\n"
            f"from {DIM_DATE.qualified} as calendar\nleft join per_day on per_day.day = calendar.date\n"
            f"where calendar.date between (select min({day}) from {entity.qualified}) and as_of{cut.within()}\n"
            f"group by {start}\norder by period_start"
        )
    counted = f"count(distinct {value})"
    return _per_period(kpi, cut, [f"{counted} as numerator", f"{counted}{_scale(kpi)} as value"], where)


def _snapshot(kpi: Kpi, cut: Cut) -> str:
    owner, start = f"KPI {kpi.id}", cut.start
    entity = entity_of(kpi.entity, owner)
    arrived, left = day_column(entity, kpi.from_ or "", owner), day_column(entity, kpi.to or "", owner)
    where = expressions.condition(kpi.where, owner)
    only = f"\n    and ({where})" if where else ""
    day = {"first": "min(calendar.date) - 1", "average": "calendar.date"}.get(kpi.over_time or "", "max(calendar.date)")
    value = _stock_value(kpi, entity, cut)
    group = f"group by {start}" if kpi.over_time != "average" else ""
    return (
        f"with day as (\n    select {start} as period_start, {day} as day\n"
        f"    from {DIM_DATE.qualified} as calendar\n"
        f"    where calendar.date <= as_of{cut.within()}\n"
        f"        and calendar.date >= (select min({arrived}) from {entity.qualified})\n"
        f"    {group}\n)\nselect day.period_start, {value} as value\nfrom day\n"
        f"left join {cut.source(entity, arrived)} as fact\n"
        f"    on fact.{arrived} <= day.day and (fact.{left} is null or fact.{left} > day.day){only}\n"
        "group by day.period_start\norder by day.period_start"
    )


def _stock_value(kpi: Kpi, entity: Table, cut: Cut) -> str:
    owner = f"KPI {kpi.id}"
    if kpi.percentile is not None:
        end = exp.column("period_end")
        ends = parse_one(f"(select utc_end from {DIM_DATE.qualified} where date = day.day)", read="duckdb")
        tree = expressions.parse(kpi.expr or "", owner).transform(lambda node: ends.copy() if node == end else node)
        return f"quantile_cont(cast({expressions.render(tree)} as double), {kpi.percentile!r}){_scale(kpi)}"
    stock = _formula(kpi.model_copy(update={"where": None}), kpi.expr or f"count({entity.key[0]})", cut)
    return f"{stock} / count(distinct day.day)" if kpi.over_time == "average" else f"{stock}{_scale(kpi)}"


def _cumulative(kpi: Kpi, cut: Cut) -> str:
    frame = f"{int(kpi.window.removesuffix('d')) - 1} preceding" if kpi.window else "unbounded preceding"
    restart = "" if kpi.window or kpi.reset in (None, "never") else f"partition by calendar.{kpi.reset}_start "
    return (
        "select part.period_start,\n"
        "    case when max(part.denominator) over to_date is null then sum(part.value) over to_date\n"
        "        else sum(part.value * part.denominator) over to_date / nullif(sum(part.denominator) over to_date, 0)\n"
        f"    end{_scale(kpi)} as value\n"
        f"from marts.kpi_value as part\njoin {DIM_DATE.qualified} as calendar on calendar.date = part.period_start\n"
        f"where part.kpi_id = {literal(kpi.metric or '')} and part.grain = 'day'\n"
        "    and part.scope_type = 'company' and part.dimensions = '{}'\n"
        f"window to_date as ({restart}order by part.period_start rows between {frame} and current row)\n"
        "order by part.period_start"
    )


def _conversion(kpi: Kpi, cut: Cut) -> str:
    owner, start = f"KPI {kpi.id}", cut.start
    if kpi.base is None or kpi.event is None or kpi.within is None:
        raise MetricError(f"{owner}: a conversion needs base, event, match and within")
    base, event = entity_of(kpi.base.entity, owner), entity_of(kpi.event.entity, owner)
    day = day_column(base, kpi.base.time, owner)
    seconds = window_seconds(kpi.within)
    conditions = [expressions.condition(text, owner) for text in (kpi.base.where, kpi.where)]
    only = "".join(f"\n    and ({condition})" for condition in conditions if condition)
    event_only = expressions.condition(kpi.event.where, owner)
    matching = f"(select * from {event.qualified} where {event_only})" if event_only else event.qualified
    kept = "is null" if kpi.complement else "is not null"
    key, time = base.key[0], kpi.base.time
    is_of_itself = (base.name, time) == (event.name, kpi.event.time)
    another = f" and event.{key} <> fact.{key}" if is_of_itself else ""
    counted = f"count(*) filter (where converted_at {kept})"
    every, weight = "count(*)", ""
    if cut.is_weighted(base):
        counted, every = f"coalesce(sum({WEIGHT}) filter (where converted_at {kept}), 0)", f"sum({WEIGHT})"
        weight = f", fact.{WEIGHT}"
    return (
        f"with base as (\n    select fact.{key}{weight}, {start} as period_start,\n"
        f"        min(event.{kpi.event.time}) as converted_at\n"
        f"    from {cut.source(base, day)} as fact\n"
        f"    join {DIM_DATE.qualified} as calendar on calendar.date = fact.{day}{cut.within()}\n"
        f"    join {DIM_DATE.qualified} as clock on clock.date = as_of\n"
        f"    left join {matching} as event\n"
        f"        on event.{kpi.match} = fact.{kpi.match} and event.{kpi.event.time} >= fact.{time}\n"
        f"        and event.{kpi.event.time} <= fact.{time} + interval {seconds} second{another}\n"
        f"    where fact.{time} + interval {seconds} second < clock.utc_end{only}\n"
        f"    group by fact.{key}{weight}, {start}\n)\n"
        f"select period_start, {counted} as numerator, {every} as denominator,\n"
        f"    {counted} / nullif({every}, 0){_scale(kpi)} as value\n"
        "from base\ngroup by period_start\norder by period_start"
    )


def _derived(kpi: Kpi, cut: Cut) -> str:
    tree = expressions.parse(kpi.expr or "", f"KPI {kpi.id}")
    names = sorted({column.name for column in tree.find_all(exp.Column)})
    return (
        f"with {_parts(names, [_part_of(name, name) for name in names], cut.grain)}\n"
        f"select period_start, ({expressions.render(tree)}){_scale(kpi)} as value\nfrom part\norder by period_start"
    )


def _composite(kpi: Kpi, cut: Cut) -> str:
    names = sorted({part.metric for part in kpi.parts} | {cap.metric for cap in kpi.caps})
    return (
        f"with {_parts(names, [_part_of(name, name) for name in names], cut.grain)}\n"
        f"select period_start,\n    {score_sql(kpi)[2]} as value\nfrom part\norder by period_start"
    )


def score_sql(kpi: Kpi) -> tuple[str, str, str]:
    """Return the SQL of what the parts of a score are worth, of what they could be worth, and of the score itself.

    It reads a column for each KPI; parts that have no value are NULL, so they count on neither side.
    """
    worth = " + ".join(f"coalesce({_worth(part)}, 0)" for part in kpi.parts)
    possible = " + ".join(
        f"case when {part.metric} is null then 0 else {_exact(part.weight)} end" for part in kpi.parts
    )
    limits = "".join(f", {_limit(cap)}" for cap in kpi.caps)
    return worth, possible, f"case when {possible} > 0 then least(100 * ({worth}) / ({possible}){limits}) end"


def _limit(cap: Cap) -> str:
    beyond = f"< {cap.below!r}" if cap.below is not None else f"> {cap.above!r}"
    return f"case when {cap.metric} {beyond} then {cap.at!r} else 100 end"


def _worth(part: ScorePart) -> str:
    way = f"({part.metric} - {_exact(part.worst)}) / {_exact(part.best - part.worst)}"
    return f"{_exact(part.weight)} * least(greatest({way}, 0), 1)"


def _of_key_results(kpi: Kpi, cut: Cut) -> str:
    """The mean of the key results open on the last day of the period with any, by their weights; then of objectives."""
    conditions = " and ".join(f"{name}_id = {literal(value)}" for name, value in cut.dimensions) or "true"
    return (
        f"with weighed as (\n    select {cut.start} as period_start, progress.as_of as day, progress.objective_id,\n"
        "        progress.key_result_id, cast(progress.weight as double)\n"
        "            / sum(progress.weight) over (partition by progress.objective_id, progress.as_of) as share,\n"
        "        progress.value\n"
        f"    from (select *, {kpi.expr}{_scale(kpi)} as value from marts.okr_progress) as progress\n"
        "    join core.dim_key_result as key_result on key_result.key_result_id = progress.key_result_id\n"
        f"    join {DIM_DATE.qualified} as calendar on calendar.date = progress.as_of\n"
        "    where calendar.date between key_result.start_on and least(key_result.due_on, as_of)"
        f"{cut.within()}\n),\n"
        f"latest as (\n    select * from weighed where {conditions}\n"
        "    qualify rank() over (partition by period_start order by day desc) = 1\n),\n"
        "of_objective as (\n    select period_start, objective_id,\n"
        "        sum(share * value) / sum(case when value is not null then share end) as value\n"
        "    from latest\n    group by period_start, objective_id\n)\n"
        "select period_start, avg(value) as value\nfrom of_objective\ngroup by period_start\norder by period_start"
    )


def _of_associations(kpi: Kpi, cut: Cut) -> str:
    """The strongest correlation of each pair of KPIs, or that of the pair that the cut names."""
    conditions = [f"{name}_id = {literal(value)}" for name, value in cut.dimensions]
    conditions += [f"scope_type = {literal(cut.scope_type)}"] if cut.scope_id or cut.dimensions else []
    conditions += [f"scope_id = {literal(cut.scope_id)}"] if cut.scope_id else []
    only = "".join(f"\n    and {condition}" for condition in conditions)
    return (
        f"select first_week as period_start, scope_type, scope_id, it_kpi_id, business_kpi_id, lag_weeks, r, n, "
        f"q_value,\n    strength{_scale(kpi)} as value\nfrom marts.kpi_association\n"
        f"where is_strongest and {BEYOND_CHANCE}{only}\n"
        "order by scope_type, scope_id, it_kpi_id, business_kpi_id"
    )


def _per_period(kpi: Kpi, cut: Cut, columns: list[str], where: str | None = None) -> str:
    entity, day = _fact(kpi)
    start = cut.start
    only = f" and ({where})" if where else ""
    return (
        f"select {start} as period_start,\n    "
        + ",\n    ".join(columns)
        + f"\nfrom {cut.source(entity, day)} as fact\n"
        f"join {DIM_DATE.qualified} as calendar on calendar.date = fact.{day}\n"
        f"where calendar.date <= as_of{cut.within()}{only}\ngroup by {start}\norder by period_start"
    )


def _fact(kpi: Kpi) -> tuple[Table, str]:
    entity = entity_of(kpi.entity, f"KPI {kpi.id}")
    return entity, day_column(entity, kpi.time or "", f"KPI {kpi.id}")


def _amount(kpi: Kpi, cut: Cut) -> str:
    """Return the SQL of a simple KPI: 0 where it counts nothing, NULL where it has nothing to add up."""
    amount = _formula(kpi, kpi.expr or "", cut)
    if kpi.unit == "count":
        return amount
    entity, found = _parsed(kpi, kpi.expr or "")
    if [one.kind for one in found.aggregates] == ["sum"]:
        return found.sql(lambda index: _aggregate(entity, cut, found.aggregates[index]))
    counted = dict.fromkeys(_or_zero(entity, cut, replace(one, kind="count")) for one in found.aggregates)
    return f"case when {' + '.join(counted)} > 0 then {amount} end"


def _formula(kpi: Kpi, text: str, cut: Cut) -> str:
    entity, found = _parsed(kpi, text)
    return found.sql(lambda index: _or_zero(entity, cut, found.aggregates[index]))


def _parsed(kpi: Kpi, text: str) -> tuple[Table, Formula]:
    owner = f"KPI {kpi.id}"
    return entity_of(kpi.entity, owner), expressions.formula(text, expressions.condition(kpi.where, owner), owner)


def _aggregate(entity: Table, cut: Cut, one: Aggregate) -> str:
    only = f" filter (where {one.condition})" if one.condition else ""
    return f"{cut.amount(entity, one.kind, one.value)}{only}"


def _or_zero(entity: Table, cut: Cut, one: Aggregate) -> str:
    return f"coalesce({_aggregate(entity, cut, one)}, 0)"


def _scale(kpi: Kpi) -> str:
    return "" if kpi.scale == 1 else f" / {_exact(kpi.scale)}"


def _exact(number: float) -> str:
    """Return a number in SQL, short where that loses nothing."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


_WRITERS = {
    "simple": _additive,
    "ratio": _additive,
    "distinct": _of_records,
    "percentile": _of_records,
    "snapshot": _snapshot,
    "cumulative": _cumulative,
    "conversion": _conversion,
    "derived": _derived,
    "composite": _composite,
    "okr": _of_key_results,
    "association": _of_associations,
}
