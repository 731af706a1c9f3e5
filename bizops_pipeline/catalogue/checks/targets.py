"""Targets of KPIs: the days and cuts they are for, the members they name, and their warnings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bizops_pipeline.catalogue.checks.kpis import listed, tables_of
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem
from bizops_pipeline.naming import UNALLOCATED


def targets_make_sense(draft: Draft) -> Iterator[Problem]:
    """Targets do not overlap, apply to a cut that exists, and warn on the right side."""
    for kpi in draft.kpis:
        first: dict[tuple[Any, ...], int] = {}
        for index, target in enumerate(kpi.value.targets):
            key = (target.from_, target.grain, frozenset(target.where.items()))
            if target.grain and target.grain not in kpi.value.grains:
                found = f"a target for grain {target.grain}, at which `{kpi.value.id}` is not computed"
                expected = f"one of its grains: {', '.join(kpi.value.grains)}"
                yield kpi.problem("targets", index, "grain", found=found, expected=expected)
            if key in first:
                found = f"a second target from {target.from_} for the same part of `{kpi.value.id}`"
                other = kpi.document.where((*kpi.path, "targets", first[key]))
                yield kpi.problem(
                    "targets", index, found=found, expected=f"one target per day and part (the first is in {other})"
                )
            first.setdefault(key, index)
            cuts = [set(entry) for entry in kpi.value.by]
            if not any(set(target.where) <= cut for cut in cuts):
                found = f"a target for {listed(target.where)}, by which `{kpi.value.id}` is not cut"
                yield kpi.problem(
                    "targets", index, "where", found=found, expected=f"one of its cuts: {cuts_of(kpi.value)}"
                )
            yield from members_exist(draft, kpi, kpi.value, ("targets", index, "where"), target.where)
            yield from _warning(kpi, index)


def _warning(kpi: Located[Kpi], index: int) -> Iterator[Problem]:
    target, direction = kpi.value.targets[index], kpi.value.direction
    if direction == "band" and target.warn is None:
        yield kpi.problem(
            "targets", index, found="a band with one bound", expected="`value` and `warn` as its two bounds"
        )
    if target.warn is None or direction not in ("up", "down"):
        return
    if (direction == "up" and target.warn > target.value) or (direction == "down" and target.warn < target.value):
        side = "below" if direction == "up" else "above"
        found = f"`warn` {target.warn:g} on the better side of `value` {target.value:g}"
        yield kpi.problem(
            "targets", index, "warn", found=found, expected=f"a `warn` {side} the target: {direction} is better"
        )


def members_exist(
    draft: Draft, located: Located[Any], kpi: Kpi, path: tuple[str | int, ...], where: dict[str, str]
) -> Iterator[Problem]:
    """Yield a problem for each scope member that the organisation does not have, and value that a column never is."""
    known = {
        "service": draft.declared.services,
        "team": draft.declared.teams,
        "value_stream": draft.declared.value_streams,
    }
    for scope, member in where.items():
        if scope in known and member != UNALLOCATED and member not in known[scope]:
            found = f"unknown {scope.replace('_', ' ')} `{member}`"
            yield located.problem(*path, scope, found=found, expected=one_of(member, known[scope]))
    for table in tables_of(draft, kpi):
        for name in [name for name in where if table.has(name)]:
            allowed = table.column(name).allowed
            if allowed and where[name] not in allowed:
                found = f"`{where[name]}`, which `{name}` of `{table.name}` never is"
                yield located.problem(*path, name, found=found, expected=one_of(where[name], allowed))


def cuts_of(kpi: Kpi) -> str:
    """Return the cuts of a KPI as people write them."""
    return ", ".join(f"[{', '.join(entry)}]" for entry in kpi.by)
