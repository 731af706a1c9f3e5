-- grain: one row per deployment of one repository
-- Previous successes are looked for by finish among successes of the same scope, repository and environment; the
-- first of them is the baseline. Parts that went out together count once, as the part that succeeded last.
with known_deployment as (
    select
        deployment.*,
        coalesce(deployment.deployment_group_id, deployment.deployment_id) as known_group_id,
        deployment.result = 'success' and coalesce(deployment.environment = 'production', false)
            as is_production_success,
        coalesce(service.service_id, 'unallocated') as known_service_id
    from staging.deployment as deployment
    left join core.dim_service as service on service.service_id = deployment.service_id
),

success as (
    select
        deployment_id,
        lag(deployment_id) over (
            partition by scope, repository, environment order by finished_at, deployment_id
        ) as previous_success_id,
        row_number() over (
            partition by scope, repository, environment order by finished_at, deployment_id
        ) as position
    from known_deployment
    where result = 'success' and environment is not null
),

deployment_group as (
    select
        known_group_id,
        coalesce(max(finished_at) filter (where is_production_success), max(finished_at)) as group_finished_at
    from known_deployment
    group by known_group_id
),

group_lead as (
    select deployment_id
    from known_deployment
    where is_production_success
    qualify row_number() over (partition by known_group_id order by finished_at desc, deployment_id desc) = 1
),

group_incident as (
    select
        deployment.known_group_id,
        count(distinct incident.incident_id) as incidents
    from core.fct_incident as incident
    inner join known_deployment as deployment on deployment.deployment_id = incident.deployment_id
    where incident.status is distinct from 'cancelled'
    group by deployment.known_group_id
)

select
    deployment.deployment_id,
    deployment.known_group_id as deployment_group_id,
    deployment.repository,
    deployment.known_service_id as service_id,
    deployment.environment,
    deployment.result,
    deployment.reason,
    deployment.started_at,
    deployment.finished_at,
    deployment_group.group_finished_at,
    deployment.is_production_success,
    group_lead.deployment_id is not null as is_group_lead,
    success.previous_success_id,
    coalesce(success.position = 1, false) as is_baseline,
    coalesce(group_incident.incidents, 0) as attributed_incidents,
    coalesce(group_incident.incidents, 0) > 0 as is_failed_change
from known_deployment as deployment
inner join deployment_group on deployment_group.known_group_id = deployment.known_group_id
left join group_lead on group_lead.deployment_id = deployment.deployment_id
left join success on success.deployment_id = deployment.deployment_id
left join group_incident on group_incident.known_group_id = deployment.known_group_id
