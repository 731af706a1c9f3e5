-- grain: one row per key result
with supporters as (
    select
        above.supported_id as key_result_id,
        sum(case when above.distance = 1 then 1 else 0 end) as direct,
        count(*) as below,
        sum(case when trait.layer = 'it_operational' then 1 else 0 end) as it_below
    from key_result_above as above
    inner join key_result_trait as trait on trait.key_result_id = above.key_result_id
    group by above.supported_id
),

-- An initiative carries a key result when it moves its KPI and serves its objective, or one below that.
carrying as (
    select
        key_result.key_result_id,
        count(distinct initiative.initiative_id) as initiatives
    from core.dim_key_result as key_result
    inner join objective_above as above on above.above_id = key_result.objective_id
    inner join core.fct_initiative as initiative
        on initiative.objective_id = above.objective_id and initiative.kpi_id = key_result.kpi_id
    group by key_result.key_result_id
),

checkins as (
    select
        checkin.key_result_id,
        max(calendar.date) as last_on
    from staging.checkin as checkin
    inner join core.dim_date as calendar
        on checkin.checked_in_at >= calendar.utc_start and checkin.checked_in_at < calendar.utc_end
    where calendar.date <= $as_of
    group by checkin.key_result_id
),

reports as (
    select
        key_result_id,
        max(reported_on) as last_on
    from marts.status_gap
    where key_result_id is not null
    group by key_result_id
),

spoken as (
    select
        key_result.key_result_id,
        key_result.objective_id,
        trait.layer,
        key_result.supports_id,
        coalesce(supporters.direct, 0) as supporters,
        coalesce(supporters.below, 0) as supporters_below,
        coalesce(supporters.it_below, 0) as it_supporters_below,
        case when brought.has_initiatives then coalesce(carrying.initiatives, 0) end as initiatives,
        key_result.source,
        key_result.start_on,
        checkins.last_on as last_checkin_on,
        reports.last_on as last_report_on,
        -- A milestone and a measured key result have the rhythm of their data; people speak weekly unless they say so.
        case when key_result.source = 'reported' then coalesce(key_result.cycle_days, 7) else 7 end as cycle_days,
        date_diff(
            'day',
            greatest(checkins.last_on, reports.last_on),
            least(key_result.due_on, $as_of)
        ) as silent_days
    from core.dim_key_result as key_result
    cross join brought
    left join key_result_trait as trait on trait.key_result_id = key_result.key_result_id
    left join supporters on supporters.key_result_id = key_result.key_result_id
    left join carrying on carrying.key_result_id = key_result.key_result_id
    left join checkins on checkins.key_result_id = key_result.key_result_id
    left join reports on reports.key_result_id = key_result.key_result_id
)

select
    key_result_id,
    objective_id,
    layer,
    supports_id,
    cast(supporters as bigint) as supporters,
    cast(supporters_below as bigint) as supporters_below,
    cast(it_supporters_below as bigint) as it_supporters_below,
    cast(initiatives as bigint) as initiatives,
    supporters > 0 or coalesce(initiatives, 0) > 0 as is_supported,
    source,
    last_checkin_on,
    last_report_on,
    case when silent_days < 0 then 0 else silent_days end as silent_days,
    cast(cycle_days as bigint) as cycle_days,
    case
        when start_on > $as_of then 'not_due'
        when silent_days is null then 'never'
        when silent_days <= cycle_days then 'fresh'
        when silent_days <= 2 * cycle_days then 'late'
        else 'stale'
    end as attention
from spoken
