"""Single KPIs: the fields of their type, what they read, and how they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bizops_pipeline.catalogue import expressions
from bizops_pipeline.catalogue.checks.constants import constants_are_possible
from bizops_pipeline.catalogue.checks.known import kpi_expected
from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import CalendarReference, Event, Kpi, MetricReference
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.contracts.vocabulary import SCOPE_COLUMN
from bizops_pipeline.errors import Problem

_NO_NUMBERS = (Type.TEXT, Type.DATE, Type.TIMESTAMP)

PERIOD_END = "period_end"
"""In the percentile of a stock: the UTC end of the period."""


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a metric type, by the names that YAML has."""

    needed: tuple[str, ...]
    possible: tuple[str, ...] = ()


FIELDS: dict[str, Fields] = {
    "simple": Fields(("entity", "time", "expr"), ("where",)),
    "ratio": Fields(
        ("numerator", "denominator"), ("entity", "time", "where", "min_denominator", "suppress", "share_of")
    ),
    "distinct": Fields(("entity", "time", "expr"), ("where", "over_time")),
    "percentile": Fields(("entity", "time", "expr", "percentile"), ("where",)),
    "snapshot": Fields(("entity", "from", "to"), ("where", "over_time", "expr", "percentile")),
    "cumulative": Fields(("metric",), ("reset", "window")),
    "conversion": Fields(("base", "event", "match", "within"), ("complement", "min_denominator", "suppress")),
    "derived": Fields(("expr",)),
    "composite": Fields(("parts",), ("caps",)),
    "okr": Fields(("expr",)),
    "association": Fields(()),
}
_ATTRIBUTES = {"from": "from_"}
_TYPED = tuple(dict.fromkeys(name for fields in FIELDS.values() for name in (*fields.needed, *fields.possible)))


def fields_fit_type(draft: Draft) -> Iterator[Problem]:
    """A KPI has the fields of its type and no others."""
    for kpi in draft.kpis:
        value = kpi.value
        fields = FIELDS[value.type]
        given = [name for name in _TYPED if _value(value, name) not in (None, False, ())]
        missing = [name for name in fields.needed if name not in given]
        allowed = listed((*fields.needed, *fields.possible))
        if missing:
            found = f"`{value.id}` of type {value.type} without {listed(missing)}"
            yield kpi.problem("type", found=found, expected=f"for {value.type}: {allowed}")
        for name in given:
            if name not in (*fields.needed, *fields.possible):
                found = f"`{name}` on a KPI of type {value.type}"
                yield kpi.problem(name, found=found, expected=f"for {value.type}: {allowed}", at="key")
        yield from _ratio_fields(kpi)
        if value.begins and value.made_of:
            found, expected = f"`begins` on a KPI of type {value.type}", f"none: it begins with the {value.made_of}"
            yield kpi.problem("begins", found=found, expected=expected, at="key")
        if value.suppress and value.min_denominator is None:
            expected = "`min_denominator: 5`, below which nothing is said"
            yield kpi.problem("suppress", found="no number below which to suppress", expected=expected, at="key")
        if value.suppress and value.share_of:
            found = "a share, whose denominator is that of all classes and is in every row"
            yield kpi.problem("suppress", found=found, expected="a ratio without `share_of`", at="key")
        if value.type == "cumulative" and (value.reset is None) == (value.window is None):
            found = f"{'both' if value.reset else 'neither'} `reset` {'and' if value.reset else 'nor'} `window`"
            yield kpi.problem("type", found=found, expected="one of `reset: quarter` and `window: 28d`")
        yield from _over_time(kpi)
        yield from _composite(kpi)


def _over_time(kpi: Located[Kpi]) -> Iterator[Problem]:
    value = kpi.value
    if value.type == "distinct" and value.over_time not in (None, "average"):
        expected = "`average`, or nothing for the period's own count"
        yield kpi.problem("over_time", found=f"`{value.over_time}`", expected=expected)
    if value.type == "snapshot" and value.percentile is not None:
        if value.expr is None:
            yield kpi.problem("percentile", found="a percentile of nothing", expected="`expr`, a value of each record")
        if value.over_time in ("first", "average"):
            found = f"a percentile over time by `{value.over_time}`"
            yield kpi.problem("over_time", found=found, expected="nothing: it is that of the end of the period")


def _composite(kpi: Located[Kpi]) -> Iterator[Problem]:
    for index, part in enumerate(kpi.value.parts):
        if part.worst == part.best:
            yield kpi.problem("parts", index, "best", found="`best` equal to `worst`", expected="two different values")
    for index, cap in enumerate(kpi.value.caps):
        if (cap.below is None) == (cap.above is None):
            found = "neither `below` nor `above`" if cap.below is None else "both `below` and `above`"
            yield kpi.problem("caps", index, found=found, expected="one of `below: 0.9` and `above: 0.1`")


