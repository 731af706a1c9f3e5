-- grain: one row per order
-- Orders by their headers, and those that only their lines tell of. A sum in reporting currency is NULL when the
-- rate of any part is missing: a partial sum would look like a small order.
with header as (
    select
        order_id,
        customer_id,
        cart_id,
        session_id,
        channel,
        service_id,
        status,
        ordered_at,
        currency
    from staging."order"
),

line_total as (
    select
        order_id,
        min(customer_id) as customer_id,
        min(channel) as channel,
        min(service_id) as service_id,
        min(ordered_at) as ordered_at,
        min(currency) as currency,
        count(*) as line_count,
        case when min(currency) = max(currency) then sum(net_amount) end as net_amount,
        case when count(*) = count(net_amount_reporting) then sum(net_amount_reporting) end as net_amount_reporting
    from core.fct_order_line
    group by order_id
),

known_order as (
    select
        header.order_id,
        header.customer_id,
        header.cart_id,
        header.session_id,
        header.channel,
        header.service_id,
        header.status,
        header.ordered_at,
        coalesce(header.currency, line_total.currency, company.reporting_currency) as currency
    from header
    left join line_total on line_total.order_id = header.order_id
    cross join settings.company as company
    union all
    select
        line_total.order_id,
        line_total.customer_id,
        cast(null as varchar) as cart_id,
        cast(null as varchar) as session_id,
        line_total.channel,
        line_total.service_id,
        'completed' as status,
        line_total.ordered_at,
        line_total.currency
    from line_total
    where line_total.ordered_at is not null
      and not exists (select 1 from staging."order" as header where header.order_id = line_total.order_id)
),

refund_total as (
    select
        order_id,
        case when count(*) = count(amount_reporting) then sum(amount_reporting) end as refunded_amount_reporting
    from core.fct_refund
    where order_id is not null
    group by order_id
)

select
    placed.order_id,
    placed.customer_id,
    placed.cart_id,
    placed.session_id,
    placed.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    placed.status,
    placed.status = 'cancelled' as is_cancelled,
    placed.ordered_at,
    coalesce(line_total.line_count, 0) as line_count,
    placed.currency,
    case when line_total.order_id is null then cast(0 as decimal(18, 4))
        else try_cast(line_total.net_amount as decimal(18, 4)) end as net_amount,
    case when line_total.order_id is null then cast(0 as decimal(18, 4))
        else try_cast(line_total.net_amount_reporting as decimal(18, 4)) end as net_amount_reporting,
    case when refund_total.order_id is null then cast(0 as decimal(18, 4))
        else try_cast(refund_total.refunded_amount_reporting as decimal(18, 4)) end as refunded_amount_reporting
from known_order as placed
left join line_total on line_total.order_id = placed.order_id
left join refund_total on refund_total.order_id = placed.order_id
left join core.dim_service as service on service.service_id = placed.service_id
