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
        case when rule <> 'threshold' then distance * total_days end as gap_whole,
        case
            when rule <> 'threshold'
                then cast(100 as decimal(3, 0)) * (moved * total_days - elapsed_days * distance)
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
            when 'ratio' then cast(100 as decimal(3, 0)) * scored.moved * scored.total_days
        end as part,
        band.threshold * case band.basis
            when 'gap' then scored.gap_whole
            when 'ratio' then scored.elapsed_days * scored.distance
        end as limit_part
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
)

select
    scored.key_result_id,
    scored.objective_id,
    scored.as_of,
    cast(scored.current_value as double) as current_value,
    cast(case when scored.type = 'baseline' then scored.first_value else scored.baseline end as double) as baseline,
    cast(scored.target as double) as target,
    scored.progress_raw,
    cast(scored.progress as double) as progress,
    cast(scored.elapsed_days as double) / cast(scored.total_days as double) as expected_progress,
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
    scored.source,
    case when scored.as_of <= scored.due_on then trend.forecast_value end as forecast_value,
    scored.confidence,
    case
        when scored.progress is not null then null
        when scored.current_value is null or scored.rule = 'baseline'
            then coalesce(scored.missing_reason, 'source_missing')
        else 'no_denominator'
    end as null_reason
from scored
cross join preset
left join paced on paced.key_result_id = scored.key_result_id and paced.as_of = scored.as_of
left join okr_trend as trend
    on trend.key_result_id = scored.key_result_id and trend.position = scored.position
