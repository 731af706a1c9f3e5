"""The tables that BI reads: KPI values, OKR progress, and what says how far to trust them."""

from __future__ import annotations

from bizops_pipeline.contracts.marts import data, flow, history, insight, kpi, okr, standing, steering
from bizops_pipeline.contracts.table import Table

SUBJECTS = (kpi, history, standing, okr, steering, flow, insight, data)

MARTS: dict[str, Table] = {table.name: table for subject in SUBJECTS for table in subject.MARTS}
"""All marts of the warehouse by name; `publication` is added when they are published."""
