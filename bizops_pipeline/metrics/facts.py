"""Which facts a KPI reads, told by its definition alone."""

from __future__ import annotations

from collections.abc import Iterable

from bizops_pipeline.catalogue.dependencies import in_dependency_order, references
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.naming import CORE


def facts_of_kpis(kpis: Iterable[Kpi]) -> dict[str, tuple[str, ...]]:
    """Return the facts by name that each KPI reads, itself or through other KPIs; unknown KPIs add none."""
    found: dict[str, frozenset[str]] = {}
    for kpi in in_dependency_order(kpis):
        sides = [side.entity for side in (kpi.base, kpi.event) if side]
        own = {name.removeprefix(f"{CORE}.") for name in (kpi.entity, *sides) if name}
        found[kpi.id] = frozenset(own).union(*(found.get(other, frozenset()) for _, other in references(kpi)))
    return {id: tuple(sorted(names)) for id, names in found.items()}
