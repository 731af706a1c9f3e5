"""From days to periods: the calendar's periods up to the as-of date, and additive parts summed up to each of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from bizops_pipeline.metrics.tables import EVER, METRIC_PART, METRIC_PERIOD
from bizops_pipeline.naming import date_literal, literal
from bizops_pipeline.warehouse.engine import Engine

DAY_PERIOD, PERIOD, MEMBER, EXTENT, DAY, TOTAL, RESULT = (
    "metric_day_period",
    "metric_calendar",
    "metric_member",
    "metric_source_extent",
    "metric_day",
    "metric_total",
    "metric_result",
)
"""Temporary tables of one build: day to periods, periods, members, which of them each source has and since when,
parts per day, parts per period, results."""

TABLES = (DAY_PERIOD, PERIOD, MEMBER, EXTENT, DAY, TOTAL, RESULT)

GRAINS = ("day", "week", "month", "quarter", "year", "all")
RUNNING_GRAINS = ("week", "month", "quarter", "year")
"""Grains whose last period may be running, so that it is compared with a part of an earlier one."""

TO_DATE = {"previous_to_date": "_to_date", "year_ago_to_date": "_year_ago_to_date"}
"""What a KPI may be compared with, and the ending of the grains that hold it: one period each, not over the running."""

_LAST_DAY = {
    "week": "{} + interval 6 day",
    "month": "{} + interval 1 month - interval 1 day",
    "quarter": "{} + interval 3 month - interval 1 day",
    "year": "{} + interval 1 year - interval 1 day",
}
_BEFORE = {"week": "{} - interval 7 day", "month": "{} - interval 1 month", "quarter": "{} - interval 3 month"}
_BEFORE |= {"year": "{} - interval 1 year"}
_YEAR_AGO = dict.fromkeys(RUNNING_GRAINS, "{} - interval 1 year") | {"week": "{} - interval 364 day"}
"""By grain, SQL from the first day of a period: its last day, the first day of the one before and of a year ago."""


def make_calendar(engine: Engine, first: date, as_of: date) -> None:
    """Make the list of periods since the first day with data up to the as-of date, and the periods of every day.

    Among both are the parts of earlier periods that running ones are compared with.
    """
    last = date_literal(as_of)
    engine.execute(
        f"create or replace temp table {DAY_PERIOD} as\n"
        + "\nunion all\n".join(
            f"select date as day, {literal(grain)} as grain, {_start(grain)} as period_start from core.dim_date "
            f"where date <= {last}"
            for grain in GRAINS
        )
    )
    engine.execute(f"create or replace temp table {PERIOD} as\n{_periods_sql(first)}")
    engine.execute(
        f"insert into {DAY_PERIOD} (day, grain, period_start)\n"
        f"select calendar.date, part.grain, part.period_start\nfrom {PERIOD} as part\n"
        "join core.dim_date as calendar on calendar.date between part.period_start and part.last_day\n"
        "where part.grain like '%to_date'"
    )


def _periods_sql(first: date) -> str:
    """Return the query for the periods, and for as many days of an earlier period as each running one has."""
    last_day = _by_grain("grain", _LAST_DAY, "period_start", "last_day")
    before, year_ago = (_by_grain("period.grain", way, "period.period_start", "null") for way in (_BEFORE, _YEAR_AGO))
    # A longer month has days that the earlier one lacks: it is then compared with all of that.
    shorter = _by_grain("running_grain", _LAST_DAY, "period_start", "null")
    compared = ", ".join(f"({literal(name)}, {literal(ending)})" for name, ending in TO_DATE.items())
    return f"""with known as (
    select grain, period_start, max(day) as last_day
    from {DAY_PERIOD}
    group by grain, period_start
    having max(day) >= {date_literal(first)}
),
period as (
    select grain, period_start, cast({last_day} as date) as period_end, last_day
    from known
),
earlier as (
    select period.grain as running_grain, period.grain || compared.ending as grain,
        cast(case compared.name when 'previous_to_date' then {before} else {year_ago} end as date) as period_start,
        date_diff('day', period.period_start, period.last_day) as days
    from period
    cross join (values {compared}) as compared(name, ending)
    where period.period_end > period.last_day
),
to_date as (
    select grain, period_start, cast(least({shorter}, period_start + interval 1 day * days) as date) as last_day
    from earlier
)
select grain, period_start, period_end, last_day,
    lag(period_start) over (partition by grain order by period_start) as previous_start,
    cast({_by_grain("grain", _YEAR_AGO | {"day": _YEAR_AGO["year"]}, "period_start", "null")} as date) as year_ago_start
