-- grain: one row per model, KPI and day on which units got the model
-- The effect per unit is one estimate over all days up to the as-of date, in the outcome's own unit:
--   randomised     the difference between the arms of each day, weighted by the treated units of the day, so that
--                  a changing share of the treatment mixes no good days with bad ones
--   control_group  the difference in differences: treated less control, after less before
--   before_after   treated after less treated before; where nothing was observed before, less the link's baseline
-- A day counts as proven once 28 days of evidence or more do it: the fewest that hold every weekday four times, and
-- enough that a rare outcome which has not come yet is not taken for one that never will.
-- Of several experiments the strongest design with an estimate counts, in this order; of equals the latest.
with link as (
    select
        *,
        case when direction = 'down' then -1 else 1 end as better
    from core.bridge_model_kpi
    where unit_value is not null
),

before as (
    select
        experiment_id,
        model_id,
        kpi_id,
        design,
        sum(exposed) filter (where arm = 'treatment') as treated,
        sum(outcome_sum) filter (where arm = 'treatment') as treated_sum,
        sum(outcome_sum_of_squares) filter (where arm = 'treatment') as treated_squares,
        sum(exposed) filter (where arm = 'control') as control,
        sum(outcome_sum) filter (where arm = 'control') as control_sum,
        sum(outcome_sum_of_squares) filter (where arm = 'control') as control_squares
    from core.fct_experiment
    where phase = 'before'
    group by experiment_id, model_id, kpi_id, design
),

observed_day as (
    select
        experiment_id,
        model_id,
        kpi_id,
        design,
        observed_on,
        sum(exposed) filter (where arm in ('treatment', 'rollout')) as reached,
        sum(exposed) filter (where arm = 'treatment') as treated,
        sum(outcome_sum) filter (where arm = 'treatment') as treated_sum,
        sum(outcome_sum_of_squares) filter (where arm = 'treatment') as treated_squares,
        sum(exposed) filter (where arm = 'control') as control,
        sum(outcome_sum) filter (where arm = 'control') as control_sum,
        sum(outcome_sum_of_squares) filter (where arm = 'control') as control_squares
    from core.fct_experiment
    where phase = 'after'
    group by experiment_id, model_id, kpi_id, design, observed_on
),

compared_day as (
    select
        observed_day.*,
        case when treated > 1 and control > 1 then treated end as weight,
        cast(treated_sum as double) / treated - cast(control_sum as double) / control as difference,
        (treated_squares - cast(treated_sum as double) * treated_sum / treated) / nullif(treated - 1, 0) / treated
        + (control_squares - cast(control_sum as double) * control_sum / control) / nullif(control - 1, 0) / control
            as variance
    from observed_day
),

so_far as (
    select
        experiment_id,
        model_id,
        kpi_id,
        design,
        observed_on,
        reached,
        count(treated) over until_day as days,
        sum(weight) over until_day as weight,
        cast(sum(cast(weight * difference as decimal(38, 9))) over until_day as double) as weighted_difference,
        cast(sum(cast(cast(weight as double) * weight * variance as decimal(38, 9))) over until_day as double)
            as weighted_variance,
        sum(treated) over until_day as treated,
        cast(sum(treated_sum) over until_day as double) as treated_sum,
        cast(sum(treated_squares) over until_day as double) as treated_squares,
        sum(control) over until_day as control,
        cast(sum(control_sum) over until_day as double) as control_sum,
        cast(sum(control_squares) over until_day as double) as control_squares
    from compared_day
    window until_day as (
        partition by experiment_id, model_id, kpi_id, design
        order by observed_on
        rows between unbounded preceding and current row
    )
),

