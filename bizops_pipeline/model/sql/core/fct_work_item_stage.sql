-- grain: one row per work item and stage
-- While the item is in the stage there is no last exit and no time yet.
with stay as (
    select
        visit.work_item_id,
        visit.value_stream_id,
        visit.stage_id,
        count(*) as visits,
        min(visit.entered_at) as entered_at,
        case when count(*) = count(visit.left_at) then max(visit.left_at) end as left_at,
        sum(visit.visit_seconds) as visit_seconds
    from core.fct_status_visit as visit
    where visit.stage_id is not null
    group by visit.work_item_id, visit.value_stream_id, visit.stage_id
)

select
    stay.work_item_id || ':' || stay.value_stream_id || ':' || stay.stage_id as work_item_stage_id,
    stay.work_item_id,
    coalesce(item.service_id, 'unallocated') as service_id,
    stay.value_stream_id as flow_value_stream_id,
    stay.stage_id,
    stage.kind as stage_kind,
    coalesce(item.flow_type, 'unmapped') as flow_type,
    coalesce(item.is_leaf, true) as is_leaf,
    stay.visits,
    stay.entered_at,
    stay.left_at,
    case when stay.left_at is not null then cast(stay.visit_seconds as bigint) end as stage_seconds,
    date_diff('second', stay.entered_at, stay.left_at) as first_to_last_seconds
from stay
inner join core.dim_stage as stage on stage.value_stream_id = stay.value_stream_id and stage.stage_id = stay.stage_id
left join core.fct_work_item as item on item.work_item_id = stay.work_item_id
