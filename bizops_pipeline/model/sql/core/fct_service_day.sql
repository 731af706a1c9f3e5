-- grain: one row per service and day
-- Every service with agreed hours has every day from the first day on which any outage, result of a monitor,
-- incident or deployment is on record, or from its launch when that is later, to the as-of date; no source of
-- outages, no rows. A service round the clock owes the length of the day, so 23 or 25 hours when the clocks change.
-- Of a service that a monitor watches, time counts from its first result, or from an outage on record before it.
-- Maintenance is not agreed time, and an outage during maintenance is no downtime. What still lasts, lasts to the
-- end of the as-of date.
with evidence as (
    select min(started_date) as first_date from core.fct_outage
    union all
    select min(checked_date) as first_date from staging.status_check
    union all
    select min(opened_date) as first_date from staging.incident
    union all
    select min(finished_date) as first_date from staging.deployment
),

span as (
    select
        (select min(first_date) from evidence) as first_date,
        company.as_of as last_date,
        last_day.utc_end as horizon
    from settings.company as company
    inner join core.dim_date as last_day on last_day.date = company.as_of
    where company.records_outages or exists (select 1 from core.fct_outage)
),

watched as (
    select
        service_id,
        min(checked_at) as watched_from
    from staging.status_check
    group by service_id
),

known_from as (
    select
        watched.service_id,
        least(watched.watched_from, coalesce(min(outage.started_at), watched.watched_from)) as known_at
    from watched
    left join core.fct_outage as outage on outage.service_id = watched.service_id
    group by watched.service_id, watched.watched_from
),

known_day as (
    select
        service.service_id,
        service.agreed_seconds_per_day,
        calendar.date as service_date,
        date_diff(
            'second', greatest(calendar.utc_start, coalesce(known_from.known_at, calendar.utc_start)), calendar.utc_end
        ) as known_seconds
    from core.dim_service as service
    cross join span
    inner join core.dim_date as calendar
        on calendar.date >= greatest(span.first_date, coalesce(service.launched_on, span.first_date))
        and calendar.date <= span.last_date
    left join known_from on known_from.service_id = service.service_id
    where service.agreed_seconds_per_day is not null
        and (known_from.known_at is null or known_from.known_at < calendar.utc_end)
),

service_day as (
    select
        service_id,
        service_date,
        case
            when agreed_seconds_per_day >= 86400 then known_seconds
            else least(agreed_seconds_per_day, known_seconds)
        end as promised_seconds
    from known_day
),

lasting_outage as (
    select
        outage.outage_id,
        outage.service_id,
        outage.is_planned,
        outage.started_at,
        least(coalesce(outage.ended_at, span.horizon), span.horizon) as ended_at
    from core.fct_outage as outage
    cross join span
    where outage.started_at < span.horizon
),

interval_of_kind as (
    select 'any' as kind, outage_id, service_id, started_at, ended_at
    from lasting_outage
    union all
    select 'planned' as kind, outage_id, service_id, started_at, ended_at
    from lasting_outage
    where is_planned
),

reached as (
    select
        kind,
        outage_id,
        service_id,
        started_at,
        ended_at,
        max(ended_at) over (
            partition by kind, service_id order by started_at, ended_at, outage_id
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from interval_of_kind
),

island as (
    select
        kind,
        service_id,
        started_at,
        ended_at,
        sum(case when reached_at >= started_at then 0 else 1 end) over (
            partition by kind, service_id order by started_at, ended_at, outage_id
            rows between unbounded preceding and current row
        ) as island_number
    from reached
),

merged_interval as (
    select
        kind,
        service_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at
    from island
    group by kind, service_id, island_number
),

lost_time as (
    select
        merged.service_id,
        calendar.date as service_date,
        sum(date_diff(
            'second', greatest(merged.started_at, calendar.utc_start), least(merged.ended_at, calendar.utc_end)
        )) filter (where merged.kind = 'any') as any_seconds,
        sum(date_diff(
            'second', greatest(merged.started_at, calendar.utc_start), least(merged.ended_at, calendar.utc_end)
        )) filter (where merged.kind = 'planned') as planned_seconds
    from merged_interval as merged
    inner join core.dim_date as calendar
        on calendar.utc_start < merged.ended_at and calendar.utc_end > merged.started_at
    group by merged.service_id, calendar.date
),

outage_start as (
    select
        service_id,
        started_date as service_date,
        count(*) as outages
    from core.fct_outage
    where not is_planned
    group by service_id, started_date
),

counted as (
    select
        service_day.service_id,
        service_day.service_date,
        greatest(service_day.promised_seconds - coalesce(lost_time.planned_seconds, 0), 0) as agreed_seconds,
        coalesce(lost_time.any_seconds, 0) - coalesce(lost_time.planned_seconds, 0) as unplanned_seconds,
        coalesce(outage_start.outages, 0) as outages
    from service_day
    left join lost_time
        on lost_time.service_id = service_day.service_id and lost_time.service_date = service_day.service_date
    left join outage_start
        on outage_start.service_id = service_day.service_id
        and outage_start.service_date = service_day.service_date
)

select
    service_id || ':' || cast(service_date as varchar) as service_day_id,
    service_id,
    service_date,
    cast(agreed_seconds as bigint) as agreed_seconds,
    cast(least(unplanned_seconds, agreed_seconds) as bigint) as downtime_seconds,
    outages
from counted
