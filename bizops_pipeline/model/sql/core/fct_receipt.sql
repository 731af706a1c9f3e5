-- grain: one row per receipt
-- Vendor and service are those of the purchase order line, else the vendor that the receipt itself names.
select
    receipt.receipt_id,
    receipt.purchase_order_line_id,
    coalesce(line.vendor_id, receipt.vendor_id) as vendor_id,
    coalesce(service.service_id, 'unallocated') as service_id,
    receipt.received_on as received_date,
    receipt.quantity as received_quantity,
    coalesce(receipt.rejected_quantity, 0) as rejected_quantity
from staging.receipt as receipt
left join staging.purchase_order_line as line on line.purchase_order_line_id = receipt.purchase_order_line_id
left join core.dim_service as service on service.service_id = line.service_id
