-- grain: one row per cost posted in the ledger
with rated_cost as (
    select
        cost.*,
        coalesce(cost.currency, company.reporting_currency) as known_currency,
        case
            when coalesce(cost.currency, company.reporting_currency) = company.reporting_currency
                then cast(1 as decimal(18, 9))
            else exchange.rate
        end as rate,
        case when cost.currency <> company.reporting_currency then exchange.valid_from end as rate_date
    from staging.gl_cost as cost
    cross join settings.company as company
    left join core.dim_exchange_rate as exchange
        on exchange.currency = cost.currency
        and exchange.valid_from <= cost.posted_on
        and exchange.valid_to > cost.posted_on
)

select
    cost.gl_cost_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    cost.posted_on as cost_date,
    cost.account,
    cost.cost_centre,
    cost.vendor_id,
    cost.initiative_id,
    cost.cost_type,
    coalesce(cost.spend_class, 'untagged') as spend_class,
    cost.cost_type <> 'depreciation' as is_cash,
    coalesce(cost.is_it, false) as is_it,
    cost.is_innovation,
    cost.tower,
    coalesce(cost.is_detailed_in_cloud_cost, false) as is_detailed_in_cloud_cost,
    cost.known_currency as currency,
    cost.amount,
    cast(cost.rate as decimal(38, 9)) as exchange_rate,
    cost.rate_date,
    try_cast(cast(cost.amount as decimal(19, 4)) * cost.rate as decimal(18, 4)) as amount_reporting
from rated_cost as cost
left join core.dim_service as service on service.service_id = cost.service_id
