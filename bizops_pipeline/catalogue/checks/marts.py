"""KPIs that are computed from marts after all others: those over key results, and those over pairs of KPIs."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem

KEY_RESULT_CUTS = ((), ("objective",), ("key_result",))
"""Cuts of a KPI over key results."""

ASSOCIATION_CUTS = (("it_kpi", "business_kpi"), ("value_stream", "it_kpi", "business_kpi"))
"""Cuts of a KPI over pairs of KPIs."""


def kpis_over_marts_come_last(draft: Draft) -> Iterator[Problem]:
    """A KPI over a mart is cut and aimed at by what its rows have; no other KPI reads it, as all come before."""
    for kpi in draft.kpis:
        yield from _read(draft, kpi)
        if kpi.value.made_of:
            yield from _cuts(kpi)
            yield from _of_key_results(kpi) if kpi.value.type == "okr" else _of_associations(kpi)


def _read(draft: Draft, kpi: Located[Kpi]) -> Iterator[Problem]:
    for path, name in references(kpi.value):
        other = draft.kpi(name)
        if other is not None and other.value.made_of:
            found = f"`{name}`, which is computed from {other.value.made_of}, after all other KPIs"
            yield kpi.problem(*path, found=found, expected="a KPI over entities")


def _cuts(kpi: Located[Kpi]) -> Iterator[Problem]:
    cuts = KEY_RESULT_CUTS if kpi.value.type == "okr" else ASSOCIATION_CUTS
    for index, entry in enumerate(kpi.value.by):
        if entry not in cuts:
            expected = "one of " + ", ".join(f"[{', '.join(cut)}]" for cut in cuts)
            named = ", ".join(f"`{name}`" for name in entry) or "nothing"
            yield kpi.problem("by", index, found=f"a cut by {named} of {kpi.value.made_of}", expected=expected)


def _of_key_results(kpi: Located[Kpi]) -> Iterator[Problem]:
    for index, target in enumerate(kpi.value.targets):
        if target.where:
            found = "a target for a part of the key results"
            yield kpi.problem("targets", index, "where", found=found, expected="a target for all of them")


def _of_associations(kpi: Located[Kpi]) -> Iterator[Problem]:
    if kpi.value.grains != ("all",):
        grains = ", ".join(f"`{grain}`" for grain in kpi.value.grains)
        yield kpi.problem("grains", found=grains, expected="[all]: it is one number of all weeks")
    if kpi.value.targets:
        yield kpi.problem("targets", found="a target for an association", expected="none: more is not better")
