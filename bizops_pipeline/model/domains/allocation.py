"""Which services items belong to."""

from __future__ import annotations

from bizops_pipeline.contracts.core import allocation
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (
    Model(allocation.BRIDGE_ITEM_SERVICE, rebuild_by="item_id"),
    Model(allocation.BRIDGE_ITEM_MEMBER, rebuild_by="item_id"),
)
