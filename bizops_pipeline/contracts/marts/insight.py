"""What explains the numbers: associations, hot spots, values."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

MARTS: tuple[Table, ...] = ()
