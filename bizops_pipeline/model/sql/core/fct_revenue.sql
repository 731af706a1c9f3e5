-- grain: one row per revenue movement (order line or refund)
-- Sales count on the day of the order, refunds as negative amounts on their own day; an order that was cancelled
-- brings neither.
with sale as (
    select
        'sale:' || order_line_id as movement_id,
        'sale' as movement,
        order_id,
        product_id,
        customer_id,
        channel,
        country,
        service_id,
        ordered_at as occurred_at,
        currency,
        net_amount as amount,
        net_amount_reporting as amount_reporting
    from core.fct_order_line
    where not is_cancelled
),
given_back as (
    select
        'refund:' || refund_id as movement_id,
        'refund' as movement,
        order_id,
        'unallocated' as product_id,
        customer_id,
        channel,
        cast(null as varchar) as country,
        service_id,
        refunded_at as occurred_at,
        currency,
        cast(-amount as decimal(18, 4)) as amount,
        cast(-amount_reporting as decimal(18, 4)) as amount_reporting
    from core.fct_refund
    where order_id is null
        or order_id not in (select order_id from core.fct_order_line where is_cancelled and order_id is not null)
)
select
    movement_id,
    movement,
    order_id,
    product_id,
    customer_id,
    channel,
    country,
    service_id,
    occurred_at,
    currency,
    amount,
    amount_reporting
from sale
union all
select
    movement_id,
    movement,
    order_id,
    product_id,
    customer_id,
    channel,
    country,
    service_id,
    occurred_at,
    currency,
    amount,
    amount_reporting
from given_back
