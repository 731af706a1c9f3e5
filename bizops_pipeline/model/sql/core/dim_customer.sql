-- grain: one row per customer
select
    customer_id,
    country,
    segment,
    created_at
from staging.customer
where customer_id <> 'unallocated'
union all
select
    'unallocated' as customer_id,
    cast(null as varchar) as country,
    cast(null as varchar) as segment,
    cast(null as timestamp) as created_at
