"""Numbers of KPIs in percent are shares of 1: 95 % is written 0.95."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.checks.key_results import targets
from bizops_pipeline.catalogue.checks.objectives import key_results
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.errors import Problem

UNBELIEVABLE = 10.0
"""A share from which on it is taken for a number of percent: no KPI in percent aims at 1,000 %."""


def percentages_are_shares(draft: Draft) -> Iterator[Problem]:
    """Targets of KPIs in percent, and of key results that these measure, are shares."""
    for kpi in draft.kpis:
        for index, target in enumerate(kpi.value.targets):
            if _is_mistaken(kpi.value, target.value):
                found, expected = _words(kpi.value, target.value)
                yield kpi.problem("targets", index, "value", found=found, expected=expected)
    for objective, path, result in key_results(draft):
        measured = draft.kpi(result.kpi) if result.kpi else None
        for at, value in targets(result):
            if measured and _is_mistaken(measured.value, value):
                found, expected = _words(measured.value, value)
                yield objective.problem(*path, *at, found=found, expected=expected)


def _is_mistaken(kpi: Kpi, target: float) -> bool:
    return kpi.unit == "percent" and abs(target) >= UNBELIEVABLE


def _words(kpi: Kpi, target: float) -> tuple[str, str]:
    found = f"a target of {target * 100:,g} % for `{kpi.id}`, which is in percent"
    return found, f"a share of 1: {target:g} % is `{target / 100:g}`"
