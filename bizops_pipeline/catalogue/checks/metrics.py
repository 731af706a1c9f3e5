"""How KPIs refer to one another: references exist and do not go in circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bizops_pipeline.catalogue.checks.known import unknown_kpi
from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import CalendarReference, Kpi, MetricReference, Part
from bizops_pipeline.errors import Problem


def references_exist(draft: Draft) -> Iterator[Problem]:
    """Every KPI that another reads is defined."""
    for kpi in draft.kpis:
        if kpi.value.type == "derived":
            continue  # its names are checked with its expression
        for path, name in references(kpi.value):
            yield from unknown_kpi(draft, name, kpi, *path)


def references_make_no_circle(draft: Draft) -> Iterator[Problem]:
    """No KPI is computed from itself, directly or by others."""
    by_id = {kpi.value.id: kpi for kpi in draft.kpis}
    edges = {id: [name for _, name in references(kpi.value) if name in by_id] for id, kpi in by_id.items()}
    for circle in circles(edges):
        path = next(path for path, name in references(by_id[circle[0]].value) if name == circle[1])
        found = f"a KPI that is computed from itself: {' → '.join(circle)}"
        yield by_id[circle[0]].problem(*path, found=found, expected="references that lead to KPIs over entities")


def accumulated_kpis_add_up(draft: Draft) -> Iterator[Problem]:
    """What a cumulative KPI accumulates is made of sums and counts of records."""
    by_id = {kpi.value.id: kpi.value for kpi in draft.kpis}
    for kpi in draft.kpis:
        other = by_id.get(kpi.value.metric or "")
        if kpi.value.type != "cumulative" or other is None or _adds_up(other, by_id):
            continue
        yield kpi.problem(
            "metric",
            found=f"`{other.id}` of type {other.type} cannot be accumulated",
            expected="a KPI of type simple, or a ratio of sums and counts without `share_of`",
        )


def _adds_up(kpi: Kpi, known: Mapping[str, Kpi]) -> bool:
    if kpi.type == "ratio" and not kpi.share_of:
        return all(_is_sum(part, known) for part in (kpi.numerator, kpi.denominator))
    return kpi.type == "simple"


def _is_sum(part: Part | None, known: Mapping[str, Kpi]) -> bool:
    if isinstance(part, MetricReference):
        return part.metric not in known or known[part.metric].type == "simple"
    return not isinstance(part, CalendarReference)


def circles(edges: dict[str, list[str]]) -> list[list[str]]:
    """Return each circle of a graph once, from its first member in the graph's order back to it."""
    found: dict[frozenset[str], list[str]] = {}
    done: set[str] = set()

    def visit(node: str, path: list[str]) -> None:
        if node in path:
            circle = path[path.index(node) :]
            found.setdefault(frozenset(circle), [*circle, node])
            return
        if node in done:
            return
        for following in edges.get(node, []):
            visit(following, [*path, node])
        done.add(node)

    for node in edges:
        visit(node, [])
    return list(found.values())
