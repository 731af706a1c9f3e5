-- grain: one row per use case
with known_use_case as (
    select use_case_id from settings.ai_use_case
    union
    select use_case_id from staging.ai_use_case
)

select
    known_use_case.use_case_id,
    coalesce(defined.name, recorded.name, known_use_case.use_case_id) as name,
    coalesce(service.service_id, 'unallocated') as service_id,
    coalesce(defined.owner, recorded.owner) as owner,
    coalesce(defined.risk_tier, recorded.risk_tier) as risk_tier,
    coalesce(defined.approved_on, recorded.approved_on) as approved_on
from known_use_case
left join settings.ai_use_case as defined on defined.use_case_id = known_use_case.use_case_id
left join staging.ai_use_case as recorded on recorded.use_case_id = known_use_case.use_case_id
left join core.dim_service as service
    on service.service_id = coalesce(defined.service_id, nullif(recorded.service_id, 'unallocated'))
