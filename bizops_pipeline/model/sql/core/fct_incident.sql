-- grain: one row per incident
-- An incident is attributed to the deployment that its record names; else to the latest successful production
-- deployment of its service at or before it was opened, if that is within the window; else to none. All
-- deployments are looked at, whatever arrived when, so the load window cannot change the answer.
with known_incident as (
    select
        incident.*,
        coalesce(service.service_id, 'unallocated') as known_service_id,
        coalesce(incident.severity, review.severity) as known_severity,
        coalesce(incident.users_affected, review.users_affected) as known_users_affected,
        coalesce(incident.problem_id, review.problem_id) as known_problem_id
    from staging.incident as incident
    left join core.dim_service as service on service.service_id = incident.service_id
    left join staging.incident_review as review on review.incident_id = incident.incident_id
),

candidate as (
    select
        deployment_id,
        service_id,
        finished_at,
        row_number() over (order by finished_at, deployment_id) as position
    from staging.deployment
    where result = 'success' and environment = 'production'
),

timeline as (
    select
        service_id,
        finished_at as happened_at,
        0 as is_incident,
        position,
        cast(null as varchar) as incident_id
    from candidate
    union all
    select
        known_service_id as service_id,
        opened_at as happened_at,
        1 as is_incident,
        cast(null as bigint) as position,
        incident_id
    from known_incident
    where known_service_id <> 'unallocated'
),

deployment_before as (
    select
        incident_id,
        max(position) over (
            partition by service_id order by happened_at, is_incident
            rows between unbounded preceding and current row
        ) as position
    from timeline
),

within_window as (
    select
        incident.incident_id,
        candidate.deployment_id,
        candidate.finished_at
    from deployment_before
    inner join known_incident as incident on incident.incident_id = deployment_before.incident_id
    inner join candidate on candidate.position = deployment_before.position
    left join settings.attribution_window as own_window on own_window.service_id = incident.known_service_id
    cross join settings.company as company
    where date_diff('second', candidate.finished_at, incident.opened_at)
        <= coalesce(own_window.window_seconds, company.attribution_window_seconds)
),

attributed as (
    select
        incident.*,
        coalesce(named.deployment_id, within_window.deployment_id) as deployment_id,
        coalesce(named.finished_at, within_window.finished_at) as deployment_finished_at,
        case
            when named.deployment_id is not null then 'explicit'
            when within_window.deployment_id is not null then 'same_service_window'
            else 'unattributed'
        end as attribution_method
    from known_incident as incident
    left join staging.deployment as named on named.deployment_id = incident.caused_by_deployment_id
    left join within_window on within_window.incident_id = incident.incident_id
),

clocked as (
    select
        attributed.*,
        opened_day.business_seconds_before + least(
            greatest(date_diff('second', opened_day.business_utc_start, attributed.opened_at), 0),
            opened_day.business_seconds
        ) as opened_reading,
        resolved_day.business_seconds_before + least(
            greatest(date_diff('second', resolved_day.business_utc_start, attributed.resolved_at), 0),
            resolved_day.business_seconds
        ) as resolved_reading
    from attributed
    left join core.dim_date as opened_day on opened_day.date = attributed.opened_date
    left join core.dim_date as resolved_day on resolved_day.date = attributed.resolved_date
)

select
    incident_id,
    known_service_id as service_id,
    priority,
    known_severity as severity,
    status,
    vendor_id,
    known_problem_id as problem_id,
    known_users_affected as users_affected,
    impact_started_at,
    detected_at,
    opened_at,
    acknowledged_at,
    restored_at,
    resolved_at,
    reopened_at,
    sla_met,
    deployment_id,
    attribution_method,
    case when detected_at >= impact_started_at
        then date_diff('second', impact_started_at, detected_at) end as detection_seconds,
    date_diff('second', opened_at, acknowledged_at) as acknowledgement_seconds,
    date_diff('second', opened_at, resolved_at) as resolution_seconds,
    resolved_reading - opened_reading as resolution_business_seconds,
    date_diff('second', impact_started_at, restored_at) as restoration_seconds,
    case when resolved_at >= deployment_finished_at
        then date_diff('second', deployment_finished_at, resolved_at) end as recovery_seconds
from clocked