def _ratio_fields(kpi: Located[Kpi]) -> Iterator[Problem]:
    value = kpi.value
    parts = (value.numerator, value.denominator)
    if value.type != "ratio" or None in parts:
        return
    if isinstance(value.numerator, CalendarReference):
        yield kpi.problem(
            "numerator", found="the calendar as numerator", expected="`{calendar: days}` as denominator only"
        )
    over_rows = any(isinstance(part, str) for part in parts)
    over_metrics = any(isinstance(part, MetricReference) for part in parts)
    if over_rows and over_metrics:
        found = "one part over rows, the other over a KPI"
        yield kpi.problem(
            "denominator",
            found=found,
            expected="both as expressions over one entity, or both as `{metric: ...}`",
            at="key",
        )
    for name in ("entity", "time"):
        if over_rows and _value(value, name) is None:
            yield kpi.problem("type", found=f"a ratio over rows without `{name}`", expected=f"`{name}`")
    for name in ("entity", "time", "where"):
        if not over_rows and _value(value, name) is not None:
            yield kpi.problem(
                name,
                found=f"`{name}` on a ratio over KPIs",
                expected=f"remove `{name}`: the KPIs say what they read",
                at="key",
            )


def entities_and_times_exist(draft: Draft) -> Iterator[Problem]:
    """Entities are tables of the model; times are timestamps that have a business day, or days."""
    for kpi in draft.kpis:
        value = kpi.value
        yield from _entity(kpi, ("entity",), value.entity)
        table = CORE_TABLES.get(value.entity or "")
        for name in ("time", "from", "to") if table else ():
            yield from _time(kpi, (name,), table, _value(value, name))
        for name in ("base", "event"):
            event: Event | None = getattr(value, name)
            if event is not None:
                yield from _entity(kpi, (name, "entity"), event.entity)
                yield from _time(kpi, (name, "time"), CORE_TABLES.get(event.entity), event.time)
        yield from _match(kpi)


def _entity(kpi: Located[Kpi], path: tuple[str, ...], name: str | None) -> Iterator[Problem]:
    if name is not None and name not in CORE_TABLES:
        facts = [table for table in CORE_TABLES if table.startswith("fct_")]
        found = f"unknown entity `{name}`"
        yield kpi.problem(*path, found=found, expected=one_of(name, facts, "one of the model's tables"))


def _match(kpi: Located[Kpi]) -> Iterator[Problem]:
    name, events = kpi.value.match, [event for event in (kpi.value.base, kpi.value.event) if event is not None]
    tables = [CORE_TABLES[event.entity] for event in events if event.entity in CORE_TABLES]
    lacking = [table for table in tables if name is not None and not table.has(name)]
    if name is not None and lacking:
        common = set.intersection(*(set(table.column_names) for table in tables))
        found = f"{listed(table.name for table in lacking)} without a column `{name}`"
        yield kpi.problem("match", found=found, expected=one_of(name, common, "a column of both sides, one of"))


def _time(kpi: Located[Kpi], path: tuple[str, ...], table: Table | None, name: str | None) -> Iterator[Problem]:
    if table is None or name is None:
        return
    dated = {column.business_date_of for column in table.columns if column.business_date_of}
    times = sorted(dated | {column.name for column in table.columns if column.type is Type.DATE})
    if not table.has(name):
        found = f"`{table.name}` has no column `{name}`"
        yield kpi.problem(*path, found=found, expected=one_of(name, times, "one of its times"))
    elif name not in times:
        found = f"`{name}` of `{table.name}`, which has no business day"
        yield kpi.problem(*path, found=found, expected=f"one of its times: {listed(times)}")


def expressions_are_allowed(draft: Draft) -> Iterator[Problem]:
    """Expressions can be read, use known columns and listed functions, and aggregate only where it adds up."""
    for kpi in draft.kpis:
        value = kpi.value
        if value.type == "derived":
            if value.expr is not None:
                yield from _derived(draft, kpi, value.expr)
            continue
        if value.type == "okr":
            yield from _expression(kpi, ("expr",), OKR_PROGRESS, value.expr)
        table = CORE_TABLES.get(value.entity or "")
        if table is not None:
            yield from _expression(kpi, ("where",), table, value.where)
            stock = value.type == "snapshot" and value.percentile is None
            more = (PERIOD_END,) if value.type == "snapshot" and not stock else ()
            aggregates = value.type == "simple" or stock
            yield from _expression(kpi, ("expr",), table, value.expr, is_aggregate=aggregates, more=more)
            for name in ("numerator", "denominator"):
                part = getattr(value, name)
                if isinstance(part, str):
                    yield from _expression(kpi, (name,), table, part, is_aggregate=True)
        for name in ("base", "event"):
            event: Event | None = getattr(value, name)
            if event is not None and event.entity in CORE_TABLES:
                yield from _expression(kpi, (name, "where"), CORE_TABLES[event.entity], event.where)


