"""Vulnerabilities, risks and controls."""

from __future__ import annotations

from bizops_pipeline.contracts.core import risk
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(risk.FCT_VULNERABILITY, rebuild_by="vulnerability_id"),
    Model(risk.FCT_RISK_MOVEMENT, rebuild_by="risk_id"),
    Model(risk.FCT_CONTROL_TEST, rebuild_by="control_test_id"),
)
