-- grain: one row per ticket
-- A clock of business seconds reads, at any instant, the business seconds of all days before and those of the day
-- that have passed; a duration is the difference of two readings. Pauses are merged where they overlap and count as
-- far as they lie between opening and resolution; a pause that still lasts ends with the ticket.
with bounded_pause as (
    select
        pause.ticket_id,
        pause.ticket_pause_id,
        greatest(pause.paused_at, ticket.opened_at) as paused_at,
        least(coalesce(pause.resumed_at, ticket.resolved_at), ticket.resolved_at) as resumed_at
    from staging.ticket_pause as pause
    inner join staging.ticket as ticket on ticket.ticket_id = pause.ticket_id
    where ticket.resolved_at is not null
),

reached as (
    select
        ticket_id,
        ticket_pause_id,
        paused_at,
        resumed_at,
        max(resumed_at) over (
            partition by ticket_id order by paused_at, resumed_at, ticket_pause_id
            rows between unbounded preceding and 1 preceding
        ) as reached_at
    from bounded_pause
    where resumed_at > paused_at
),

own_pause as (
    select
        ticket_id,
        case when reached_at > paused_at then reached_at else paused_at end as paused_at,
        resumed_at
    from reached
    where reached_at is null or resumed_at > reached_at
),

paused as (
    select
        pause.ticket_id,
        sum(
            greatest(
                date_diff(
                    'second',
                    greatest(pause.paused_at, calendar.business_utc_start),
                    least(pause.resumed_at, calendar.business_utc_end)
                ),
                0
            )
        ) as business_seconds,
        sum(
            date_diff(
                'second',
                greatest(pause.paused_at, calendar.utc_start),
                least(pause.resumed_at, calendar.utc_end)
            )
        ) as calendar_seconds
    from own_pause as pause
    inner join core.dim_date as calendar
        on calendar.utc_start < pause.resumed_at and calendar.utc_end > pause.paused_at
    group by pause.ticket_id
),

clocked as (
    select
        ticket.ticket_id,
        ticket.service_id,
        ticket.kind,
        ticket.priority,
        ticket.status,
        coalesce(ticket.vendor_id, sla.vendor_id) as vendor_id,
        ticket.is_internal,
        ticket.blocks_work,
        ticket.opened_at,
        ticket.first_response_at,
        coalesce(ticket.first_resolved_at, ticket.resolved_at) as first_resolved_at,
        ticket.resolved_at,
        ticket.reopened_at,
        ticket.contacts,
        ticket.sla_id,
        coalesce(ticket.sla_target_seconds, sla.target_seconds) as sla_target_seconds,
        coalesce(sla.clock, 'business') as sla_clock,
        coalesce(paused.business_seconds, ticket.paused_seconds, 0) as paused_business_seconds,
        coalesce(paused.calendar_seconds, ticket.paused_seconds, 0) as paused_calendar_seconds,
        opened_day.business_seconds_before + least(
            greatest(date_diff('second', opened_day.business_utc_start, ticket.opened_at), 0),
            opened_day.business_seconds
        ) as opened_reading,
        response_day.business_seconds_before + least(
            greatest(date_diff('second', response_day.business_utc_start, ticket.first_response_at), 0),
            response_day.business_seconds
        ) as response_reading,
        resolved_day.business_seconds_before + least(
            greatest(date_diff('second', resolved_day.business_utc_start, ticket.resolved_at), 0),
            resolved_day.business_seconds
        ) as resolved_reading
    from staging.ticket as ticket
    left join core.dim_date as opened_day on opened_day.date = ticket.opened_date
    left join core.dim_date as response_day on response_day.date = ticket.first_response_date
    left join core.dim_date as resolved_day on resolved_day.date = ticket.resolved_date
    left join paused on paused.ticket_id = ticket.ticket_id
    left join core.dim_sla as sla
        on sla.sla_id = ticket.sla_id
        and sla.valid_from <= ticket.opened_date
        and sla.valid_to > ticket.opened_date
),

timed as (
    select
        *,
        date_diff('second', opened_at, resolved_at) as elapsed_seconds,
        greatest(resolved_reading - opened_reading - paused_business_seconds, 0) as worked_seconds
    from clocked
)

select
    timed.ticket_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    timed.kind,
    timed.priority,
    timed.status,
    timed.vendor_id,
    timed.is_internal,
    timed.blocks_work,
    timed.opened_at,
    timed.first_response_at,
    timed.first_resolved_at,
    timed.resolved_at,
    timed.reopened_at,
    timed.contacts,
    case when timed.resolved_at is not null and timed.contacts is not null
        then timed.contacts <= 1 and timed.reopened_at is null end as is_first_contact_resolution,
    timed.response_reading - timed.opened_reading as response_business_seconds,
    cast(case when timed.resolved_at is not null then timed.paused_business_seconds end as bigint)
        as paused_business_seconds,
    timed.elapsed_seconds as resolution_seconds,
    cast(case when timed.resolved_at is not null then timed.worked_seconds end as bigint)
        as resolution_business_seconds,
    timed.sla_id,
    case when timed.sla_target_seconds is not null then timed.sla_clock end as sla_clock,
    timed.sla_target_seconds,
    case when timed.resolved_at is not null
        then case when timed.sla_clock = 'calendar'
            then timed.elapsed_seconds - timed.paused_calendar_seconds
            else timed.worked_seconds
        end <= timed.sla_target_seconds
    end as sla_met
from timed
left join core.dim_service as service on service.service_id = timed.service_id
