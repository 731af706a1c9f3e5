-- grain: one row per experiment, arm, phase and day
-- An outcome that a unit has or has not is its own square, so its count stands for both sums.
select
    result.experiment_result_id,
    result.experiment_id,
    result.model_id,
    result.kpi_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    result.design,
    result.arm,
    coalesce(result.phase, 'after') as phase,
    result.observed_on,
    result.exposed,
    result.outcomes,
    coalesce(result.outcome_sum, cast(result.outcomes as decimal(18, 6)), 0) as outcome_sum,
    coalesce(
        result.outcome_sum_of_squares,
        case when result.outcome_sum is null then cast(result.outcomes as decimal(18, 6)) end,
        0
    ) as outcome_sum_of_squares
from staging.experiment as result
left join core.dim_model as model on model.model_id = result.model_id
