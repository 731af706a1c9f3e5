-- grain: one row per work item
-- An item has ended when its last stay is in done or cancelled; it ended with the first stay of the unbroken run
-- of such stays that it is in. Only what lies before that counts as active or waiting.
with parent as (
    select distinct parent_id as work_item_id
    from staging.work_item
    where parent_id is not null
),

last_stay as (
    select
        work_item_id,
        max(position) as last_position,
        coalesce(max(position) filter (where status is null or status not in ('done', 'cancelled')), 0)
            as last_open_position
    from core.fct_status_visit
    group by work_item_id
),

first_stream as (
    select
        work_item_id,
        value_stream_id
    from core.fct_status_visit
    where value_stream_id is not null
    qualify row_number() over (partition by work_item_id order by position) = 1
),

milestone as (
    select
        stay.work_item_id,
        min(stay.entered_at) filter (where stay.status = 'active') as started_at,
        min(stay.entered_at) filter (where stay.position > last_stay.last_open_position) as ended_at,
        max(stay.status) filter (where stay.position = last_stay.last_position) as status
    from core.fct_status_visit as stay
    inner join last_stay on last_stay.work_item_id = stay.work_item_id
    group by stay.work_item_id
),

spent as (
    select
        stay.work_item_id,
        coalesce(sum(stay.visit_seconds) filter (where stay.status = 'active'), 0) as active_seconds,
        coalesce(sum(stay.visit_seconds) filter (where stay.status in ('waiting', 'new')), 0) as wait_seconds
    from core.fct_status_visit as stay
    inner join milestone on milestone.work_item_id = stay.work_item_id
    where milestone.ended_at is not null and stay.entered_at >= milestone.started_at
    group by stay.work_item_id
),

timed as (
    select
        item.work_item_id,
        item.service_id,
        item.team_id,
        coalesce(item.value_stream_id, first_stream.value_stream_id) as flow_value_stream_id,
        item.type,
        item.flow_type,
        item.parent_id,
        coalesce(item.initiative_id, above.initiative_id) as initiative_id,
        parent.work_item_id is null as is_leaf,
        case when milestone.work_item_id is null then item.status else milestone.status end as status,
        item.created_at,
        case when milestone.work_item_id is null then item.started_at else milestone.started_at end as started_at,
        case when milestone.work_item_id is null then item.done_at else milestone.ended_at end as ended_at,
        item.estimate,
        spent.active_seconds,
        spent.wait_seconds
    from staging.work_item as item
    left join staging.work_item as above on above.work_item_id = item.parent_id
    left join parent on parent.work_item_id = item.work_item_id
    left join first_stream on first_stream.work_item_id = item.work_item_id
    left join milestone on milestone.work_item_id = item.work_item_id
    left join spent on spent.work_item_id = item.work_item_id
),

ended as (
    select
        *,
        case when status is distinct from 'cancelled' then ended_at end as done_at
    from timed
)

select
    item.work_item_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    coalesce(team.team_id, service.team_id, 'unallocated') as team_id,
    item.flow_value_stream_id,
    item.type,
    coalesce(item.flow_type, 'unmapped') as flow_type,
    item.parent_id,
    item.initiative_id,
    item.is_leaf,
    item.status,
    item.created_at,
    item.started_at,
    item.done_at,
    item.ended_at,
    item.estimate,
    date_diff('second', item.started_at, item.done_at) as flow_seconds,
    cast(item.active_seconds as bigint) as active_seconds,
    cast(item.wait_seconds as bigint) as wait_seconds
from ended as item
left join core.dim_service as service on service.service_id = item.service_id
left join core.dim_team as team on team.team_id = item.team_id
