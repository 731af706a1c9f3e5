-- grain: one row per charge of a cloud provider
-- A prepayment is a purchase that other charges use up: it is billed and has no effective cost of its own. What a
-- commitment could cover is usage at standard or committed price; spot prices and corrections are not covered.
with charge as (
    select
        cost.*,
        cast(cost.charge_period_start as date) as cost_date,
        cast(coalesce(cost.billing_period_start, cost.charge_period_start) as date) as billing_date,
        coalesce(cost.billing_currency, company.reporting_currency) as currency,
        company.reporting_currency
    from staging.cloud_cost as cost
    cross join settings.company as company
),

rate_of_day as (
    select
        wanted.currency,
        wanted.cost_date,
        exchange.rate,
        exchange.valid_from as rate_date
    from (select distinct currency, cost_date from charge where currency <> reporting_currency) as wanted
    inner join core.dim_exchange_rate as exchange
        on exchange.currency = wanted.currency
        and exchange.valid_from <= wanted.cost_date
        and exchange.valid_to > wanted.cost_date
),

rated_charge as (
    select
        charge.*,
        case when charge.currency = charge.reporting_currency then cast(1 as decimal(18, 9)) else rate.rate end as rate,
        rate.rate_date
    from charge
    left join rate_of_day as rate on rate.currency = charge.currency and rate.cost_date = charge.cost_date
)

select
    charge.cloud_cost_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    charge.cost_date,
    charge.billing_date,
    charge.provider_name,
    charge.service_name,
    charge.service_category,
    charge.billing_account_id,
    charge.sub_account_id,
    charge.sub_account_name,
    charge.charge_category,
    charge.pricing_category,
    charge.commitment_discount_id,
    charge.commitment_discount_type,
    charge.commitment_discount_status,
    coalesce(charge.tags, '{}') not in ('{}', '') as is_tagged,
    charge.charge_category = 'Purchase' and charge.billed_cost > 0 and charge.effective_cost = 0 as is_prepayment,
    charge.charge_category = 'Usage'
        and charge.charge_class is null
        and coalesce(charge.pricing_category in ('Standard', 'Committed'), false)
        and charge.commitment_discount_status is distinct from 'Unused'
        and coalesce(
            charge.is_commitment_eligible, charge.service_category in ('Compute', 'Databases'), false
        ) as is_commitment_eligible,
    charge.currency,
    charge.billed_cost,
    charge.effective_cost,
    cast(charge.rate as decimal(38, 9)) as exchange_rate,
    charge.rate_date,
    try_cast(charge.billed_cost * charge.rate as decimal(20, 9)) as billed_cost_reporting,
    try_cast(charge.effective_cost * charge.rate as decimal(20, 9)) as effective_cost_reporting,
    try_cast(charge.list_cost * charge.rate as decimal(20, 9)) as list_cost_reporting,
    try_cast(charge.contracted_cost * charge.rate as decimal(20, 9)) as contracted_cost_reporting
from rated_charge as charge
left join core.dim_service as service on service.service_id = charge.service_id
