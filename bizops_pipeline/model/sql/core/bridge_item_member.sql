-- grain: one row per item, kind of member, member and first day
-- An item's value streams change when its services do, or when a service is given to other streams; between such days
-- the shares hold, and the share of a service that has no value stream then is unallocated. Shares are cut to six
-- places; what that leaves goes to the largest, so that they sum to 1 exactly.
with stream_span as (
    select
        share.item_type,
        share.item_id,
        share.valid_from,
        share.valid_to,
        stream.valid_from as stream_from,
        stream.valid_to as stream_to
    from core.bridge_item_service as share
    inner join core.bridge_service_value_stream as stream
        on stream.service_id = share.service_id
        and stream.valid_from < share.valid_to
        and stream.valid_to > share.valid_from
),

first_day as (
    select item_type, item_id, valid_from
    from core.bridge_item_service
    union
    select item_type, item_id, stream_from
    from stream_span
    where stream_from > valid_from
    union
    select item_type, item_id, stream_to
    from stream_span
    where stream_to < valid_to
),

span as (
    select
        item_type,
        item_id,
        valid_from,
        lead(valid_from, 1, date '9999-12-31') over (partition by item_type, item_id order by valid_from) as valid_to
    from first_day
),

belonging as (
    select
        'service' as scope_type,
        item_type,
        item_id,
        service_id as scope_id,
        weight,
        valid_from,
        valid_to
    from core.bridge_item_service
    union all
    select
        'team' as scope_type,
        share.item_type,
        share.item_id,
        coalesce(service.team_id, 'unallocated') as scope_id,
        share.weight,
        share.valid_from,
        share.valid_to
    from core.bridge_item_service as share
    left join core.dim_service as service on service.service_id = share.service_id
    union all
    select
        'value_stream' as scope_type,
        span.item_type,
        span.item_id,
        coalesce(stream.value_stream_id, 'unallocated') as scope_id,
        share.weight * coalesce(stream.weight, cast(1 as decimal(9, 6))) as weight,
        span.valid_from,
        span.valid_to
    from span
    inner join core.bridge_item_service as share
        on share.item_type = span.item_type
        and share.item_id = span.item_id
        and share.valid_from <= span.valid_from
        and share.valid_to > span.valid_from
    left join core.bridge_service_value_stream as stream
        on stream.service_id = share.service_id
        and stream.valid_from <= span.valid_from
        and stream.valid_to > span.valid_from
),

summed as (
    select
        scope_type,
        item_type,
        item_id,
        scope_id,
        floor(sum(weight) * 1000000) as millionths,
        valid_from,
        valid_to
    from belonging
    group by scope_type, item_type, item_id, scope_id, valid_from, valid_to
),

ranked as (
    select
        summed.*,
        sum(millionths) over item as all_millionths,
        row_number() over (
            partition by scope_type, item_type, item_id, valid_from order by millionths desc, scope_id
        ) as position
    from summed
    window item as (partition by scope_type, item_type, item_id, valid_from)
)

select
    scope_type,
    item_type,
    item_id,
    scope_id,
    cast(
        cast(
            case when position = 1 then 1000000 - all_millionths + millionths else millionths end as decimal(18, 6)
        ) * cast(0.000001 as decimal(9, 6)) as decimal(9, 6)
    ) as weight,
    valid_from,
    valid_to
from ranked
