"""Work items, their way through the stages, effort and initiatives."""

from __future__ import annotations

from bizops_pipeline.contracts.core import work
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(work.FCT_STATUS_VISIT, rebuild_by="work_item_id", driven_by=("status_history",)),
    Model(work.FCT_WORK_ITEM),
    Model(work.FCT_FLOW_MOVEMENT, rebuild_by="work_item_id"),
    Model(work.FCT_WORK_ITEM_STAGE, rebuild_by="work_item_id", driven_by=("status_history",)),
    Model(work.FCT_WORKLOG, driven_by=("worklog",)),
    Model(work.FCT_INITIATIVE),
    Model(work.FCT_SERVICE_REQUEST),
)
