-- grain: one row per booking of effort and service that shares it
-- The service is that of the booking, else those of the work item by weight, else that of the incident. Shares are
-- whole seconds; what rounding leaves goes to the largest, so that the shares of a booking sum to its effort.
with booked as (
    select
        log.worklog_id,
        log.work_item_id,
        log.incident_id,
        own_service.service_id as own_service_id,
        item.service_id as item_service_id,
        incident.service_id as incident_service_id,
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
),

shared as (
    select
        booked.*,
        coalesce(
            booked.own_service_id,
            share.service_id,
            booked.item_service_id,
            booked.incident_service_id,
            'unallocated'
        ) as service_id,
        coalesce(share.weight, cast(1 as decimal(9, 6))) as weight
    from booked
    left join core.bridge_item_service as share
        on booked.own_service_id is null
        and share.item_type = 'work_item'
        and share.item_id = booked.work_item_id
        and share.valid_from <= booked.worked_on
        and share.valid_to > booked.worked_on
),

rounded as (
    select
        shared.*,
        cast(floor(cast(effort_seconds as decimal(18, 0)) * weight) as bigint) as whole_seconds,
        row_number() over (partition by worklog_id order by weight desc, service_id) as position
    from shared
),

settled as (
    select
        rounded.*,
        case when position = 1
            then effort_seconds - sum(whole_seconds) over (partition by worklog_id) + whole_seconds
            else whole_seconds end as share_seconds
    from rounded
)

select
    case when settled.position = 1 then settled.worklog_id
        else settled.worklog_id || ':' || settled.service_id end as worklog_share_id,
    settled.worklog_id,
    settled.work_item_id,
    settled.incident_id,
    settled.service_id,
    coalesce(team.team_id, settled.item_team_id, service.team_id, 'unallocated') as team_id,
    settled.initiative_id,
    settled.flow_type,
    settled.worked_on,
    cast(settled.share_seconds as bigint) as effort_seconds,
    settled.is_unplanned
from settled
left join core.dim_team as team on team.team_id = settled.team_id
left join core.dim_service as service on service.service_id = settled.service_id
