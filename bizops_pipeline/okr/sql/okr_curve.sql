-- grain: one row per key result and stretch of its expected progress
-- Expected progress is a line through dated shares of the way, from none on the eve of the start to all on the due
-- date. Without a share in between it is in step with time. A running total that is expected as it came about a year
-- before has a stretch per day, flat at the share that was there; without such values it is in step with time.
with seasonal as (
    select
        definition.key_result_id,
        calendar.date as day,
        kpi.value
    from okr_definition as definition
    inner join core.dim_date as calendar
        on calendar.date >= definition.start_on and calendar.date <= definition.due_on
    inner join marts.kpi_value as kpi
        on kpi.kpi_id = definition.kpi_id
        and kpi.scope_type = definition.scope_type
        and kpi.scope_id = definition.scope_id
        and kpi.dimensions = definition.dimensions
        and kpi.grain = definition.grain
        and kpi.value is not null
        and kpi.period_end >= cast(definition.start_on - interval 1 year as date)
        and kpi.period_end <= cast(calendar.date - interval 1 year as date)
    where definition.curve = 'seasonal'
    qualify row_number() over (
        partition by definition.key_result_id, calendar.date order by kpi.period_end desc
    ) = 1
),

totals as (
    select definition.key_result_id, seasonal.value as total
    from okr_definition as definition
    inner join seasonal on seasonal.key_result_id = definition.key_result_id and seasonal.day = definition.due_on
    where seasonal.value > 0
),

points as (
    select point.key_result_id, point.on_day, cast(point.share as decimal(5, 4)) as share
    from okr_curve_point as point
    union all
    select definition.key_result_id, cast(definition.start_on - interval 1 day as date), cast(0 as decimal(5, 4))
    from okr_definition as definition
    union all
    select definition.key_result_id, definition.due_on, cast(1 as decimal(5, 4))
    from okr_definition as definition
    where not exists (
        select 1
        from okr_curve_point as point
        where point.key_result_id = definition.key_result_id and point.on_day = definition.due_on
    )
),

stretches as (
    select
        key_result_id,
        lag(on_day) over (partition by key_result_id order by on_day) as from_on,
        on_day as to_on,
        lag(share) over (partition by key_result_id order by on_day) as from_share,
        share as to_share
    from points
)

select
    stretches.key_result_id,
    stretches.from_on,
    stretches.to_on,
    stretches.from_share,
    stretches.to_share
from stretches
where stretches.from_on is not null
    and not exists (select 1 from totals where totals.key_result_id = stretches.key_result_id)
union all
select
    definition.key_result_id,
    cast(calendar.date - interval 1 day as date) as from_on,
    calendar.date as to_on,
    cast(least(1, greatest(0, coalesce(seasonal.value, 0) / totals.total)) as decimal(5, 4)) as from_share,
    cast(least(1, greatest(0, coalesce(seasonal.value, 0) / totals.total)) as decimal(5, 4)) as to_share
from totals
inner join okr_definition as definition on definition.key_result_id = totals.key_result_id
inner join core.dim_date as calendar
    on calendar.date >= definition.start_on and calendar.date <= definition.due_on
left join seasonal
    on seasonal.key_result_id = definition.key_result_id and seasonal.day = calendar.date
