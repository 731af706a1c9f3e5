"""KPIs and their targets: catalogue/kpis/*.yaml and the library."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from bizops_pipeline.catalogue.models.vocabulary import Direction, Grain, Identifier, Layer, Strict, Unit, ValueDomain


class Target(Strict):
    """A target, from a day on, for a part of the KPI's rows."""

    from_: date = Field(alias="from")
    value: float
    warn: float | None = None
    """Threshold that is still tolerable; for `band` KPIs value and warn are the bounds."""
    grain: Grain | None = None
    """Grain whose periods it is meant for, for sums and counts; default: every grain."""
    where: dict[str, str] = Field(default_factory=dict)


class MetricReference(Strict):
    """Another KPI as a part of this one."""

    metric: Identifier


class CalendarReference(Strict):
    """The length of the period as a denominator: `{calendar: days}`, up to the as-of date."""

    calendar: Literal["days"]


class Event(Strict):
    """One side of a conversion."""

    entity: str
    time: str
    where: str | None = None


def _part_tag(value: Any) -> str:
    if isinstance(value, CalendarReference) or (isinstance(value, dict) and "calendar" in value):
        return "CalendarReference"
    return "MetricReference" if isinstance(value, dict | MetricReference) else "expression"


class ScorePart(Strict):
    """A KPI in a composite: from `worst` (worth nothing) to `best` (worth its whole weight), straight between."""

    metric: Identifier
    """KPI."""
    weight: float = Field(default=1, gt=0)
    """Weight in the score."""
    worst: float
    """Value that is worth nothing."""
    best: float
    """Value that is worth the whole weight."""


class Cap(Strict):
    """A KPI that limits a composite: when its value is below `below` (or above `above`), the score is at most `at`."""

    metric: Identifier
    """KPI."""
    below: float | None = None
    """The score is limited while the KPI is below it."""
    above: float | None = None
    """The score is limited while the KPI is above it."""
    at: float = Field(ge=0, le=100)
    """Highest score then."""


class Bounds(Strict):
    """Between what a value must lie; one outside fails a check."""

    min: float | None = None
    """Lowest value that is possible."""
    max: float | None = None
    """Highest value that is possible."""


class Band(Strict):
    """A class of performance: values on the better side of its limit that no better band has."""

    name: Identifier
    """Name of the class, such as elite."""
    limit: float | None = None
    """Worst value of the band, 0.05 for 5 %, hours where the KPI is in hours; none for the last, which has the rest."""
    strict: bool = False
    """Whether the limit itself belongs to the next band."""


Part = Annotated[
    Annotated[str, Tag("expression")]
    | Annotated[MetricReference, Tag("MetricReference")]
    | Annotated[CalendarReference, Tag("CalendarReference")],
    Discriminator(_part_tag),
]


class Kpi(Strict):
    """A KPI. Which of the type's fields must be present is checked by the loader."""

    id: Identifier
    version: int = Field(default=1, ge=1)
    label: str | None = None
    description: str | None = None
    formula: str | None = None
    citation: str | None = None
    edge_cases: str | None = None
    owner: str | None = None
    value_domain: ValueDomain | None = None
    layer: Layer | None = None
    unit: Unit
    direction: Direction
    type: Literal[
        "simple",
        "ratio",
        "distinct",
        "percentile",
        "snapshot",
        "cumulative",
        "conversion",
        "derived",
        "composite",
        "okr",
        "association",
    ]
    entity: str | None = None
    time: str | None = None
    where: str | None = None
    expr: str | None = None
    numerator: Part | None = None
    denominator: Part | None = None
    percentile: float | None = Field(default=None, ge=0, le=1)
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    over_time: Literal["first", "last", "average"] | None = None
    """snapshot: stock before the period's first day, at its end, or average of its days; distinct: average of days."""
    metric: Identifier | None = None
    reset: Literal["week", "month", "quarter", "year", "never"] | None = None
    window: str | None = Field(default=None, pattern=r"^\d+d$")
    base: Event | None = None
    event: Event | None = None
    match: str | None = None
    within: str | None = Field(default=None, pattern=r"^\d+[mhd]$")
    complement: bool = False
    """conversion: count the bases without an event instead of those with one."""
    share_of: tuple[str, ...] = ()
    """ratio: dimensions of `by` that the denominator ignores, so that the value is the share of a class in all."""
    parts: tuple[ScorePart, ...] = ()
    """composite: the KPIs that make the score, by weight; one without a value is left out and the rest counts more."""
    caps: tuple[Cap, ...] = ()
    """composite: KPIs that limit the score, however good the rest is."""
    needs: tuple[str, ...] = ()
    """What shows the opposite of what it counts, else no value: `refund`, `ticket.reopened_at` or `order or cart`."""
    bounds: Bounds | None = None
    """Default: 0 to 1 for conversions and for counted rows over counted rows of one table, else none."""
    bands: tuple[Band, ...] = ()
    """Classes of performance, the best first; the scorecard shows which one a value is in. They are no targets."""
    scale: float = Field(default=1, gt=0)
    """The value is divided by it: 3600 shows seconds as hours."""
    grains: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year", "all")
    begins: date | None = None
    """First day that counts, where it is later than that on which the last of the sources behind it begins."""
    by: tuple[tuple[str, ...], ...] = ((),)
    compare: tuple[Literal["previous", "year_ago", "previous_to_date", "year_ago_to_date"], ...] = (
        "previous",
        "year_ago",
    )
    """Values beside each value. The last two go beside a running period: as many days of the earlier one."""
    min_denominator: int | None = Field(default=None, ge=1)
    suppress: bool = False
    """Below `min_denominator`, or so many records, all numbers are NULL: nothing is said of a group so small."""
    late_arrival_days: int = Field(default=0, ge=0)
    targets: tuple[Target, ...] = ()
    file: str = ""
    """Where it is defined; filled by the loader."""

    @property
    def made_of(self) -> str | None:
        """What it is computed from after all other KPIs, so that none of these can refer to it; None for others."""
        return {"okr": "key results", "association": "values of other KPIs"}.get(self.type)
