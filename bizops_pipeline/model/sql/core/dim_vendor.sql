-- grain: one row per vendor
select
    vendor_id,
    name,
    category,
    country
from staging.vendor
