-- grain: one row per shopping cart
-- A cart whose number of items is not known is not taken for an empty one.
select
    cart.cart_id,
    cart.session_id,
    cart.channel,
    coalesce(service.service_id, 'unallocated') as service_id,
    cart.created_at,
    cart.items,
    coalesce(cart.items = 0, false) as is_empty
from staging.cart as cart
left join core.dim_service as service on service.service_id = cart.service_id
