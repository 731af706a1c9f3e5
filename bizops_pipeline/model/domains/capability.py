"""How well practices are done."""

from __future__ import annotations

from bizops_pipeline.contracts.core import capability
from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = (Model(capability.FCT_ASSESSMENT),)
