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
    where definition.source = 'measured' and kpi.period_end <= $as_of
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
        held.target,
        held.upper_bound,
        -- Expected progress as a fraction of whole numbers, in ten thousandths of the stretch's days.
        cast(
            case
                when calendar.date < definition.start_on then 0
                else 10000 * (
                    curve.from_share * date_diff('day', curve.from_on, curve.to_on)
                    + (curve.to_share - curve.from_share)
                    * date_diff('day', curve.from_on, least(calendar.date, definition.due_on))
                )
            end as decimal(12, 0)
        ) as expected_part,
        cast(
            case
                when calendar.date < definition.start_on then 1
                else 10000 * date_diff('day', curve.from_on, curve.to_on)
            end as decimal(12, 0)
        ) as expected_whole
    from okr_definition as definition
    inner join core.dim_date as calendar
        on calendar.date >= definition.first_day and calendar.date <= definition.last_day
    inner join okr_target as held
        on held.key_result_id = definition.key_result_id
        and held.valid_from <= calendar.date
        and held.valid_to > calendar.date
    left join okr_curve as curve
        on curve.key_result_id = definition.key_result_id
        and curve.from_on < least(calendar.date, definition.due_on)
        and curve.to_on >= least(calendar.date, definition.due_on)
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
    days.expected_part,
    days.expected_whole,
    days.baseline,
    days.target,
    days.upper_bound,
    days.commit_zone,
    days.target_zone,
    days.cycle_days,
    cast(
        case
            when days.unit_value is null then days.weight
            else cast(abs(days.target - days.baseline) as decimal(22, 6)) * cast(days.unit_value as decimal(16, 6))
        end as decimal(38, 9)
    ) as weight,
    observation.value,
    observation.position,
    case days.type
        when 'stay_above' then observation.value >= days.target
        when 'stay_below' then observation.value <= days.target
        when 'range' then observation.value between days.target and days.upper_bound
        when 'binary' then observation.value >= days.target
    end as is_met,
    observation.is_within,
    observation.measured_periods,
    observation.kept_periods,
    first_observation.value as first_value,
    -- Milestones stand in the catalogue, which speaks for every day.
    case when days.type = 'milestone' then days.as_of else observation.observed_on end as data_on,
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
