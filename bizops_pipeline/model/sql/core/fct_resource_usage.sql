-- grain: one row per service and interval
with measured as (
    select
        resource_usage_id,
        service_id,
        measured_at,
        cast(interval_seconds as decimal(19, 0)) as interval_seconds,
        cpu_used_cores,
        cpu_available_cores,
        memory_used_gib,
        memory_available_gib,
        requests,
        errors,
        slow_requests
    from staging.resource_usage
)

select
    measured.resource_usage_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    measured.measured_at,
    try_cast(measured.cpu_used_cores * measured.interval_seconds as decimal(18, 6)) as cpu_used_core_seconds,
    try_cast(measured.cpu_available_cores * measured.interval_seconds as decimal(18, 6)) as cpu_available_core_seconds,
    try_cast(measured.memory_used_gib * measured.interval_seconds as decimal(18, 6)) as memory_used_gib_seconds,
    try_cast(
        measured.memory_available_gib * measured.interval_seconds as decimal(18, 6)
    ) as memory_available_gib_seconds,
    measured.requests,
    measured.errors,
    measured.slow_requests
from measured
left join core.dim_service as service on service.service_id = measured.service_id
