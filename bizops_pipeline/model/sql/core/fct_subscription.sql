-- grain: one row per subscription
-- The price is converted at the rate of the first day, so that it changes only with the contract.
-- It is widened before it is multiplied, so that the product is exact and rounded once.
with rated_subscription as (
    select
        subscription.*,
        coalesce(subscription.currency, company.reporting_currency) as known_currency,
        case
            when coalesce(subscription.currency, company.reporting_currency) = company.reporting_currency
                then cast(1 as decimal(18, 9))
            else exchange.rate
        end as rate,
        case when subscription.currency <> company.reporting_currency then exchange.valid_from end as rate_date
    from staging.subscription as subscription
    cross join settings.company as company
    left join core.dim_exchange_rate as exchange
        on exchange.currency = subscription.currency
        and exchange.valid_from <= subscription.started_on
        and exchange.valid_to > subscription.started_on
)

select
    subscription.subscription_id,
    subscription.customer_id,
    coalesce(subscription.product_id, 'unallocated') as product_id,
    subscription.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    subscription.started_on,
    subscription.ended_on,
    subscription.is_churned,
    subscription.known_currency as currency,
    subscription.monthly_price,
    cast(subscription.rate as decimal(38, 9)) as exchange_rate,
    subscription.rate_date,
    try_cast(cast(subscription.monthly_price as decimal(19, 4)) * subscription.rate as decimal(18, 4))
        as monthly_price_reporting
from rated_subscription as subscription
left join core.dim_service as service on service.service_id = subscription.service_id
