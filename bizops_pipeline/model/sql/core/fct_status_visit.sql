-- grain: one row per stay of a work item in a status
-- A source that lists changes ends a stay with the next change, and its first change tells the status from the
-- record of the item on. A status leads to a stage of the item's value stream, or, where the item names none, to
-- that of the only value stream that has the status.
with entry as (
    select
        status_history_id,
        work_item_id,
        from_status,
        original_from_status,
        status,
        original_status,
        entered_at,
        left_at,
        lead(entered_at) over (
            partition by work_item_id order by entered_at, status_history_id
        ) as next_entered_at,
        row_number() over (partition by work_item_id order by entered_at, status_history_id) as entry_number
    from staging.status_history
),

stay as (
    select
        status_history_id as status_visit_id,
        work_item_id,
        entry_number,
        status,
        original_status,
        entered_at,
        coalesce(least(left_at, next_entered_at), left_at, next_entered_at) as left_at
    from entry
    union all
    select
        entry.work_item_id || ':created' as status_visit_id,
        entry.work_item_id,
        0 as entry_number,
        entry.from_status as status,
        entry.original_from_status as original_status,
        item.created_at as entered_at,
        entry.entered_at as left_at
    from entry
    inner join staging.work_item as item on item.work_item_id = entry.work_item_id
    where entry.entry_number = 1
        and item.created_at < entry.entered_at
        and (entry.from_status is not null or entry.original_from_status is not null)
)

select
    stay.status_visit_id,
    stay.work_item_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    coalesce(item.value_stream_id, stage.value_stream_id) as value_stream_id,
    stage.stage_id,
    row_number() over (
        partition by stay.work_item_id order by stay.entry_number
    ) as position,
    coalesce(
        stay.status, case stage.kind when 'active' then 'active' when 'wait' then 'waiting' end
    ) as status,
    stay.original_status,
    stay.entered_at,
    stay.left_at,
    date_diff('second', stay.entered_at, stay.left_at) as visit_seconds
from stay
left join staging.work_item as item on item.work_item_id = stay.work_item_id
left join core.dim_service as service on service.service_id = item.service_id
left join core.dim_stage_status as stage
    on stage.original_status = stay.original_status
    and (stage.value_stream_id = item.value_stream_id or (item.value_stream_id is null and stage.is_only))
