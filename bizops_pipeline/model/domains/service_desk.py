"""Tickets and their clocks."""

from __future__ import annotations

from bizops_pipeline.model.declaration import Model

MODELS: tuple[Model, ...] = ()
