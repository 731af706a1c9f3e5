"""What customers are offered and buy, from the first visit to delivery and refund, and what they subscribe to."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import (
    CURRENCY,
    ORIGINAL_STATUS,
    SERVICE,
    UPDATED,
    entity,
    not_before,
    quantity,
)
from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, instant, money, text

CUSTOMER = entity(
    "customer",
    "one row per customer",
    "People and companies that buy.",
    text("customer_id", "Customer key.", required=True),
    instant("created_at", "When the customer was first recorded."),
    text("country", "ISO 3166 country of the customer, or the source's own name of it."),
    text("segment", "Commercial segment, for example consumer or business."),
    UPDATED,
)

PRODUCT = entity(
    "product",
    "one row per product",
    "Things that are sold.",
    text("product_id", "Product key, usually the stock-keeping unit.", required=True),
    text("name", "Product name."),
    text("category", "Product category."),
    day("launched_on", "First day on sale."),
    UPDATED,
)

ORDER = entity(
    "order",
    "one row per order",
    "Orders as the order system knows them; the lines carry the amounts.",
    text("order_id", "Order key.", required=True),
    text("customer_id", "Who ordered.", references="dim_customer.customer_id"),
    text("cart_id", "Shopping cart the order came from."),
    text("session_id", "Visit the order came from."),
    text("channel", "Sales channel, for example web, app, store."),
    instant("ordered_at", "When the order was placed.", required=True),
    text("status", "Conformed status.", required=True, allowed=("open", "completed", "cancelled")),
    ORIGINAL_STATUS,
    CURRENCY,
    SERVICE,
    UPDATED,
)

ORDER_LINE = entity(
    "order_line",
    "one row per order line",
    "What was ordered. A source without order headers fills the header columns here.",
    text("order_line_id", "Line key.", required=True),
    text("order_id", "Order the line belongs to.", required=True),
    text("invoice_number", "Invoice the line was billed on."),
    text("product_id", "Product ordered.", references="dim_product.product_id"),
    quantity("quantity", "Units; negative for a return.", required=True),
    money("unit_price", "Price of one unit before discount, without tax."),
    money("discount", "Discount on the line."),
    money("tax", "Tax on the line; not part of net_amount."),
    money("net_amount", "Amount of the line after discount, without tax.", required=True),
    text("customer_id", "Header column for sources without orders: who ordered."),
    text("channel", "Header column for sources without orders: sales channel."),
    text("country", "Header column for sources without orders: country sold to."),
    instant("ordered_at", "Header column for sources without orders: when it was placed."),
    text("currency", "Header column for sources without orders: ISO 4217 code."),
    text("service_id", "Header column for sources without orders: service it concerns."),
    UPDATED,
)

REFUND = entity(
    "refund",
    "one row per refund",
    "Money given back.",
    text("refund_id", "Refund key.", required=True),
    text("order_id", "Order the money was paid for."),
    instant("refunded_at", "When it was given back.", required=True),
    money("amount", "Amount given back, positive.", required=True, minimum=0),
    CURRENCY,
    text("reason", "Why."),
    UPDATED,
)

SESSION = entity(
    "session",
    "one row per visit",
    "Visits to the shop.",
    text("session_id", "Visit key.", required=True),
    instant("started_at", "When the visit began.", required=True),
    text("channel", "Channel, for example web or app."),
    text("device", "Device class."),
    text("customer_id", "Known visitor.", references="dim_customer.customer_id"),
    SERVICE,
)

CART = entity(
    "cart",
    "one row per shopping cart",
    "Carts that visitors filled.",
    text("cart_id", "Cart key.", required=True),
    text("session_id", "Visit the cart was filled in."),
    instant("created_at", "When the first item was put in.", required=True),
    text("channel", "Channel, for example web or app."),
    Column("items", Type.INTEGER, "Number of items; a cart with none is empty.", minimum=0),
    money("value", "Value of the items."),
    text("currency", "ISO 4217 code of the value."),
    SERVICE,
)

CHECKOUT = entity(
    "checkout",
    "one row per checkout attempt",
    "Checkouts that visitors started.",
    text("checkout_id", "Checkout key.", required=True),
    text("cart_id", "Cart that was checked out."),
    instant("started_at", "When the checkout began.", required=True),
    instant("completed_at", "When it was completed; NULL when it was not."),
    text("payment_method", "Payment method chosen."),
    text("channel", "Channel, for example web or app."),
    SERVICE,
    rules=(not_before("started_at", "completed_at"),),
)

PAYMENT = entity(
    "payment",
    "one row per attempt to pay",
    "Attempts to pay for an order, as the payment provider knows them.",
    text("payment_id", "Attempt key.", required=True),
    text("order_id", "Order that is paid for."),
    text("cart_id", "Cart that is paid for, where no order came of it."),
    instant("attempted_at", "When it was attempted.", required=True),
    text("status", "Conformed status.", required=True, allowed=("pending", "paid", "failed", "cancelled")),
    ORIGINAL_STATUS,
    text("channel", "Channel, where the source tells it; default: that of the order."),
    text("payment_method", "Payment method."),
    text("failure_reason", "Why it failed."),
    money("amount", "Amount asked for.", minimum=0),
    CURRENCY,
    SERVICE,
    UPDATED,
)

SHIPMENT = entity(
    "shipment",
    "one row per shipment",
    "What is sent to customers, by the company's carriers or by partners; an order may take several.",
    text("shipment_id", "Shipment key.", required=True),
    text("order_id", "Order that is delivered."),
    text("vendor_id", "Partner or carrier who delivers.", references="dim_vendor.vendor_id"),
    day("committed_on", "Day by which delivery was promised to the customer when the order was taken."),
    instant("shipped_at", "When it was handed over."),
    instant("delivered_at", "When it reached the customer; NULL while it has not."),
    flag("is_complete", "Whether all that was ordered was in it; NULL when nobody says."),
    text("status", "Conformed status.", required=True, allowed=("open", "delivered", "cancelled")),
    ORIGINAL_STATUS,
    SERVICE,
    UPDATED,
)

SUBSCRIPTION = entity(
    "subscription",
    "one row per subscription",
    "Contracts by which customers pay regularly.",
    text("subscription_id", "Subscription key.", required=True),
    text("customer_id", "Who subscribed.", references="dim_customer.customer_id"),
    text("product_id", "Product or plan that was subscribed to."),
    text("channel", "Channel through which it was sold."),
    day("started_on", "First day.", required=True),
    day("ended_on", "First day on which it no longer runs; NULL while it does."),
    flag("is_churned", "Whether it ended because the customer left, not because it was replaced."),
    money("monthly_price", "Price of one month, without tax."),
    CURRENCY,
    SERVICE,
    UPDATED,
    rules=(not_before("started_on", "ended_on"),),
)

ENTITIES: tuple[Table, ...] = (
    CUSTOMER,
    PRODUCT,
    ORDER,
    ORDER_LINE,
    REFUND,
    SESSION,
    CART,
    CHECKOUT,
    PAYMENT,
    SHIPMENT,
    SUBSCRIPTION,
)
