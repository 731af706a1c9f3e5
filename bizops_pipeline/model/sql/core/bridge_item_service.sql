-- grain: one row per item, service and first day
-- Rows of an item with one first day make a set that holds until the next one begins. Equal shares are cut to six
-- places; what that leaves goes to the first service, so that the weights of a set sum to 1 exactly.
with told as (
    select
        mapping.item_type,
        mapping.item_id,
        coalesce(service.service_id, 'unallocated') as service_id,
        mapping.weight,
        coalesce(mapping.method, 'explicit') as method,
        mapping.confidence,
        coalesce(mapping.valid_from, date '1900-01-01') as valid_from
    from staging.entity_map as mapping
    left join core.dim_service as service on service.service_id = mapping.service_id
),

found as (
    select
        mark.item_type,
        mark.item_id,
        known.service_id,
        min(mark.kind) as method
    from staging.item_mark as mark
    inner join core.dim_service_mark as known
        on known.kind = mark.kind
        and case when known.is_beginning
            then left(mark.value, length(known.pattern)) = known.pattern
            else mark.value = known.pattern end
    where not exists (
        select 1
        from staging.entity_map as mapping
        where mapping.item_type = mark.item_type and mapping.item_id = mark.item_id
    )
    group by mark.item_type, mark.item_id, known.service_id
),

counted as (
    select
        found.*,
        count(*) over (partition by item_type, item_id) as services,
        row_number() over (partition by item_type, item_id order by service_id) as position
    from found
),

shared as (
    select
        item_type,
        item_id,
        service_id,
        floor(cast(1000000 as bigint) / services) as millionths,
        services,
        position,
        method
    from counted
),

listed as (
    select
        item_type,
        item_id,
        service_id,
        sum(weight) as weight,
        min(method) as method,
        min(confidence) as confidence,
        valid_from
    from told
    group by item_type, item_id, service_id, valid_from
    union all
    select
        item_type,
        item_id,
        service_id,
        cast(
            case when position = 1 then 1000000 - millionths * (services - 1) else millionths end as decimal(18, 6)
        ) * cast(0.000001 as decimal(9, 6)) as weight,
        method,
        cast(null as decimal(9, 6)) as confidence,
        date '1900-01-01' as valid_from
    from shared
),

totalled as (
    select
        item_type,
        item_id,
        valid_from,
        sum(weight) as weight,
        lead(valid_from, 1, date '9999-12-31') over (
            partition by item_type, item_id order by valid_from
        ) as valid_to
    from listed
    group by item_type, item_id, valid_from
),

complete as (
    select
        listed.item_type,
        listed.item_id,
        listed.service_id,
        listed.weight,
        listed.method,
        listed.confidence,
        listed.valid_from
    from listed
    inner join totalled
        on totalled.item_type = listed.item_type
        and totalled.item_id = listed.item_id
        and totalled.valid_from = listed.valid_from
    where totalled.weight <= 1
    union all
    select
        item_type,
        item_id,
        'unallocated' as service_id,
        case when weight <= 1 then 1 - weight else 1 end as weight,
        case when weight <= 1 then 'rest' else 'invalid' end as method,
        cast(null as decimal(9, 6)) as confidence,
        valid_from
    from totalled
    where weight <> 1
),

held as (
    select
        complete.item_type,
        complete.item_id,
        complete.service_id,
        sum(complete.weight) as weight,
        min(complete.method) as method,
        min(complete.confidence) as confidence,
        complete.valid_from
    from complete
    group by complete.item_type, complete.item_id, complete.service_id, complete.valid_from
)

select
    held.item_type,
    held.item_id,
    held.service_id,
    cast(held.weight as decimal(9, 6)) as weight,
    held.method,
    held.confidence,
    held.valid_from,
    totalled.valid_to
from held
inner join totalled
    on totalled.item_type = held.item_type
    and totalled.item_id = held.item_id
    and totalled.valid_from = held.valid_from
