-- grain: one row per use, or batch of uses
with eligible_use as (
    select distinct usage.model_usage_id
    from staging.model_usage as usage
    inner join staging.model_seat as seat
        on seat.model_id = usage.model_id
        and seat.user_hash = usage.user_hash
        and seat.eligible_from <= usage.used_date
        and coalesce(seat.eligible_to, date '9999-12-31') > usage.used_date
)

select
    usage.model_usage_id,
    usage.model_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    usage.used_at,
    case when usage.user_hash is not null then concat(usage.model_id, '@', usage.user_hash) end as model_user_id,
    eligible_use.model_usage_id is not null as is_eligible,
    coalesce(usage.requests, 1) as requests
from staging.model_usage as usage
left join eligible_use on eligible_use.model_usage_id = usage.model_usage_id
left join core.dim_model as model on model.model_id = usage.model_id
