"""Work items, their status history, effort and initiatives."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

ENTITIES: tuple[Table, ...] = ()
