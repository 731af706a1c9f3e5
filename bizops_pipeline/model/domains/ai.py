"""AI models, their use, quality, cost and value."""

from __future__ import annotations

from bizops_pipeline.contracts.core import ai
from bizops_pipeline.model.declaration import Model, exchange_rate_of

MODELS: tuple[Model, ...] = (
    Model(ai.DIM_AI_USE_CASE),
    Model(ai.DIM_MODEL),
    Model(ai.BRIDGE_MODEL_KPI),
    Model(ai.FCT_MODEL, driven_by=("model",)),
    Model(ai.FCT_MODEL_USAGE),
    Model(ai.FCT_MODEL_SEAT, rebuild_by="model_seat_id"),
    Model(ai.FCT_MODEL_FEEDBACK, rebuild_by="model_feedback_id"),
    Model(ai.FCT_MODEL_COST, rebuild_by="model_cost_id", valid_on=(exchange_rate_of("cost_on"),)),
    Model(ai.FCT_MODEL_DRIFT, rebuild_by="monitored_on"),
    Model(ai.FCT_MODEL_ARTIFACT, driven_by=("model", "model_artifact")),
    Model(ai.FCT_EXPERIMENT, rebuild_by="experiment_result_id"),
    Model(ai.FCT_MODEL_VALUE, rebuild_by="model_id", valid_on=(exchange_rate_of("value_on"),)),
    Model(ai.FCT_MODEL_PLAN, rebuild_by="model_plan_id", valid_on=(exchange_rate_of("planned_on"),)),
    Model(ai.FCT_MODEL_RETURN),
)
