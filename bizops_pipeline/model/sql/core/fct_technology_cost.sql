-- grain: one row per cost of technology, from the ledger or from a cloud provider, and service that it is shared by
-- What serves a period counts in it: depreciation and not the purchase it spreads, the effective cost of a charge
-- and not its invoice. An invoice of a cloud provider in the ledger is told by its charges instead.
-- What rounding of shares leaves goes to the largest, so that the shares of a cost sum to it.
with cost as (
    select
        'ledger:' || gl_cost_id as cost_id,
        'ledger' as origin,
        'gl_cost' as item_type,
        gl_cost_id as item_id,
        service_id,
        cost_date,
        cast(amount_reporting as decimal(29, 9)) as amount_reporting
    from core.fct_gl_cost
    where is_it and cost_type <> 'capex' and not is_detailed_in_cloud_cost
    union all
    select
        'cloud:' || cloud_cost_id as cost_id,
        'cloud' as origin,
        'cloud_cost' as item_type,
        cloud_cost_id as item_id,
        service_id,
        cost_date,
        cast(effective_cost_reporting as decimal(29, 9)) as amount_reporting
    from core.fct_cloud_cost
),

shared as (
    select
        cost.cost_id,
        cost.origin,
        cost.item_type,
        cost.item_id,
        coalesce(share.service_id, cost.service_id) as service_id,
        coalesce(share.weight, cast(1 as decimal(9, 6))) as weight,
        cost.cost_date,
        cost.amount_reporting
    from cost
    left join core.bridge_item_service as share
        on share.item_type = cost.item_type
        and share.item_id = cost.item_id
        and share.valid_from <= cost.cost_date
        and share.valid_to > cost.cost_date
),

rounded as (
    select
        shared.*,
        cast(amount_reporting * weight as decimal(38, 9)) as part,
        row_number() over (partition by cost_id order by weight desc, service_id) as position
    from shared
)

select
    case when position = 1 then cost_id else 'share:' || service_id || ':' || cost_id end as technology_cost_id,
    origin,
    item_type,
    item_id,
    service_id,
    cost_date,
    service_id <> 'unallocated' as is_allocated,
    cast(
        case when position = 1
            then amount_reporting - sum(part) over (partition by cost_id) + part
            else part end as decimal(38, 9)
    ) as amount_reporting
from rounded
