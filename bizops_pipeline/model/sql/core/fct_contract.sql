-- grain: one row per contract
select
    contract.contract_id,
    contract.vendor_id,
    contract.starts_on as start_date,
    cast(contract.ends_on + 1 as date) as expiry_date,
    coalesce(contract.currency, company.reporting_currency) as currency,
    contract.committed_amount
from staging.contract as contract
cross join settings.company as company
