"""Names by which definitions refer to others: whether something of that name was written down."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Literal

from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem


def unknown(
    kind: str,
    name: str | None,
    known: Collection[str],
    located: Located[Any],
    *path: str | int,
    at: Literal["key", "value"] = "value",
) -> Iterator[Problem]:
    """Yield a problem when a definition names something of a kind that is not known; None names nothing."""
    if name is not None and name not in known:
        expected = one_of(name, known, f"one of the {kind}s")
        yield located.problem(*path, found=f"unknown {kind} `{name}`", expected=expected, at=at)


def unknown_kpi(draft: Draft, name: str, located: Located[Any], *path: str | int) -> Iterator[Problem]:
    """Yield a problem when a definition names a KPI that is not known."""
    if name not in draft.declared.kpis:
        yield located.problem(*path, found=f"unknown KPI `{name}`", expected=kpi_expected(draft, name))


def kpi_expected(draft: Draft, name: str) -> str:
    """Return what would be right instead of an unknown KPI."""
    if name in library():
        return f"`- {{id: {name}, use: library}}` among the KPIs"
    return one_of(name, draft.declared.kpis, "one of the KPIs")
