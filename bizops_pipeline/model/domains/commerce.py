"""Customers, products, orders, what leads to them and what follows."""

from __future__ import annotations

from bizops_pipeline.contracts.core import commerce
from bizops_pipeline.model.declaration import Model, exchange_rate_of, named

MODELS: tuple[Model, ...] = (
    Model(commerce.DIM_CUSTOMER, rebuild_by="customer_id"),
    Model(commerce.DIM_PRODUCT, rebuild_by="product_id"),
    Model(commerce.FCT_ORDER_LINE, rebuild_by="order_id", valid_on=(exchange_rate_of("ordered_date"),)),
    Model(commerce.FCT_REFUND, rebuild_by="order_id", valid_on=(exchange_rate_of("rated_date"),)),
    Model(commerce.FCT_ORDER, rebuild_by="order_id"),
    Model(
        commerce.FCT_REVENUE,
        rebuild_by="order_id",
        valid_on=(named(commerce.DIM_PRODUCT),),
        driven_by=("order_line", "refund"),
    ),
    Model(commerce.FCT_CUSTOMER, rebuild_by="customer_id"),
    Model(commerce.FCT_SESSION, rebuild_by="session_id"),
    Model(commerce.FCT_CART, rebuild_by="cart_id"),
    Model(commerce.FCT_CHECKOUT, rebuild_by="cart_id"),
    Model(commerce.FCT_PAYMENT, rebuild_by="order_id", valid_on=(exchange_rate_of("attempted_date"),)),
    Model(commerce.FCT_SHIPMENT, rebuild_by="order_id"),
    Model(commerce.FCT_SUBSCRIPTION, rebuild_by="subscription_id", valid_on=(exchange_rate_of("started_on"),)),
    Model(commerce.FCT_SUBSCRIBER, rebuild_by="customer_id"),
)
