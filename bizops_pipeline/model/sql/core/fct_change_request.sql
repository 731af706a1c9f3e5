-- grain: one row per change request
select
    request.change_request_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    request.type,
    request.outcome,
    request.opened_at,
    request.closed_at,
    case when request.closed_at is not null and request.outcome <> 'cancelled'
        then request.outcome = 'successful' end as is_successful
from staging.change_request as request
left join core.dim_service as service on service.service_id = request.service_id
