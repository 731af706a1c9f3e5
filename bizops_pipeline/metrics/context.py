"""What the statements of a build know besides the definition of a KPI, and the tables of what differs between KPIs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from bizops_pipeline.metrics.definitions import Definition
from bizops_pipeline.metrics.plan import Plan

KPI_MEASURE, KPI_GRAIN, KPI_PARAMETER = "kpi_measure", "kpi_grain", "kpi_parameter"
"""Temporary tables of a build: measures of each KPI by slot, its grains, and its other parameters."""

NUMBERS = "$numbers"
"""Stands in the statement of a shape for the numbers of its KPIs."""


@dataclass(frozen=True, slots=True)
class Context:
    """What statements need to know besides the definition."""

    plan: Plan
    as_of: date
    first_days: dict[tuple[str, str], date | None]
    """First day with data per fact and business date."""
    missing: frozenset[str]
    """Facts without any row, and what KPIs need besides of which the company brings nothing."""
    partial: frozenset[str] = frozenset()
    """KPIs of which only the periods in the temporary table `kpi_touched` are computed."""

    def definition(self, id: str) -> Definition:
        """Return a compiled KPI."""
        return next(one for one in self.plan.definitions if one.kpi.id == id)
