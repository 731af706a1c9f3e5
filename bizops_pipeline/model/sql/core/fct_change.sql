-- grain: one row per merged change
-- A change is deployed by the earliest successful production deployment of its repository that brought its merge
-- commit. A baseline brings the whole history of a repository and says nothing about any one change.
with first_commit as (
    select
        change_id,
        min(authored_at) as first_commit_at
    from staging.commit
    where change_id is not null
    group by change_id
),

merged_change as (
    select
        change.change_id,
        change.repository,
        coalesce(service.service_id, 'unallocated') as service_id,
        change.is_bot,
        coalesce(change.first_commit_at, first_commit.first_commit_at) as first_commit_at,
        change.created_at,
        change.first_review_at,
        change.merged_at,
        change.merge_commit_sha
    from staging.change as change
    left join first_commit on first_commit.change_id = change.change_id
    left join core.dim_service as service on service.service_id = change.service_id
    where change.merged_at is not null
),

bringing_deployment as (
    select
        change.change_id,
        deployment.deployment_id,
        deployment.started_at,
        deployment.finished_at,
        deployment.is_baseline
    from merged_change as change
    inner join staging.deployment_commit as brought on brought.commit_sha = change.merge_commit_sha
    inner join core.fct_deployment as deployment
        on deployment.deployment_id = brought.deployment_id and deployment.repository = change.repository
    where deployment.is_production_success
),

first_deployment as (
    select
        change_id,
        deployment_id,
        finished_at
    from bringing_deployment
    where not is_baseline
    qualify row_number() over (
        partition by change_id order by coalesce(started_at, finished_at), finished_at, deployment_id
    ) = 1
),

in_baseline as (
    select distinct change_id
    from bringing_deployment
    where is_baseline
),

deployed_change as (
    select
        change.*,
        first_deployment.deployment_id,
        first_deployment.finished_at as deployed_at,
        case
            when first_deployment.deployment_id is not null then null
            when in_baseline.change_id is not null then 'before_baseline'
            else 'not_deployed'
        end as undeployed_reason
    from merged_change as change
    left join first_deployment on first_deployment.change_id = change.change_id
    left join in_baseline on in_baseline.change_id = change.change_id
)

select
    change_id,
    repository,
    service_id,
    is_bot,
    first_commit_at,
    created_at,
    first_review_at,
    merged_at,
    deployment_id,
    deployed_at,
    undeployed_reason,
    case when created_at >= first_commit_at
        then date_diff('second', first_commit_at, created_at) end as coding_seconds,
    case when first_review_at >= created_at
        then date_diff('second', created_at, first_review_at) end as pickup_seconds,
    case when merged_at >= first_review_at
        then date_diff('second', first_review_at, merged_at) end as review_seconds,
    case when deployed_at >= merged_at
        then date_diff('second', merged_at, deployed_at) end as merge_to_deploy_seconds,
    case when deployed_at >= first_commit_at
        then date_diff('second', first_commit_at, deployed_at) end as lead_time_seconds
from deployed_change
