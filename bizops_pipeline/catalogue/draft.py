"""A company that was read but not yet checked as a whole: every definition with the place it was written at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bizops_pipeline.catalogue.models import (
    AiCatalogue,
    CompanySettings,
    Kpi,
    Objective,
    Organisation,
    Practices,
    SourceDefinition,
    SourceTable,
    Suite,
)
from bizops_pipeline.catalogue.validation import Located


@dataclass(frozen=True, slots=True)
class Declared:
    """Ids that were written down, also in definitions with faults: nobody is told that they are unknown."""

    kpis: frozenset[str] = frozenset()
    objectives: frozenset[str] = frozenset()
    key_results: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    value_streams: frozenset[str] = frozenset()
    use_cases: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Draft:
    """What was read without fault from all files."""

    root: Path
    environment: Mapping[str, str] | None
    """Where `${NAME}` is looked up; None when nobody is going to."""
    settings: Located[CompanySettings] | None
    organisation: Located[Organisation] | None
    sources: tuple[Located[SourceDefinition], ...] = ()
    tables: tuple[Located[SourceTable], ...] = ()
    kpis: tuple[Located[Kpi], ...] = ()
    objectives: tuple[Located[Objective], ...] = ()
    suites: tuple[Located[Suite], ...] = ()
    ai: Located[AiCatalogue] | None = None
    practices: Located[Practices] | None = None
    declared: Declared = field(default_factory=Declared)

    def kpi(self, id: str) -> Located[Kpi] | None:
        """Return the first KPI of an id, or None when there is none without fault."""
        return next((kpi for kpi in self.kpis if kpi.value.id == id), None)
