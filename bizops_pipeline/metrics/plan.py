"""What must be computed for a company's KPIs: measures with the members they are needed for, grouped into passes.

A pass reads one fact once, for all measures of one business date and all sets of members that can be formed
from the same columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics import expressions
from bizops_pipeline.metrics.definitions import (
    Computed,
    Conversion,
    DailyDistinct,
    Days,
    Definition,
    Measure,
    PeriodAggregate,
    StockAggregate,
)
from bizops_pipeline.metrics.reading import compile_kpi
from bizops_pipeline.metrics.rollup import RUNNING_GRAINS, TO_DATE
from bizops_pipeline.metrics.scopes import SHARED_SCOPES, BySet, check_has

C = TypeVar("C", Measure, DailyDistinct, Conversion, PeriodAggregate, StockAggregate)


@dataclass(frozen=True, slots=True)
class MeasurePass:
    """Measures of one fact and business date, with the members each is needed for."""

    id: str
    entity: Table
    day: str
    member_day: str
    uses_as_of: bool
    columns: tuple[str, ...]
    """Columns by which records are grouped before they are given to members."""
    needs: tuple[tuple[BySet, tuple[Measure, ...]], ...]

    @property
    def measures(self) -> tuple[Measure, ...]:
        """All measures of the pass."""
        return tuple(dict.fromkeys(measure for _, measures in self.needs for measure in measures))


@dataclass(frozen=True, slots=True)
class PeriodPass:
    """Distinct counts and percentiles of one fact, business date and set of members."""

    id: str
    entity: Table
    day: str
    by: BySet
    grains: tuple[str, ...]
    aggregates: tuple[PeriodAggregate, ...]

    @property
    def uses_as_of(self) -> bool:
        """Whether the business date of the refresh is part of a definition."""
        return any(expressions.uses_as_of(aggregate.value, aggregate.condition) for aggregate in self.aggregates)


@dataclass(frozen=True, slots=True)
class StockPass:
    """A percentile of what is open at the end of each period, for one set of members."""

    by: BySet
    grains: tuple[str, ...]
    aggregate: StockAggregate

    @property
    def id(self) -> str:
        """Name of the pass."""
        return ".".join([self.aggregate.entity.name, self.aggregate.arrived, self.aggregate.id, self.by.id])


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything to compute, and the KPIs in an order in which each comes after those it refers to."""

    definitions: tuple[Definition, ...]
    by: dict[str, tuple[BySet, ...]]
    """Sets of members for which each KPI is computed, for others that refer to it too."""
    grains: dict[str, tuple[str, ...]]
    sources: dict[str, tuple[str, ...]]
    """Measures and aggregates that each KPI is made of, through other KPIs too."""
    measure_passes: tuple[MeasurePass, ...]
    daily: tuple[tuple[DailyDistinct, tuple[BySet, ...]], ...]
    conversions: tuple[tuple[Conversion, tuple[BySet, ...]], ...]
    period_passes: tuple[PeriodPass, ...]
    stock_passes: tuple[StockPass, ...]

    @property
    def entities(self) -> tuple[Table, ...]:
        """All facts that are read."""
        names = sorted({name for definition in self.definitions for name in definition.entities})
        return tuple(CORE_TABLES[name] for name in names if name in CORE_TABLES)

    @property
    def times(self) -> tuple[tuple[Table, str], ...]:
        """All facts with the business dates by which they are read."""
        found: list[tuple[Table, str]] = [(one.entity, one.day) for one in self.measure_passes]
        found += [(one.entity, one.day) for one in self.period_passes]
        found += [(one.aggregate.entity, one.aggregate.arrived) for one in self.stock_passes]
        found += [(daily.entity, daily.day) for daily, _ in self.daily]
        found += [(conversion.base.entity, conversion.day) for conversion, _ in self.conversions]
        parts = [part for one in self.definitions for part in (one.numerator, one.denominator)]
        found += [(part.entity, part.day) for part in parts if isinstance(part, Days)]
        return tuple(dict.fromkeys(found))


def passes_of_kpis(planned: Plan) -> dict[str, frozenset[str]]:
    """Return the passes over facts that each KPI is made of, through other KPIs too."""
    of_source: dict[str, set[str]] = defaultdict(set)
    for one in planned.measure_passes:
        for measure in one.measures:
            of_source[measure.id].add(one.id)
    for period in planned.period_passes:
        for aggregate in period.aggregates:
            of_source[aggregate.id].add(period.id)
    for standing in planned.stock_passes:
        of_source[standing.aggregate.id].add(standing.id)
    for daily, _ in planned.daily:
        of_source[daily.id].add(daily.id)
    for conversion, _ in planned.conversions:
        for id in (conversion.converted, conversion.closed, conversion.open):
            of_source[id].add(conversion.id)
    return {id: frozenset().union(*(of_source[source] for source in ids)) for id, ids in planned.sources.items()}


def plan(kpis: Iterable[Kpi]) -> Plan:
    """Plan the computation of KPIs given in dependency order."""
    known = _compiled(kpis)
    asked = _asked(known)
    needs = _needs(known, asked)
    return Plan(
        definitions=tuple(known.values()),
        by={id: tuple(sorted(need.by)) for id, need in asked.items()},
        grains={id: tuple(sorted(need.grains)) for id, need in asked.items()},
        sources=_sources(known),
        measure_passes=tuple(_measure_passes(_of(Measure, needs))),
        daily=tuple((one, tuple(sorted(need.by))) for one, need in _of(DailyDistinct, needs).items()),
        conversions=tuple((one, tuple(sorted(need.by))) for one, need in _of(Conversion, needs).items()),
        period_passes=tuple(_period_passes(_of(PeriodAggregate, needs))),
        stock_passes=tuple(_stock_passes(_of(StockAggregate, needs))),
    )


