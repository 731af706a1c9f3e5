"""Objectives: what they name exists, somebody owns them, they make a tree, and their dates are in order."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.checks.known import unknown
from bizops_pipeline.catalogue.checks.metrics import circles
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import KeyResult, Objective
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem

LEVELS = ("company", "value_stream", "team")
"""Levels of objectives, from the top down."""


def objectives_name_what_exists(draft: Draft) -> Iterator[Problem]:
    """Parents, value streams and teams of objectives exist; somebody owns them."""
    for objective in draft.objectives:
        value = objective.value
        yield from unknown("objective", value.parent, draft.declared.objectives, objective, "parent")
        yield from unknown("value stream", value.value_stream, draft.declared.value_streams, objective, "value_stream")
        yield from unknown("team", value.team, draft.declared.teams, objective, "team")
        if value.level in ("value_stream", "team") and getattr(value, value.level) is None:
            found = f"an objective of level {value.level} without `{value.level}`"
            yield objective.problem("level", found=found, expected=f"`{value.level}: ...`")
        if value.owners.business is None and value.owners.it is None:
            found = f"nobody owns `{value.id}`"
            yield objective.problem(
                "owners", found=found, expected="`owners: {business: ..., it: ...}`, at least one", at="key"
            )


def objectives_have_parts(draft: Draft) -> Iterator[Problem]:
    """An objective has key results, or counts the objectives below it; weights fit what they weigh."""
    parents = {objective.value.parent for objective in draft.objectives}
    for objective in draft.objectives:
        value = objective.value
        counts_children = value.roll_up == "with_children"
        if counts_children and value.id not in parents:
            found = f"`{value.id}` counts its children and has none"
            yield objective.problem(
                "roll_up", found=found, expected="`roll_up: key_results`, or a child with `parent:`"
            )
        elif not value.key_results and not counts_children:
            at = ("key_results",) if "key_results" in value.model_fields_set else ()
            found = f"`{value.id}` has no key result"
            yield objective.problem(*at, found=found, expected="at least one, or `roll_up: with_children`")
        yield from _weights(draft, objective)


def objectives_make_no_circle(draft: Draft) -> Iterator[Problem]:
    """No objective is its own ancestor, and no key result supports itself."""
    by_id = {objective.value.id: objective for objective in draft.objectives}
    parents = {id: [objective.value.parent] if objective.value.parent else [] for id, objective in by_id.items()}
    for circle in circles(parents):
        found = f"an objective above itself: {' → '.join(circle)}"
        yield by_id[circle[0]].problem("parent", found=found, expected="parents that lead to the top")
    results = {result.id: (objective, path, result) for objective, path, result in key_results(draft)}
    supports = {id: [result.supports] if result.supports else [] for id, (_, _, result) in results.items()}
    for circle in circles(supports):
        objective, path, _ = results[circle[0]]
        found = f"a key result that supports itself: {' → '.join(circle)}"
        yield objective.problem(*path, "supports", found=found, expected="another key result")


def children_fit_their_parents(draft: Draft) -> Iterator[Problem]:
    """An objective is not above its parent's level, and its period has to do with that of its parent."""
    by_id = {objective.value.id: objective.value for objective in draft.objectives}
    for objective in draft.objectives:
        value, parent = objective.value, by_id.get(objective.value.parent or "")
        if parent is None:
            continue
        if LEVELS.index(value.level) < LEVELS.index(parent.level):
            found = f"an objective of level {value.level} below `{parent.id}` of level {parent.level}"
            expected = f"a parent of level {' or '.join(LEVELS[: LEVELS.index(value.level) + 1])}"
            yield objective.problem("parent", found=found, expected=expected)
        own, above = value.period, parent.period
        found = f"a period from {own.from_} to {own.to} below `{parent.id}`, {above.from_} to {above.to}"
        if own.from_ > above.to or own.to < above.from_:
            expected = "periods that overlap, or another parent"
            yield objective.problem("period", found=found, expected=expected)
        elif parent.roll_up == "with_children" and not (above.from_ <= own.from_ and own.to <= above.to):
            expected = f"a period inside that of `{parent.id}`, whose score counts this objective"
            yield objective.problem("period", found=found, expected=expected)


def dates_are_in_order(draft: Draft) -> Iterator[Problem]:
    """Periods begin before they end, and key results lie inside them."""
    for objective in draft.objectives:
        period = objective.value.period
        if period.from_ > period.to:
            found = f"a period from {period.from_} to {period.to}"
            yield objective.problem("period", found=found, expected="`from` not after `to`")
    for objective, path, result in key_results(draft):
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


def _weights(draft: Draft, objective: Located[Objective]) -> Iterator[Problem]:
    value = objective.value
    by_size = value.weights == "size"
    if by_size and value.roll_up == "with_children":
        found = "key results by size beside children by weight"
        yield objective.problem("weights", found=found, expected="`weights: given`, or `roll_up: key_results`")
    kpis = [draft.kpi(result.kpi) if result.kpi else None for result in value.key_results]
    units = {kpi.value.unit if kpi else None for kpi in kpis}
    for index, result in enumerate(value.key_results):
        path = ("key_results", index)
        if not by_size and result.unit_value is not None:
            found = "`unit_value` where weights are given"
            expected = "`weights: size` on the objective, or remove `unit_value`"
            yield objective.problem(*path, "unit_value", found=found, expected=expected, at="key")
        if not by_size:
            continue
        if result.type not in ("numeric", "percent"):
            found = f"a key result of type {result.type}, which has no way to go, in an objective that weighs by size"
            yield objective.problem(*path, found=found, expected="`weights: given`, or types numeric and percent")
        if "weight" in result.model_fields_set:
            found = "`weight` where key results are weighed by size"
            yield objective.problem(*path, "weight", found=found, expected="`unit_value`, or remove `weight`", at="key")
        if result.unit_value is None and (None in units or len(units) > 1):
            found = f"`{result.id}` weighed by size, beside key results of other units"
            yield objective.problem(*path, found=found, expected="`unit_value`, the worth of one unit, on each of them")


def key_results(draft: Draft) -> Iterator[tuple[Located[Objective], tuple[str | int, ...], KeyResult]]:
    """Yield every key result with its objective and its place in it."""
    for objective in draft.objectives:
        for index, result in enumerate(objective.value.key_results):
            yield objective, ("key_results", index), result
