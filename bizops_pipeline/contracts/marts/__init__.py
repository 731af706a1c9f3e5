"""The tables that BI reads: KPI values, OKR progress, and what says how far to trust them."""

from __future__ import annotations

from bizops_pipeline.contracts.marts import data, flow, insight, kpi, okr
from bizops_pipeline.contracts.table import Table

MARTS: dict[str, Table] = {table.name: table for subject in (kpi, okr, flow, insight, data) for table in subject.MARTS}
"""All marts of the warehouse by name; `publication` is added when they are published."""