@dataclass(frozen=True, slots=True)
class _Need:
    """Sets of members and grains for which something is to be computed, by all who ask for it."""

    by: set[BySet] = field(default_factory=set)
    grains: set[str] = field(default_factory=set)

    def add(self, other: _Need) -> None:
        self.by.update(other.by)
        self.grains.update(other.grains)


def _compiled(kpis: Iterable[Kpi]) -> dict[str, Definition]:
    known: dict[str, Definition] = {}
    for number, kpi in enumerate(kpis, start=1):
        # KPIs made of marts are computed from these, which are computed from the KPIs of this plan.
        if not kpi.made_of:
            known[kpi.id] = compile_kpi(number, kpi, known)
    return known


def _asked(known: dict[str, Definition]) -> dict[str, _Need]:
    """Return what each KPI is computed for: its own members and grains, and those of all that refer to it."""
    asked = {id: _Need(set(definition.by), set(_grains(definition.kpi))) for id, definition in known.items()}
    for id, definition in reversed(known.items()):
        for other in definition.references:
            asked[other].add(asked[id])
    return asked


def _needs(known: Mapping[str, Definition], asked: Mapping[str, _Need]) -> dict[Computed, _Need]:
    """Return all that is computed from facts, with what it is needed for by all KPIs that are made of it."""
    needs: dict[Computed, _Need] = defaultdict(_Need)
    for id, definition in known.items():
        for computed in definition.computed:
            for by in sorted(asked[id].by):
                check_has(computed.entity, by, f"KPI {id}")
            needs[computed].add(asked[id])
    return needs


def _of(kind: type[C], needs: Mapping[Computed, _Need]) -> dict[C, _Need]:
    return {computed: need for computed, need in needs.items() if isinstance(computed, kind)}


def _grains(kpi: Kpi) -> Iterable[str]:
    """Yield the grains at which a KPI is computed: its own, and those of what its running periods are compared with."""
    yield from kpi.grains
    for comparison, ending in TO_DATE.items():
        if comparison in kpi.compare:
            yield from (grain + ending for grain in kpi.grains if grain in RUNNING_GRAINS)


def _sources(known: dict[str, Definition]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for id, definition in known.items():
        own = [*definition.measure_ids, *([definition.result_id] if definition.result_id else [])]
        found[id] = tuple(sorted({*own, *(source for other in definition.references for source in found[other])}))
    return found


def _measure_passes(needs: Mapping[Measure, _Need]) -> Iterable[MeasurePass]:
    kinds: dict[tuple[str, str, str, bool], list[Measure]] = defaultdict(list)
    for measure in sorted(needs, key=lambda measure: measure.id):
        clock = expressions.uses_as_of(measure.aggregate.value, measure.aggregate.condition)
        kinds[measure.entity.name, measure.day, measure.member_day, clock].append(measure)
    for (name, day, member_day, clock), measures in sorted(kinds.items()):
        sets = {by for measure in measures for by in needs[measure].by}
        for columns, group in _groups(sets):
            # What belongs to whom by weight is decided on `member_day`; nobody else needs to know that day.
            entity = measures[0].entity
            is_dated = any(by.is_weighted or (entity.item and by.scope in SHARED_SCOPES) for by in group)
            id = ".".join([name, day, member_day, *(["as_of"] if clock else []), "+".join(columns) or "company"])
            wanted = tuple((by, tuple(one for one in measures if by in needs[one].by)) for by in group)
            yield MeasurePass(id, entity, day, member_day if is_dated else day, clock, columns, wanted)


def _groups(sets: Iterable[BySet]) -> list[tuple[tuple[str, ...], list[BySet]]]:
    """Give each set to the smallest group of columns from which it can be formed."""
    groups: list[tuple[frozenset[str], list[BySet]]] = []
    for by in sorted(sets, key=lambda by: (-len(by.base), by)):
        fitting = [group for group in groups if by.base <= group[0]]
        if fitting:
            min(fitting, key=lambda group: (len(group[0]), sorted(group[0])))[1].append(by)
        else:
            groups.append((by.base, [by]))
    return [(tuple(sorted(columns)), sorted(members)) for columns, members in groups]


def _period_passes(needs: Mapping[PeriodAggregate, _Need]) -> Iterable[PeriodPass]:
    kinds: dict[tuple[str, str, bool, BySet], list[PeriodAggregate]] = defaultdict(list)
    for aggregate in sorted(needs, key=lambda aggregate: aggregate.id):
        for by in needs[aggregate].by:
            kinds[aggregate.entity.name, aggregate.day, aggregate.percentile is None, by].append(aggregate)
    for (name, day, distinct, by), aggregates in sorted(kinds.items()):
        # Distinct counts shrink their records to one row per value first, each to its own.
        for group in [[one] for one in aggregates] if distinct else [aggregates]:
            id = ".".join([name, day, group[0].id if distinct else "percentile", by.id])
            wanted = sorted({grain for aggregate in group for grain in needs[aggregate].grains})
            yield PeriodPass(id, group[0].entity, day, by, tuple(wanted), tuple(group))


def _stock_passes(needs: Mapping[StockAggregate, _Need]) -> Iterable[StockPass]:
    for stock, need in sorted(needs.items(), key=lambda item: item[0].id):
        for by in sorted(need.by):
            yield StockPass(by, tuple(sorted(need.grains)), stock)
