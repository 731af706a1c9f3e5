-- grain: one row per value stream, stage, grain and period
-- A passage is an item on its way through a whole value stream ('(all)') or through one stage of it. What has not
-- happened by the as-of date is not known yet, so the period that runs ends on it. An item may be finished without
-- that anyone told of its start: it counts in what was completed, without a time.
with leaf as (
    select
        work_item_id,
        coalesce(flow_value_stream_id, 'unallocated') as value_stream_id,
        flow_type,
        started_date,
        done_date,
        ended_date,
        flow_seconds,
        active_seconds,
        wait_seconds
    from core.fct_work_item
    where is_leaf
),

stage_spent as (
    select
        work_item_id,
        value_stream_id,
        stage_id,
        sum(visit_seconds) filter (where status = 'active') as active_seconds,
        sum(visit_seconds) filter (where status in ('waiting', 'new')) as wait_seconds
    from core.fct_status_visit
    where stage_id is not null
    group by work_item_id, value_stream_id, stage_id
),

passage as (
    select
        value_stream_id,
        '(all)' as stage_id,
        flow_type,
        started_date as arrived_on,
        done_date as completed_on,
        flow_seconds as passage_seconds,
        active_seconds,
        wait_seconds
    from leaf
    union all
    select
        stay.flow_value_stream_id as value_stream_id,
        stay.stage_id,
        stay.flow_type,
        stay.entered_date as arrived_on,
        stay.left_date as completed_on,
        stay.stage_seconds as passage_seconds,
        coalesce(stage_spent.active_seconds, 0) as active_seconds,
        coalesce(stage_spent.wait_seconds, 0) as wait_seconds
    from core.fct_work_item_stage as stay
    inner join stage_spent
        on stage_spent.work_item_id = stay.work_item_id
        and stage_spent.value_stream_id = stay.flow_value_stream_id
        and stage_spent.stage_id = stay.stage_id
    where stay.is_leaf
),

presence as (
    select
        value_stream_id,
        '(all)' as stage_id,
        started_date as since,
        ended_date as until
    from leaf
    where started_date is not null
    union all
    select
        visit.value_stream_id,
        visit.stage_id,
        visit.entered_date as since,
        visit.left_date as until
    from core.fct_status_visit as visit
    inner join leaf on leaf.work_item_id = visit.work_item_id
    where visit.stage_id is not null
),

place as (
    select distinct
        value_stream_id,
        '(all)' as stage_id,
        cast(null as varchar) as stage_kind,
        cast(0 as bigint) as stage_position
    from leaf
    union all
    select
        stage.value_stream_id,
        stage.stage_id,
        stage.kind as stage_kind,
        stage.position as stage_position
    from core.dim_stage as stage
    where exists (
        select 1
        from passage
        where passage.value_stream_id = stage.value_stream_id and passage.stage_id = stage.stage_id
    )
),

first_day as (
    select
        value_stream_id,
        min(least(coalesce(arrived_on, completed_on), coalesce(completed_on, arrived_on))) as first_on
    from passage
    group by value_stream_id
),

day_of_period as (
    select date, 'week' as grain, week_start as period_start from core.dim_date
    union all
    select date, 'month' as grain, month_start as period_start from core.dim_date
    union all
    select date, 'quarter' as grain, quarter_start as period_start from core.dim_date
),

period as (
    select
        grain,
        period_start,
        max(date) as period_end,
        least(max(date), $as_of) as last_day
    from day_of_period
    group by grain, period_start
    having period_start <= $as_of
),

cell as (
    select
        place.value_stream_id,
        place.stage_id,
        place.stage_kind,
        place.stage_position,
        period.grain,
        period.period_start,
        period.period_end,
        period.last_day
    from place
    inner join first_day on first_day.value_stream_id = place.value_stream_id
    inner join period on period.period_end >= first_day.first_on
),

load_of_cell as (
    select
        cell.value_stream_id,
        cell.stage_id,
        cell.grain,
        cell.period_start,
        count(*) as items
    from cell
    inner join presence
        on presence.value_stream_id = cell.value_stream_id
        and presence.stage_id = cell.stage_id
        and presence.since <= cell.last_day
        and (presence.until is null or presence.until > cell.last_day)
    group by cell.value_stream_id, cell.stage_id, cell.grain, cell.period_start
),

