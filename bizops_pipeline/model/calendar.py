"""The company's calendar, `core.dim_date`: periods by its settings and the UTC span of each of its days."""

from __future__ import annotations

from datetime import date

from bizops_pipeline.catalogue.models import Company, CompanySettings
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.naming import fingerprint
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.time_zone import to_utc

FIRST_DAY = date(2000, 1, 1)
YEARS_AHEAD = 2
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def write(engine: Engine, company: Company, run: Run) -> Written:
    """Write the calendar from 2000 to two years after the as-of date, unless it is there already."""
    last = date(run.as_of.year + YEARS_AHEAD, 12, 31)
    query = calendar_query(company.settings, FIRST_DAY, last)
    mark = fingerprint(query)
    with engine.transaction():
        changes.ensure(engine, CONSUMED)
        changes.ensure(engine, DIM_DATE)
        if changes.seen(engine, DIM_DATE.id, mark) is not None and not run.full:
            return Written(0, 0, int(engine.scalar(f"select count(*) from {DIM_DATE.qualified}")))
        written = changes.replace(engine, DIM_DATE, query, run)
        changes.mark_seen(engine, DIM_DATE.id, mark, run)
    return written


def calendar_query(settings: CompanySettings, first: date, last: date) -> str:
    """Return a query for the days from first to last with the columns of the calendar.

    A day begins at the first instant whose local date it is, so it lasts 23 or 25 hours when the clocks change.
    """
    start = WEEKDAYS.index(settings.week_start)
    fiscal = settings.fiscal_year_start_month
    fiscal_year = "calendar_year" if fiscal == 1 else f"calendar_year + case when month >= {fiscal} then 1 else 0 end"
    zone = settings.time_zone
    return f"""
with numbered_day as (
    select cast(day as date) as date, day as midnight, day + interval 1 day as next_midnight
    from generate_series(timestamp '{first}', timestamp '{last}', interval 1 day) as days(day)
),
part as (
    select
        date, midnight, next_midnight,
        extract(year from date) as calendar_year,
        extract(month from date) as month,
        extract(isodow from date) as day_of_week
    from numbered_day
)
select
    date,
    cast(date - cast(mod(day_of_week - 1 - {start} + 7, 7) as integer) as date) as week_start,
    cast(date_trunc('month', date) as date) as month_start,
    cast(date_trunc('quarter', date) as date) as quarter_start,
    cast(date_trunc('year', date) as date) as year_start,
    extract(isoyear from date) as iso_year,
    extract(week from date) as iso_week,
    day_of_week,
    {fiscal_year} as fiscal_year,
    cast(floor(mod(month - {fiscal} + 12, 12) / 3) as bigint) + 1 as fiscal_quarter,
    {to_utc("midnight", zone)} as utc_start,
    {to_utc("next_midnight", zone)} as utc_end,
    day_of_week >= 6 as is_weekend
from part
"""
