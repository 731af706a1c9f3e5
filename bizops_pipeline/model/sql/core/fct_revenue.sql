-- grain: one row per revenue movement (order line or refund)
-- Sales count on the day of the order, refunds as negative amounts on their own day; an order that was cancelled
-- brings neither, whether or not its lines are there. A refund names no product, so it has no product's age.
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
        ordered_date as occurred_date,
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
        refunded_date as occurred_date,
        currency,
        cast(-amount as decimal(18, 4)) as amount,
        cast(-amount_reporting as decimal(18, 4)) as amount_reporting
    from core.fct_refund
    where order_id is null
        or order_id not in (select order_id from staging."order" where status = 'cancelled')
),

movement as (
    select * from sale
    union all
    select * from given_back
)

select
    movement.movement_id,
    movement.movement,
    movement.order_id,
    movement.product_id,
    movement.customer_id,
    movement.channel,
    movement.country,
    movement.service_id,
    movement.occurred_at,
    movement.currency,
    movement.amount,
    movement.amount_reporting,
    product.launched_on as product_launched_on,
    extract(year from movement.occurred_date) - extract(year from product.launched_on)
        - case
            when extract(month from movement.occurred_date) * 100 + extract(day from movement.occurred_date)
                < extract(month from product.launched_on) * 100 + extract(day from product.launched_on) then 1
            else 0
        end as product_age_years
from movement
left join core.dim_product as product on product.product_id = movement.product_id
