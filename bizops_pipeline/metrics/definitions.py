"""What a KPI is made of, once its definition has been read: measures per day, aggregates per period, references."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlglot import exp

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.expressions import Aggregate, Formula
from bizops_pipeline.metrics.scopes import BySet

SECONDS = {"m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True, slots=True)
class Measure:
    """An additive aggregate of a fact per business day; `member_day` decides which value streams it belongs to."""

    id: str
    entity: Table
    day: str
    member_day: str
    aggregate: Aggregate


@dataclass(frozen=True, slots=True)
class DailyDistinct:
    """A distinct count per business day, which averages over days add up."""

    id: str
    entity: Table
    day: str
    value: str
    condition: str | None


@dataclass(frozen=True, slots=True)
class PeriodAggregate:
    """A distinct count or percentile, computed from the records of each period."""

    id: str
    entity: Table
    day: str
    value: str
    condition: str | None
    percentile: float | None
    """None for a distinct count."""


@dataclass(frozen=True, slots=True)
class StockAggregate:
    """A percentile of a value over the records that are open at the end of each period."""

    id: str
    entity: Table
    arrived: str
    left: str
    value: str
    condition: str | None
    percentile: float


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a conversion."""

    entity: Table
    time: str
    condition: str | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """Base records that an event with the same `match` follows within `seconds`; counted per business day."""

    id: str
    base: Side
    day: str
    event: Side
    match: str
    seconds: int

    @property
    def entity(self) -> Table:
        """The fact whose records are counted."""
        return self.base.entity

    @property
    def is_of_itself(self) -> bool:
        """Whether events are bases too: then a record follows others, but not itself."""
        return (self.base.entity.name, self.base.time) == (self.event.entity.name, self.event.time)

    @property
    def converted(self) -> str:
        """Measure: bases with an event, among the closed ones."""
        return f"{self.id}_converted"

    @property
    def closed(self) -> str:
        """Measure: bases whose window is over."""
        return f"{self.id}_closed"

    @property
    def open(self) -> str:
        """Measure: bases whose window is still open."""
        return f"{self.id}_open"


Computed = Measure | DailyDistinct | Conversion | PeriodAggregate | StockAggregate
"""What is computed from the records of a fact, once for all KPIs that are made of it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A numerator or denominator that is arithmetic over measures."""

    formula: Formula
    measures: tuple[str, ...]
    counts_only: bool
    must_be_there: bool = False
    """Whether nothing is no value, and not 0."""


@dataclass(frozen=True, slots=True)
class Referenced:
    """A numerator or denominator that is another KPI, where it cannot be replaced by that KPI's measures."""

    kpi: str


@dataclass(frozen=True, slots=True)
class Days:
    """The days of the period, from the first day on which the fact has data to the as-of date."""

    entity: Table
    day: str


Part = Measured | Referenced | Days


@dataclass(frozen=True, slots=True)
class Running:
    """A total up to the end of the period: since the start of the `reset` period, or over the last `days`."""

    reset: str = "never"
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Definition:
    """A compiled KPI."""

    number: int
    kpi: Kpi
    by: tuple[BySet, ...]
    entities: frozenset[str]
    """Facts that it reads, and the needs that it states beyond them; through other KPIs too."""
    lateness: int
    """Days after the end of a period until late records and open windows can no longer change it."""
    references: tuple[str, ...] = ()
    numerator: Part | None = None
    denominator: Part | None = None
    aggregate: PeriodAggregate | None = None
    stock: StockAggregate | None = None
    running: Running | None = None
    over_time: str = "last"
    """Snapshot: which day's stock stands for the period: `first` (that before it), `last`, or the `average`."""
    conversion: Conversion | None = None
    expression: exp.Expr | None = None
    """Derived: expression over the values of other KPIs."""
    parts: tuple[Definition, ...] = ()
    """Composite: the KPIs of the score, those that only limit it left out."""
    measures: tuple[Measure, ...] = field(default=())
    daily: DailyDistinct | None = None

    def lacks(self, missing: frozenset[str]) -> bool:
        """Tell whether it has no value for what is missing; a score goes on as long as one of its parts does."""
        if self.parts:
            return all(part.lacks(missing) for part in self.parts)
        return bool(self.entities & missing)

    @property
    def computed(self) -> tuple[Computed, ...]:
        """All that it is made of itself, not through other KPIs."""
        single = (self.stock, self.daily, self.conversion, self.aggregate)
        return (*self.measures, *(each for each in single if each))

    @property
    def counts_nothing_as_zero(self) -> bool:
        """Whether nothing is a real zero: counts, stocks, and counts per day."""
        if self.kpi.type == "snapshot":
            return True
        if isinstance(self.denominator, Days):
            return isinstance(self.numerator, Referenced) or (
                isinstance(self.numerator, Measured) and self.numerator.counts_only
            )
        return self.kpi.unit == "count"

    @property
    def is_zero_without_records(self) -> bool:
        """Whether a member of whom it has no record at all has 0 of it: a count or a stock, but no ratio or average."""
        is_counted = self.aggregate is None or self.aggregate.percentile is None
        is_plain = self.denominator is None and self.expression is None and not self.parts
        return self.counts_nothing_as_zero and is_plain and is_counted and self.stock is None and not self.averaged

    @property
    def averaged(self) -> bool:
        """Whether the value is the average of the stock of all days."""
        return self.running is not None and self.over_time == "average"

    @property
    def result_id(self) -> str | None:
        """The result per period that the value is, where it is one."""
        found = self.aggregate or self.stock
        return found.id if found else None

    @property
    def measure_ids(self) -> tuple[str, ...]:
        """All measures that numerator and denominator are made of."""
        parts = [part.measures for part in (self.numerator, self.denominator) if isinstance(part, Measured)]
        opened = [(self.conversion.open,)] if self.conversion else []
        return tuple(dict.fromkeys(id for ids in (*parts, *opened) for id in ids))
