"""From which day KPIs count: not before the last of the sources behind them begins.

Two sources can be compared only for the days that both cover. Where one begins later, the other is counted from that
day on: a KPI that refers to one that counts from an earlier day refers to a copy of it, which counts from the later
day and is shown nowhere. A score leaves out what has no value, so its parts begin each by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlglot import exp, parse_one

from bizops_pipeline.catalogue.dependencies import in_dependency_order, references
from bizops_pipeline.catalogue.models import Company, Kpi, MetricReference
from bizops_pipeline.catalogue.needs import alternatives
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.facts import own_facts
from bizops_pipeline.model.needs import declared, entities_needed

ALWAYS = date.min
"""From when that counts of which nobody says when it begins."""


def begins_of_kpis(company: Company) -> dict[str, date]:
    """Return the first day that counts of every KPI; ALWAYS where nothing behind it says when it begins."""
    of_entities = _begins_of_entities(company)
    found: dict[str, date] = {}
    for kpi in in_dependency_order(company.kpis):
        others = [] if kpi.type == "composite" else [found[name] for _, name in references(kpi) if name in found]
        found[kpi.id] = max([_day_of(kpi, of_entities), *others])
    return found


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
    is_before = kpi.type == "snapshot" and kpi.over_time == "first"
    return replace(cut, since=ALWAYS if is_before else max(cut.since, begins))


def _add(found: dict[str, Kpi], company: Company, kpi: Kpi, since: date, days: Mapping[str, date]) -> str:
    """Add a KPI that counts from a day, after those that it refers to; return the id under which it is added."""
    own = days[kpi.id]
    since = max(since, own)
    is_copy = since > own
    id = f"{kpi.id}@{since}" if is_copy else kpi.id
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
            changes[key] = part.model_copy(update={"metric": names[part.metric]})
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
        column.set("this", exp.to_identifier(names[column.name], quoted=True))
    return tree.sql(dialect="duckdb")


def _begins_of_entities(company: Company) -> dict[str, date]:
    """Return when each entity begins that sources bring; of several sources the earliest counts."""
    found = dict.fromkeys(declared(company), ALWAYS)
    for table in company.source_tables:
        for entity in table.entities:
            found[entity] = min(found.get(entity, date.max), table.begins or ALWAYS)
    return found


def _day_of(kpi: Kpi, of_entities: Mapping[str, date]) -> date:
    """Return when a KPI begins by itself: what its facts are made of does, and what shows the opposite of them."""
    made_of = [of_entities.get(entity, ALWAYS) for fact in own_facts(kpi) for entity in entities_needed(fact)]
    shown = [
        min((of_entities[each] for each in named if each in of_entities), default=ALWAYS)
        for named in ([each.partition(".")[0] for each in alternatives(need)] for need in kpi.needs)
    ]
    return max([ALWAYS, kpi.begins or ALWAYS, *made_of, *shown])
