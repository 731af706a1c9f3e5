"""Customers, products, orders and what leads to them."""

from __future__ import annotations

from bizops_pipeline.contracts.core import commerce
from bizops_pipeline.model.declaration import Model, exchange_rate_of

MODELS: tuple[Model, ...] = (
    Model(commerce.DIM_CUSTOMER, rebuild_by="customer_id"),
    Model(commerce.DIM_PRODUCT, rebuild_by="product_id"),
    Model(commerce.FCT_ORDER_LINE, rebuild_by="order_id", valid_on=(exchange_rate_of("ordered_date"),)),
    Model(commerce.FCT_REFUND, rebuild_by="order_id", valid_on=(exchange_rate_of("rated_date"),)),
    Model(commerce.FCT_ORDER, rebuild_by="order_id"),
    Model(commerce.FCT_REVENUE, rebuild_by="order_id"),
    Model(commerce.FCT_CUSTOMER, rebuild_by="customer_id"),
    Model(commerce.FCT_SESSION, rebuild_by="session_id"),
    Model(commerce.FCT_CART, rebuild_by="cart_id"),
    Model(commerce.FCT_CHECKOUT, rebuild_by="checkout_id"),
)
