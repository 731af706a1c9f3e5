"""From components to `marts.kpi_value`: names, targets, status, completeness and the values to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.marts.vocabulary import GRADES
from bizops_pipeline.metrics.components import COMPONENT, Context
from bizops_pipeline.metrics.definitions import Definition
from bizops_pipeline.metrics.rollup import MEMBER
from bizops_pipeline.metrics.tables import EVER
from bizops_pipeline.metrics.targets import STATUS, matches_sql
from bizops_pipeline.naming import CORE, literal
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

TABLES = ("kpi_about", "kpi_shown", "kpi_series", "kpi_target", "kpi_row")
"""Temporary tables of one build, in the order in which they are made."""


COMPARISONS = ("previous", "year_ago", "previous_to_date", "year_ago_to_date")


@dataclass(frozen=True, slots=True)
class Described:
    """What the mart says of a KPI on all its rows."""

    number: int
    id: str
    version: int
    direction: str
    lateness: int
    grade: str
    compare: tuple[str, ...]


def statements(context: Context, run: Run, grades: Mapping[str, str]) -> dict[str, str]:
    """Return the queries for the temporary tables, in order, and for the mart."""
    numbered = [(definition.number, definition.kpi) for definition in context.plan.definitions]
    return {
        "kpi_about": _about_sql(context, grades),
        "kpi_shown": _shown_sql(context),
        "kpi_series": SERIES,
        "kpi_target": matches_sql(numbered),
        "kpi_row": rows_sql(run.as_of),
        KPI_VALUE.qualified: mart_sql(run),
    }


def write(engine: Engine, queries: Mapping[str, str]) -> None:
    """Write the mart anew from the components, by its `statements`; call in a transaction."""
    for name in TABLES:
        engine.execute(f"create or replace temp table {name} as\n{queries[name]}")
    listed = ", ".join(KPI_VALUE.column_names)
    engine.execute(f"delete from {KPI_VALUE.qualified}")
    engine.execute(f"insert into {KPI_VALUE.qualified} ({listed})\n{queries[KPI_VALUE.qualified]}")


def grade_of(definition: Definition, grades: Mapping[str, str]) -> str:
    """Return the worst grade among the facts of a KPI; grades are by table name, with or without schema."""
    found = [grades.get(name) or grades.get(f"{CORE}.{name}") or GRADES[0] for name in definition.entities]
    return max(found, default=GRADES[0])


def _about_sql(context: Context, grades: Mapping[str, str]) -> str:
    described = [
        Described(
            one.number,
            one.kpi.id,
            one.kpi.version,
            one.kpi.direction,
            one.lateness,
            grade_of(one, grades),
            tuple(str(name in one.kpi.compare).lower() for name in COMPARISONS),
        )
        for one in context.plan.definitions
    ]
    about = ", ".join(
        ["(cast(null as integer), '', 0, '', 0, '', false, false, false, false)"]
        + [
            f"({one.number}, {literal(one.id)}, {one.version}, {literal(one.direction)}, {one.lateness}, "
            f"{literal(one.grade)}, {', '.join(one.compare)})"
            for one in described
        ]
    )
    return (
        f"select * from (values {about}) as about(kpi_number, kpi_id, kpi_version, direction, lateness, quality_grade, "
        + ", ".join(f"compares_{name}" for name in COMPARISONS)
        + ")"
    )


def _shown_sql(context: Context) -> str:
    shown = [
        (one.number, by.id, grain) for one in context.plan.definitions for by in one.by for grain in one.kpi.grains
    ]
    listed = ", ".join(
        ["(cast(null as integer), '', '')"]
        + [f"({number}, {literal(by)}, {literal(grain)})" for number, by, grain in dict.fromkeys(shown)]
    )
    return f"select * from (values {listed}) as shown(kpi_number, by_id, grain)"


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


def rows_sql(as_of: date) -> str:
    """Return the query for the rows with target and with the values that they are compared with."""
    return f"""with shown as (
    select series.series_id, component.grain, component.period_start, component.period_end, component.first_day,
        component.numerator, component.denominator, component.n, component.value, component.null_reason
    from {COMPONENT} as component
    join kpi_series as series
        on series.kpi_number = component.kpi_number and series.member_id = component.member_id
    join kpi_shown as shown
        on shown.kpi_number = series.kpi_number and shown.by_id = series.by_id and shown.grain = component.grain
),
to_date as (
    select series.series_id, component.grain, component.value
    from {COMPONENT} as component
    join kpi_series as series
        on series.kpi_number = component.kpi_number and series.member_id = component.member_id
    join kpi_about as about on about.kpi_number = component.kpi_number
    where component.grain like '%to_date'
        and case when component.grain like '%year_ago_to_date' then about.compares_year_ago_to_date
            else about.compares_previous_to_date end
),
compared as (
    select shown.*,
        lag(value) over (partition by series_id, grain order by period_start) as previous_value,
        case grain
            when 'week' then cast(period_start - interval 364 day as date)
            when 'all' then null
            else cast(period_start - interval 1 year as date)
        end as year_ago_start
    from shown
),
held as (
    select compared.series_id, compared.grain, compared.period_start, held.target, held.warn
    from compared
    join kpi_target as held on held.series_id = compared.series_id and held.since <= compared.period_end
        and coalesce(held.grain, compared.grain) = compared.grain
    qualify row_number() over (
        partition by compared.series_id, compared.grain, compared.period_start
        order by held.strength desc, held.since desc, held.target, held.warn
    ) = 1
)
select compared.*, held.target, held.warn, earlier.value as year_ago_value,
    previous_part.value as previous_to_date_value, year_ago_part.value as year_ago_to_date_value
from compared
left join held
    on held.series_id = compared.series_id and held.grain = compared.grain
    and held.period_start = compared.period_start
left join shown as earlier
    on earlier.series_id = compared.series_id and earlier.grain = compared.grain
    and earlier.period_start = compared.year_ago_start
left join to_date as previous_part
    on previous_part.series_id = compared.series_id and previous_part.grain = compared.grain || '_to_date'
    and compared.period_end > date {literal(as_of.isoformat())}
left join to_date as year_ago_part
    on year_ago_part.series_id = compared.series_id and year_ago_part.grain = compared.grain || '_year_ago_to_date'
    and compared.period_end > date {literal(as_of.isoformat())}"""


def mart_sql(run: Run) -> str:
    """Return the query whose columns are those of the mart."""
    as_of = f"date {literal(run.as_of.isoformat())}"
    return f"""with described as (
    select shown.*, about.kpi_id, about.kpi_version, about.direction, about.lateness, about.quality_grade,
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
    previous_to_date_value, year_ago_to_date_value, quality_grade, {literal(run.id)} as run_id, {as_of} as data_as_of
from described
order by series_id, grain, period_start"""
