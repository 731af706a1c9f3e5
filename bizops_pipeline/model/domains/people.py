"""Employees, teams and what people answer when they are asked."""

from __future__ import annotations

from bizops_pipeline.contracts.core import people
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(people.DIM_EMPLOYEE, rebuild_by="employee_id"),
    Model(people.FCT_EMPLOYEE, rebuild_by="employee_id"),
    Model(people.FCT_SURVEY_RESPONSE, rebuild_by="response_id"),
)
