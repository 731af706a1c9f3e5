"""The records behind a value: of which facts, by which condition, for one cut of a KPI.

All that were looked at: those that only the denominator counts, and those whose amount is zero, among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from sqlglot import exp

from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics import expressions
from bizops_pipeline.metrics.beginnings import begins_of_kpis, from_its_beginning
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.reading import day_column, entity_of
from bizops_pipeline.metrics.recompute import filled
from bizops_pipeline.metrics.to_date import summed_since
from bizops_pipeline.naming import date_literal, quoted


@dataclass(frozen=True, slots=True)
class Records:
    """Records of one fact; `query` gives them, `columns` are those by which the KPI judges them."""

    fact: Table
    query: str
    columns: tuple[str, ...]


def records_behind(
    company: Company, kpi_id: str, cut: Cut, as_of: date, *, of_every_day: bool = False
) -> list[Records]:
    """Return the records of every fact that a value was computed from, those of the KPIs it refers to among them.

    With `of_every_day` a running total is that of any day of the cut, and so reaches back from the first, not from
    the last.
    """
    last, begins = min(cut.last or as_of, as_of), begins_of_kpis(company)
    found = dict.fromkeys(_of(company, company.kpi(kpi_id), replace(cut, last=last), of_every_day, begins))
    return [replace(one, query=filled(one.query, as_of)) for one in found]


def _of(company: Company, kpi: Kpi, cut: Cut, of_every_day: bool, begins: Mapping[str, date]) -> Iterator[Records]:
    if kpi.share_of:
        cut = cut.without(kpi.share_of)
    cut = from_its_beginning(kpi, cut, begins[kpi.id])
    if kpi.type == "cumulative":
        day = cut.first if of_every_day else cut.last
        cut = replace(cut, first=summed_since(kpi, day or date.min, company.settings))
    if kpi.type == "conversion" and kpi.base:
        yield _records(kpi, kpi.base.entity, cut, _in_period(kpi.base.entity, kpi.base.time, cut), kpi.base.time)
    elif kpi.type == "snapshot":
        yield _records(kpi, kpi.entity, cut, _standing(kpi, cut), kpi.from_)
    elif kpi.entity and kpi.time:
        yield _records(kpi, kpi.entity, cut, _in_period(kpi.entity, kpi.time, cut), kpi.time)
    for other in dict.fromkeys(id for _, id in references(kpi)):
        yield from _of(company, company.kpi(other), cut, of_every_day, begins)


def _records(kpi: Kpi, entity: str | None, cut: Cut, when: str, time: str | None) -> Records:
    owner = f"KPI {kpi.id}"
    fact = entity_of(entity, owner)
    source = cut.source(fact, day_column(fact, time or "", owner))
    texts = [kpi.where, kpi.base.where if kpi.base else None]
    only = "".join(f" and ({expressions.condition(text, owner)})" for text in texts if text)
    written = [*texts, kpi.expr, kpi.numerator, kpi.denominator]
    named = [
        column.name
        for text in written
        if isinstance(text, str)
        for column in expressions.parse(text, owner).find_all(exp.Column)
    ]
    columns = dict.fromkeys(name for name in (*fact.key, time, *named) if name and fact.has(name))
    return Records(fact, f"select fact.* from {source} as fact where {when}{only}", tuple(columns))


def _in_period(entity: str | None, time: str, cut: Cut) -> str:
    fact = entity_of(entity, "")
    return cut.within(f"fact.{quoted(day_column(fact, time, ''))}").removeprefix(" and ") or "true"


def _standing(kpi: Kpi, cut: Cut) -> str:
    """Return the condition of records that are open at some time that the stock is taken at."""
    fact = entity_of(kpi.entity, "")
    arrived, left = (quoted(day_column(fact, name or "", "")) for name in (kpi.from_, kpi.to))
    first, last = (date_literal(max(found, cut.since)) for found in (cut.first, cut.last) if found)
    until, beyond = {
        "first": (f"{first} - 1", f"{first} - 1"),
        "average": (last, first),
    }.get(kpi.over_time or "", (last, last))
    return f"fact.{arrived} <= {until} and (fact.{left} is null or fact.{left} > {beyond})"
