"""Which KPIs a KPI is computed from, and an order in which each comes after those."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bizops_pipeline.catalogue import expressions
from bizops_pipeline.catalogue.documents import NodePath
from bizops_pipeline.catalogue.models import Kpi, MetricReference


def references(kpi: Kpi) -> Iterator[tuple[NodePath, str]]:
    """Yield the KPIs that a KPI reads and where it says so; an expression that cannot be read names none."""
    for key in ("numerator", "denominator"):
        part = getattr(kpi, key)
        if isinstance(part, MetricReference):
            yield (key, "metric"), part.metric
    if kpi.metric is not None:
        yield ("metric",), kpi.metric
    for key in ("parts", "caps"):
        for index, each in enumerate(getattr(kpi, key)):
            yield (key, index, "metric"), each.metric
    if kpi.type == "derived" and kpi.expr is not None:
        try:
            names = expressions.derived_names(kpi.expr)
        except expressions.ExpressionError:
            return
        yield from ((("expr",), name) for name in names)


def in_dependency_order(kpis: Iterable[Kpi]) -> list[Kpi]:
    """Return the KPIs in their order, but every one after those it refers to."""
    by_id = {kpi.id: kpi for kpi in kpis}
    result: dict[str, Kpi] = {}

    def add(id: str, open_ids: tuple[str, ...]) -> None:
        if id in result or id in open_ids or id not in by_id:
            return
        for _, name in references(by_id[id]):
            add(name, (*open_ids, id))
        result[id] = by_id[id]

    for id in by_id:
        add(id, ())
    return list(result.values())
