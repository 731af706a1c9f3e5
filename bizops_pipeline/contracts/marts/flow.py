"""How work flows through value streams."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

MARTS: tuple[Table, ...] = ()
