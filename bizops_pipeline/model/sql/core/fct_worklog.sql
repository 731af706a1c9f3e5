-- grain: one row per booking of effort
-- The service is that of the booking, else that of the work item, else that of the incident.
with booked as (
    select
        log.worklog_id,
        log.work_item_id,
        log.incident_id,
        coalesce(own_service.service_id, item.service_id, incident.service_id, 'unallocated') as service_id,
        log.team_id,
        item.team_id as item_team_id,
        item.initiative_id,
        coalesce(item.flow_type, 'unmapped') as flow_type,
        log.worked_on,
        log.effort_seconds,
        case
            when log.is_unplanned is not null then log.is_unplanned
            when log.incident_id is not null then true
            when item.flow_type <> 'unmapped' then item.flow_type = 'defect'
        end as is_unplanned
    from staging.worklog as log
    left join core.dim_service as own_service
        on own_service.service_id = log.service_id and own_service.service_id <> 'unallocated'
    left join core.fct_work_item as item on item.work_item_id = log.work_item_id
    left join core.fct_incident as incident on incident.incident_id = log.incident_id
)
select
    booked.worklog_id,
    booked.work_item_id,
    booked.incident_id,
    booked.service_id,
    coalesce(team.team_id, booked.item_team_id, service.team_id, 'unallocated') as team_id,
    booked.initiative_id,
    booked.flow_type,
    booked.worked_on,
    booked.effort_seconds,
    booked.is_unplanned
from booked
left join core.dim_team as team on team.team_id = booked.team_id
left join core.dim_service as service on service.service_id = booked.service_id
