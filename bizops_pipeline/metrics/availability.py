"""Which KPIs of the library a company could switch on with the entities it has, and what is missing for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.catalogue.needs import alternatives
from bizops_pipeline.metrics.facts import facts_of_kpis, needs_of_kpis
from bizops_pipeline.model.needs import brought, entities_needed

State = Literal["on", "possible", "missing"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, slots=True)
class Availability:
    """One KPI: `needs` has an entry per fact it reads and per need of its own, of which one each must be there.

    An entry is of entities, or of columns of them as `entity.column`; `missing` has those that nothing feeds, also
    for a KPI that is on. `state` is `on` when the company has switched it on, `possible` when it could, `missing`
    when an entry lacks; to a score, when one lacks to each of its parts.
    """

    kpi: Kpi
    is_standard: bool
    state: State
    needs: tuple[tuple[str, ...], ...]
    missing: tuple[tuple[str, ...], ...]


def availability(company: Company) -> list[Availability]:
    """Return the company's own KPIs and all of the library, by value domain and id."""
    own = {kpi.id: kpi for kpi in company.shown_kpis}
    standard = {id: Kpi.model_validate(definition) for id, definition in library().items()}
    there = brought(company)
    known = {**standard, **own}.values()
    own_needs = needs_of_kpis(known)
    found, could = [], dict[str, bool]()
    for id, facts in facts_of_kpis(known).items():
        kpi = own.get(id) or standard[id]
        of_facts = {tuple(sorted(entities_needed(fact))) for fact in facts} - {()}
        needs = tuple(sorted(of_facts.union(map(alternatives, own_needs[id]))))
        missing = _without_columns_of_missing(tuple(need for need in needs if not there.intersection(need)))
        could[id] = any(could.get(part.metric) for part in kpi.parts) if kpi.parts else not missing
        state: State = "on" if id in own else "possible" if could[id] else "missing"
        found.append(Availability(kpi, id in standard, state, needs, missing))
    return sorted(found, key=lambda each: (each.kpi.value_domain or "~", each.kpi.id))


def unmet_needs(company: Company) -> frozenset[str]:
    """Return what KPIs that are switched on say they need, of which the company brings nothing."""
    there = brought(company)
    return frozenset(need for kpi in company.kpis for need in kpi.needs if not there.intersection(alternatives(need)))


def lacking(company: Company, kpi_id: str) -> list[str]:
    """Return what a KPI of the company needs, itself or through other KPIs, of which the company brings nothing."""
    return sorted(unmet_needs(company).intersection(needs_of_kpis(company.kpis)[kpi_id]))


def _without_columns_of_missing(needs: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    """Leave out needs of columns alone whose entity is itself among the needs: whoever brings it brings them."""
    entities = {need[0] for need in needs if len(need) == 1}
    return tuple(need for need in needs if any(each.partition(".")[0] not in entities - {each} for each in need))
