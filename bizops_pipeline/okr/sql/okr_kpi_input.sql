-- grain: one row per key result and day on which it is open
-- Progress with the share of each key result in its objective, which is what KPIs over it weigh by.
select
    progress.key_result_id,
    progress.objective_id,
    progress.as_of,
    progress.current_value,
    progress.baseline,
    progress.target,
    progress.upper_bound,
    progress.progress_raw,
    progress.progress,
    progress.expected_progress,
    progress.gap,
    progress.status,
    progress.status_preset,
    progress.is_regressed,
    progress.zone,
    progress.source,
    progress.forecast_value,
    progress.forecast_low,
    progress.forecast_high,
    progress.target_reached_on,
    progress.data_on,
    progress.data_age_days,
    progress.is_fresh,
    progress.confidence,
    progress.confidence_conflict,
    progress.weight,
    progress.null_reason,
    progress.quality_grade,
    progress.run_id,
    cast(
        cast(progress.weight as double)
        / cast(sum(progress.weight) over (partition by progress.objective_id, progress.as_of) as double)
        as decimal(14, 12)
    ) as share
from marts.okr_progress as progress
inner join core.dim_key_result as key_result on key_result.key_result_id = progress.key_result_id
where progress.as_of >= key_result.start_on and progress.as_of <= key_result.due_on
