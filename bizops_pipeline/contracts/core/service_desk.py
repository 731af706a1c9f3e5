"""Tickets and their clocks."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = ()
