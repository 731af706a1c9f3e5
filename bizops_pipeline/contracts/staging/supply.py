"""Vendors, contracts, purchases and deliveries."""

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
from bizops_pipeline.contracts.table import Column, Rule, Table, day, integer, money, text

VENDOR = text("vendor_id", "Vendor.", references="dim_vendor.vendor_id")


def tolerance(name: str, side: str) -> Column:
    """Declare how many days a delivery may be off on one side of the committed day."""
    return integer(name, f"Days by which a delivery may be {side} and still be on time; none when NULL.", minimum=0)


VENDOR_ENTITY = entity(
    "vendor",
    "one row per vendor",
    "Companies that goods and services are bought from.",
    text("vendor_id", "Vendor key.", required=True),
    text("name", "Name."),
    text("category", "What is bought there, for example goods, software or logistics."),
    text("country", "ISO 3166 country, or the source's own name of it."),
    UPDATED,
)

CONTRACT = entity(
    "contract",
    "one row per contract",
    "Agreements with vendors: for how long and how much.",
    text("contract_id", "Contract key.", required=True),
    text("vendor_id", "Vendor.", required=True, references="dim_vendor.vendor_id"),
    day("starts_on", "First day it holds.", required=True),
    day("ends_on", "Last day it holds; NULL while open."),
    money("committed_amount", "Amount that is committed over the whole term."),
    CURRENCY,
    UPDATED,
    rules=(not_before("starts_on", "ends_on"),),
)

PURCHASE_ORDER_LINE = entity(
    "purchase_order_line",
    "one row per purchase order line",
    "What was ordered from vendors, and for which day they committed to it.",
    text("purchase_order_line_id", "Line key.", required=True),
    text("purchase_order_id", "Purchase order the line belongs to."),
    VENDOR,
    text("contract_id", "Contract it was ordered under."),
    text("product_id", "Product ordered.", references="dim_product.product_id"),
    text("cost_centre", "Cost centre that ordered it."),
    SERVICE,
    day("ordered_on", "Day of the order."),
    day("committed_on", "Day for which the vendor committed to deliver."),
    tolerance("early_days", "early"),
    tolerance("late_days", "late"),
    quantity("quantity", "Units ordered.", required=True, minimum=0),
    money("net_amount", "Value of the line without tax."),
    CURRENCY,
    text("status", "Conformed status.", required=True, allowed=("open", "closed", "cancelled")),
    ORIGINAL_STATUS,
    UPDATED,
)

RECEIPT = entity(
    "receipt",
    "one row per receipt of goods or services",
    "What arrived for a purchase order line, and what of it was sent back.",
    text("receipt_id", "Receipt key.", required=True),
    text("purchase_order_line_id", "Line it was received for."),
    text("vendor_id", "Vendor, for sources without purchase orders.", references="dim_vendor.vendor_id"),
    day("received_on", "Day it arrived.", required=True),
    quantity("quantity", "Units that arrived.", required=True, minimum=0),
    quantity("rejected_quantity", "Units of them that were rejected as defective; 0 when none were.", minimum=0),
    text("reason", "Why they were rejected."),
    UPDATED,
    rules=(Rule("rejected_not_above_received", "rejected_quantity <= quantity", "No more is rejected than arrived."),),
)

INVOICE = entity(
    "invoice",
    "one row per vendor invoice",
    "What vendors asked to be paid, and when they were.",
    text("invoice_id", "Invoice key.", required=True),
    VENDOR,
    text("contract_id", "Contract it is charged under."),
    text("purchase_order_id", "Purchase order it is charged for."),
    text("cost_centre", "Cost centre that bears it."),
    SERVICE,
    day("invoiced_on", "Day of the invoice.", required=True),
    day("due_on", "Day by which it has to be paid."),
    day("paid_on", "Day it was paid; NULL while it is not."),
    money("amount", "Amount without tax; a credit note is negative.", required=True),
    money("agreed_amount", "What order or contract lead to expect for it, in the same currency; NULL when unknown."),
    CURRENCY,
    UPDATED,
    rules=(not_before("invoiced_on", "due_on"),),
)

ENTITIES: tuple[Table, ...] = (VENDOR_ENTITY, CONTRACT, PURCHASE_ORDER_LINE, RECEIPT, INVOICE)
