"""AI models, their use, quality, cost and value."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

ENTITIES: tuple[Table, ...] = ()
