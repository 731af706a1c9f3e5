"""Vendors, contracts, purchases and deliveries."""

from __future__ import annotations

from bizops_pipeline.contracts.core import supply
from bizops_pipeline.model.declaration import Model, exchange_rate_of

MODELS: tuple[Model, ...] = (
    Model(supply.DIM_VENDOR, rebuild_by="vendor_id"),
    Model(supply.FCT_CONTRACT, rebuild_by="contract_id"),
    Model(
        supply.FCT_PURCHASE_ORDER_LINE,
        rebuild_by="purchase_order_line_id",
        valid_on=(exchange_rate_of("ordered_date"),),
    ),
    Model(supply.FCT_RECEIPT, rebuild_by="purchase_order_line_id"),
    Model(supply.FCT_INVOICE, rebuild_by="invoice_id", valid_on=(exchange_rate_of("invoiced_date"),)),
)
