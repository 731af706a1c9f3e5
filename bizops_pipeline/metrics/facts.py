"""Which facts a KPI reads and what else it needs, told by its definition alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from bizops_pipeline.catalogue.dependencies import in_dependency_order, references
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.naming import CORE


def own_facts(kpi: Kpi) -> Iterable[str]:
    """Yield the facts by name that a KPI reads itself."""
    sides = [side.entity for side in (kpi.base, kpi.event) if side]
    return (name.removeprefix(f"{CORE}.") for name in (kpi.entity, *sides) if name)


def facts_of_kpis(kpis: Iterable[Kpi]) -> dict[str, tuple[str, ...]]:
    """Return the facts by name that each KPI reads, itself or through other KPIs; unknown KPIs add none."""
    return _through_references(kpis, own_facts, lambda kpi: True)


def needs_of_kpis(kpis: Iterable[Kpi]) -> dict[str, tuple[str, ...]]:
    """Return what each KPI says it `needs`, itself or through other KPIs; a score leaves a part without a value out."""
    return _through_references(kpis, lambda kpi: kpi.needs, lambda kpi: kpi.type != "composite")


def _through_references(
    kpis: Iterable[Kpi], own: Callable[[Kpi], Iterable[str]], passes_on: Callable[[Kpi], bool]
) -> dict[str, tuple[str, ...]]:
    found: dict[str, frozenset[str]] = {}
    for kpi in in_dependency_order(kpis):
        others = [other for _, other in references(kpi)] if passes_on(kpi) else []
        found[kpi.id] = frozenset(own(kpi)).union(*(found.get(other, frozenset()) for other in others))
    return {id: tuple(sorted(names)) for id, names in found.items()}
