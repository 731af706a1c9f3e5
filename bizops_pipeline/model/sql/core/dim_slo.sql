-- grain: one row per service-level objective and span of days on which one of its goals holds
-- A goal holds from its day until the next one has come; of several goals of one day the last by key holds.
with dated_goal as (
    select
        slo_id,
        service_id,
        name,
        goal,
        window_days,
        coalesce(valid_from, date '1900-01-01') as valid_from,
        lead(coalesce(valid_from, date '1900-01-01'), 1, date '9999-12-31') over (
            partition by slo_id order by coalesce(valid_from, date '1900-01-01'), slo_version_id
        ) as valid_to
    from staging.slo
)

select
    dated_goal.slo_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    dated_goal.name,
    dated_goal.goal,
    dated_goal.window_days,
    dated_goal.valid_from,
    dated_goal.valid_to
from dated_goal
left join core.dim_service as service on service.service_id = dated_goal.service_id
where dated_goal.valid_from < dated_goal.valid_to
