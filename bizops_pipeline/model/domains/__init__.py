"""Which tables of `core` are built by SQL: one module per domain lists its models."""

from __future__ import annotations

from bizops_pipeline.model.declaration import Model
from bizops_pipeline.model.domains import (
    ai,
    allocation,
    capability,
    commerce,
    delivery,
    finance,
    market,
    operation,
    people,
    risk,
    service_desk,
    supply,
    work,
)

DOMAINS = (
    ai,
    allocation,
    capability,
    commerce,
    delivery,
    finance,
    market,
    operation,
    people,
    risk,
    service_desk,
    supply,
    work,
)
MODELS: tuple[Model, ...] = tuple(model for domain in DOMAINS for model in domain.MODELS)
"""Every table that is built by SQL."""
