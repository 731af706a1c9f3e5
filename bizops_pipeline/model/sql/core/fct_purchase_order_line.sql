-- grain: one row per purchase order line
-- A line is received on the day on which the units that arrived first reach the units ordered. One that was closed
-- with fewer waits for no more and was received with its last receipt; any other that is incomplete has not come.
-- Money is worth what it was on the day of the order.
with counted_receipt as (
    select
        purchase_order_line_id,
        received_on,
        quantity,
        rejected_quantity,
        sum(quantity) over (
            partition by purchase_order_line_id order by received_on, receipt_id
            rows between unbounded preceding and current row
        ) as quantity_so_far
    from staging.receipt
),

received as (
    select
        receipt.purchase_order_line_id,
        sum(receipt.quantity) as received_quantity,
        sum(coalesce(receipt.rejected_quantity, 0)) as rejected_quantity,
        coalesce(
            min(receipt.received_on) filter (where receipt.quantity_so_far >= line.quantity),
            max(receipt.received_on) filter (where line.status = 'closed')
        ) as received_date
    from counted_receipt as receipt
    inner join staging.purchase_order_line as line on line.purchase_order_line_id = receipt.purchase_order_line_id
    group by receipt.purchase_order_line_id
),

delivered_line as (
    select
        line.*,
        cast(line.committed_on - cast(coalesce(line.early_days, 0) as integer) as date) as window_start_date,
        cast(line.committed_on + cast(coalesce(line.late_days, 0) as integer) as date) as window_end_date,
        received.received_date,
        coalesce(received.received_quantity, 0) as received_quantity,
        coalesce(received.rejected_quantity, 0) as rejected_quantity,
        coalesce(line.currency, company.reporting_currency) as known_currency,
        company.reporting_currency
    from staging.purchase_order_line as line
    left join received on received.purchase_order_line_id = line.purchase_order_line_id
    cross join settings.company as company
),

rated_line as (
    select
        line.*,
        case when line.known_currency = line.reporting_currency then cast(1 as decimal(18, 9)) else exchange.rate end
            as rate,
        case when line.known_currency <> line.reporting_currency then exchange.valid_from end as rate_date
    from delivered_line as line
    left join core.dim_exchange_rate as exchange
        on exchange.currency = line.known_currency
        and exchange.valid_from <= line.ordered_on
        and exchange.valid_to > line.ordered_on
)

select
    line.purchase_order_line_id,
    line.purchase_order_id,
    line.vendor_id,
    line.contract_id,
    line.product_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    line.cost_centre,
    line.status,
    line.status = 'cancelled' as is_cancelled,
    line.ordered_on as ordered_date,
    line.committed_on as committed_date,
    line.window_start_date,
    line.window_end_date,
    line.received_date,
    date_diff('day', line.ordered_on, line.received_date) as lead_time_days,
    line.quantity as ordered_quantity,
    cast(line.received_quantity as decimal(18, 6)) as received_quantity,
    cast(line.rejected_quantity as decimal(18, 6)) as rejected_quantity,
    line.received_date between line.window_start_date and line.window_end_date as is_on_time,
    line.received_date > line.window_end_date as is_late,
    line.received_quantity - line.rejected_quantity >= line.quantity as is_in_full,
    line.known_currency as currency,
    line.net_amount,
    cast(line.rate as decimal(38, 9)) as exchange_rate,
    line.rate_date,
    try_cast(cast(line.net_amount as decimal(19, 4)) * line.rate as decimal(18, 4)) as net_amount_reporting
from rated_line as line
left join core.dim_service as service on service.service_id = line.service_id
