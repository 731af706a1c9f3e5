-- grain: one row per checkout attempt
select
    checkout.checkout_id,
    checkout.cart_id,
    checkout.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    checkout.payment_method,
    checkout.started_at,
    checkout.completed_at,
    checkout.completed_at is not null as is_completed
from staging.checkout as checkout
left join core.dim_service as service on service.service_id = checkout.service_id
