-- grain: one row per start or end of a work item
-- What was never started is in no load, so its end moves nothing.
select
    work_item_id || ':begun' as flow_movement_id,
    work_item_id,
    service_id,
    flow_type,
    is_leaf,
    'begun' as movement,
    started_at as occurred_at,
    cast(1 as bigint) as load_change
from core.fct_work_item
where started_at is not null
union all
select
    work_item_id || ':ended' as flow_movement_id,
    work_item_id,
    service_id,
    flow_type,
    is_leaf,
    'ended' as movement,
    ended_at as occurred_at,
    cast(-1 as bigint) as load_change
from core.fct_work_item
where started_at is not null and ended_at is not null
