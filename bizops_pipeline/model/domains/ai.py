"""AI models, their use, quality, cost and value."""

from __future__ import annotations

from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = ()
