-- grain: one row per key result and day
-- What was known of a key result on each day: its latest value, the reason when there is none, confidence.
with gaps as (
    select
        definition.key_result_id,
        kpi.period_end as observed_on,
        lead(kpi.period_end) over (
            partition by definition.key_result_id order by kpi.period_end
        ) as known_until,
        kpi.null_reason
    from okr_definition as definition
    inner join marts.kpi_value as kpi
        on kpi.kpi_id = definition.kpi_id
        and kpi.scope_type = definition.scope_type
        and kpi.scope_id = definition.scope_id
        and kpi.dimensions = definition.dimensions
        and kpi.grain = definition.grain
    where definition.source = 'measured' and definition.grain <> 'all' and kpi.period_end <= $as_of
),

confidences as (
    select
        checkin.key_result_id,
        calendar.date as observed_on,
        lead(calendar.date) over (
            partition by checkin.key_result_id order by checkin.checked_in_at, checkin.checkin_id
        ) as known_until,
        checkin.confidence
    from staging.checkin as checkin
    inner join core.dim_date as calendar
        on checkin.checked_in_at >= calendar.utc_start and checkin.checked_in_at < calendar.utc_end
    where checkin.confidence is not null and calendar.date <= $as_of
),

days as (
    select
        definition.*,
        calendar.date as as_of,
        cast(
            least(definition.total_days, greatest(0, date_diff('day', definition.start_on, calendar.date) + 1))
            as decimal(6, 0)
        ) as elapsed_days
    from okr_definition as definition
    inner join core.dim_date as calendar
        on calendar.date >= definition.first_day and calendar.date <= definition.last_day
)

select
    days.key_result_id,
    days.objective_id,
    days.as_of,
    days.type,
    days.rule,
    days.source,
    days.start_on,
    days.due_on,
    days.elapsed_days,
    days.total_days,
    days.baseline,
    days.target,
    observation.value,
    observation.position,
    observation.is_met,
    observation.is_within,
    observation.measured_periods,
    observation.kept_periods,
    first_observation.value as first_value,
    case
        when observation.value is null and days.source = 'measured'
            then coalesce(gaps.null_reason, 'source_missing')
    end as missing_reason,
    confidences.confidence
from days
left join okr_observation as observation
    on observation.key_result_id = days.key_result_id
    and observation.observed_on <= days.as_of
    and (observation.known_until is null or observation.known_until > days.as_of)
left join okr_observation as first_observation
    on first_observation.key_result_id = days.key_result_id
    and first_observation.observed_on = observation.first_observed_on
    and first_observation.observed_on <= days.as_of
left join gaps
    on gaps.key_result_id = days.key_result_id
    and gaps.observed_on <= days.as_of
    and (gaps.known_until is null or gaps.known_until > days.as_of)
left join confidences
    on confidences.key_result_id = days.key_result_id
    and confidences.observed_on <= days.as_of
    and (confidences.known_until is null or confidences.known_until > days.as_of)
