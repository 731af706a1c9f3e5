"""Practices, their assessments and improvements."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = ()
