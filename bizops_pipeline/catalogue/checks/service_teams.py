"""Service teams: what they name exists, and their gates look at KPIs that can hold a target."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.checks.known import kpi_expected, unknown
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import GateMetric, ServiceTeam
from bizops_pipeline.errors import Problem

Path = tuple[str | int, ...]


def service_teams_name_what_exists(draft: Draft) -> Iterator[Problem]:
    """Each service team has an id of its own and names a value stream and teams that exist."""
    organisation = draft.organisation
    if organisation is None:
        return
    seen: set[str] = set()
    for path, team in _service_teams(draft):
        if team.id in seen:
            found = f"a second service team `{team.id}`"
            yield organisation.problem(*path, "id", found=found, expected="one service team of each id")
        seen.add(team.id)
        streams = draft.declared.value_streams
        yield from unknown("value stream", team.value_stream, streams, organisation, *path, "value_stream")
        for index, name in enumerate(team.teams):
            yield from unknown("team", name, draft.declared.teams, organisation, *path, "teams", index)


def gates_can_be_judged(draft: Draft) -> Iterator[Problem]:
    """Every KPI of a gate exists, is computed for the periods that count, and has a target on a good side."""
    organisation = draft.organisation
    if organisation is None:
        return
    for path, team in _service_teams(draft):
        named: list[tuple[Path, str, GateMetric | None]] = [
            ((*path, gate, index, "kpi"), metric.kpi, metric)
            for gate, metrics in (("stability", team.stability), ("optimization", team.optimization))
            for index, metric in enumerate(metrics)
        ]
        if team.outcome is not None:
            named.append(((*path, "outcome"), team.outcome, None))
        for place, id, metric in named:
            fault = _fault(draft, team, id, metric)
            if fault:
                yield organisation.problem(*place, found=fault[0], expected=fault[1])


def _fault(draft: Draft, team: ServiceTeam, id: str, metric: GateMetric | None) -> tuple[str, str] | None:
    if id not in draft.declared.kpis:
        return f"unknown KPI `{id}`", kpi_expected(draft, id)
    located = draft.kpi(id)
    if located is None:
        return None
    kpi = located.value
    if team.grain not in kpi.grains:
        return f"`{id}` has no values by {team.grain}", f"one of its grains ({', '.join(kpi.grains)}) as `grain`"
    if metric is None:
        return None
    if kpi.direction == "context":
        return f"`{id}` has no good side", "a KPI whose direction is up, down or band"
    if metric.target is None and not kpi.targets:
        return f"`{id}` has no target", "a `target` here, or `targets` of the KPI"
    if metric.target is not None and kpi.direction == "band":
        return f"one target for `{id}`, whose good values have two bounds", "no `target` here: the KPI's own count"
    return None


def _service_teams(draft: Draft) -> Iterator[tuple[Path, ServiceTeam]]:
    if draft.organisation is not None:
        for index, team in enumerate(draft.organisation.value.service_teams):
            yield ("service_teams", index), team
