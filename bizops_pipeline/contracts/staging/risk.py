"""Vulnerabilities, risks and controls."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table

ENTITIES: tuple[Table, ...] = ()
