"""The company's calendar, `core.dim_date`: periods, and the UTC spans of its days and of their business hours.

Business hours follow the settings, holidays the entity of that name. A clock that stops outside business hours is
then a join and a subtraction: the business seconds before a day and those of the day that have passed.
"""

from __future__ import annotations

from datetime import date, timedelta

from bizops_pipeline.catalogue.models import Company, CompanySettings
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.staging.organisation import HOLIDAY
from bizops_pipeline.naming import fingerprint
from bizops_pipeline.quality.record_rules import EARLIEST, LATEST
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.time_zone import to_utc

FIRST_DAY = date.fromisoformat(EARLIEST) - timedelta(days=1)
LAST_DAY = date.fromisoformat(LATEST)
"""Every day that a record can have. West of Greenwich it is still the day before, east of it the next one already."""

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOLIDAYS = f"select distinct holiday_date as date from {HOLIDAY.qualified}"
NO_HOLIDAYS = "select cast(null as date) as date where 1 = 0"


def write(engine: Engine, company: Company, run: Run) -> Written:
    """Write the calendar of all days that records can have, unless it is there already.

    Staging comes first: a holiday that is added, moved or taken back makes another calendar, and what is built
    from the calendar follows its content.
    """
    query = calendar_query(company.settings, FIRST_DAY, LAST_DAY, HOLIDAYS)
    with engine.transaction():
        changes.ensure(engine, CONSUMED)
        changes.ensure(engine, DIM_DATE)
        changes.ensure(engine, HOLIDAY, ORIGIN)
        mark = fingerprint(query, repr(engine.rows(f"{HOLIDAYS} order by date")))
        if changes.seen(engine, DIM_DATE.id, mark) is not None and not run.full:
            return Written(0, 0, int(engine.scalar(f"select count(*) from {DIM_DATE.qualified}")))
        written = changes.replace(engine, DIM_DATE, query, run)
        changes.mark_seen(engine, DIM_DATE.id, mark, run)
    return written


def calendar_query(settings: CompanySettings, first: date, last: date, holidays: str = NO_HOLIDAYS) -> str:
    """Return a query for the days from first to last with the columns of the calendar.

    A day begins at the first instant whose local date it is, so it lasts 23 or 25 hours when the clocks change.
    `holidays` is a query of days (`date`) on which no business is done.
    """
    start = WEEKDAYS.index(settings.week_start)
    fiscal = settings.fiscal_year_start_month
    fiscal_year = "calendar_year" if fiscal == 1 else f"calendar_year + case when month >= {fiscal} then 1 else 0 end"
    zone = settings.time_zone
    hours = settings.business_hours
    weekdays = ", ".join(str(WEEKDAYS.index(day) + 1) for day in hours.days)
    return f"""
with numbered_day as (
    select cast(day as date) as date, day as midnight, day + interval 1 day as next_midnight
    from generate_series(timestamp '{first}', timestamp '{last}', interval 1 day) as days(day)
),
part as (
    select
        numbered_day.date, midnight, next_midnight,
        extract(year from numbered_day.date) as calendar_year,
        extract(month from numbered_day.date) as month,
        extract(isodow from numbered_day.date) as day_of_week,
        holiday.date is not null as is_holiday,
        midnight + interval {_minutes(hours.start)} minute as opening,
        midnight + interval {_minutes(hours.end)} minute as closing
    from numbered_day
    left join ({holidays}) as holiday on holiday.date = numbered_day.date
),
span as (
    select
        *,
        day_of_week in ({weekdays}) and not is_holiday as is_business_day,
        {to_utc("midnight", zone)} as utc_start,
        {to_utc("next_midnight", zone)} as utc_end,
        {to_utc("opening", zone)} as utc_opening,
        {to_utc("closing", zone)} as utc_closing
    from part
),
worked as (
    select
        *,
        case when is_business_day then utc_opening else utc_start end as business_utc_start,
        case when is_business_day then utc_closing else utc_start end as business_utc_end,
        case when is_business_day then date_diff('second', utc_opening, utc_closing) else 0 end as business_seconds
    from span
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
    utc_start,
    utc_end,
    day_of_week >= 6 as is_weekend,
    is_holiday,
    is_business_day,
    business_utc_start,
    business_utc_end,
    business_seconds,
    cast(sum(business_seconds) over (order by date) - business_seconds as bigint) as business_seconds_before
from worked
"""


def _minutes(time_of_day: str) -> int:
    hours, minutes = time_of_day.split(":")
    return int(hours) * 60 + int(minutes)
