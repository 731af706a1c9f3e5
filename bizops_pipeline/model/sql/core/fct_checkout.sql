-- grain: one row per checkout attempt
-- A source that does not tell the channel of a checkout usually tells that of its cart.
select
    checkout.checkout_id,
    checkout.cart_id,
    coalesce(checkout.channel, cart.channel) as channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    checkout.payment_method,
    checkout.started_at,
    checkout.completed_at,
    checkout.completed_at is not null as is_completed
from staging.checkout as checkout
left join staging.cart as cart on cart.cart_id = checkout.cart_id
left join core.dim_service as service on service.service_id = checkout.service_id
