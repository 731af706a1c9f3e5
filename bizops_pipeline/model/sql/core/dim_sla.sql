-- grain: one row per service level and span of days on which it holds
-- A service level holds from its day until the next one has come; of several of one day the last by key holds.
with dated_level as (
    select
        sla_id,
        name,
        vendor_id,
        target_seconds,
        coalesce(clock, 'business') as clock,
        coalesce(valid_from, date '1900-01-01') as valid_from,
        lead(coalesce(valid_from, date '1900-01-01'), 1, date '9999-12-31') over (
            partition by sla_id order by coalesce(valid_from, date '1900-01-01'), sla_version_id
        ) as valid_to
    from staging.sla
)

select
    sla_id,
    name,
    vendor_id,
    target_seconds,
    clock,
    valid_from,
    valid_to
from dated_level
where valid_from < valid_to
