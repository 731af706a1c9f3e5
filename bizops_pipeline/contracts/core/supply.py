"""Vendors, contracts, purchases and deliveries."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import (
    AMOUNT_REPORTING,
    COST_CENTRE,
    CURRENCY,
    EXCHANGE_RATE,
    IS_RECORDED,
    RATE_DATE,
    REPORTING,
    SERVICE,
    conformed,
    dimension,
    fact,
)
from bizops_pipeline.contracts.table import Column, Conserved, Table, Type, day, flag, integer, money, text

VENDOR = text("vendor_id", "Vendor.", references="dim_vendor.vendor_id")

DIM_VENDOR = dimension(
    "dim_vendor",
    "one row per vendor",
    "Vendors, with `(none)` for values of no vendor.",
    ("vendor_id",),
    text("vendor_id", "Vendor key.", required=True),
    text("name", "Name."),
    text("category", "What is bought there."),
    text("country", "Country."),
    IS_RECORDED,
)

FCT_CONTRACT = fact(
    "fct_contract",
    "one row per contract",
    "Contracts with vendors and the time they hold.",
    text("contract_id", "Contract.", required=True),
    VENDOR,
    day("start_date", "First day it holds.", required=True),
    day("expiry_date", "First day it no longer holds; NULL while open."),
    CURRENCY,
    money(
        "committed_amount",
        "Amount committed over the whole term, in its currency.",
        conserves=Conserved("contract.committed_amount"),
    ),
)

FCT_PURCHASE_ORDER_LINE = fact(
    "fct_purchase_order_line",
    "one row per purchase order line",
    "What was ordered from vendors, for when, and what came when. Early is as far off as late.",
    text("purchase_order_line_id", "Line.", required=True),
    text("purchase_order_id", "Purchase order."),
    VENDOR,
    text("contract_id", "Contract."),
    text("product_id", "Product.", references="dim_product.product_id"),
    SERVICE,
    COST_CENTRE,
    text("status", "Conformed status.", allowed=conformed("purchase_order_line", "status")),
    flag("is_cancelled", "Whether it was cancelled.", required=True),
    day("ordered_date", "Day of the order."),
    day("committed_date", "Day for which the vendor committed."),
    day("window_start_date", "First day on which a delivery is on time."),
    day("window_end_date", "Last day on which a delivery is on time."),
    day(
        "received_date",
        "Day on which all units had come, or the last receipt of a line that was closed with fewer; NULL until then.",
    ),
    integer("lead_time_days", "Days from order to received_date.", unit="d"),
    Column("ordered_quantity", Type.QUANTITY, "Units ordered."),
    Column("received_quantity", Type.QUANTITY, "Units received, rejected ones included."),
    Column("rejected_quantity", Type.QUANTITY, "Units rejected."),
    flag("is_on_time", "Whether received_date is in the window; NULL without it or without a commitment."),
    flag("is_late", "Whether it is after the window."),
    flag("is_in_full", "Whether as much was received and not rejected as was ordered.", required=True),
    CURRENCY,
    money("net_amount", "Value in its currency.", conserves=Conserved("purchase_order_line.net_amount")),
    EXCHANGE_RATE,
    RATE_DATE,
    money("net_amount_reporting", f"Value {REPORTING}; NULL without a rate."),
)

FCT_RECEIPT = fact(
    "fct_receipt",
    "one row per receipt",
    "What arrived and what of it was rejected.",
    text("receipt_id", "Receipt.", required=True),
    text("purchase_order_line_id", "Line it was received for."),
    VENDOR,
    SERVICE,
    day("received_date", "Day it arrived.", required=True),
    Column("received_quantity", Type.QUANTITY, "Units received, rejected ones included."),
    Column("rejected_quantity", Type.QUANTITY, "Units rejected."),
)

FCT_INVOICE = fact(
    "fct_invoice",
    "one row per vendor invoice",
    "What vendors charged and when they were paid.",
    text("invoice_id", "Invoice.", required=True),
    VENDOR,
    text("contract_id", "Contract."),
    text("purchase_order_id", "Purchase order."),
    SERVICE,
    COST_CENTRE,
    day("invoiced_date", "Day of the invoice.", required=True),
    day("due_date", "Day by which it has to be paid."),
    day("paid_date", "Day it was paid."),
    flag("is_as_agreed", "Whether it asks for no more than was agreed; NULL when that is not known."),
    flag("is_paid_on_time", "Whether it was paid by its due day; NULL while unpaid or without a due day."),
    CURRENCY,
    money("amount", "Amount in its currency.", conserves=Conserved("invoice.amount")),
    EXCHANGE_RATE,
    RATE_DATE,
    AMOUNT_REPORTING,
)

DIMENSIONS: tuple[Table, ...] = (DIM_VENDOR,)
FACTS: tuple[Table, ...] = (FCT_CONTRACT, FCT_PURCHASE_ORDER_LINE, FCT_RECEIPT, FCT_INVOICE)
