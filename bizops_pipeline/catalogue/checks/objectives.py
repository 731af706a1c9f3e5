"""Objectives and key results: what they name exists, their dates are in order, and progress can be computed."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.checks.kpis import cuts_of, members_exist
from bizops_pipeline.catalogue.checks.metrics import circles, kpi_expected
from bizops_pipeline.catalogue.documents import one_of
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import KeyResult, Objective
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem

_TO_BE_REACHED = ("numeric", "percent")
_TO_BE_KEPT = ("stay_above", "stay_below", "range")
_MEASURABLE = (*_TO_BE_REACHED, *_TO_BE_KEPT, "baseline")


def objectives_name_what_exists(draft: Draft) -> Iterator[Problem]:
    """Parents, value streams and teams of objectives exist; somebody owns them."""
    for objective in draft.objectives:
        value = objective.value
        named = (
            ("parent", "objective", value.parent, draft.declared.objectives),
            ("value_stream", "value stream", value.value_stream, draft.declared.value_streams),
            ("team", "team", value.team, draft.declared.teams),
        )
        for key, kind, name, known in named:
            if name is not None and name not in known:
                expected = one_of(name, known, f"one of the {kind}s")
                yield objective.problem(key, found=f"unknown {kind} `{name}`", expected=expected)
        if value.level in ("value_stream", "team") and getattr(value, value.level) is None:
            found = f"an objective of level {value.level} without `{value.level}`"
            yield objective.problem("level", found=found, expected=f"`{value.level}: ...`")
        if value.owners.business is None and value.owners.it is None:
            found = f"nobody owns `{value.id}`"
            yield objective.problem(
                "owners", found=found, expected="`owners: {business: ..., it: ...}`, at least one", at="key"
            )


def objectives_make_no_circle(draft: Draft) -> Iterator[Problem]:
    """No objective is its own ancestor, and no key result supports itself."""
    by_id = {objective.value.id: objective for objective in draft.objectives}
    parents = {id: [objective.value.parent] if objective.value.parent else [] for id, objective in by_id.items()}
    for circle in circles(parents):
        found = f"an objective above itself: {' → '.join(circle)}"
        yield by_id[circle[0]].problem("parent", found=found, expected="parents that lead to the top")
    results = {result.id: (objective, path, result) for objective, path, result in _key_results(draft)}
    supports = {id: [result.supports] if result.supports else [] for id, (_, _, result) in results.items()}
    for circle in circles(supports):
        objective, path, _ = results[circle[0]]
        found = f"a key result that supports itself: {' → '.join(circle)}"
        yield objective.problem(*path, "supports", found=found, expected="another key result")


def dates_are_in_order(draft: Draft) -> Iterator[Problem]:
    """Periods begin before they end, and key results lie inside them."""
    for objective in draft.objectives:
        period = objective.value.period
        if period.from_ > period.to:
            found = f"a period from {period.from_} to {period.to}"
            yield objective.problem("period", found=found, expected="`from` not after `to`")
    for objective, path, result in _key_results(draft):
        period = objective.value.period
        if result.start and result.due and result.start > result.due:
            found = f"a key result from {result.start} to {result.due}"
            yield objective.problem(*path, "due", found=found, expected="`start` not after `due`")
        for key, day in (("start", result.start), ("due", result.due)):
            if day is not None and not period.from_ <= day <= period.to:
                found, expected = f"`{key}` on {day}", f"a day of the period, {period.from_} to {period.to}"
                yield objective.problem(*path, key, found=found, expected=expected)
        for index, milestone in enumerate(result.milestones):
            if milestone.due is not None and not period.from_ <= milestone.due <= period.to:
                found, expected = (
                    f"a milestone due on {milestone.due}",
                    f"a day of the period, {period.from_} to {period.to}",
                )
                yield objective.problem(*path, "milestones", index, "due", found=found, expected=expected)


def key_results_can_be_measured(draft: Draft) -> Iterator[Problem]:
    """A measured key result names a KPI, a grain of it and a cut of it; what it supports exists."""
    for objective, path, result in _key_results(draft):
        if result.supports is not None and result.supports not in draft.declared.key_results:
            expected = one_of(result.supports, draft.declared.key_results, "one of the key results")
            yield objective.problem(
                *path, "supports", found=f"unknown key result `{result.supports}`", expected=expected
            )
        if result.kpi is None:
            yield from _without_kpi(objective, path, result)
            continue
        if result.type not in _MEASURABLE:
            found = f"a KPI at a key result of type {result.type}"
            yield objective.problem(
                *path, "kpi", found=found, expected=f"a type among {', '.join(_MEASURABLE)}", at="key"
            )
        if result.kpi not in draft.declared.kpis:
            found = f"unknown KPI `{result.kpi}`"
            yield objective.problem(*path, "kpi", found=found, expected=kpi_expected(draft, result.kpi))
            continue
        kpi = draft.kpi(result.kpi)
        if kpi is None:
            continue
        if result.grain not in kpi.value.grains:
            found = f"`{result.kpi}` is not computed by {result.grain}"
            at = "grain" if "grain" in result.model_fields_set else "kpi"
            yield objective.problem(
                *path, at, found=found, expected=f"`grain:` with one of {', '.join(kpi.value.grains)}"
            )
        if set(result.where) not in [set(entry) for entry in kpi.value.by]:
            found = f"`{result.kpi}` is not cut by [{', '.join(result.where)}]"
            at = "where" if result.where else "kpi"
            yield objective.problem(*path, at, found=found, expected=f"one of its cuts: {cuts_of(kpi.value)}")
        yield from members_exist(draft, objective, (*path, "where"), result.where)


def _without_kpi(objective: Located[Objective], path: tuple[str | int, ...], result: KeyResult) -> Iterator[Problem]:
    if result.source == "measured":
        found = f"`{result.id}` is measured, but by no KPI"
        yield objective.problem(*path, "source", found=found, expected="`kpi: ...`, or `source: reported`")
    for key in ("where", "grain"):
        if key in result.model_fields_set:
            found = f"`{key}` at a key result without a KPI"
            yield objective.problem(*path, key, found=found, expected="`kpi: ...`, or no such key", at="key")


def progress_is_defined(draft: Draft) -> Iterator[Problem]:
    """Each type has the values that its progress needs, and a way to go between baseline and target."""
    for objective, path, result in _key_results(draft):
        needs = {
            **dict.fromkeys(_TO_BE_REACHED, ("baseline", "target")),
            "stay_above": ("target",),
            "stay_below": ("target",),
            "range": ("target", "upper"),
            "milestone": ("milestones",),
        }.get(result.type, ())
        missing = [name for name in needs if getattr(result, name) in (None, ())]
        if missing:
            listed = " and ".join(f"`{name}`" for name in missing)
            found = f"`{result.id}` of type {result.type} without {listed}"
            yield objective.problem(*path, found=found, expected=f"{listed} of the key result")
        if result.type in _TO_BE_REACHED and result.target is not None and result.target == result.baseline:
            found = f"a target equal to the baseline ({result.target:g})"
            expected = "a target to move to, or `type: stay_above` or `stay_below` to keep a value"
            yield objective.problem(*path, "target", found=found, expected=expected)
        if result.upper is not None and result.type != "range":
            found = f"`upper` at a key result of type {result.type}"
            yield objective.problem(*path, "upper", found=found, expected="`type: range`, or no `upper`", at="key")
        elif result.upper is not None and result.target is not None and result.upper <= result.target:
            found = f"a range from {result.target:g} to {result.upper:g}"
            yield objective.problem(*path, "upper", found=found, expected="an `upper` above `target`")
        if result.milestones and result.type != "milestone":
            found = f"milestones at a key result of type {result.type}"
            yield objective.problem(
                *path, "milestones", found=found, expected="`type: milestone`, or no milestones", at="key"
            )


def _key_results(draft: Draft) -> Iterator[tuple[Located[Objective], tuple[str | int, ...], KeyResult]]:
    for objective in draft.objectives:
        for index, result in enumerate(objective.value.key_results):
            yield objective, ("key_results", index), result
