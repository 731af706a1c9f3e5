-- grain: one row per model
-- What the catalogue says comes before what a source says, and both before what the use case says. Without a stage
-- of its source a model is in the last stage of which it has a day.
with known_model as (
    select model_id from settings.model
    union
    select model_id from staging.model
    union
    select model_id from staging.model_version
),

first_deployment as (
    select
        model_id,
        min(deployed_on) as deployed_on
    from staging.model_version
    group by model_id
),

told as (
    select
        known_model.model_id,
        coalesce(defined.name, recorded.name, known_model.model_id) as name,
        coalesce(defined.use_case_id, recorded.use_case_id) as use_case_id,
        coalesce(defined.service_id, nullif(recorded.service_id, 'unallocated')) as service_id,
        coalesce(defined.owner, recorded.owner) as owner,
        coalesce(defined.risk_tier, recorded.risk_tier) as risk_tier,
        recorded.stage,
        coalesce(defined.approved_on, recorded.approved_on) as approved_on,
        coalesce(defined.deployed_on, recorded.deployed_on, first_deployment.deployed_on) as deployed_on,
        coalesce(defined.retired_on, recorded.retired_on) as retired_on
    from known_model
    left join settings.model as defined on defined.model_id = known_model.model_id
    left join staging.model as recorded on recorded.model_id = known_model.model_id
    left join first_deployment on first_deployment.model_id = known_model.model_id
)

select
    told.model_id,
    told.name,
    told.use_case_id,
    coalesce(service.service_id, use_case.service_id, 'unallocated') as service_id,
    coalesce(told.owner, use_case.owner) as owner,
    coalesce(told.risk_tier, use_case.risk_tier, 'unclassified') as risk_tier,
    coalesce(
        told.stage,
        case
            when told.retired_on is not null then 'retired'
            when told.deployed_on is not null then 'production'
            when coalesce(told.approved_on, use_case.approved_on) is not null then 'approved'
            else 'idea'
        end
    ) as stage,
    coalesce(told.approved_on, use_case.approved_on) as approved_on,
    told.deployed_on,
    told.retired_on
from told
left join core.dim_service as service on service.service_id = told.service_id
left join core.dim_ai_use_case as use_case on use_case.use_case_id = told.use_case_id
