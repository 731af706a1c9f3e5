"""Incidents, outages, service time, changes under management and how services are used."""

from __future__ import annotations

from bizops_pipeline.contracts.core import operation
from bizops_pipeline.model.declaration import Model, ValidOn

MODELS: tuple[Model, ...] = (
    Model(operation.DIM_SLO, rebuild_by="slo_id"),
    Model(operation.FCT_OUTAGE, driven_by=("outage", "status_check")),
    Model(operation.FCT_INCIDENT, driven_by=("incident",)),
    Model(operation.FCT_PROBLEM, rebuild_by="problem_id"),
    Model(operation.FCT_SERVICE_DAY, driven_by=("outage", "status_check")),
    Model(operation.FCT_PRODUCTIVITY_LOSS),
    Model(operation.FCT_WORKING_TIME),
    Model(operation.FCT_CHANGE_REQUEST, rebuild_by="change_request_id"),
    Model(operation.FCT_RESOURCE_USAGE, rebuild_by="resource_usage_id"),
    Model(
        operation.FCT_SLO_MEASUREMENT,
        rebuild_by="slo_measurement_id",
        valid_on=(ValidOn("core.dim_slo", match="slo_id", day="measured_date"),),
    ),
)
