"""Names that must be unique in the whole company."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from bizops_pipeline.catalogue.documents import NodePath
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem


def names_are_unique(draft: Draft) -> Iterator[Problem]:
    """No two definitions of a kind have one id."""
    yield from _unique("KPI", ((item.value.id, item, ("id",)) for item in draft.kpis))
    yield from _unique("objective", ((item.value.id, item, ("id",)) for item in draft.objectives))
    yield from _unique("source", ((item.value.source, item, ("source",)) for item in draft.sources))
    yield from _unique("suite", ((item.value.suite, item, ("suite",)) for item in draft.suites))
    key_results = (
        (result.id, objective, ("key_results", index, "id"))
        for objective in draft.objectives
        for index, result in enumerate(objective.value.key_results)
    )
    yield from _unique("key result", key_results)
    if draft.ai is not None:
        for kind, key in (("use case", "use_cases"), ("model", "models")):
            listed = enumerate(getattr(draft.ai.value, key))
            yield from _unique(kind, [(item.id, draft.ai, (key, index, "id")) for index, item in listed])
    if draft.practices is not None:
        listed = enumerate(draft.practices.value.practices)
        yield from _unique(
            "practice", [(item.id, draft.practices, ("practices", index, "id")) for index, item in listed]
        )
    if draft.organisation is None:
        return
    organisation = draft.organisation
    for kind, key in (("team", "teams"), ("service", "services"), ("value stream", "value_streams")):
        members = enumerate(getattr(organisation.value, key))
        yield from _unique(kind, [(item.id, organisation, (key, index, "id")) for index, item in members])
    for index, stream in enumerate(organisation.value.value_streams):
        place = ("value_streams", index, "stages")
        stages = [(stage.id, organisation, (*place, at, "id")) for at, stage in enumerate(stream.stages)]
        yield from _unique(f"stage of `{stream.id}`", stages)


def _unique(kind: str, items: Iterable[tuple[str, Located[Any], NodePath]]) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for name, located, path in items:
        if name in first:
            found = f"a second {kind} `{name}` (the first is in {first[name]})"
            yield located.problem(*path, found=found, expected=f"one {kind} of each id")
        else:
            first[name] = located.document.where((*located.path, *path))
