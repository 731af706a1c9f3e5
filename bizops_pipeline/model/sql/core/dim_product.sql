-- grain: one row per product
select
    product_id,
    name,
    category,
    launched_on
from staging.product
where product_id <> 'unallocated'
union all
select
    'unallocated' as product_id,
    'No product named' as name,
    cast(null as varchar) as category,
    cast(null as date) as launched_on
