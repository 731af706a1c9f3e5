-- grain: one row per model
-- A model is linked once it is in production, has an owner, and a KPI with a baseline that the link holds for. Its
-- value is proven on the first day on which the evidence so far does it for one of its KPIs.
with first_link as (
    select
        model_id,
        min(coalesce(valid_from, date '1900-01-01')) as linked_from
    from core.bridge_model_kpi
    where baseline is not null
    group by model_id
),

first_use as (
    select
        usage.model_id,
        min(usage.used_date) as used_on
    from core.fct_model_usage as usage
    inner join core.dim_model as model on model.model_id = usage.model_id
    where usage.requests > 0 and usage.used_date >= model.deployed_on
    group by usage.model_id
),

first_proof as (
    select
        model_id,
        min(value_on) as proven_on
    from core.fct_model_value
    where is_proven
    group by model_id
)

select
    model.model_id,
    model.service_id,
    model.risk_tier,
    model.approved_on,
    model.deployed_on,
    model.retired_on,
    coalesce(model.deployed_on, model.retired_on) as undeployed_until,
    case
        when model.owner is not null and first_link.linked_from > model.deployed_on then first_link.linked_from
        when model.owner is not null and first_link.linked_from is not null then model.deployed_on
    end as linked_on,
    first_use.used_on as first_used_on,
    coalesce(first_use.used_on, model.retired_on) as unused_until,
    first_proof.proven_on as value_proven_on,
    date_diff('day', model.approved_on, first_proof.proven_on) as days_to_value
from core.dim_model as model
left join first_link on first_link.model_id = model.model_id
left join first_use on first_use.model_id = model.model_id
left join first_proof on first_proof.model_id = model.model_id
