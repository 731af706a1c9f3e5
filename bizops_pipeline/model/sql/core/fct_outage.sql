-- grain: one row per outage
select
    outage.outage_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    outage.is_planned,
    outage.started_at,
    outage.ended_at,
    outage.incident_id,
    date_diff('second', outage.started_at, outage.ended_at) as duration_seconds
from staging.outage as outage
left join core.dim_service as service on service.service_id = outage.service_id
