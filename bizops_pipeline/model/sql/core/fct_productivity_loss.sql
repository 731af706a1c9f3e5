-- grain: one row per service, day and cause
-- The life of a service is cut where an incident begins or ends; in each piece as many employees are affected as by
-- the largest of its incidents. What still lasts, lasts to the end of the as-of date.
with horizon as (
    select last_day.utc_end as ends_at
    from settings.company as company
    inner join core.dim_date as last_day on last_day.date = company.as_of
),

impact as (
    select
        incident.service_id,
        incident.users_affected,
        coalesce(incident.impact_started_at, incident.opened_at) as started_at,
        least(coalesce(incident.restored_at, incident.resolved_at, horizon.ends_at), horizon.ends_at) as ended_at
    from core.fct_incident as incident
    cross join horizon
    where incident.users_affected > 0 and coalesce(incident.status, 'open') <> 'cancelled'
),

border as (
    select service_id, started_at as cut_at
    from impact
    union
    select service_id, ended_at as cut_at
    from impact
),

piece as (
    select
        service_id,
        cut_at as started_at,
        lead(cut_at) over (partition by service_id order by cut_at) as ended_at
    from border
),

affected as (
    select
        'incident' as cause,
        piece.service_id,
        piece.started_at,
        piece.ended_at,
        max(impact.users_affected) as employees
    from piece
    inner join impact
        on impact.service_id = piece.service_id
        and impact.started_at <= piece.started_at
        and impact.ended_at > piece.started_at
    where piece.ended_at is not null
    group by piece.service_id, piece.started_at, piece.ended_at
),

waiting as (
    select
        'ticket' as cause,
        ticket.service_id,
        ticket.opened_at as started_at,
        least(coalesce(ticket.first_resolved_at, horizon.ends_at), horizon.ends_at) as ended_at,
        1 as employees
    from core.fct_ticket as ticket
    cross join horizon
    where ticket.is_internal and ticket.blocks_work and coalesce(ticket.status, 'open') <> 'cancelled'
),

loss as (
    select cause, service_id, started_at, ended_at, employees
    from affected
    union all
    select cause, service_id, started_at, ended_at, employees
    from waiting
),

lost_on_day as (
    select
        loss.service_id,
        calendar.date as service_date,
        loss.cause,
        sum(
            loss.employees * date_diff(
                'second',
                greatest(loss.started_at, calendar.business_utc_start),
                least(loss.ended_at, calendar.business_utc_end)
            )
        ) as lost_seconds
    from loss
    inner join core.dim_date as calendar
        on calendar.business_utc_start < loss.ended_at and calendar.business_utc_end > loss.started_at
    where calendar.is_business_day
    group by loss.service_id, calendar.date, loss.cause
)

select
    service_id || ':' || cast(service_date as varchar) || ':' || cause as productivity_loss_id,
    service_id,
    service_date,
    cause,
    cast(lost_seconds as bigint) as lost_seconds
from lost_on_day
