-- grain: one row per vendor
-- A vendor that only other records name has its key alone; `(none)` is whom values of no vendor belong to.
with named as (
    select vendor_id from staging.contract
    union
    select vendor_id from staging.gl_cost
    union
    select vendor_id from staging.incident
    union
    select vendor_id from staging.invoice
    union
    select vendor_id from staging.purchase_order_line
    union
    select vendor_id from staging.receipt
    union
    select vendor_id from staging.shipment
    union
    select vendor_id from staging.ticket
)

select
    vendor_id,
    name,
    category,
    country,
    true as is_recorded
from staging.vendor
where vendor_id <> '(none)'
union all
select
    named.vendor_id,
    cast(null as varchar) as name,
    cast(null as varchar) as category,
    cast(null as varchar) as country,
    false as is_recorded
from named
left join staging.vendor as vendor on vendor.vendor_id = named.vendor_id
where named.vendor_id <> '(none)' and vendor.vendor_id is null
union all
select
    '(none)' as vendor_id,
    'No vendor named' as name,
    cast(null as varchar) as category,
    cast(null as varchar) as country,
    true as is_recorded
