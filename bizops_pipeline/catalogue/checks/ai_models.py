"""AI use cases and models: what they name exists, their days are in order, and their plans add up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from bizops_pipeline.catalogue.checks.known import unknown, unknown_kpi
from bizops_pipeline.catalogue.documents import NodePath
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import AiCatalogue, AiModel
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.errors import Problem


def models_name_what_exists(draft: Draft) -> Iterator[Problem]:
    """The services, use cases and KPIs that models name exist."""
    located = draft.ai
    if located is None:
        return
    for key in ("use_cases", "models"):
        for index, item in enumerate(getattr(located.value, key)):
            yield from unknown("service", item.service, draft.declared.services, located, key, index, "service")
    for path, model in _models(located):
        yield from unknown("use case", model.use_case, draft.declared.use_cases, located, *path, "use_case")
        for at, link in enumerate(model.kpis):
            yield from unknown_kpi(draft, link.kpi, located, *path, "kpis", at, "kpi")


def models_know_what_is_better(draft: Draft) -> Iterator[Problem]:
    """A link to a KPI that has no better direction of its own names one."""
    located = draft.ai
    if located is None:
        return
    for path, model in _models(located):
        for at, link in enumerate(model.kpis):
            kpi = draft.kpi(link.kpi)
            if kpi is not None and link.direction is None and kpi.value.direction not in ("up", "down"):
                found = f"`{link.kpi}`, whose own direction is {kpi.value.direction}"
                expected = "`direction: up` or `direction: down` beside it"
                yield located.problem(*path, "kpis", at, "kpi", found=found, expected=expected)


def models_live_forwards(draft: Draft) -> Iterator[Problem]:
    """Models are approved before they are deployed and deployed before they are retired."""
    located = draft.ai
    if located is None:
        return
    for path, model in _models(located):
        days = [(name, getattr(model, name)) for name in ("approved_on", "deployed_on", "retired_on")]
        for (first, earlier), (then, later) in pairwise([each for each in days if each[1] is not None]):
            if later < earlier:
                found, expected = f"`{then}` on {later}", f"a day not before `{first}`, {earlier}"
                yield located.problem(*path, then, found=found, expected=expected)


def plans_do_not_overlap(draft: Draft) -> Iterator[Problem]:
    """Planned periods end after they begin, and no day of a model is planned twice."""
    located = draft.ai
    if located is None:
        return
    for path, model in _models(located):
        planned: list[tuple[date, date]] = []
        for at, plan in enumerate(model.plan):
            if plan.from_ > plan.to:
                found = f"a plan from {plan.from_} to {plan.to}"
                yield located.problem(*path, "plan", at, "to", found=found, expected="`from` not after `to`")
            elif any(plan.from_ <= last and first <= plan.to for first, last in planned):
                found = f"a second plan of `{model.id}` for days from {plan.from_} to {plan.to}"
                yield located.problem(*path, "plan", at, "from", found=found, expected="one plan for each day")
            planned.append((plan.from_, plan.to))


def links_are_told_apart(draft: Draft) -> Iterator[Problem]:
    """A model is linked to a KPI once, and an artefact is required once."""
    located = draft.ai
    if located is None:
        return
    for path, model in _models(located):
        kpis = [link.kpi for link in model.kpis]
        for at, name in enumerate(kpis):
            if name in kpis[:at]:
                found = f"a second link of `{model.id}` to `{name}`"
                yield located.problem(*path, "kpis", at, "kpi", found=found, expected="each KPI once")
    artifacts = [each.artifact for each in located.value.required_artifacts]
    for at, name in enumerate(artifacts):
        if name in artifacts[:at]:
            found = f"the artefact `{name}` required twice"
            yield located.problem("required_artifacts", at, "artifact", found=found, expected="each artefact once")


def _models(located: Located[AiCatalogue]) -> Iterator[tuple[NodePath, AiModel]]:
    for index, model in enumerate(located.value.models):
        yield ("models", index), model
