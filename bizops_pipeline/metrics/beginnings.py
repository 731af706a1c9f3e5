"""From which day KPIs count: not before the last of the sources behind them begins.

Two sources can be compared only for the days that both cover. Where one begins later, the other is counted from that
day on: a KPI that refers to one that counts from an earlier day refers to a copy of it, which counts from the later
day and is shown nowhere. A score leaves out what has no value, so its parts begin each by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date

from sqlglot import exp, parse_one

from bizops_pipeline.catalogue.dependencies import in_dependency_order, references
from bizops_pipeline.catalogue.models import Company, Kpi, MetricReference
from bizops_pipeline.contracts.core import FACTS
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.facts import own_facts
from bizops_pipeline.model.needs import declared, entities_needed
from bizops_pipeline.quality.balance import tables_of

ALWAYS = date.min
"""From when that counts of which nobody says when it begins."""


def begins_of_kpis(company: Company) -> dict[str, date]:
    """Return the first day that counts of every KPI; ALWAYS where nothing behind it says when it begins."""
    return _first_days(company.kpis, _begins_of_facts(company))


def begun(company: Company) -> list[Kpi]:
    """Return the KPIs of a company in dependency order, each with the day from which it counts as its `begins`.

    Copies that count from a later day than the KPI itself are among them; they are cut by nothing of their own.
    """
    days = begins_of_kpis(company)
    found: dict[str, Kpi] = {}
    for kpi in in_dependency_order(company.kpis):
        _add(found, company, kpi, days[kpi.id], days)
    return list(found.values())


def from_its_beginning(kpi: Kpi, cut: Cut, begins: date) -> Cut:
    """Return a cut without the days before a KPI begins; a stock before a period stays that before its first day."""
    since = max(cut.since, begins)
    is_before = kpi.type == "snapshot" and kpi.over_time == "first"
    first = cut.first if cut.first is None or is_before else max(cut.first, since)
    return replace(cut, first=first, since=since)


def _add(found: dict[str, Kpi], company: Company, kpi: Kpi, since: date, days: Mapping[str, date]) -> str:
    """Add a KPI that counts from a day, after those that it refers to; return the id under which it is added."""
    own = days[kpi.id]
    since = max(since, own)
    is_copy = since > own
    id = f"{kpi.id}__since_{since:%Y%m%d}" if is_copy else kpi.id
    if id not in found:
        others = [company.kpi(name) for _, name in references(kpi)]
        names = {other.id: _add(found, company, other, since, days) for other in others}
        hidden = {"id": id, "by": (), "grains": (), "compare": (), "targets": ()} if is_copy else {}
        counted = {"begins": since} if since > ALWAYS else {}
        found[id] = _referring(kpi, names).model_copy(update={**hidden, **counted})
    return id


def _referring(kpi: Kpi, names: Mapping[str, str]) -> Kpi:
    """Return a KPI that refers to others by their new names."""
    if all(old == new for old, new in names.items()):
        return kpi
    changes: dict[str, object] = {}
    for key in ("numerator", "denominator"):
        part = getattr(kpi, key)
        if isinstance(part, MetricReference):
            changes[key] = MetricReference(metric=names[part.metric])
    if kpi.metric is not None:
        changes["metric"] = names[kpi.metric]
    if kpi.type == "derived" and kpi.expr is not None:
        changes["expr"] = _renamed(kpi.expr, names)
    for key in ("parts", "caps"):
        changes[key] = tuple(each.model_copy(update={"metric": names[each.metric]}) for each in getattr(kpi, key))
    return kpi.model_copy(update=changes)


def _renamed(text: str, names: Mapping[str, str]) -> str:
    tree = parse_one(text, read="duckdb")
    for column in list(tree.find_all(exp.Column)):
        column.set("this", exp.to_identifier(names[column.name]))
    return tree.sql(dialect="duckdb")


def _first_days(kpis: Iterable[Kpi], of_facts: Mapping[str, date]) -> dict[str, date]:
    found: dict[str, date] = {}
    for kpi in in_dependency_order(kpis):
        others = [] if kpi.type == "composite" else [found[name] for _, name in references(kpi) if name in found]
        own = [of_facts[fact] for fact in own_facts(kpi) if fact in of_facts]
        found[kpi.id] = kpi.begins or max([ALWAYS, *own, *others])
    return found


def _begins_of_facts(company: Company) -> dict[str, date]:
    """Return when each fact begins whose records come from entities of which all sources say when they begin."""
    of_catalogue = set(declared(company))
    found: dict[str, date] = {}
    for fact in FACTS:
        days = [
            min(table.begins or ALWAYS for table in tables)
            for entity in entities_needed(fact.name) - of_catalogue
            if (tables := tables_of(company, entity))
        ]
        if max(days, default=ALWAYS) > ALWAYS:
            found[fact.name] = max(days)
    return found
