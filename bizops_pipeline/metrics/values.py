"""From components to `marts.kpi_value`: names, targets, status, completeness and the values to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.vocabulary import GRADES
from bizops_pipeline.metrics import restatement
from bizops_pipeline.metrics.context import Context
from bizops_pipeline.metrics.members import COMPONENT
from bizops_pipeline.metrics.rollup import MEMBER, PERIOD
from bizops_pipeline.metrics.tables import EVER
from bizops_pipeline.metrics.targets import STATUS, matches_sql
from bizops_pipeline.naming import date_literal, literal
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

TABLES = ("kpi_about", "kpi_shown", "kpi_series", "kpi_target", "kpi_current", "kpi_to_date", "kpi_row")
"""Temporary tables of one build, in the order in which they are made."""

UNGRADED = GRADES[0]
"""Grade of a value until all that it is made of has been checked: `publish.grades` sets it then."""

COMPARISONS = ("previous", "year_ago", "previous_to_date", "year_ago_to_date")


@dataclass(frozen=True, slots=True)
class Described:
    """What the mart says of a KPI on all its rows."""

    number: int
    id: str
    version: int
    direction: str
    lateness: int
    compare: tuple[str, ...]


def statements(context: Context, run: Run) -> dict[str, str]:
    """Return the queries for the temporary tables, in order, and for the mart."""
    numbered = [(definition.number, definition.kpi) for definition in context.plan.definitions]
    return {
        "kpi_about": _about_sql(context),
        "kpi_shown": _shown_sql(context),
        "kpi_series": SERIES,
        "kpi_target": matches_sql(numbered),
        "kpi_current": CURRENT,
        "kpi_to_date": TO_DATE,
        "kpi_row": rows_sql(run.as_of),
        KPI_VALUE.qualified: mart_sql(run),
    }


def write(engine: Engine, queries: Mapping[str, str], context: Context, run: Run, *, everything: bool) -> None:
    """Write the rows of the mart that were computed, by their `statements`; call in a transaction.

    Rows that are not computed again stay, and later rows compare themselves with them. The final ones among those
    that are replaced are remembered for `restatement.note`.
    """
    *before, row = TABLES
    for name in before:
        engine.execute(f"create or replace temp table {name} as\n{queries[name]}")
    replaced = ["true"] if everything else _stale(context)
    restatement.remember(engine, replaced, run.as_of)
    for stale in replaced:
        engine.execute(f"delete from {KPI_VALUE.qualified} as stored where {stale}")
    engine.execute(f"create or replace temp table {row} as\n{queries[row]}")
    listed = ", ".join(KPI_VALUE.column_names)
    engine.execute(f"insert into {KPI_VALUE.qualified} ({listed})\n{queries[KPI_VALUE.qualified]}")


def _stale(context: Context) -> list[str]:
    """Return the conditions of rows that are computed again: whole KPIs, and touched periods of the others."""
    whole = [one.kpi.id for one in context.plan.definitions if one.kpi.id not in context.partial]
    touched = (
        "exists (select 1 from kpi_touched as touched "
        "join kpi_about as about on about.kpi_number = touched.kpi_number "
        "where about.kpi_id = stored.kpi_id and touched.grain = stored.grain and touched.period_start = "
        f"case when stored.grain = 'all' then date '{EVER}' else stored.period_start end)"
    )
    listed = ", ".join(literal(id) for id in whole)
    return [*([f"stored.kpi_id in ({listed})"] if whole else []), *([touched] if context.partial else [])]


def _about_sql(context: Context) -> str:
    described = [
        Described(
            one.number,
            one.kpi.id,
            one.kpi.version,
            one.kpi.direction,
            one.lateness,
            tuple(str(name in one.kpi.compare).lower() for name in COMPARISONS),
        )
        for one in context.plan.definitions
    ]
    about = ", ".join(
        ["(cast(null as integer), '', 0, '', 0, false, false, false, false)"]
        + [
            f"({one.number}, {literal(one.id)}, {one.version}, {literal(one.direction)}, {one.lateness}, "
            f"{', '.join(one.compare)})"
            for one in described
        ]
    )
    return (
        f"select * from (values {about}) as about(kpi_number, kpi_id, kpi_version, direction, lateness, "
        + ", ".join(f"compares_{name}" for name in COMPARISONS)
        + ")"
    )


def _shown_sql(context: Context) -> str:
    definitions = context.plan.definitions
    sets = [f"({one.number}, {literal(by.id)})" for one in definitions for by in dict.fromkeys(one.by)]
    grains = [f"({one.number}, {literal(grain)})" for one in definitions for grain in dict.fromkeys(one.kpi.grains)]
    nothing = "(cast(null as integer), '')"
    return (
        f"with shown as (\n    select * from (values {', '.join([nothing, *grains])}) as listed(kpi_number, grain)\n)\n"
        f"select cut.kpi_number, cut.by_id, shown.grain\n"
        f"from (values {', '.join([nothing, *sets])}) as cut(kpi_number, by_id)\n"
        "join shown on shown.kpi_number = cut.kpi_number"
    )


SERIES = f"""with series as (
    select distinct kpi_number, member_id from {COMPONENT}
)
select row_number() over (order by series.kpi_number, series.member_id) as series_id,
    series.kpi_number, series.member_id, member.by_id, member.scope_type, member.scope_id, member.dimensions