arrival_of_cell as (
    select
        cell.value_stream_id,
        cell.stage_id,
        cell.grain,
        cell.period_start,
        count(*) as items
    from cell
    inner join passage
        on passage.value_stream_id = cell.value_stream_id
        and passage.stage_id = cell.stage_id
        and passage.arrived_on >= cell.period_start
        and passage.arrived_on <= cell.last_day
    group by cell.value_stream_id, cell.stage_id, cell.grain, cell.period_start
),

completion_of_cell as (
    select
        cell.value_stream_id,
        cell.stage_id,
        cell.grain,
        cell.period_start,
        count(*) as items,
        quantile_cont(cast(passage.passage_seconds as double) / 86400, 0.5) as median_days,
        quantile_cont(cast(passage.passage_seconds as double) / 86400, 0.85) as p85_days,
        sum(passage.active_seconds) as active_seconds,
        sum(passage.wait_seconds) as wait_seconds,
        count(*) filter (where passage.flow_type = 'feature') as features,
        count(*) filter (where passage.flow_type = 'defect') as defects,
        count(*) filter (where passage.flow_type = 'risk') as risks,
        count(*) filter (where passage.flow_type = 'debt') as debts,
        count(*) filter (where passage.flow_type = 'unmapped') as unmapped
    from cell
    inner join passage
        on passage.value_stream_id = cell.value_stream_id
        and passage.stage_id = cell.stage_id
        and passage.completed_on >= cell.period_start
        and passage.completed_on <= cell.last_day
    group by cell.value_stream_id, cell.stage_id, cell.grain, cell.period_start
),

measured as (
    select
        cell.*,
        coalesce(load_of_cell.items, 0) as load,
        coalesce(arrival_of_cell.items, 0) as arrivals,
        coalesce(done.items, 0) as completed,
        done.median_days,
        done.p85_days,
        done.active_seconds,
        done.wait_seconds,
        coalesce(done.features, 0) as features,
        coalesce(done.defects, 0) as defects,
        coalesce(done.risks, 0) as risks,
        coalesce(done.debts, 0) as debts,
        coalesce(done.unmapped, 0) as unmapped,
        max(done.median_days) filter (where cell.stage_id <> '(all)') over (
            partition by cell.value_stream_id, cell.grain, cell.period_start
        ) as longest_days
    from cell
    left join load_of_cell
        on load_of_cell.value_stream_id = cell.value_stream_id and load_of_cell.stage_id = cell.stage_id
        and load_of_cell.grain = cell.grain and load_of_cell.period_start = cell.period_start
    left join arrival_of_cell
        on arrival_of_cell.value_stream_id = cell.value_stream_id and arrival_of_cell.stage_id = cell.stage_id
        and arrival_of_cell.grain = cell.grain and arrival_of_cell.period_start = cell.period_start
    left join completion_of_cell as done
        on done.value_stream_id = cell.value_stream_id and done.stage_id = cell.stage_id
        and done.grain = cell.grain and done.period_start = cell.period_start
)

select
    value_stream_id,
    stage_id,
    stage_kind,
    stage_position,
    grain,
    period_start,
    period_end,
    load,
    arrivals,
    completed,
    median_days as flow_days_median,
    p85_days as flow_days_p85,
    cast(active_seconds as bigint) as active_seconds,
    cast(wait_seconds as bigint) as wait_seconds,
    cast(active_seconds as double) / nullif(active_seconds + wait_seconds, 0) as flow_efficiency,
    features as completed_feature,
    defects as completed_defect,
    risks as completed_risk,
    debts as completed_debt,
    unmapped as completed_unmapped,
    cast(features as double) / nullif(completed, 0) as feature_share,
    cast(defects as double) / nullif(completed, 0) as defect_share,
    cast(risks as double) / nullif(completed, 0) as risk_share,
    cast(debts as double) / nullif(completed, 0) as debt_share,
    cast(unmapped as double) / nullif(completed, 0) as unmapped_share,
    coalesce(stage_id <> '(all)' and median_days = longest_days, false) as is_bottleneck,
    period_end <= $as_of as is_complete
from measured
