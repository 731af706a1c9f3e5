-- grain: one row per source table and month
-- Days without records are missing where the table's own habit makes so many in a row improbable. Its habit is the
-- share of empty days, before them and after them, in a span with one day of each kind more: no habit is without
-- exception. Before ten days with records there is none.
with day_of_table as (
    select
        source,
        source_table,
        day,
        lead(day) over (partition by source, source_table order by day) as next_day,
        min(day) over (partition by source, source_table) as first_on,
        max(day) over (partition by source, source_table) as last_on,
        row_number() over (partition by source, source_table order by day) as days_before,
        count(*) over (partition by source, source_table) as days_in_all
    from collected_day
),

empty_run as (
    select
        known.source,
        known.source_table,
        cast(known.day + interval 1 day as date) as from_day,
        -- What comes after the last record is missing from the day on which it should have arrived.
        coalesce(cast(known.next_day - interval 1 day as date), expected.due_on) as to_day,
        known.days_before,
        date_diff('day', known.first_on, known.day) + 1 as span_before,
        known.days_in_all - known.days_before as days_after,
        date_diff('day', known.next_day, known.last_on) + 1 as span_after
    from day_of_table as known
    inner join expected_collection as expected
        on expected.source = known.source and expected.source_table = known.source_table
),

holidays as (
    select run.source, run.source_table, run.from_day, count(*) as days
    from empty_run as run
    inner join core.dim_date as holiday
        on holiday.is_holiday and holiday.date >= run.from_day and holiday.date <= run.to_day
    group by run.source, run.source_table, run.from_day
),

judged_run as (
    select
        run.source,
        run.source_table,
        run.from_day,
        run.to_day,
        run.days_before,
        run.days_after,
        date_diff('day', run.from_day, run.to_day) + 1 - coalesce(holidays.days, 0) as days,
        cast(run.span_before - run.days_before + 1 as double) / (run.span_before + 2) as empty_share_before,
        cast(run.span_after - run.days_after + 1 as double) / (run.span_after + 2) as empty_share_after
    from empty_run as run
    left join holidays
        on holidays.source = run.source
        and holidays.source_table = run.source_table
        and holidays.from_day = run.from_day
    where run.from_day <= run.to_day
),

gap as (
    select source, source_table, from_day, to_day
    from judged_run
    where days_before >= 10
        and power(empty_share_before, days) < $improbable
        and (days_after < 10 or power(empty_share_after, days) < $improbable)
),

extent as (
    select
        day_of_table.source,
        day_of_table.source_table,
        expected.due_on,
        min(day_of_table.day) as first_on,
        max(day_of_table.day) as last_on
    from day_of_table
    inner join expected_collection as expected
        on expected.source = day_of_table.source and expected.source_table = day_of_table.source_table
    group by day_of_table.source, day_of_table.source_table, expected.due_on
),

calendar_month as (
    select distinct month_start, last_day(month_start) as month_end
    from core.dim_date
    where date <= $as_of
),

month_of_table as (
    select
        extent.source,
        extent.source_table,
        extent.due_on,
        extent.last_on,
        calendar_month.month_start,
        calendar_month.month_end
    from extent
    inner join calendar_month
        on calendar_month.month_end >= extent.first_on
        and calendar_month.month_start <= case when extent.due_on is null then extent.last_on else $as_of end
),

collected as (
    select
        source,
        source_table,
        cast(date_trunc('month', day) as date) as month_start,
        sum(records) as records,
        count(*) as days,
        min(day) as first_on,
        max(day) as last_on
    from collected_day
    group by source, source_table, cast(date_trunc('month', day) as date)
),

lacking as (
    select
        month.source,
        month.source_table,
        month.month_start,
        min(greatest(gap.from_day, month.month_start)) as missing_from,
        max(least(gap.to_day, month.month_end)) as missing_to,
        sum(
            date_diff('day', greatest(gap.from_day, month.month_start), least(gap.to_day, month.month_end)) + 1
        ) as missing_days
    from month_of_table as month
    inner join gap
        on gap.source = month.source
        and gap.source_table = month.source_table
        and gap.from_day <= month.month_end
        and gap.to_day >= month.month_start
    group by month.source, month.source_table, month.month_start
)

select
    month.source,
    month.source_table,
    month.month_start as month,
    case
        when lacking.missing_days > 0 and collected.days is null then 'missing'
        when lacking.missing_days > 0 then 'partly'
        when month.month_end > $as_of then 'open'
        when month.last_on < month.month_end and month.month_end > month.due_on then 'open'
        when collected.days is null then 'quiet'
        else 'collected'
    end as status,
    cast(coalesce(collected.records, 0) as bigint) as records,
    coalesce(collected.days, 0) as days,
    collected.first_on,
    collected.last_on,
    cast(coalesce(lacking.missing_days, 0) as bigint) as missing_days,
    lacking.missing_from,
    lacking.missing_to
from month_of_table as month
left join collected
    on collected.source = month.source
    and collected.source_table = month.source_table
    and collected.month_start = month.month_start
left join lacking
    on lacking.source = month.source
    and lacking.source_table = month.source_table
    and lacking.month_start = month.month_start