from period
union all
select grain, period_start, last_day, last_day, cast(null as date), cast(null as date)
from to_date"""


def _by_grain(grain: str, ways: Mapping[str, str], value: str, otherwise: str) -> str:
    """Return SQL that does with a value what its grain asks for, and something else for the other grains."""
    cases = " ".join(f"when {literal(name)} then {way.format(value)}" for name, way in ways.items())
    return f"case {grain} {cases} else {otherwise} end"


def roll_up(engine: Engine, company_id: str, as_of: date) -> None:
    """Number the members, and give parts and results their numbers."""
    last = date_literal(as_of)
    member = "by_id, scope_type, scope_id, dimensions"
    engine.execute(
        f"create or replace temp table {MEMBER} as\nwith member as (\n"
        f"    select {member} from {METRIC_PART.qualified} where day <= {last}\n"
        f"    union select {member} from {METRIC_PERIOD.qualified}\n"
        f"    union select 'company', 'company', {literal(company_id)}, '{{}}'\n)\n"
        f"select row_number() over (order by {member}) as member_id, {member} from member"
    )
    engine.execute(
        f"create or replace temp table {DAY} as\n"
        "select part.measure_id, member.member_id, part.day, part.amount, part.n,\n"
        "    calendar.week_start, calendar.month_start, calendar.quarter_start, calendar.year_start\n"
        f"from {METRIC_PART.qualified} as part\n"
        f"join {MEMBER} as member\n    on member.by_id = part.by_id and member.scope_id = part.scope_id\n"
        "    and member.dimensions = part.dimensions\n"
        f"join core.dim_date as calendar on calendar.date = part.day\nwhere part.day <= {last}"
    )
    engine.execute(
        f"create or replace temp table {RESULT} as\n"
        "select result.aggregate_id, member.member_id, result.grain, result.period_start,\n"
        "    result.amount, result.value, result.n, result.first_day\n"
        f"from {METRIC_PERIOD.qualified} as result\n"
        f"join {MEMBER} as member\n    on member.by_id = result.by_id and member.scope_id = result.scope_id\n"
        "    and member.dimensions = result.dimensions"
    )
    engine.execute(
        f"create or replace temp table {EXTENT} as\n"
        f"select measure_id as source_id, member_id, min(day) as first_day from {DAY} group by measure_id, member_id\n"
        "union all\n"
        f"select aggregate_id, member_id, min(first_day) from {RESULT} group by aggregate_id, member_id"
    )


def sum_up(engine: Engine, totals: str) -> None:
    """Sum the parts up to periods, by a query for those that are wanted."""
    engine.execute(f"create or replace temp table {TOTAL} as\n{totals}")


TO_DATE_TOTALS = f"""select day.measure_id, day.member_id, part.grain, part.period_start, sum(day.amount) as amount,
        sum(day.n) as n
    from {DAY_PERIOD} as part
    join {DAY} as day on day.day = part.day
    where part.grain like '%to_date'
    group by day.measure_id, day.member_id, part.grain, part.period_start"""
"""The query for the parts of what running periods are compared with."""


def totals_sql() -> str:
    """Return the query for the parts of every grain and period: months from days, quarters from months, and so on."""
    key, sums = "measure_id, member_id", "sum(amount) as amount, sum(n) as n"
    return f"""with weeks as (
    select {key}, week_start, {sums}
    from {DAY} group by {key}, week_start
),
months as (
    select {key}, month_start, quarter_start, year_start, {sums}
    from {DAY} group by {key}, month_start, quarter_start, year_start
),
quarters as (
    select {key}, quarter_start, year_start, {sums}
    from months group by {key}, quarter_start, year_start
),
years as (
    select {key}, year_start, {sums}
    from quarters group by {key}, year_start
),
everything as (
    select {key}, date '{EVER}' as period_start, {sums}
    from years group by {key}
),
total as (
    select {key}, 'day' as grain, day as period_start, amount, n from {DAY}
    union all select {key}, 'week', week_start, amount, n from weeks
    union all select {key}, 'month', month_start, amount, n from months
    union all select {key}, 'quarter', quarter_start, amount, n from quarters
    union all select {key}, 'year', year_start, amount, n from years
    union all select {key}, 'all', period_start, amount, n from everything
    union all {TO_DATE_TOTALS}
)
select {key}, grain, period_start, cast(amount as decimal(38,9)) as amount, cast(n as bigint) as n
from total"""


def _start(grain: str) -> str:
    return {"day": "date", "all": f"date '{EVER}'"}.get(grain, f"{grain}_start")
