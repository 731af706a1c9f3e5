"""Customers, products, and what is visited, filled, ordered and refunded."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import CHANNEL, REPORTING, SERVICE, dimension, fact
from bizops_pipeline.contracts.table import Column, Table, Type, business_date, day, flag, instant, integer, money, text

DIM_CUSTOMER = dimension(
    "dim_customer",
    "one row per customer",
    "Customers, with the first day and the second day on which each bought.",
    ("customer_id",),
    text("customer_id", "Customer key.", required=True),
    text("country", "Country."),
    text("segment", "Segment."),
    instant("created_at", "First recorded."),
)

DIM_PRODUCT = dimension(
    "dim_product",
    "one row per product",
    "Products, with `unallocated` for lines that name none we know.",
    ("product_id",),
    text("product_id", "Product key.", required=True),
    text("name", "Name."),
    text("category", "Category."),
    day("launched_on", "First day on sale."),
)

FCT_ORDER_LINE = fact(
    "fct_order_line",
    "one row per order line",
    "Order lines with the columns of their order.",
    text("order_line_id", "Line.", required=True),
    text("order_id", "Order."),
    text("invoice_number", "Invoice."),
    text("product_id", "Product.", references="dim_product.product_id"),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    CHANNEL,
    text("country", "Country sold to."),
    SERVICE,
    flag("is_cancelled", "Whether its order was cancelled."),
    instant("ordered_at", "When it was ordered; NULL when neither line nor order says."),
    business_date("ordered_at"),
    Column("quantity", Type.QUANTITY, "Units."),
    text("currency", "Currency."),
    money("net_amount", "Value in its currency."),
    Column("exchange_rate", Type.COMPONENT, "Reporting currency for one unit of the currency."),
    day("rate_date", "Day of the rate that was used."),
    money("net_amount_reporting", f"Value {REPORTING}; NULL without a rate."),
)

FCT_ORDER = fact(
    "fct_order",
    "one row per order",
    "Orders with their value and what was refunded of it.",
    text("order_id", "Order.", required=True),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    text("cart_id", "Cart it came from."),
    text("session_id", "Visit it came from."),
    CHANNEL,
    SERVICE,
    text("status", "open, completed or cancelled."),
    flag("is_cancelled", "Whether it was cancelled."),
    instant("ordered_at", "When it was placed.", required=True),
    business_date("ordered_at"),
    integer("line_count", "Number of lines."),
    text("currency", "Currency of the order."),
    money("net_amount", "Value of its lines in its currency."),
    money("net_amount_reporting", f"Value of its lines {REPORTING}; NULL without a rate."),
    money("refunded_amount_reporting", f"What was refunded of it, {REPORTING}."),
)

FCT_REFUND = fact(
    "fct_refund",
    "one row per refund",
    "Refunds with the columns of their order.",
    text("refund_id", "Refund.", required=True),
    text("order_id", "Order."),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    CHANNEL,
    SERVICE,
    instant("refunded_at", "When the money was given back.", required=True),
    business_date("refunded_at"),
    text("currency", "Currency."),
    money("amount", "Amount in its currency."),
    day("rated_date", "Day whose rate was looked for: that of the order, else of the refund."),
    Column("exchange_rate", Type.COMPONENT, "Reporting currency for one unit of the currency."),
    day("rate_date", "Day of the rate that was used."),
    money("amount_reporting", f"Amount {REPORTING}; NULL without a rate."),
    text("reason", "Why."),
)

FCT_REVENUE = fact(
    "fct_revenue",
    "one row per revenue movement (order line or refund)",
    "Signed revenue: lines of orders that were not cancelled on the day of the order, refunds negative on theirs.",
    text("movement_id", "Movement: its kind and the key of line or refund.", required=True),
    text("movement", "sale or refund."),
    text("order_id", "Order."),
    text("product_id", "Product.", references="dim_product.product_id"),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    CHANNEL,
    text("country", "Country sold to."),
    SERVICE,
    instant("occurred_at", "When it was ordered or refunded."),
    business_date("occurred_at"),
    text("currency", "Currency."),
    money("amount", "Signed amount in its currency."),
    money("amount_reporting", f"Signed amount {REPORTING}; NULL without a rate."),
)

FCT_CUSTOMER = fact(
    "fct_customer",
    "one row per customer who ever bought",
    "First purchase and second purchase day of each customer, from orders that were not cancelled.",
    text("customer_id", "Customer.", required=True),
    text("channel", "Channel of the first order."),
    SERVICE,
    instant("first_ordered_at", "First order.", required=True),
    business_date("first_ordered_at"),
    day("second_purchase_date", "Second different day on which the customer bought; NULL when there is none."),
    integer("purchase_days", "Number of different days on which the customer bought."),
)

FCT_SESSION = fact(
    "fct_session",
    "one row per visit",
    "Visits to the shop.",
    text("session_id", "Visit.", required=True),
    text("customer_id", "Known visitor.", references="dim_customer.customer_id"),
    CHANNEL,
    text("device", "Device class."),
    SERVICE,
    instant("started_at", "When it began.", required=True),
    business_date("started_at"),
)

FCT_CART = fact(
    "fct_cart",
    "one row per shopping cart",
    "Carts; empty ones are marked.",
    text("cart_id", "Cart.", required=True),
    text("session_id", "Visit."),
    CHANNEL,
    SERVICE,
    instant("created_at", "When the first item was put in.", required=True),
    business_date("created_at"),
    integer("items", "Number of items."),
    flag("is_empty", "Whether nothing was in it."),
)

FCT_CHECKOUT = fact(
    "fct_checkout",
    "one row per checkout attempt",
    "Checkouts and whether they were completed.",
    text("checkout_id", "Checkout.", required=True),
    text("cart_id", "Cart."),
    CHANNEL,
    SERVICE,
    text("payment_method", "Payment method."),
    instant("started_at", "When it began.", required=True),
    business_date("started_at"),
    instant("completed_at", "When it was completed."),
    flag("is_completed", "Whether it was completed."),
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_CUSTOMER,
    DIM_PRODUCT,
)
FACTS: tuple[Table, ...] = (
    FCT_ORDER_LINE,
    FCT_ORDER,
    FCT_REFUND,
    FCT_REVENUE,
    FCT_CUSTOMER,
    FCT_SESSION,
    FCT_CART,
    FCT_CHECKOUT,
)
