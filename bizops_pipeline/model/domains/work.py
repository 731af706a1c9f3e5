"""Work items, their status history, effort and initiatives."""

from __future__ import annotations

from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = ()
