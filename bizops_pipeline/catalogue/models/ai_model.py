"""AI use cases and models, and what they are to bring: catalogue/models.yaml."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from bizops_pipeline.catalogue.models.vocabulary import Identifier, Strict

RiskTier = Literal["high", "limited", "minimal"]


class UseCase(Strict):
    """Something AI is wanted for; its models take from it what they do not say."""

    id: Identifier
    name: str | None = None
    service: Identifier | None = None
    owner: str | None = None
    risk_tier: RiskTier | None = None
    approved_on: date | None = None


class KpiLink(Strict):
    """A KPI that a model is to move."""

    kpi: Identifier
    direction: Literal["up", "down"] | None = None
    """Which way is better; default: the KPI's own direction."""
    baseline: float | None = None
    unit_value: float | None = Field(default=None, ge=0)
    """Worth of one unit of the outcome: of one more order, of one minute less."""
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")
    """Currency of that worth; default: the reporting currency."""
    from_: date | None = Field(default=None, alias="from")


class PlannedValue(Strict):
    """The value that a model is to bring in a period; it is spread evenly over the days."""

    from_: date = Field(alias="from")
    to: date
    value: float
    currency: str | None = Field(default=None, pattern=r"^[A-Z]{3}$")


class AiModel(Strict):
    """A model, from approval to retirement."""

    id: Identifier
    name: str | None = None
    use_case: Identifier | None = None
    service: Identifier | None = None
    owner: str | None = None
    risk_tier: RiskTier | None = None
    approved_on: date | None = None
    deployed_on: date | None = None
    retired_on: date | None = None
    kpis: tuple[KpiLink, ...] = ()
    plan: tuple[PlannedValue, ...] = ()


class RequiredArtifact(Strict):
    """A document or test that models must have."""

    artifact: Identifier
    risk_tiers: tuple[RiskTier, ...] = ("high", "limited", "minimal")
    due: Literal["approval", "deployment"] = "deployment"
    """From which day of a model on it must be there."""


class AiCatalogue(Strict):
    """catalogue/models.yaml."""

    use_cases: tuple[UseCase, ...] = ()
    models: tuple[AiModel, ...] = ()
    required_artifacts: tuple[RequiredArtifact, ...] = ()
