"""Reading a KPI's definition: one `Kpi` as the catalogue has it becomes a `Definition`.

Which members and grains must be computed is the plan's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlglot import exp

from bizops_pipeline.catalogue.models import CalendarReference, Kpi, MetricReference
from bizops_pipeline.catalogue.models import Part as WrittenPart
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.errors import MetricError
from bizops_pipeline.metrics import expressions
from bizops_pipeline.metrics.definitions import (
    SECONDS,
    Conversion,
    DailyDistinct,
    Days,
    Definition,
    Measure,
    Measured,
    Part,
    PeriodAggregate,
    Referenced,
    Running,
    Side,
    StockAggregate,
)
from bizops_pipeline.metrics.expressions import Aggregate, Formula
from bizops_pipeline.metrics.scopes import BySet, by_set
from bizops_pipeline.naming import date_literal, fingerprint


def compile_kpi(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    """Compile a KPI; `known` holds those it may refer to. Raises MetricError when it makes no sense."""
    compiled = _COMPILERS[kpi.type](number, kpi, known)
    return replace(compiled, entities=compiled.entities.union(kpi.needs)) if kpi.needs else compiled


def day_column(entity: Table, time: str, owner: str) -> str:
    """Return the business date of a time column: the column itself when it is a date."""
    if not entity.has(time):
        raise MetricError(f"{owner}: {entity.name} has no column {time}")
    if entity.column(time).type == Type.DATE:
        return time
    for column in entity.columns:
        if column.business_date_of == time:
            return column.name
    raise MetricError(f"{owner}: {entity.name} has no business date of {time}; use a time that has one")


def entity_of(name: str | None, owner: str) -> Table:
    """Return the fact of a name."""
    table = CORE_TABLES.get((name or "").removeprefix("core."))
    if table is None:
        raise MetricError(f"{owner}: there is no fact {name!r}")
    return table


def window_seconds(window: str) -> int:
    """Return the length of `24h`, `30m` or `7d` in seconds."""
    found = re.fullmatch(r"(\d+)([mhd])", window)
    if not found:
        raise MetricError(f"{window!r} is not a span of time such as 24h")
    return int(found.group(1)) * SECONDS[found.group(2)]


def _owner(kpi: Kpi) -> str:
    return f"KPI {kpi.id}"


def _fact(kpi: Kpi) -> tuple[Table, str]:
    entity = entity_of(kpi.entity, _owner(kpi))
    return entity, day_column(entity, kpi.time or "", _owner(kpi))


def _sets(kpi: Kpi, entity: Table | None) -> tuple[BySet, ...]:
    return tuple(dict.fromkeys(by_set(names, entity, _owner(kpi)) for names in kpi.by))


def _measure(entity: Table, day: str, aggregate: Aggregate, member_day: str | None = None) -> Measure:
    parts = (entity.name, day, member_day or day, aggregate.kind, aggregate.value or "*", aggregate.condition or "")
    return Measure(f"m{fingerprint(*parts)[:10]}", entity, day, member_day or day, aggregate)


def _measured(formula: Formula, measures: tuple[Measure, ...]) -> Measured:
    counts_only = all(aggregate.kind == "count" for aggregate in formula.aggregates)
    return Measured(formula, tuple(measure.id for measure in measures), counts_only)


def _where(kpi: Kpi, day: str) -> str | None:
    """Return the condition of the records that count: those of the KPI, from the day on which it begins."""
    since = f"{day} >= {date_literal(kpi.begins)}" if kpi.begins else None
    return expressions.both(expressions.condition(kpi.where, _owner(kpi)), since)


def _additive(kpi: Kpi, text: str) -> tuple[Measured, tuple[Measure, ...]]:
    entity, day = _fact(kpi)
    formula = expressions.formula(text, _where(kpi, day), _owner(kpi))
    measures = tuple(_measure(entity, day, aggregate) for aggregate in formula.aggregates)
    return _measured(formula, measures), measures


def _simple(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    part, measures = _additive(kpi, kpi.expr or "")
    entity, _ = _fact(kpi)
    return Definition(
        number,
        kpi,
        _sets(kpi, entity),
        frozenset({entity.name}),
        kpi.late_arrival_days,
        numerator=part,
        measures=measures,
    )


def _ratio(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    numerator, first = _part(kpi, kpi.numerator, known)
    denominator, second = _part(kpi, kpi.denominator, known)
    if isinstance(numerator, Measured) and is_amount_per(kpi, lambda id: known[id].kpi):
        numerator = replace(numerator, must_be_there=True)
    referred = [part.metric for part in (kpi.numerator, kpi.denominator) if isinstance(part, MetricReference)]
    used = [known[id] for id in referred]
    own = frozenset({measure.entity.name for measure in (*first, *second)})
    if any(isinstance(part, str | CalendarReference) for part in (kpi.numerator, kpi.denominator)) and kpi.entity:
        own |= {entity_of(kpi.entity, _owner(kpi)).name}
    return Definition(
        number,
        kpi,
        _sets(kpi, entity_of(kpi.entity, _owner(kpi)) if kpi.entity else None),
        own.union(*(definition.entities for definition in used)),
        max([kpi.late_arrival_days, *(definition.lateness for definition in used)]),
        tuple(part.kpi for part in (numerator, denominator) if isinstance(part, Referenced)),
        numerator,
        denominator,
        measures=tuple(dict.fromkeys((*first, *second))),
    )


def is_amount_per(kpi: Kpi, known: Callable[[str], Kpi]) -> bool:
    """Tell whether a ratio is an amount per something else, as cost per request is: without an amount it has no value.

    A ratio of two KPIs of one unit is a share, and 0 without a numerator; so is a count per something else.
    """
    parts = [known(part.metric) for part in (kpi.numerator, kpi.denominator) if isinstance(part, MetricReference)]
    if len(parts) < 2 or kpi.share_of:
        return False
    amount, per = parts
    return amount.type == "simple" and amount.unit != "count" and amount.unit != per.unit


def _part(kpi: Kpi, written: WrittenPart | None, known: Mapping[str, Definition]) -> tuple[Part, tuple[Measure, ...]]:
    if isinstance(written, MetricReference):
        other = _known(kpi, written.metric, known)
        if other.kpi.type == "simple" and isinstance(other.numerator, Measured):
            return _scaled(other.numerator, other.kpi.scale), other.measures
        return Referenced(written.metric), ()
    if isinstance(written, CalendarReference):
        return _days(kpi, known), ()
    if written is None:
        raise MetricError(f"{_owner(kpi)}: a ratio needs numerator and denominator")
    return _additive(kpi, written)


def _scaled(part: Measured, scale: float) -> Measured:
    """Return a sum in the unit in which its KPI shows it."""
    return part if scale == 1 else replace(part, formula=part.formula.divided_by(scale))


def _days(kpi: Kpi, known: Mapping[str, Definition]) -> Days:
    if kpi.entity:
        return Days(*_fact(kpi))
    if isinstance(kpi.numerator, MetricReference):
        other = _known(kpi, kpi.numerator.metric, known).kpi
        if other.entity and other.time:
            return Days(*_fact(other))
    raise MetricError(f"{_owner(kpi)}: {{calendar: days}} needs an entity and a time, or a numerator that has them")


def _known(kpi: Kpi, id: str, known: Mapping[str, Definition]) -> Definition:
    if id not in known:
        raise MetricError(f"{_owner(kpi)}: there is no KPI {id} before it")
    return known[id]


def _distinct(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    entity, day = _fact(kpi)
    value = expressions.value(kpi.expr or "", _owner(kpi))
    where = _where(kpi, day)
    identity = (entity.name, day, value, where or "")
    by, entities = _sets(kpi, entity), frozenset({entity.name})
    if kpi.over_time == "average":
        daily = DailyDistinct(f"d{fingerprint(*identity)[:10]}", entity, day, value, where)
        counted = Aggregate("count", None, None, None)
        part = Measured(Formula(exp.column("part_0"), (counted,)), (daily.id,), True)
        return Definition(
            number, kpi, by, entities, kpi.late_arrival_days, numerator=part, denominator=Days(entity, day), daily=daily
        )
    aggregate = PeriodAggregate(f"a{fingerprint(*identity)[:10]}", entity, day, value, where, None)
    return Definition(number, kpi, by, entities, kpi.late_arrival_days, aggregate=aggregate)


def _percentile(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    entity, day = _fact(kpi)
    if kpi.percentile is None:
        raise MetricError(f"{_owner(kpi)}: a percentile needs `percentile`, 0.5 for the median")
    value = expressions.value(kpi.expr or "", _owner(kpi))
    where = _where(kpi, day)
    id = "a" + fingerprint(entity.name, day, value, where or "", repr(kpi.percentile))[:10]
    aggregate = PeriodAggregate(id, entity, day, value, where, kpi.percentile)
    return Definition(
        number, kpi, _sets(kpi, entity), frozenset({entity.name}), kpi.late_arrival_days, aggregate=aggregate
    )


def _snapshot(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    entity, owner = entity_of(kpi.entity, _owner(kpi)), _owner(kpi)
    arrived, left = day_column(entity, kpi.from_ or "", owner), day_column(entity, kpi.to or "", owner)
    # What comes and goes on one day is open at the end of no day.
    lasting = f"{arrived} IS NOT NULL AND ({left} IS NULL OR {left} > {arrived})"
    where = expressions.both(expressions.condition(kpi.where, owner), lasting)
    if kpi.percentile is not None:
        return _stock(number, kpi, entity, arrived, left, where)
    formula = expressions.formula(kpi.expr or "count(*)", where, owner)
    measures = tuple(
        measure
        for aggregate in formula.aggregates
        for measure in (_measure(entity, arrived, aggregate), _measure(entity, left, aggregate, member_day=arrived))
    )
    opened = formula.sql(lambda index: f"(part_{2 * index} - part_{2 * index + 1})")
    twice = tuple(aggregate for aggregate in formula.aggregates for _ in ("arrived", "left"))
    stock = Formula(expressions.parse(opened, owner), twice)
    return Definition(
        number,
        kpi,
        _sets(kpi, entity),
        frozenset({entity.name}),
        kpi.late_arrival_days,
        numerator=_measured(stock, measures),
        running=Running(),
        over_time=kpi.over_time or "last",
        measures=measures,
    )


def _stock(number: int, kpi: Kpi, entity: Table, arrived: str, left: str, where: str | None) -> Definition:
    value = expressions.value(kpi.expr or "", _owner(kpi))
    assert kpi.percentile is not None
    id = "s" + fingerprint(entity.name, arrived, left, value, where or "", repr(kpi.percentile))[:10]
    stock = StockAggregate(id, entity, arrived, left, value, where, kpi.percentile)
    return Definition(number, kpi, _sets(kpi, entity), frozenset({entity.name}), kpi.late_arrival_days, stock=stock)


def _cumulative(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    other = _known(kpi, kpi.metric or "", known)
    numerator, denominator = other.numerator, other.denominator
    is_running = other.running or other.conversion or other.kpi.share_of
    if is_running or not isinstance(numerator, Measured) or not isinstance(denominator, Measured | None):
        raise MetricError(f"{_owner(kpi)}: {other.kpi.id} is not made of sums and counts, so it cannot be accumulated")
    running = Running(days=int(kpi.window.removesuffix("d"))) if kpi.window else Running(kpi.reset or "never")
    return Definition(
        number,
        kpi,
        _sets(kpi, entity_of(other.kpi.entity, _owner(kpi)) if other.kpi.entity else None),
        other.entities,
        max(kpi.late_arrival_days, other.lateness),
        numerator=_scaled(numerator, other.kpi.scale),
        denominator=denominator,
        running=running,
        measures=other.measures,
    )


def _conversion(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    owner = _owner(kpi)
    if not (kpi.base and kpi.event and kpi.match and kpi.within):
        raise MetricError(f"{owner}: a conversion needs base, event, match and within")
    base, event = (
        Side(entity_of(side.entity, owner), side.time, expressions.condition(side.where, owner))
        for side in (kpi.base, kpi.event)
    )
    for side in (base, event):
        for column in (kpi.match, side.time):
            if not side.entity.has(column):
                raise MetricError(f"{owner}: {side.entity.name} has no column {column}")
    seconds = window_seconds(kpi.within)
    day = day_column(base.entity, base.time, owner)
    where = expressions.both(base.condition, _where(kpi, day))
    base = Side(base.entity, base.time, where)
    parts = (base.entity.name, base.time, where or "", event.entity.name, event.time, event.condition or "")
    id = f"c{fingerprint(*parts, kpi.match, str(seconds))[:10]}"
    conversion = Conversion(id, base, day, event, kpi.match, seconds)
    counted = Aggregate("count", None, None, None)
    share = "part_1 - part_0" if kpi.complement else "part_0"
    numerator = Formula(expressions.parse(share, owner), (counted, counted))
    return Definition(
        number,
        kpi,
        _sets(kpi, base.entity),
        frozenset({base.entity.name, event.entity.name}),
        kpi.late_arrival_days + math.ceil(seconds / SECONDS["d"]),
        numerator=Measured(numerator, (conversion.converted, conversion.closed), True),
        denominator=Measured(Formula(exp.column("part_0"), (counted,)), (conversion.closed,), True),
        conversion=conversion,
    )


def _derived(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    tree = expressions.parse(kpi.expr or "", _owner(kpi))
    names = tuple(dict.fromkeys(column.name for column in tree.find_all(exp.Column)))
    used = [_known(kpi, name, known) for name in names]
    if not used:
        raise MetricError(f"{_owner(kpi)}: {kpi.expr!r} refers to no KPI")
    entities: frozenset[str] = frozenset().union(*(definition.entities for definition in used))
    lateness = max([kpi.late_arrival_days, *(definition.lateness for definition in used)])
    return Definition(number, kpi, _sets(kpi, None), entities, lateness, names, expression=tree)


def _composite(number: int, kpi: Kpi, known: Mapping[str, Definition]) -> Definition:
    names = tuple(dict.fromkeys([part.metric for part in kpi.parts] + [cap.metric for cap in kpi.caps]))
    used = [_known(kpi, name, known) for name in names]
    if not used:
        raise MetricError(f"{_owner(kpi)}: a composite needs `parts`")
    # What a part lacks is no matter of what reads the score: the part is left out.
    entities = frozenset(name for definition in used for name in definition.entities if name in CORE_TABLES)
    lateness = max([kpi.late_arrival_days, *(definition.lateness for definition in used)])
    parts = tuple(known[name] for name in dict.fromkeys(part.metric for part in kpi.parts))
    return Definition(number, kpi, _sets(kpi, None), entities, lateness, names, parts=parts)


_COMPILERS = {
    "simple": _simple,
    "ratio": _ratio,
    "distinct": _distinct,
    "percentile": _percentile,
    "snapshot": _snapshot,
    "cumulative": _cumulative,
    "conversion": _conversion,
    "derived": _derived,
    "composite": _composite,
}
