"""Tickets and their clocks."""

from __future__ import annotations

from bizops_pipeline.contracts.core import service_desk
from bizops_pipeline.model.declaration import Model, ValidOn

MODELS: tuple[Model, ...] = (
    Model(service_desk.DIM_SLA, rebuild_by="sla_id"),
    Model(
        service_desk.FCT_TICKET,
        rebuild_by="ticket_id",
        valid_on=(ValidOn("core.dim_sla", match="sla_id", day="opened_date"),),
    ),
)
