-- grain: one row per customer who ever bought
-- Several orders on one business day are one purchase: a split basket is no repeat purchase.
with purchase as (
    select
        customer_id,
        order_id,
        channel,
        service_id,
        ordered_at,
        ordered_date
    from core.fct_order
    where not is_cancelled and customer_id is not null
),

first_purchase as (
    select
        customer_id,
        channel,
        service_id,
        ordered_at
    from purchase
    qualify row_number() over (partition by customer_id order by ordered_at, order_id) = 1
),

purchase_day as (
    select
        customer_id,
        ordered_date,
        row_number() over (partition by customer_id order by ordered_date) as position
    from (select distinct customer_id, ordered_date from purchase) as days
),

customer_days as (
    select
        customer_id,
        max(ordered_date) filter (where position = 2) as second_purchase_date,
        count(*) as purchase_days
    from purchase_day
    group by customer_id
)

select
    first_purchase.customer_id,
    first_purchase.channel,
    first_purchase.service_id,
    first_purchase.ordered_at as first_ordered_at,
    customer_days.second_purchase_date,
    customer_days.purchase_days
from first_purchase
inner join customer_days on customer_days.customer_id = first_purchase.customer_id
