-- grain: one row per product
-- A product that only other records name has its key alone.
with named as (
    select product_id from staging.order_line
    union
    select product_id from staging.subscription
    union
    select product_id from staging.purchase_order_line
)

select
    product_id,
    name,
    category,
    launched_on,
    true as is_recorded
from staging.product
where product_id <> 'unallocated'
union all
select
    named.product_id,
    cast(null as varchar) as name,
    cast(null as varchar) as category,
    cast(null as date) as launched_on,
    false as is_recorded
from named
left join staging.product as product on product.product_id = named.product_id
where named.product_id <> 'unallocated' and product.product_id is null
union all
select
    'unallocated' as product_id,
    'No product named' as name,
    cast(null as varchar) as category,
    cast(null as date) as launched_on,
    true as is_recorded
