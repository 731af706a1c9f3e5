-- grain: one row per outage
-- Beside the outages on record are those that monitors saw: a service is down from the first failed result after a
-- good one until the next good one, whatever failed in between. Results of no known service tell of none.
with checked as (
    select
        result.status_check_id,
        result.service_id,
        result.checked_at,
        result.is_up,
        lag(result.is_up, 1, true) over (
            partition by result.service_id order by result.checked_at, result.status_check_id
        ) as was_up,
        min(case when result.is_up then result.checked_at end) over (
            partition by result.service_id order by result.checked_at, result.status_check_id
            rows between current row and unbounded following
        ) as next_up_at
    from staging.status_check as result
    inner join core.dim_service as service on service.service_id = result.service_id
    where service.service_id <> 'unallocated'
),

known_outage as (
    select
        outage_id,
        service_id,
        is_planned,
        started_at,
        ended_at,
        incident_id
    from staging.outage
    union all
    select
        'status_check:' || status_check_id as outage_id,
        service_id,
        false as is_planned,
        checked_at as started_at,
        next_up_at as ended_at,
        cast(null as varchar) as incident_id
    from checked
    where not is_up and was_up
)

select
    outage.outage_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    outage.is_planned,
    outage.started_at,
    outage.ended_at,
    outage.incident_id,
    date_diff('second', outage.started_at, outage.ended_at) as duration_seconds
from known_outage as outage
left join core.dim_service as service on service.service_id = outage.service_id
