-- grain: one row per visit
select
    visit.session_id,
    visit.customer_id,
    visit.channel,
    visit.device,
    coalesce(service.service_id, 'unallocated') as service_id,
    visit.started_at
from staging.session as visit
left join core.dim_service as service on service.service_id = visit.service_id
