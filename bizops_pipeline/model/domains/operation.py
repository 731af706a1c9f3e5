"""Incidents, outages, service time and how services are used."""

from __future__ import annotations

from bizops_pipeline.contracts.core import operation
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(operation.FCT_OUTAGE, rebuild_by="outage_id"),
    Model(operation.FCT_INCIDENT),
    Model(operation.FCT_SERVICE_DAY),
)