from series
join {MEMBER} as member on member.member_id = series.member_id
where exists (select 1 from kpi_shown as shown where shown.kpi_number = series.kpi_number
    and shown.by_id = member.by_id)"""
"""Numbers what has a history of its own: KPI and member, those only that the KPI itself is cut by."""


CURRENT = f"""select series.series_id, component.grain, component.period_start, component.period_end,
    component.first_day, component.numerator, component.denominator, component.n, component.value,
    component.null_reason, period.previous_start, period.year_ago_start
from {COMPONENT} as component
join kpi_series as series
    on series.kpi_number = component.kpi_number and series.member_id = component.member_id
join kpi_shown as shown
    on shown.kpi_number = series.kpi_number and shown.by_id = series.by_id and shown.grain = component.grain
join {PERIOD} as period
    on period.grain = component.grain and period.period_start = component.period_start"""
"""The rows to write with the periods that they are compared with.

A table as the next is, not a step of `rows_sql`: of a table the engine knows how many rows it joins, of a step it
guessed a two-hundredth and turned every join around.
"""

TO_DATE = f"""select series.series_id, component.grain, component.value
from {COMPONENT} as component
join kpi_series as series
    on series.kpi_number = component.kpi_number and series.member_id = component.member_id
join kpi_about as about on about.kpi_number = component.kpi_number
where component.grain like '%to_date'
    and case when component.grain like '%year_ago_to_date' then about.compares_year_ago_to_date
        else about.compares_previous_to_date end"""
"""The values to date that periods that are not over are compared with."""


def rows_sql(as_of: date) -> str:
    """Return the query for the rows with target and with the values that they are compared with."""
    return f"""with compared_with as (
    select distinct grain, previous_start as period_start from kpi_current
    union
    select distinct grain, year_ago_start from kpi_current
),
earlier as (
    select series_id, grain, period_start, value from kpi_current
    union all
    select series.series_id, stored.grain, stored.period_start, stored.value
    from {KPI_VALUE.qualified} as stored
    join compared_with on compared_with.grain = stored.grain and compared_with.period_start = stored.period_start
    join kpi_about as about on about.kpi_id = stored.kpi_id
    join kpi_series as series
        on series.kpi_number = about.kpi_number and series.scope_type = stored.scope_type
        and series.scope_id = stored.scope_id and series.dimensions = stored.dimensions
),
held as (
    select shown.series_id, shown.grain, shown.period_start, held.target, held.warn
    from kpi_current as shown
    join kpi_target as held on held.series_id = shown.series_id and held.since <= shown.period_end
        and coalesce(held.grain, shown.grain) = shown.grain
    qualify row_number() over (
        partition by shown.series_id, shown.grain, shown.period_start
        order by held.strength desc, held.since desc, held.target, held.warn
    ) = 1
)
select shown.*, held.target, held.warn, previous.value as previous_value, year_ago.value as year_ago_value,
    previous_part.value as previous_to_date_value, year_ago_part.value as year_ago_to_date_value
from kpi_current as shown
left join held
    on held.series_id = shown.series_id and held.grain = shown.grain and held.period_start = shown.period_start
left join earlier as previous
    on previous.series_id = shown.series_id and previous.grain = shown.grain
    and previous.period_start = shown.previous_start
left join earlier as year_ago
    on year_ago.series_id = shown.series_id and year_ago.grain = shown.grain
    and year_ago.period_start = shown.year_ago_start
left join kpi_to_date as previous_part
    on previous_part.series_id = shown.series_id and previous_part.grain = shown.grain || '_to_date'
    and shown.period_end > {date_literal(as_of)}
left join kpi_to_date as year_ago_part
    on year_ago_part.series_id = shown.series_id and year_ago_part.grain = shown.grain || '_year_ago_to_date'
    and shown.period_end > {date_literal(as_of)}"""


def mart_sql(run: Run) -> str:
    """Return the query whose columns are those of the mart."""
    as_of = date_literal(run.as_of)
    return f"""with described as (
    select shown.*, about.kpi_id, about.kpi_version, about.direction, about.lateness,
        about.compares_previous, about.compares_year_ago, series.scope_type, series.scope_id, series.dimensions
    from kpi_row as shown
    join kpi_series as series on series.series_id = shown.series_id
    join kpi_about as about on about.kpi_number = series.kpi_number
)
select kpi_id, cast(kpi_version as bigint) as kpi_version, scope_type, scope_id, dimensions, grain,
    case when period_start = date '{EVER}' then first_day else period_start end as period_start, period_end,
    value, numerator, denominator, n, target, warn,
    {STATUS} as status,
    null_reason,
    period_end <= {as_of} as is_complete,
    date_diff('day', period_end, {as_of}) < lateness or period_end > {as_of} as is_provisional,
    case when compares_previous then previous_value end as previous_value,
    case when compares_year_ago then year_ago_value end as year_ago_value,
    previous_to_date_value, year_ago_to_date_value, {literal(UNGRADED)} as quality_grade, {literal(run.id)} as run_id,
    least({as_of}, cast(period_end + lateness * interval 1 day as date)) as data_as_of
from described
order by series_id, grain, period_start"""
