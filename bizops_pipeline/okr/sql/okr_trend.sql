-- grain: one row per key result and observation that has at least two before it
-- Where the value is heading: the median of the slopes between any two of the last eight observations
-- (Theil-Sen), drawn through their median to the due date. One outlier does not bend it. It stays within what the
-- KPI can be, or what it was seen to be: a share that once was above 1 is limited by that.
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

slopes as (
    select
        earlier.key_result_id,
        earlier.at_position,
        median(
            (later.value - earlier.value) / date_diff('day', earlier.observed_on, later.observed_on)
        ) as daily_change
    from points as earlier
    inner join points as later
        on later.key_result_id = earlier.key_result_id
        and later.at_position = earlier.at_position
        and later.position > earlier.position
    group by earlier.key_result_id, earlier.at_position
),

trends as (
    select
        points.key_result_id,
        points.at_position as position,
        min(points.value) as lowest_seen,
        max(points.value) as highest_seen,
        median(
            points.value + slopes.daily_change * date_diff('day', points.observed_on, points.due_on)
        ) as drawn_value
    from points
    inner join slopes
        on slopes.key_result_id = points.key_result_id and slopes.at_position = points.at_position
    group by points.key_result_id, points.at_position
)

select
    trends.key_result_id,
    trends.position,
    case
        when kpi.lowest is not null and trends.drawn_value < least(kpi.lowest, trends.lowest_seen)
            then least(kpi.lowest, trends.lowest_seen)
        when kpi.highest is not null and trends.drawn_value > greatest(kpi.highest, trends.highest_seen)
            then greatest(kpi.highest, trends.highest_seen)
        else trends.drawn_value
    end as forecast_value
from trends
inner join okr_definition as definition on definition.key_result_id = trends.key_result_id
left join okr_limit as kpi on kpi.kpi_id = definition.kpi_id
