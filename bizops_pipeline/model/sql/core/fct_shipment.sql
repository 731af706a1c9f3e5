-- grain: one row per shipment
-- A shipment that has not arrived is not on time: it is judged on the day promised, when that has come. Cancelled
-- shipments are not judged. What one partner or carrier delivers of an order is judged together, in its first
-- shipment: on time when every shipment was, in full when every shipment was and nobody leaves it open.
with judged as (
    select
        shipment.*,
        header.channel,
        coalesce(shipment.order_id, shipment.shipment_id) as delivery_id,
        coalesce(shipment.vendor_id, '') as deliverer_id,
        case
            when shipment.status = 'cancelled' or shipment.committed_on is null then null
            else coalesce(shipment.delivered_date <= shipment.committed_on, false)
        end as is_on_time
    from staging.shipment as shipment
    left join staging."order" as header on header.order_id = shipment.order_id
),

delivery as (
    select
        delivery_id,
        deliverer_id,
        min(shipment_id) as lead_shipment_id,
        max(committed_on) as order_due_on,
        bool_and(is_on_time) as is_order_on_time,
        case
            when not bool_and(is_complete) then false
            when count(is_complete) = count(*) then true
        end as is_order_in_full
    from judged
    where status <> 'cancelled'
    group by delivery_id, deliverer_id
)

select
    judged.shipment_id,
    judged.order_id,
    judged.vendor_id,
    judged.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    judged.status,
    judged.committed_on,
    judged.shipped_at,
    judged.delivered_at,
    judged.is_on_time,
    judged.is_complete as is_in_full,
    date_diff('day', judged.committed_on, judged.delivered_date) as days_late,
    delivery.lead_shipment_id is not null as is_order_lead,
    delivery.order_due_on,
    delivery.is_order_on_time,
    delivery.is_order_in_full,
    delivery.is_order_on_time and delivery.is_order_in_full as is_order_on_time_in_full
from judged
left join delivery on delivery.lead_shipment_id = judged.shipment_id
left join core.dim_service as service on service.service_id = judged.service_id
