"""Changes to software, their builds and their deployments."""

from __future__ import annotations

from bizops_pipeline.contracts.core import delivery
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(delivery.FCT_DEPLOYMENT),
    Model(delivery.FCT_CHANGE),
    Model(delivery.FCT_DEPLOYMENT_WEEK),
    Model(delivery.FCT_PIPELINE_RUN, rebuild_by="pipeline_run_id"),
)
