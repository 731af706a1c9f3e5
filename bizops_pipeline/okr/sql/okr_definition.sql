-- grain: one row per key result
-- Key results as progress reads them: which rule applies, which days count, and all numbers exact.
with milestones as (
    select key_result_id, sum(weight) as total_weight
    from okr_milestone
    group by key_result_id
),

ruled as (
    select
        key_result.*,
        milestones.total_weight,
        case
            when key_result.type in ('stay_above', 'stay_below', 'range') then 'threshold'
            when key_result.type in ('binary', 'baseline') then key_result.type
            else 'pace'
        end as rule,
        cast(objective.period_to + greatest(objective.late_days, 30) * interval 1 day as date) as watched_to
    from core.dim_key_result as key_result
    inner join core.dim_objective as objective on objective.objective_id = key_result.objective_id
    left join milestones on milestones.key_result_id = key_result.key_result_id
)

select
    key_result_id,
    objective_id,
    type,
    rule,
    source,
    kpi_id,
    grain,
    scope_type,
    scope_id,
    dimensions,
    -- The range of the products below: 17 digits before the point, 9 behind.
    try_cast(
        case when type in ('milestone', 'binary') then coalesce(baseline, 0) else baseline end as decimal(26, 9)
    ) as baseline,
    try_cast(total_weight as decimal(26, 9)) as total_weight,
    weight,
    unit_value,
    curve,
    cycle_days,
    commit_zone,
    target_zone,
    start_on,
    due_on,
    cast(date_diff('day', start_on, due_on) + 1 as decimal(6, 0)) as total_days,
    -- Before the start there is one row, that of the as-of date.
    least(start_on, $as_of) as first_day,
    case when start_on > $as_of then $as_of else least($as_of, watched_to) end as last_day
from ruled
