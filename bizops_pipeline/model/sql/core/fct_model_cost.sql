-- grain: one row per cost of a model
-- The amount is widened before it is multiplied, so that the product is exact and rounded once.
with cost as (
    select
        recorded.*,
        coalesce(recorded.currency, company.reporting_currency) as known_currency,
        company.reporting_currency
    from staging.model_cost as recorded
    cross join settings.company as company
)

select
    cost.model_cost_id,
    cost.model_id,
    coalesce(model.service_id, 'unallocated') as service_id,
    cost.kind,
    cost.cost_on,
    cost.known_currency as currency,
    cost.amount,
    case
        when cost.known_currency = cost.reporting_currency then cost.amount
        else try_cast(cast(cost.amount as decimal(19, 4)) * exchange.rate as decimal(18, 4))
    end as amount_reporting
from cost
left join core.dim_model as model on model.model_id = cost.model_id
left join core.dim_exchange_rate as exchange
    on exchange.currency = cost.known_currency
    and exchange.valid_from <= cost.cost_on
    and exchange.valid_to > cost.cost_on
