"""What a company's catalogue may say, as strict models: unknown keys, wrong types and missing parts are errors.

The models hold what was written; cross-checks between files and SQL checks live beside the loader. One module per
kind of file.
"""

from __future__ import annotations

from bizops_pipeline.catalogue.models.ai_model import (
    AiCatalogue,
    AiModel,
    KpiLink,
    PlannedValue,
    RequiredArtifact,
    UseCase,
)
from bizops_pipeline.catalogue.models.company import Company
from bizops_pipeline.catalogue.models.kpi import (
    Bounds,
    CalendarReference,
    Cap,
    Event,
    Kpi,
    MetricReference,
    Part,
    ScorePart,
    Target,
)
from bizops_pipeline.catalogue.models.objective import KeyResult, Milestone, Objective, Owners, Period
from bizops_pipeline.catalogue.models.organisation import Marks, Organisation, Service, Share, Stage, Team, ValueStream
from bizops_pipeline.catalogue.models.practice import Assessment, Improvement, Practice, Practices
from bizops_pipeline.catalogue.models.quality import Expectation, Suite
from bizops_pipeline.catalogue.models.settings import (
    AttributionSettings,
    BusinessHours,
    CompanySettings,
    PrivacySettings,
    PublishSettings,
)
from bizops_pipeline.catalogue.models.source import (
    ColumnMap,
    Connector,
    EntityMap,
    FilesConnector,
    Load,
    Lookup,
    RestConnector,
    SourceDefinition,
    SourceTable,
    SourceTableDefinition,
    SqlConnector,
    Threshold,
    ValueMap,
)
from bizops_pipeline.catalogue.models.vocabulary import (
    Cadence,
    Direction,
    Grain,
    Identifier,
    Layer,
    Severity,
    Side,
    Strict,
    Unit,
    ValueDomain,
    Weekday,
)

__all__ = [
    "AiCatalogue",
    "AiModel",
    "Assessment",
    "AttributionSettings",
    "Bounds",
    "BusinessHours",
    "Cadence",
    "CalendarReference",
    "Cap",
    "ColumnMap",
    "Company",
    "CompanySettings",
    "Connector",
    "Direction",
    "EntityMap",
    "Event",
    "Expectation",
    "FilesConnector",
    "Grain",
    "Identifier",
    "Improvement",
    "KeyResult",
    "Kpi",
    "KpiLink",
    "Layer",
    "Load",
    "Lookup",
    "Marks",
    "MetricReference",
    "Milestone",
    "Objective",
    "Organisation",
    "Owners",
    "Part",
    "Period",
    "PlannedValue",
    "Practice",
    "Practices",
    "PrivacySettings",
    "PublishSettings",
    "RequiredArtifact",
    "RestConnector",
    "ScorePart",
    "Service",
    "Severity",
    "Share",
    "Side",
    "SourceDefinition",
    "SourceTable",
    "SourceTableDefinition",
    "SqlConnector",
    "Stage",
    "Strict",
    "Suite",
    "Target",
    "Team",
    "Threshold",
    "Unit",
    "UseCase",
    "ValueDomain",
    "ValueMap",
    "ValueStream",
    "Weekday",
]
