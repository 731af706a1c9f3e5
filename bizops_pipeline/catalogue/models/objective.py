"""Objectives and key results: catalogue/okrs/*.yaml."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from bizops_pipeline.catalogue.models.vocabulary import Cadence, Identifier, PeriodGrain, Strict, ValueDomain


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


class TargetChange(Strict):
    """Another target from a day on; progress of the days before it keeps the old one."""

    from_: date = Field(alias="from")
    """First day on which it holds."""
    target: float
    """Value to be reached or kept from then on."""
    reason: str = Field(min_length=1)
    """Why it was changed, for those who see the progress jump."""


class CurvePoint(Strict):
    """A share of the way that is expected by a day; between two points the curve is straight."""

    by: date
    """Day by the end of which it is expected."""
    share: float = Field(ge=0, le=1)
    """Share of the way, 0 to 1."""


def _curve_tag(value: Any) -> str:
    return "shares" if isinstance(value, list | tuple) else "name"


Curve = Annotated[
    Annotated[Literal["linear", "seasonal"], Tag("name")] | Annotated[tuple[CurvePoint, ...], Tag("shares")],
    Discriminator(_curve_tag),
]


class Zones(Strict):
    """Shares of the way from baseline to target from which on the commitment, and the aim, is met; all is a stretch."""

    commit: float = Field(default=0.3, gt=0, lt=1)
    """Share from which on what was committed is reached."""
    target: float = Field(default=0.7, gt=0, lt=1)
    """Share from which on what was aimed at is reached."""


def _with_periods(grain: Any) -> Any:
    """Refuse `all`: its one value is that of the as-of date, so no earlier day and no due date would have any."""
    if grain == "all":
        raise ValueError(
            "a grain with periods: day, week, month, quarter or year; "
            "a KPI of type `cumulative` by day tells a value to date"
        )
    return grain


class KeyResult(Strict):
    """A key result, fed by a KPI or reported by a person."""

    id: Identifier
    title: str | None = None
    type: Literal["numeric", "percent", "milestone", "binary", "stay_above", "stay_below", "range", "baseline"] = (
        "numeric"
    )
    kpi: Identifier | None = None
    grain: Annotated[PeriodGrain, BeforeValidator(_with_periods)] = "month"
    where: dict[str, str] = Field(default_factory=dict)
    """Scope and dimensions of the KPI: {service: checkout, channel: web}."""
    source: Literal["measured", "reported"] | None = None
    """Default: measured with a kpi, reported without."""
    baseline: float | None = None
    target: float | None = None
    upper: float | None = None
    """Upper bound of a range; `target` is the lower one."""
    changes: tuple[TargetChange, ...] = ()
    """Targets changed in flight, each with its day and reason; `target` stays the one of the start."""
    curve: Curve = "linear"
    """Progress expected by day: in step with time, by dated shares, or as a running total came about a year before."""
    zones: Zones | None = None
    """Names the zone that progress is in; `zones: {}` takes the defaults."""
    effect: Literal["outcome", "output"] | None = None
    """Whether it is a benefit or a thing done. Default: output for milestones and binary ones, else outcome."""
    cadence: Cadence = "weekly"
    """How often it is reported; without a check-in for two of these it is stale."""
    start: date | None = None
    due: date | None = None
    weight: float = Field(default=1, gt=0)
    unit_value: float | None = Field(default=None, gt=0)
    """Worth of one unit between baseline and target, where the objective weighs key results by size."""
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
    roll_up: Literal["key_results", "with_children"] = "key_results"
    """What its score is made of: its own key results, or these and the objectives below it."""
    weights: Literal["given", "size"] = "given"
    """Whether key results count by their `weight`, or by the size of their way: |target - baseline| * unit_value."""
    weight: float = Field(default=1, gt=0)
    """Weight in the score of the objective above it, where that one counts its children."""
    key_results: tuple[KeyResult, ...] = ()
    """Key results; none only where the objective counts its children."""