averaged as (
    select
        so_far.experiment_id,
        so_far.model_id,
        so_far.kpi_id,
        so_far.design,
        so_far.observed_on,
        so_far.reached,
        so_far.days,
        link.better,
        so_far.weighted_difference / nullif(so_far.weight, 0) as stratified_effect,
        sqrt(so_far.weighted_variance) / nullif(so_far.weight, 0) as stratified_error,
        so_far.treated_sum / nullif(so_far.treated, 0) as treated_mean,
        (so_far.treated_squares - so_far.treated_sum * so_far.treated_sum / so_far.treated)
        / nullif(so_far.treated - 1, 0) / so_far.treated as treated_variance,
        so_far.control_sum / nullif(so_far.control, 0) as control_mean,
        (so_far.control_squares - so_far.control_sum * so_far.control_sum / so_far.control)
        / nullif(so_far.control - 1, 0) / so_far.control as control_variance,
        cast(before.treated_sum as double) / nullif(before.treated, 0) as treated_mean_before,
        (before.treated_squares - cast(before.treated_sum as double) * before.treated_sum / before.treated)
        / nullif(before.treated - 1, 0) / before.treated as treated_variance_before,
        cast(before.control_sum as double) / nullif(before.control, 0) as control_mean_before,
        (before.control_squares - cast(before.control_sum as double) * before.control_sum / before.control)
        / nullif(before.control - 1, 0) / before.control as control_variance_before,
        cast(link.baseline as double) as baseline
    from so_far
    inner join link on link.model_id = so_far.model_id and link.kpi_id = so_far.kpi_id
    left join before
        on before.experiment_id = so_far.experiment_id
        and before.model_id = so_far.model_id
        and before.kpi_id = so_far.kpi_id
        and before.design = so_far.design
),

estimated as (
    select
        experiment_id,
        model_id,
        kpi_id,
        design,
        observed_on,
        reached,
        days,
        better * case design
            when 'randomised' then stratified_effect
            when 'control_group' then
                treated_mean - control_mean - coalesce(treated_mean_before - control_mean_before, 0)
            else treated_mean - coalesce(treated_mean_before, baseline)
        end as effect,
        case design
            when 'randomised' then stratified_error
            when 'control_group' then sqrt(
                treated_variance + control_variance + coalesce(treated_variance_before + control_variance_before, 0)
            )
            else sqrt(treated_variance + coalesce(treated_variance_before, 0))
        end as standard_error
    from averaged
),

final_estimate as (
    select
        experiment_id,
        model_id,
        kpi_id,
        design,
        effect,
        standard_error,
        observed_on as last_observed_on
    from estimated
    where effect is not null
    qualify row_number() over (
        partition by experiment_id, model_id, kpi_id, design order by observed_on desc
    ) = 1
),

strongest as (
    select *
    from final_estimate
    qualify row_number() over (
        partition by model_id, kpi_id
        order by
            case design when 'randomised' then 1 when 'control_group' then 2 else 3 end,
            last_observed_on desc,
            experiment_id
    ) = 1
),

valued as (
    select
        estimated.model_id,
        estimated.kpi_id,
        estimated.observed_on as value_on,
        strongest.experiment_id,
        strongest.design as method,
        cast(estimated.reached as bigint) as exposed,
        strongest.effect,
        strongest.standard_error,
        link.currency,
        link.unit_value,
        cast(strongest.effect * estimated.reached * cast(link.unit_value as double) as decimal(18, 4)) as value_amount,
        coalesce(
            estimated.days >= 28 and estimated.effect - 1.959963984540054 * estimated.standard_error > 0, false
        ) as is_proven
    from strongest
    inner join estimated
        on estimated.experiment_id = strongest.experiment_id
        and estimated.model_id = strongest.model_id
        and estimated.kpi_id = strongest.kpi_id
        and estimated.design = strongest.design
    inner join link on link.model_id = strongest.model_id and link.kpi_id = strongest.kpi_id
    where estimated.reached > 0
)

select
    concat(valued.model_id, '@', valued.kpi_id, '@', cast(valued.value_on as varchar)) as model_value_id,
    valued.model_id,
    valued.kpi_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    valued.value_on,
    valued.experiment_id,
    valued.method,
    valued.exposed,
    valued.effect,
    valued.standard_error,
    valued.currency,
    valued.unit_value,
    valued.value_amount,
    case
        when valued.currency = company.reporting_currency then valued.value_amount
        else try_cast(cast(valued.value_amount as decimal(19, 4)) * exchange.rate as decimal(18, 4))
    end as value_reporting,
    valued.is_proven
from valued
cross join settings.company as company
left join core.dim_model as model on model.model_id = valued.model_id
left join core.dim_exchange_rate as exchange
    on exchange.currency = valued.currency
    and exchange.valid_from <= valued.value_on
    and exchange.valid_to > valued.value_on
