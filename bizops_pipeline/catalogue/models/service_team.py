"""Service teams of catalogue/organisation.yaml: business and IT around a value stream, and the gates of its stages."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from bizops_pipeline.catalogue.models.vocabulary import Identifier, Strict


class GateMetric(Strict):
    """A KPI that a gate looks at."""

    kpi: Identifier
    """KPI; read for the value stream where it is cut by it, else for the company."""
    target: float | None = None
    """Target that counts for the gate; default: the one of the KPI that holds in the period."""


class ServiceTeam(Strict):
    """Teams of both sides that answer for a value stream together."""

    id: Identifier
    """Key of the service team."""
    name: str | None = None
    """Name for people."""
    value_stream: Identifier
    """Value stream that it serves."""
    teams: tuple[Identifier, ...] = ()
    """Teams in it; default: the owners of the value stream and the teams of the services that serve it."""
    outcome: Identifier | None = None
    """KPI that business and IT share as their outcome."""
    grain: Literal["week", "month", "quarter"] = "month"
    """Length of the periods that count."""
    stability: tuple[GateMetric, ...] = Field(min_length=1)
    """What must hold before optimization: availability, change failure rate, recovery time."""
    optimization: tuple[GateMetric, ...] = Field(min_length=1)
    """What must hold before innovation: flow, unit cost."""
    hold: int = Field(default=3, ge=1)
    """Periods in a row for which a gate must hold to open."""
    fall_back: int = Field(default=2, ge=1)
    """Periods in a row in which a gate passed before is missed, after which the team falls back to it."""
