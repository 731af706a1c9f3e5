"""What the company is able to do, how well, and what would make it better: catalogue/practices.yaml."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from bizops_pipeline.catalogue.models.vocabulary import Identifier, Strict

Dimension = Literal["process_accountability", "policy", "data", "documentation", "technology", "funding"]
Level = Annotated[float, Field(ge=0, le=5)]


class Assessment(Strict):
    """How well a practice was done on a day; a dimension that is not named keeps its last score."""

    assessed_on: date
    scores: dict[Dimension, Level]
    """From 0, not there at all, to 5, exemplary."""
    evidence: str | None = None
    """What the scores rest on, for example a link."""


class Improvement(Strict):
    """A task that would raise a practice."""

    id: Identifier
    title: str
    dimension: Dimension | None = None
    effort_days: float = Field(gt=0)
    """Person days."""
    owner: str | None = None
    roles: tuple[str, ...] = ()
    """Who is needed."""
    depends_on: tuple[Identifier, ...] = ()
    """Improvements, of any practice, that must be done before."""
    due: date | None = None
    done: date | None = None


class Practice(Strict):
    """Something that the company must be able to do."""

    id: Identifier
    name: str
    description: str | None = None
    owner: str | None = None
    team: Identifier | None = None
    value_stream: Identifier | None = None
    service: Identifier | None = None
    target: Level = 3
    """Score to be reached in every dimension that `targets` does not name."""
    targets: dict[Dimension, Level] = Field(default_factory=dict)
    drives: tuple[Identifier, ...] = ()
    """KPIs that are better where the practice is better."""
    assessments: tuple[Assessment, ...] = ()
    improvements: tuple[Improvement, ...] = ()

    def target_of(self, dimension: Dimension) -> float:
        """Return the score to be reached in a dimension."""
        return self.targets.get(dimension, self.target)


class Practices(Strict):
    """catalogue/practices.yaml."""

    practices: tuple[Practice, ...] = ()