def _expression(
    kpi: Located[Kpi],
    path: tuple[str, ...],
    table: Table,
    text: str | None,
    *,
    is_aggregate: bool = False,
    more: tuple[str, ...] = (),
) -> Iterator[Problem]:
    if text is None:
        return
    check = expressions.check_aggregate if is_aggregate else expressions.check_metric
    try:
        check(text, (*table.column_names, *more))
    except expressions.ExpressionError as error:
        yield kpi.problem(*path, found=error.found, expected=error.expected, offset=error.offset)
        return
    yield from constants_are_possible(kpi, path, table, text)
    # The engine would take a text for no number and say 0.
    no_numbers = {column.name for column in table.columns if column.type in _NO_NUMBERS}
    for name, offset in expressions.summed_columns(text) if is_aggregate else ():
        if name.lower() in no_numbers:
            found, expected = f"a sum of `{name}`, which is not a number", "a column of numbers, or `count(...)`"
            yield kpi.problem(*path, found=found, expected=expected, offset=offset)


def _derived(draft: Draft, kpi: Located[Kpi], text: str) -> Iterator[Problem]:
    try:
        for name in expressions.derived_names(text):
            if name not in draft.declared.kpis:
                found, expected = f"unknown KPI `{name}`", kpi_expected(draft, name)
                yield kpi.problem("expr", found=found, expected=expected, offset=text.find(name))
        if not expressions.derived_names(text):
            yield kpi.problem("expr", found=f"`{text}`, which reads no KPI", expected="arithmetic over other KPIs")
    except expressions.ExpressionError as error:
        yield kpi.problem("expr", found=error.found, expected=error.expected, offset=error.offset)


def cuts_are_possible(draft: Draft) -> Iterator[Problem]:
    """Each entry of `by` has at most one scope and otherwise columns of what the KPI reads."""
    for kpi in draft.kpis:
        tables = tables_of(draft, kpi.value)
        seen: set[frozenset[str]] = set()
        for index, entry in enumerate(kpi.value.by):
            if frozenset(entry) in seen or len(set(entry)) < len(entry):
                yield kpi.problem("by", index, found=f"[{', '.join(entry)}] twice", expected="each cut once")
            seen.add(frozenset(entry))
            scopes = [name for name in entry if name in SCOPE_COLUMN]
            if len(scopes) > 1:
                found = f"{len(scopes)} scopes in one cut: {listed(scopes)}"
                yield kpi.problem(
                    "by", index, found=found, expected="at most one of value_stream, service, team, vendor"
                )
            for at, name in enumerate(entry):
                yield from _cut(kpi, ("by", index, at), name, tables)
            dimensions = [name for name in entry if name not in SCOPE_COLUMN]
            if kpi.value.share_of and sorted(dimensions) != sorted(kpi.value.share_of):
                found = f"a cut by {listed(dimensions) or 'no dimension'} of a share of {listed(kpi.value.share_of)}"
                expected = f"{listed(kpi.value.share_of)} in every cut, beside at most one scope"
                yield kpi.problem("by", index, found=found, expected=expected)


def _cut(kpi: Located[Kpi], path: tuple[str | int, ...], name: str, tables: list[Table]) -> Iterator[Problem]:
    for table in tables:
        scopes = [scope for scope, column in SCOPE_COLUMN.items() if table.has(column)]
        if name in SCOPE_COLUMN:
            if not table.has(SCOPE_COLUMN[name]):
                found = f"`{table.name}` has no `{SCOPE_COLUMN[name]}`, so it cannot be cut by {name}"
                yield kpi.problem(*path, found=found, expected=f"one of its scopes: {listed(scopes)}")
                return
        elif name in SCOPE_COLUMN.values():
            expected = " or ".join(f"`{scope}`" for scope in scopes if SCOPE_COLUMN[scope] == name) or "a column"
            yield kpi.problem(*path, found=f"`{name}`, which is a scope's column", expected=expected)
            return
        elif not table.has(name):
            known = [*scopes, *(column.name for column in table.columns if column.type in (Type.TEXT, Type.BOOLEAN))]
            found = f"`{table.name}` has no column `{name}`"
            yield kpi.problem(*path, found=found, expected=one_of(name, known, "a scope or one of its columns"))
            return


def tables_of(draft: Draft, kpi: Kpi, seen: frozenset[str] = frozenset()) -> list[Table]:
    """Return the tables whose rows a KPI cuts, through the KPIs it reads."""
    if kpi.id in seen:
        return []
    names = [kpi.entity] if kpi.entity else []
    names += [kpi.base.entity] if kpi.base else []
    tables = [CORE_TABLES[name] for name in names if name in CORE_TABLES]
    for _, name in references(kpi):
        part = draft.kpi(name)
        if part is not None:
            tables += tables_of(draft, part.value, seen | {kpi.id})
    return list({table.name: table for table in tables}.values())


def _value(kpi: Kpi, name: str) -> Any:
    return getattr(kpi, _ATTRIBUTES.get(name, name))


def listed(names: Any) -> str:
    """Return names as people write a list of them."""
    return ", ".join(f"`{name}`" for name in names)
