"""Numbers that a KPI is compared with can be values of it; those in percent are shares of 1: 95 % is written 0.95."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.bounds import certain_bounds
from bizops_pipeline.catalogue.checks.key_results import targets
from bizops_pipeline.catalogue.checks.objectives import key_results
from bizops_pipeline.catalogue.documents import NodePath
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import KeyResult, Kpi
from bizops_pipeline.errors import Problem

UNBELIEVABLE = 10.0
"""A share from which on it is taken for a number of percent: no KPI in percent aims at 1,000 %."""

Stated = tuple[NodePath, float | None]
"""A number of a definition, with its place."""


def numbers_are_possible(draft: Draft) -> Iterator[Problem]:
    """Targets of KPIs, the numbers of key results that these measure, and those of scores, are possible values."""
    for kpi in draft.kpis:
        for at, value in _targets(kpi.value):
            if value is not None and _is_mistaken(kpi.value, value):
                found, expected = _words(kpi.value, value)
                yield kpi.problem(*at, found=found, expected=expected)
        for metric, at, value in _of_score(kpi.value):
            part = draft.kpi(metric)
            if part and value is not None and _is_mistaken(part.value, value):
                found, expected = _words(part.value, value, "a value")
                yield kpi.problem(*at, found=found, expected=expected)
    for objective, path, result in key_results(draft):
        measured = draft.kpi(result.kpi) if result.kpi else None
        for at, value in _of_key_result(result):
            if measured and value is not None and _is_mistaken(measured.value, value):
                found, expected = _words(measured.value, value, "a baseline" if at == ("baseline",) else "a target")
                yield objective.problem(*path, *at, found=found, expected=expected)


def _targets(kpi: Kpi) -> Iterator[Stated]:
    for index, target in enumerate(kpi.targets):
        yield ("targets", index, "value"), target.value
        yield ("targets", index, "warn"), target.warn


def _of_score(kpi: Kpi) -> Iterator[tuple[str, NodePath, float | None]]:
    for index, part in enumerate(kpi.parts):
        yield part.metric, ("parts", index, "worst"), part.worst
        yield part.metric, ("parts", index, "best"), part.best
    for index, cap in enumerate(kpi.caps):
        yield cap.metric, ("caps", index, "below"), cap.below
        yield cap.metric, ("caps", index, "above"), cap.above


def _of_key_result(result: KeyResult) -> Iterator[Stated]:
    yield from targets(result)
    yield ("baseline",), result.baseline
    yield ("upper",), result.upper


def _is_mistaken(kpi: Kpi, value: float) -> bool:
    if kpi.unit == "percent" and abs(value) >= UNBELIEVABLE:
        return True
    bounds = certain_bounds(kpi)
    if bounds is None:
        return False
    return (bounds.min is not None and value < bounds.min) or (bounds.max is not None and value > bounds.max)


def _words(kpi: Kpi, value: float, what: str = "a target") -> tuple[str, str]:
    if kpi.unit == "percent":
        found = f"{what} of {value * 100:,g} % for `{kpi.id}`, which is in percent"
        return found, f"a share of 1: {value:g} % is `{value / 100:g}`"
    bounds = certain_bounds(kpi)
    limits = (("from", bounds.min), ("up to", bounds.max)) if bounds else ()
    possible = " ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
    return f"{what} of {value:g} for `{kpi.id}`, which it cannot have", f"a value {possible}"
