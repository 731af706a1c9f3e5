"""Practices: what they name exists, assessments have one day each, improvements wait for no circle."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.checks.known import unknown, unknown_kpi
from bizops_pipeline.catalogue.checks.metrics import circles
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.errors import Problem


def practices_name_what_exists(draft: Draft) -> Iterator[Problem]:
    """The teams, value streams, services and KPIs that practices name exist."""
    located = draft.practices
    if located is None:
        return
    for index, practice in enumerate(located.value.practices):
        path = ("practices", index)
        streams = draft.declared.value_streams
        yield from unknown("team", practice.team, draft.declared.teams, located, *path, "team")
        yield from unknown("value stream", practice.value_stream, streams, located, *path, "value_stream")
        yield from unknown("service", practice.service, draft.declared.services, located, *path, "service")
        for at, kpi in enumerate(practice.drives):
            yield from unknown_kpi(draft, kpi, located, *path, "drives", at)


def practices_are_assessed_once_a_day(draft: Draft) -> Iterator[Problem]:
    """A practice has one assessment a day."""
    located = draft.practices
    if located is None:
        return
    for index, practice in enumerate(located.value.practices):
        days = [assessment.assessed_on for assessment in practice.assessments]
        for at, day in enumerate(days):
            if day in days[:at]:
                found, expected = f"a second assessment of `{practice.id}` on {day}", "one assessment a day"
                yield located.problem(
                    "practices", index, "assessments", at, "assessed_on", found=found, expected=expected
                )


def improvements_can_be_ordered(draft: Draft) -> Iterator[Problem]:
    """Improvements have ids of their own, depend on improvements that exist, and none waits for itself."""
    located = draft.practices
    if located is None:
        return
    placed = [
        (improvement, ("practices", index, "improvements", at))
        for index, practice in enumerate(located.value.practices)
        for at, improvement in enumerate(practice.improvements)
    ]
    known = {improvement.id for improvement, _ in placed}
    seen: set[str] = set()
    for improvement, path in placed:
        if improvement.id in seen:
            found = f"a second improvement `{improvement.id}`"
            yield located.problem(*path, "id", found=found, expected="an id of its own")
        seen.add(improvement.id)
        for at, name in enumerate(improvement.depends_on):
            yield from unknown("improvement", name, known, located, *path, "depends_on", at)
    paths = {improvement.id: path for improvement, path in placed}
    for circle in circles({improvement.id: list(improvement.depends_on) for improvement, _ in placed}):
        found = f"improvements that wait for each other: {' → '.join(circle)}"
        expected = "an order in which each can be done"
        yield located.problem(*paths[circle[0]], "depends_on", found=found, expected=expected)
