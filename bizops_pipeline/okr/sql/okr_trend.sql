-- grain: one row per key result and observation that has at least two before it
-- Where the value is heading: the median of the slopes between any two of the last eight observations
-- (Theil-Sen), drawn through their median to the due date. One outlier does not bend it. Beside it the ends of the
-- 90 % interval of the slope (Sen), drawn alike: how sure the trend is, not how much a single value scatters around it.
-- All stay within what the KPI can be, or what it was seen to be: a share that once was above 1 is limited by that.
with points as (
    select
        latest.key_result_id,
        latest.position as at_position,
        point.position,
        point.observed_on,
        definition.due_on,
        cast(point.value as double) as value
    from okr_observation as latest
    inner join okr_definition as definition on definition.key_result_id = latest.key_result_id
    inner join okr_observation as point
        on point.key_result_id = latest.key_result_id
        and point.position between latest.position - 7 and latest.position
    where definition.rule in ('pace', 'threshold')
        and latest.position >= 3
        and (latest.known_until is null or latest.known_until > definition.first_day)
),

pairs as (
    select
        earlier.key_result_id,
        earlier.at_position,
        (later.value - earlier.value) / date_diff('day', earlier.observed_on, later.observed_on) as slope
    from points as earlier
    inner join points as later
        on later.key_result_id = earlier.key_result_id
        and later.at_position = earlier.at_position
        and later.position > earlier.position
),

ranked as (
    select
        key_result_id,
        at_position,
        slope,
        row_number() over (partition by key_result_id, at_position order by slope) as place,
        count(*) over (partition by key_result_id, at_position) as slopes
    from pairs
),

-- n points have n (n - 1) / 2 slopes; the variance of Kendall's statistic is n (n - 1) (2 n + 5) / 18.
placed as (
    select
        *,
        1.645 * sqrt(slopes * (6 + sqrt(1 + 8 * slopes)) / 9) as spread
    from ranked
),

slopes as (
    select
        key_result_id,
        at_position,
        median(slope) as daily_change,
        min(case when place = greatest(1, round((slopes - spread) / 2)) then slope end) as lowest_change,
        min(case when place = least(slopes, round((slopes + spread) / 2) + 1) then slope end) as highest_change
    from placed
    group by key_result_id, at_position
),

drawn as (
    select
        points.key_result_id,
        points.at_position,
        points.value,
        slopes.daily_change,
        slopes.lowest_change,
        slopes.highest_change,
        date_diff('day', points.observed_on, points.due_on) as days
    from points
    inner join slopes
        on slopes.key_result_id = points.key_result_id and slopes.at_position = points.at_position
),

trends as (
    select
        key_result_id,
        at_position as position,
        min(value) as lowest_seen,
        max(value) as highest_seen,
        min(daily_change) as daily_change,
        median(value + daily_change * days) as drawn_value,
        -- A value of a period that ends after the due date lies ahead of it: there the lowest slope draws the higher line.
        least(median(value + lowest_change * days), median(value + highest_change * days)) as lower_value,
        greatest(median(value + lowest_change * days), median(value + highest_change * days)) as upper_value
    from drawn
    group by key_result_id, at_position
),

limits as (
    select
        trends.*,
        case when kpi.lowest is not null then least(kpi.lowest, trends.lowest_seen) end as floor_value,
        case when kpi.highest is not null then greatest(kpi.highest, trends.highest_seen) end as ceiling_value
    from trends
    inner join okr_definition as definition on definition.key_result_id = trends.key_result_id
    left join okr_limit as kpi on kpi.kpi_id = definition.kpi_id
),

capped as (
    select
        key_result_id,
        position,
        daily_change,
        drawn_value,
        floor_value,
        least(coalesce(ceiling_value, drawn_value), drawn_value) as forecast_value,
        least(coalesce(ceiling_value, lower_value), lower_value) as forecast_low,
        least(coalesce(ceiling_value, upper_value), upper_value) as forecast_high
    from limits
)

select
    key_result_id,
    position,
    daily_change,
    drawn_value,
    greatest(coalesce(floor_value, forecast_value), forecast_value) as forecast_value,
    greatest(coalesce(floor_value, forecast_low), forecast_low) as forecast_low,
    greatest(coalesce(floor_value, forecast_high), forecast_high) as forecast_high
from capped
