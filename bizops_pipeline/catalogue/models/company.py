"""A company's whole catalogue, as the loader returns it."""

from __future__ import annotations

from pathlib import Path

from bizops_pipeline.catalogue.models.ai_model import AiCatalogue
from bizops_pipeline.catalogue.models.kpi import Kpi
from bizops_pipeline.catalogue.models.objective import Objective
from bizops_pipeline.catalogue.models.organisation import Organisation
from bizops_pipeline.catalogue.models.practice import Practice
from bizops_pipeline.catalogue.models.quality import Suite
from bizops_pipeline.catalogue.models.settings import CompanySettings
from bizops_pipeline.catalogue.models.source import SourceTable
from bizops_pipeline.catalogue.models.vocabulary import Strict


class Company(Strict):
    """Everything a company defines, checked and resolved."""

    root: Path
    settings: CompanySettings
    organisation: Organisation
    source_tables: tuple[SourceTable, ...]
    kpis: tuple[Kpi, ...]
    """In an order in which every KPI comes after those it refers to."""
    objectives: tuple[Objective, ...]
    suites: tuple[Suite, ...]
    ai: AiCatalogue = AiCatalogue()
    practices: tuple[Practice, ...] = ()
    fingerprint: str
    """Hash of everything above."""

    @property
    def shown_kpis(self) -> tuple[Kpi, ...]:
        """The KPIs that have values of their own; the others are only parts of those."""
        return tuple(kpi for kpi in self.kpis if kpi.by)

    def kpi(self, id: str) -> Kpi:
        """Return a KPI; raises KeyError when there is none of that id."""
        for kpi in self.kpis:
            if kpi.id == id:
                return kpi
        raise KeyError(id)
