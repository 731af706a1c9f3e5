-- grain: one row per key result and day on which a new value became known
-- The values that progress may read: complete periods of the KPI, check-ins, milestones. A value holds until
-- the next one; whether it was kept is told by the target of its day. Periods that begin after the due date are not
-- the key result's any more.
with measured as (
    select
        definition.key_result_id,
        kpi.period_end as observed_on,
        try_cast(kpi.value as decimal(26, 9)) as value
    from okr_definition as definition
    inner join marts.kpi_value as kpi
        on kpi.kpi_id = definition.kpi_id
        and kpi.scope_type = definition.scope_type
        and kpi.scope_id = definition.scope_id
        and kpi.dimensions = definition.dimensions
        and kpi.grain = definition.grain
    where definition.source = 'measured'
        and kpi.period_end <= $as_of
        and kpi.period_start <= definition.due_on
),

reported as (
    select
        definition.key_result_id,
        calendar.date as observed_on,
        try_cast(checkin.value as decimal(26, 9)) as value
    from okr_definition as definition
    inner join staging.checkin as checkin on checkin.key_result_id = definition.key_result_id
    inner join core.dim_date as calendar
        on checkin.checked_in_at >= calendar.utc_start and checkin.checked_in_at < calendar.utc_end
    where definition.source = 'reported' and definition.type <> 'milestone' and calendar.date <= $as_of
    qualify row_number() over (
        partition by definition.key_result_id, calendar.date
        order by checkin.checked_in_at desc, checkin.checkin_id desc
    ) = 1
),

reached as (
    select key_result_id, done_on as observed_on, sum(weight) as weight
    from okr_milestone
    where done_on <= $as_of
    group by key_result_id, done_on
),

milestones as (
    select
        definition.key_result_id,
        reached.observed_on,
        try_cast(
            sum(reached.weight) over (partition by reached.key_result_id order by reached.observed_on)
            as decimal(26, 9)
        ) as value
    from okr_definition as definition
    inner join reached on reached.key_result_id = definition.key_result_id
    where definition.type = 'milestone'
),

known as (
    select key_result_id, observed_on, value from measured where value is not null
    union all
    select key_result_id, observed_on, value from reported where value is not null
    union all
    select key_result_id, observed_on, value from milestones
),

judged as (
    select
        known.key_result_id,
        known.observed_on,
        known.value,
        known.observed_on >= definition.start_on as is_within,
        case definition.type
            when 'stay_above' then known.value >= held.target
            when 'stay_below' then known.value <= held.target
            when 'range' then known.value between held.target and held.upper_bound
            when 'binary' then known.value >= held.target
        end as is_met
    from known
    inner join okr_definition as definition on definition.key_result_id = known.key_result_id
    inner join okr_target as held
        on held.key_result_id = known.key_result_id
        and held.valid_from <= known.observed_on
        and held.valid_to > known.observed_on
)

select
    key_result_id,
    observed_on,
    lead(observed_on) over (partition by key_result_id order by observed_on) as known_until,
    row_number() over (partition by key_result_id order by observed_on) as position,
    value,
    is_within,
    min(case when is_within then observed_on end) over (partition by key_result_id) as first_observed_on,
    sum(case when is_within then 1 else 0 end) over (
        partition by key_result_id order by observed_on
    ) as measured_periods,
    sum(case when is_within and is_met then 1 else 0 end) over (
        partition by key_result_id order by observed_on
    ) as kept_periods
from judged
