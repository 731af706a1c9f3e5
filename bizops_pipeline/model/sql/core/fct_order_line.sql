-- grain: one row per order line
-- The columns of the order come from its header, or from the line itself where a source has no headers. The
-- exchange rate is that of the order's business day, carried forward from the last earlier day that has one.
-- The amount is widened before it is multiplied, so that the product is exact and rounded once.
with ordered_line as (
    select
        line.order_line_id,
        line.order_id,
        line.invoice_number,
        coalesce(line.product_id, 'unallocated') as product_id,
        coalesce(header.customer_id, line.customer_id) as customer_id,
        coalesce(header.channel, line.channel) as channel,
        line.country,
        coalesce(header.service_id, line.service_id) as service_id,
        coalesce(header.status = 'cancelled', false) as is_cancelled,
        coalesce(header.ordered_at, line.ordered_at) as ordered_at,
        coalesce(header.ordered_date, line.ordered_date) as ordered_date,
        line.quantity,
        coalesce(header.currency, line.currency, company.reporting_currency) as currency,
        company.reporting_currency,
        line.net_amount
    from staging."order_line" as line
    left join staging."order" as header on header.order_id = line.order_id
    cross join settings.company as company
),

rate_of_day as (
    select
        wanted.currency,
        wanted.ordered_date,
        exchange.rate,
        exchange.valid_from as rate_date
    from (select distinct currency, ordered_date from ordered_line where currency <> reporting_currency) as wanted
    inner join core.dim_exchange_rate as exchange
        on exchange.currency = wanted.currency
        and exchange.valid_from <= wanted.ordered_date
        and exchange.valid_to > wanted.ordered_date
),

rated_line as (
    select
        line.*,
        case when line.currency = line.reporting_currency then cast(1 as decimal(18, 9)) else rate.rate end as rate,
        rate.rate_date
    from ordered_line as line
    left join rate_of_day as rate on rate.currency = line.currency and rate.ordered_date = line.ordered_date
)

select
    line.order_line_id,
    line.order_id,
    line.invoice_number,
    line.product_id,
    line.customer_id,
    line.channel,
    line.country,
    coalesce(service.service_id, 'unallocated') as service_id,
    line.is_cancelled,
    line.ordered_at,
    line.quantity,
    line.currency,
    line.net_amount,
    cast(line.rate as decimal(38, 9)) as exchange_rate,
    line.rate_date,
    try_cast(cast(line.net_amount as decimal(19, 4)) * line.rate as decimal(18, 4)) as net_amount_reporting
from rated_line as line
left join core.dim_service as service on service.service_id = line.service_id
