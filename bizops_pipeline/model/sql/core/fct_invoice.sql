-- grain: one row per vendor invoice
with rated_invoice as (
    select
        invoice.*,
        coalesce(invoice.currency, company.reporting_currency) as known_currency,
        case
            when coalesce(invoice.currency, company.reporting_currency) = company.reporting_currency
                then cast(1 as decimal(18, 9))
            else exchange.rate
        end as rate,
        case when invoice.currency <> company.reporting_currency then exchange.valid_from end as rate_date
    from staging.invoice as invoice
    cross join settings.company as company
    left join core.dim_exchange_rate as exchange
        on exchange.currency = invoice.currency
        and exchange.valid_from <= invoice.invoiced_on
        and exchange.valid_to > invoice.invoiced_on
)

select
    invoice.invoice_id,
    invoice.vendor_id,
    invoice.contract_id,
    invoice.purchase_order_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    invoice.cost_centre,
    invoice.invoiced_on as invoiced_date,
    invoice.due_on as due_date,
    invoice.paid_on as paid_date,
    invoice.amount <= invoice.agreed_amount as is_as_agreed,
    invoice.paid_on <= invoice.due_on as is_paid_on_time,
    invoice.known_currency as currency,
    invoice.amount,
    cast(invoice.rate as decimal(38, 9)) as exchange_rate,
    invoice.rate_date,
    try_cast(cast(invoice.amount as decimal(19, 4)) * invoice.rate as decimal(18, 4)) as amount_reporting
from rated_invoice as invoice
left join core.dim_service as service on service.service_id = invoice.service_id
