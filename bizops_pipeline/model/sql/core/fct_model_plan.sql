-- grain: one row per planned value of a model and day
-- Each day has what the plan has grown by since the day before, rounded, so that the days add up to the plan.
with plan as (
    select model_plan_id, model_id, planned_from, planned_to, planned_value, currency from settings.model_plan
    union all
    select
        recorded.model_plan_id,
        recorded.model_id,
        recorded.planned_from,
        recorded.planned_to,
        recorded.planned_value,
        recorded.currency
    from staging.model_plan as recorded
    where not exists (
        select 1 from settings.model_plan as defined where defined.model_plan_id = recorded.model_plan_id
    )
),

planned_day as (
    select
        plan.model_plan_id,
        plan.model_id,
        coalesce(plan.currency, company.reporting_currency) as currency,
        company.reporting_currency,
        calendar.date as planned_on,
        cast(plan.planned_value as double) / (date_diff('day', plan.planned_from, plan.planned_to) + 1) as per_day,
        date_diff('day', plan.planned_from, calendar.date) as days_before
    from plan
    cross join settings.company as company
    inner join core.dim_date as calendar on calendar.date between plan.planned_from and plan.planned_to
),

valued_day as (
    select
        planned_day.*,
        cast(per_day * (days_before + 1) as decimal(18, 4)) - cast(per_day * days_before as decimal(18, 4)) as grown_by
    from planned_day
)

select
    concat(valued_day.model_plan_id, '@', cast(valued_day.planned_on as varchar)) as model_plan_day_id,
    valued_day.model_plan_id,
    valued_day.model_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    valued_day.planned_on,
    valued_day.currency,
    cast(valued_day.grown_by as decimal(18, 4)) as planned_value,
    case
        when valued_day.currency = valued_day.reporting_currency then cast(valued_day.grown_by as decimal(18, 4))
        else try_cast(cast(valued_day.grown_by as decimal(19, 4)) * exchange.rate as decimal(18, 4))
    end as planned_value_reporting
from valued_day
left join core.dim_model as model on model.model_id = valued_day.model_id
left join core.dim_exchange_rate as exchange
    on exchange.currency = valued_day.currency
    and exchange.valid_from <= valued_day.planned_on
    and exchange.valid_to > valued_day.planned_on
