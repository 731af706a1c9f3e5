-- grain: one row per refund
-- The columns of the order come from its header, or from its lines where a source has no headers. The exchange
-- rate is that of the order's business day, so that a refund takes back what the sale brought; a refund whose
-- order is not known takes the rate of its own day.
-- The amount is widened before it is multiplied, so that the product is exact and rounded once.
with order_of_lines as (
    select
        line.order_id,
        min(line.customer_id) as customer_id,
        min(line.channel) as channel,
        min(line.service_id) as service_id,
        min(line.currency) as currency,
        min(line.ordered_date) as ordered_date
    from core.fct_order_line as line
    where exists (select 1 from staging.refund as refund where refund.order_id = line.order_id)
    group by line.order_id
),

refund_of_order as (
    select
        refund.refund_id,
        refund.order_id,
        coalesce(header.customer_id, lines.customer_id) as customer_id,
        coalesce(header.channel, lines.channel) as channel,
        coalesce(header.service_id, lines.service_id) as service_id,
        refund.refunded_at,
        coalesce(refund.currency, header.currency, lines.currency, company.reporting_currency) as currency,
        company.reporting_currency,
        refund.amount,
        coalesce(header.ordered_date, lines.ordered_date, refund.refunded_date) as rated_date,
        refund.reason
    from staging.refund as refund
    left join staging."order" as header on header.order_id = refund.order_id
    left join order_of_lines as lines on lines.order_id = refund.order_id
    cross join settings.company as company
),

rate_of_day as (
    select
        wanted.currency,
        wanted.rated_date,
        exchange.rate,
        exchange.valid_from as rate_date
    from (select distinct currency, rated_date from refund_of_order where currency <> reporting_currency) as wanted
    inner join core.dim_exchange_rate as exchange
        on exchange.currency = wanted.currency
        and exchange.valid_from <= wanted.rated_date
        and exchange.valid_to > wanted.rated_date
),

rated_refund as (
    select
        refund.*,
        case
            when refund.currency = refund.reporting_currency then cast(1 as decimal(18, 9))
            else rate.rate
        end as rate,
        rate.rate_date
    from refund_of_order as refund
    left join rate_of_day as rate on rate.currency = refund.currency and rate.rated_date = refund.rated_date
)

select
    refund.refund_id,
    refund.order_id,
    refund.customer_id,
    refund.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    refund.refunded_at,
    refund.currency,
    refund.amount,
    refund.rated_date,
    cast(refund.rate as decimal(38, 9)) as exchange_rate,
    refund.rate_date,
    try_cast(cast(refund.amount as decimal(19, 4)) * refund.rate as decimal(18, 4)) as amount_reporting,
    refund.reason
from rated_refund as refund
left join core.dim_service as service on service.service_id = refund.service_id
