-- grain: one row per KPI, scope and dimensions
with lately as (
    select *
    from marts.kpi_value
    where (is_complete or grain = 'all')
        and date_diff('day', period_end, $as_of) < case grain
            when 'day' then 20 when 'week' then 100 when 'month' then 400 when 'quarter' then 1200 else 5000
        end
),

shown as (
    select kpi_id, scope_type, scope_id, dimensions, grain,
        case grain
            when 'month' then 1 when 'week' then 2 when 'quarter' then 3 when 'day' then 4 when 'year' then 5 else 6
        end as choice
    from lately
    group by kpi_id, scope_type, scope_id, dimensions, grain
),

telling as (
    select kpi_id, scope_type, scope_id, dimensions, min(choice) as choice
    from shown
    group by kpi_id, scope_type, scope_id, dimensions
),

numbered as (
    select stored.*,
        row_number() over (
            partition by stored.kpi_id, stored.scope_type, stored.scope_id, stored.dimensions
            order by stored.period_start desc
        ) as back
    from lately as stored
    inner join shown
        on shown.kpi_id = stored.kpi_id and shown.scope_type = stored.scope_type and shown.scope_id = stored.scope_id
        and shown.dimensions = stored.dimensions and shown.grain = stored.grain
    inner join telling
        on telling.kpi_id = shown.kpi_id and telling.scope_type = shown.scope_type
        and telling.scope_id = shown.scope_id and telling.dimensions = shown.dimensions
        and telling.choice = shown.choice
),

recent as (
    select *
    from numbered
    where back <= 12
),

pair as (
    select earlier.kpi_id, earlier.scope_type, earlier.scope_id, earlier.dimensions,
        (later.value - earlier.value) / (earlier.back - later.back) as slope
    from recent as earlier
    inner join recent as later
        on later.kpi_id = earlier.kpi_id and later.scope_type = earlier.scope_type
        and later.scope_id = earlier.scope_id and later.dimensions = earlier.dimensions
        and later.back < earlier.back
    where earlier.value is not null and later.value is not null
),

trend as (
    select kpi_id, scope_type, scope_id, dimensions,
        quantile_cont(slope, 0.5) as slope,
        cast(count(*) filter (where slope > 0) - count(*) filter (where slope < 0) as double) / count(*) as strength
    from pair
    group by kpi_id, scope_type, scope_id, dimensions
),

line as (
    select kpi_id, scope_type, scope_id, dimensions, count(value) as periods,
        concat(
            '[',
            concat_ws(
                ',',
                coalesce(cast(max(value) filter (where back = 12) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 11) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 10) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 9) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 8) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 7) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 6) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 5) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 4) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 3) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 2) as varchar), 'null'),
                coalesce(cast(max(value) filter (where back = 1) as varchar), 'null')
            ),
            ']'
        ) as recent_values
    from recent
    group by kpi_id, scope_type, scope_id, dimensions
),

joined as (
    select latest.*, catalogue.label, catalogue.unit, catalogue.direction, catalogue.value_domain, catalogue.layer,
        catalogue.owner, line.periods, line.recent_values,
        case when line.periods >= 4 then trend.slope end as slope,
        case when line.periods >= 4 then trend.strength end as strength
    from recent as latest
    inner join marts.metric_catalogue as catalogue on catalogue.kpi_id = latest.kpi_id
    inner join line
        on line.kpi_id = latest.kpi_id and line.scope_type = latest.scope_type and line.scope_id = latest.scope_id
        and line.dimensions = latest.dimensions
    left join trend
        on trend.kpi_id = latest.kpi_id and trend.scope_type = latest.scope_type
        and trend.scope_id = latest.scope_id and trend.dimensions = latest.dimensions
    where latest.back = 1
)

select
    kpi_id,
    scope_type,
    scope_id,
    dimensions,
    label,
    unit,
    direction,
    value_domain,
    layer,
    owner,
    grain,
    period_start,
    period_end,
    value,
    target,
    warn,
    status,
    $band as band,
    null_reason,
    is_provisional,
    value - target as target_gap,
    previous_value,
    value - previous_value as change,
    case
        when value is null or previous_value is null then null
        when value = previous_value then 'same'
        when direction not in ('up', 'down') then case when value > previous_value then 'higher' else 'lower' end
        when (value > previous_value) = (direction = 'up') then 'better'
        else 'worse'
    end as change_meaning,
    year_ago_value,
    slope as trend_slope,
    strength as trend_strength,
    case
        when strength is null then null
        when abs(strength) < 0.5 then 'steady'
        when direction not in ('up', 'down') then case when strength > 0 then 'rising' else 'falling' end
        when (strength > 0) = (direction = 'up') then 'improving'
        else 'worsening'
    end as trend,
    periods as trend_periods,
    recent_values,
    quality_grade,
    data_as_of
from joined
