"""What the outside world says and publishes."""

from __future__ import annotations

from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = ()
