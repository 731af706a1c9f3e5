-- grain: one row per key result and day
-- Progress is (current - baseline) / (target - baseline), one signed formula for up and down. It is kept as two
-- whole numbers (billionths) until the last division, so that 29 of 100 is 0.29 and a gap of exactly ten
-- points is ten points.
with valued as (
    select
        *,
        source = 'reported' and type <> 'milestone' and value is null as is_unreported,
        -- Nobody reported anything, or no milestone is reached: still at the start.
        coalesce(value, case when source = 'reported' or type = 'milestone' then baseline end) as current_value
    from okr_day
),

moved as (
    select
        *,
        cast(
            case rule
                when 'pace' then
                    (current_value - baseline) * case when target < baseline then -1 else 1 end * 1000000000
                when 'binary' then case when is_met then 1 when current_value is not null then 0 end
                when 'baseline' then case when is_within then 1 when source = 'reported' then 0 end
                when 'threshold' then kept_periods
            end as decimal(28, 0)
        ) as moved,
        cast(
            case rule
                when 'pace' then nullif(abs(target - baseline), 0) * 1000000000
                when 'threshold' then nullif(measured_periods, 0)
                else 1
            end as decimal(28, 0)
        ) as distance
    from valued
),

measured as (
    select
        *,
        cast(moved as double) / cast(distance as double) as progress_raw,
        cast(expected_part as double) / cast(expected_whole as double) as expected_progress,
        case when rule <> 'threshold' then cast(distance * expected_whole as decimal(38, 0)) end as gap_whole,
        case
            when rule <> 'threshold'
                then cast(100 as decimal(3, 0)) * cast(
                    cast(moved * expected_whole as decimal(38, 0)) - cast(expected_part * distance as decimal(38, 0))
                    as decimal(35, 0)
                )
        end as gap_part
    from moved
),

scored as (
    select
        *,
        case
            -- Not least and greatest: they pass over a NULL.
            when rule <> 'threshold' then case when progress_raw < 0 then 0 when progress_raw > 1 then 1 else progress_raw end
            when is_met then 1
            when not is_met or is_unreported then 0
        end as progress,
        cast(gap_part as double) / cast(gap_whole as double) as gap
    from measured
),

-- The measure of pace as a fraction of whole numbers, compared without dividing.
measures as (
    select
        scored.key_result_id,
        scored.as_of,
        band.position,
        band.status,
        band.is_inclusive,
        case band.basis
            when 'gap' then scored.gap_part
            when 'ratio'
                then cast(100 as decimal(3, 0)) * cast(scored.moved * scored.expected_whole as decimal(35, 0))
        end as part,
        cast(band.threshold as decimal(4, 1)) * cast(
            case band.basis
                when 'gap' then scored.gap_whole
                when 'ratio' then scored.expected_part * scored.distance
            end as decimal(34, 0)
        ) as limit_part
    from scored
    cross join okr_band as band
    where scored.gap_part is not null
),

paced as (
    select key_result_id, as_of, status
    from measures
    where limit_part is null or part > limit_part or (is_inclusive and part = limit_part)
    qualify row_number() over (partition by key_result_id, as_of order by position) = 1
),

preset as (
    select min(status_preset) as status_preset from okr_band
),

-- Pace as a share of the pace that is needed, to hold a person's confidence against: for thresholds, kept or not.
compared as (
    select
        *,
        case
            when rule = 'threshold' then progress
            when expected_part > 0 then least(1, progress / expected_progress)
        end as pace,
        date_diff('day', data_on, least(as_of, greatest(due_on, data_on))) as data_age_days
    from scored
),

-- The day on which the trend is at the target, when it leads there at all.
reached as (
    select
        compared.key_result_id,
        compared.as_of,
        ceil(round((compared.target - trend.drawn_value) / trend.daily_change, 6)) as days_after_due
    from compared
    inner join okr_trend as trend
        on trend.key_result_id = compared.key_result_id and trend.position = compared.position
    where compared.rule = 'pace'
        and compared.moved < compared.distance
        and compared.as_of >= compared.start_on
        and (trend.daily_change > 0 and compared.target > compared.baseline
            or trend.daily_change < 0 and compared.target < compared.baseline)
)

select
    scored.key_result_id,
    scored.objective_id,
    scored.as_of,
    cast(scored.current_value as double) as current_value,
    cast(case when scored.type = 'baseline' then scored.first_value else scored.baseline end as double) as baseline,
    cast(scored.target as double) as target,
    cast(scored.upper_bound as double) as upper_bound,
    scored.progress_raw,
    cast(scored.progress as double) as progress,
    scored.expected_progress,
    scored.gap,
    case
        when scored.as_of < scored.start_on then 'not_started'
        when scored.progress is null then 'no_data'
        when scored.as_of > scored.due_on and scored.rule = 'threshold'
            then case when scored.is_met then 'achieved' else 'at_risk' end
        when scored.rule <> 'threshold' and scored.moved >= scored.distance then 'achieved'
        when scored.as_of > scored.due_on then 'missed'
        when scored.is_unreported then 'not_started'
        when scored.rule = 'threshold' then case when scored.is_met then 'on_track' else 'behind' end
        else paced.status
    end as status,
    preset.status_preset,
    coalesce(scored.rule = 'pace' and scored.moved < 0, false) as is_regressed,
    case
        when scored.commit_zone is null or scored.progress is null then null
        when scored.progress >= 1 then 'stretch'
        when scored.progress >= scored.target_zone then 'target'
        when scored.progress >= scored.commit_zone then 'commit'
        else 'below_commit'
    end as zone,
    scored.source,
    trend.forecast_value,
    trend.forecast_low,
    trend.forecast_high,
    case
        when reached.days_after_due between -36500 and 36500
            then greatest(
                scored.as_of, cast(scored.due_on + cast(reached.days_after_due as bigint) * interval 1 day as date)
            )
    end as target_reached_on,
    scored.data_on,
    scored.data_age_days,
    coalesce(scored.data_age_days <= 2 * scored.cycle_days, scored.data_on is not null) as is_fresh,
    scored.confidence,
    abs(scored.confidence - scored.pace) > 0.4 as confidence_conflict,
    scored.weight,
    case
        when scored.progress is not null then null
        when scored.current_value is null or scored.rule = 'baseline'
            then coalesce(scored.missing_reason, 'source_missing')
        else 'no_denominator'
    end as null_reason
from compared as scored
cross join preset
left join paced on paced.key_result_id = scored.key_result_id and paced.as_of = scored.as_of
left join reached on reached.key_result_id = scored.key_result_id and reached.as_of = scored.as_of
-- Nothing is expected of the due date once it is over or its value is known.
left join okr_trend as trend
    on trend.key_result_id = scored.key_result_id and trend.position = scored.position
    and scored.as_of <= scored.due_on and scored.data_on < scored.due_on
