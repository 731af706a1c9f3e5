-- grain: one row per attempt to pay
-- The amount is widened before it is multiplied, so that the product is exact and rounded once.
with attempt as (
    select
        payment.*,
        coalesce(payment.channel, header.channel) as known_channel,
        coalesce(payment.currency, header.currency, company.reporting_currency) as known_currency,
        company.reporting_currency
    from staging.payment as payment
    left join staging."order" as header on header.order_id = payment.order_id
    cross join settings.company as company
),

rated_attempt as (
    select
        attempt.*,
        case
            when attempt.known_currency = attempt.reporting_currency then cast(1 as decimal(18, 9))
            else exchange.rate
        end as rate,
        case when attempt.known_currency <> attempt.reporting_currency then exchange.valid_from end as rate_date
    from attempt
    left join core.dim_exchange_rate as exchange
        on exchange.currency = attempt.known_currency
        and exchange.valid_from <= attempt.attempted_date
        and exchange.valid_to > attempt.attempted_date
)

select
    attempt.payment_id,
    attempt.order_id,
    attempt.cart_id,
    attempt.known_channel as channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    attempt.payment_method,
    attempt.status,
    attempt.failure_reason,
    case attempt.status when 'failed' then true when 'paid' then false end as is_failed,
    attempt.attempted_at,
    attempt.known_currency as currency,
    attempt.amount,
    cast(attempt.rate as decimal(38, 9)) as exchange_rate,
    attempt.rate_date,
    try_cast(cast(attempt.amount as decimal(19, 4)) * attempt.rate as decimal(18, 4)) as amount_reporting
from rated_attempt as attempt
left join core.dim_service as service on service.service_id = attempt.service_id
