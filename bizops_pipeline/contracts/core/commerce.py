"""Customers, products, and what is visited, filled, ordered, paid, delivered, refunded and subscribed to."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import (
    AMOUNT_REPORTING,
    CHANNEL,
    CURRENCY,
    EXCHANGE_RATE,
    IS_RECORDED,
    RATE_DATE,
    REPORTING,
    SERVICE,
    conformed,
    dimension,
    fact,
    tracked_dimension,
)
from bizops_pipeline.contracts.table import (
    Column,
    Conserved,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    money,
    text,
)

CUSTOMER = text("customer_id", "Customer.", references="dim_customer.customer_id")
ORDER = text("order_id", "Order.")

DIM_CUSTOMER = dimension(
    "dim_customer",
    "one row per customer",
    "Customers.",
    ("customer_id",),
    text("customer_id", "Customer key.", required=True),
    text("country", "Country."),
    text("segment", "Segment."),
    instant("created_at", "First recorded."),
)

DIM_PRODUCT = tracked_dimension(
    "dim_product",
    "one row per product",
    "Products, with `unallocated` for lines that name none.",
    ("product_id",),
    text("product_id", "Product key.", required=True),
    text("name", "Name."),
    text("category", "Category."),
    day("launched_on", "First day on sale."),
    IS_RECORDED,
)

FCT_ORDER_LINE = fact(
    "fct_order_line",
    "one row per order line",
    "Order lines with the columns of their order.",
    text("order_line_id", "Line.", required=True),
    ORDER,
    text("invoice_number", "Invoice."),
    text("product_id", "Product.", references="dim_product.product_id"),
    CUSTOMER,
    CHANNEL,
    text("country", "Country sold to."),
    SERVICE,
    flag("is_cancelled", "Whether its order was cancelled."),
    instant("ordered_at", "When it was ordered; NULL when neither line nor order says."),
    business_date("ordered_at"),
    Column("quantity", Type.QUANTITY, "Units."),
    CURRENCY,
    money(
        "net_amount",
        "Value in its currency.",
        conserves=Conserved("order_line.net_amount", currency=("staging.order", "currency"), by="order_id"),
    ),
    EXCHANGE_RATE,
    RATE_DATE,
    money("net_amount_reporting", f"Value {REPORTING}; NULL without a rate."),
)

FCT_ORDER = fact(
    "fct_order",
    "one row per order",
    "Orders with their value and what was refunded of it.",
    text("order_id", "Order.", required=True),
    CUSTOMER,
    text("cart_id", "Cart it came from."),
    text("session_id", "Visit it came from."),
    CHANNEL,
    SERVICE,
    text("status", "What became of it.", allowed=conformed("order", "status")),
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
    ORDER,
    CUSTOMER,
    CHANNEL,
    SERVICE,
    instant("refunded_at", "When the money was given back.", required=True),
    business_date("refunded_at"),
    CURRENCY,
    money(
        "amount",
        "Amount in its currency.",
        conserves=Conserved(
            "refund.amount", currency=("currency", "staging.order", "core.fct_order_line"), by="order_id"
        ),
    ),
    day("rated_date", "Day whose rate was looked for: that of the order, else of the refund."),
    EXCHANGE_RATE,
    RATE_DATE,
    AMOUNT_REPORTING,
    text("reason", "Why."),
)

FCT_REVENUE = fact(
    "fct_revenue",
    "one row per revenue movement (order line or refund)",
    "Signed revenue: lines of orders that were not cancelled on the day of the order, refunds negative on theirs.",
    text("movement_id", "Movement: its kind and the key of line or refund.", required=True),
    text("movement", "Whether it adds to revenue or takes from it.", allowed=("sale", "refund")),
    ORDER,
    text("product_id", "Product.", references="dim_product.product_id"),
    CUSTOMER,
    CHANNEL,
    text("country", "Country sold to."),
    SERVICE,
    instant("occurred_at", "When it was ordered or refunded."),
    business_date("occurred_at"),
    CURRENCY,
    money("amount", "Signed amount in its currency."),
    money("amount_reporting", f"Signed amount {REPORTING}; NULL without a rate."),
    day("product_launched_on", "First day on sale of the product; NULL when unknown, as for refunds."),
    integer("product_age_years", "Full years from that day to the business day; below 0 for what was sold before it."),
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

FCT_PAYMENT = fact(
    "fct_payment",
    "one row per attempt to pay",
    "Attempts to pay and how they ended.",
    text("payment_id", "Attempt.", required=True),
    ORDER,
    text("cart_id", "Cart."),
    CHANNEL,
    SERVICE,
    text("payment_method", "Payment method."),
    text("status", "What became of it.", allowed=conformed("payment", "status")),
    text("failure_reason", "Why it failed."),
    flag("is_failed", "Whether it failed; NULL while it is pending and when the customer cancelled."),
    instant("attempted_at", "When it was attempted.", required=True),
    business_date("attempted_at"),
    CURRENCY,
    money(
        "amount",
        "Amount in its currency.",
        conserves=Conserved("payment.amount", currency=("currency", "staging.order"), by="order_id"),
    ),
    EXCHANGE_RATE,
    RATE_DATE,
    AMOUNT_REPORTING,
)

FCT_SHIPMENT = fact(
    "fct_shipment",
    "one row per shipment",
    "Shipments against what was promised. An order of several shipments is judged once for each who delivers: in the "
    "row that is the lead.",
    text("shipment_id", "Shipment.", required=True),
    ORDER,
    text("vendor_id", "Partner or carrier who delivers.", references="dim_vendor.vendor_id"),
    CHANNEL,
    SERVICE,
    text("status", "What became of it.", allowed=conformed("shipment", "status")),
    day("committed_on", "Day by which delivery was promised."),
    instant("shipped_at", "When it was handed over."),
    instant("delivered_at", "When it reached the customer."),
    business_date("delivered_at"),
    flag("is_on_time", "Delivered by the day promised; NULL when none was, or cancelled."),
    flag("is_in_full", "Whether all that was ordered was in it."),
    integer("days_late", "Days from the day promised to the delivery; negative when early."),
    flag("is_order_lead", "Whether the order is judged in this row; false for cancelled shipments."),
    day("order_due_on", "Latest day promised for the order; only in the lead."),
    flag("is_order_on_time", "Whether all shipments of the order came by their days; only in the lead."),
    flag("is_order_in_full", "Whether all shipments of the order were complete; only in the lead."),
    flag("is_order_on_time_in_full", "Whether both hold; NULL when it cannot be told; only in the lead."),
)

FCT_SUBSCRIPTION = fact(
    "fct_subscription",
    "one row per subscription",
    "Subscriptions from start to end with their price.",
    text("subscription_id", "Subscription.", required=True),
    CUSTOMER,
    text("product_id", "Product or plan."),
    CHANNEL,
    SERVICE,
    day("started_on", "First day.", required=True),
    day("ended_on", "First day on which it no longer runs; NULL while it does."),
    flag("is_churned", "Whether the customer ended it."),
    CURRENCY,
    money("monthly_price", "Price of one month in its currency.", conserves=Conserved("subscription.monthly_price")),
    Column("exchange_rate", Type.COMPONENT, "Reporting currency for one unit of the currency, at the start."),
    RATE_DATE,
    money("monthly_price_reporting", f"Price of one month {REPORTING}; NULL without a rate."),
)

FCT_SUBSCRIBER = fact(
    "fct_subscriber",
    "one row per customer and span without a break in subscriptions",
    "Customers under contract: subscriptions that overlap or follow on one another are one span.",
    text("subscriber_span_id", "Customer and first day of the span.", required=True),
    CUSTOMER,
    text("product_id", "Product or plan of the span's first subscription."),
    CHANNEL,
    SERVICE,
    day("started_on", "First day.", required=True),
    day("ended_on", "First day without a subscription; NULL while there is one."),
    flag("is_returning", "Whether the customer had an earlier span."),
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
    FCT_PAYMENT,
    FCT_SHIPMENT,
    FCT_SUBSCRIPTION,
    FCT_SUBSCRIBER,
)
