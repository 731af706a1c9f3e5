-- grain: one row per cost of technology, from the ledger or from a cloud provider
-- What serves a period counts in it: depreciation and not the purchase it spreads, the effective cost of a charge
-- and not its invoice. An invoice of a cloud provider in the ledger is told by its charges instead.
select
    'ledger:' || cost.gl_cost_id as technology_cost_id,
    'ledger' as origin,
    cost.service_id,
    cost.cost_date,
    cost.service_id <> 'unallocated' as is_allocated,
    cast(cost.amount_reporting as decimal(18, 9)) as amount_reporting
from core.fct_gl_cost as cost
where cost.is_it and cost.cost_type <> 'capex' and not cost.is_detailed_in_cloud_cost
union all
select
    'cloud:' || charge.cloud_cost_id as technology_cost_id,
    'cloud' as origin,
    charge.service_id,
    charge.cost_date,
    charge.service_id <> 'unallocated' as is_allocated,
    charge.effective_cost_reporting as amount_reporting
from core.fct_cloud_cost as charge
