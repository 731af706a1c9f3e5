-- grain: one row per key result and observation that has at least two before it
-- Where the value is heading: the median of the slopes between any two of the last eight observations
-- (Theil-Sen), drawn through their median to the due date. One outlier does not bend it.
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
)

select
    points.key_result_id,
    points.at_position as position,
    median(
        points.value + slopes.daily_change * date_diff('day', points.observed_on, points.due_on)
    ) as forecast_value
from points
inner join slopes
    on slopes.key_result_id = points.key_result_id and slopes.at_position = points.at_position
group by points.key_result_id, points.at_position
