-- grain: one row per key result
select
    progress.key_result_id,
    progress.objective_id,
    objective.level,
    objective.kind,
    key_result.title,
    key_result.type,
    key_result.kpi_id,
    key_result.start_on,
    key_result.due_on,
    key_result.weight,
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
    progress.is_regressed,
    progress.source,
    progress.forecast_value,
    progress.confidence,
    progress.null_reason,
    progress.quality_grade
from marts.okr_progress as progress
left join marts.dim_key_result as key_result on key_result.key_result_id = progress.key_result_id
left join marts.dim_objective as objective on objective.objective_id = progress.objective_id
qualify row_number() over (partition by progress.key_result_id order by progress.as_of desc) = 1
