"""Objectives and key results: catalogue/okrs/*.yaml."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from bizops_pipeline.catalogue.models.vocabulary import Grain, Identifier, Strict, ValueDomain


class Period(Strict):
    """First and last day."""

    from_: date = Field(alias="from")
    to: date


class Owners(Strict):
    """Who answers for an objective on each side."""

    business: str | None = None
    it: str | None = None


class Milestone(Strict):
    """A step of a milestone key result."""

    name: str
    weight: float = Field(default=1, gt=0)
    due: date | None = None
    done: date | None = None


class KeyResult(Strict):
    """A key result, fed by a KPI or reported by a person."""

    id: Identifier
    title: str | None = None
    type: Literal["numeric", "percent", "milestone", "binary", "stay_above", "stay_below", "range", "baseline"] = (
        "numeric"
    )
    kpi: Identifier | None = None
    grain: Grain = "month"
    where: dict[str, str] = Field(default_factory=dict)
    """Scope and dimensions of the KPI: {service: checkout, channel: web}."""
    source: Literal["measured", "reported"] | None = None
    """Default: measured with a kpi, reported without."""
    baseline: float | None = None
    target: float | None = None
    upper: float | None = None
    """Upper bound of a range; `target` is the lower one."""
    start: date | None = None
    due: date | None = None
    weight: float = Field(default=1, gt=0)
    supports: Identifier | None = None
    milestones: tuple[Milestone, ...] = ()


class Objective(Strict):
    """An objective with its key results."""

    id: Identifier
    title: str
    level: Literal["company", "value_stream", "team"] = "company"
    parent: Identifier | None = None
    owners: Owners = Owners()
    value_stream: Identifier | None = None
    team: Identifier | None = None
    value_domain: ValueDomain | None = None
    kind: Literal["committed", "aspirational"] = "committed"
    period: Period
    key_results: tuple[KeyResult, ...] = Field(min_length=1)
