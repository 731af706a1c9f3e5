"""What catalogue/models.yaml says of AI models, as rows that models read beside those of sources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.staging import ai
from bizops_pipeline.contracts.table import Table, text
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.model.objectives import exact
from bizops_pipeline.naming import STAGING

REQUIRED_ARTIFACT = Table(
    "settings",
    "required_artifact",
    "one row per artefact and risk tier",
    ("artifact", "risk_tier"),
    (
        text("artifact", "Kind of artefact.", required=True),
        text("risk_tier", "Tier whose models must have it.", required=True),
        text("due", "approval or deployment: from which day of a model on.", required=True),
    ),
    "Artefacts that the catalogue requires.",
)

DEFINED: dict[str, Table] = {
    table.name: table for table in (ai.AI_USE_CASE, ai.MODEL, ai.MODEL_KPI_LINK, ai.MODEL_PLAN, REQUIRED_ARTIFACT)
}
"""The tables that the catalogue can fill, by name; those of entities have the entity's columns."""


def defined_query(name: str, company: Company) -> str:
    """Return the query that gives what the catalogue says as rows of a table of DEFINED."""
    return values_query(DEFINED[name], list(_ROWS[name](company)))


def entities_defined(company: Company) -> list[str]:
    """Return the entities of which the catalogue itself has records."""
    return [name for name, table in DEFINED.items() if table.schema == STAGING and any(_ROWS[name](company))]


def _use_cases(company: Company) -> Iterator[Mapping[str, Any]]:
    for each in company.ai.use_cases:
        yield {
            "use_case_id": each.id,
            "name": each.name,
            "service_id": each.service,
            "owner": each.owner,
            "risk_tier": each.risk_tier,
            "approved_on": each.approved_on,
        }


def _models(company: Company) -> Iterator[Mapping[str, Any]]:
    for each in company.ai.models:
        yield {
            "model_id": each.id,
            "use_case_id": each.use_case,
            "name": each.name,
            "service_id": each.service,
            "owner": each.owner,
            "risk_tier": each.risk_tier,
            "approved_on": each.approved_on,
            "deployed_on": each.deployed_on,
            "retired_on": each.retired_on,
        }


def _kpi_links(company: Company) -> Iterator[Mapping[str, Any]]:
    directions = {kpi.id: kpi.direction for kpi in company.kpis if kpi.direction in ("up", "down")}
    for model in company.ai.models:
        for link in model.kpis:
            yield {
                "model_kpi_link_id": f"{model.id}@{link.kpi}",
                "model_id": model.id,
                "kpi_id": link.kpi,
                "direction": link.direction or directions.get(link.kpi),
                "baseline": exact(link.baseline),
                "unit_value": exact(link.unit_value),
                "currency": link.currency,
                "valid_from": link.from_,
            }


def _plans(company: Company) -> Iterator[Mapping[str, Any]]:
    for model in company.ai.models:
        for plan in model.plan:
            yield {
                "model_plan_id": f"{model.id}@{plan.from_}",
                "model_id": model.id,
                "planned_from": plan.from_,
                "planned_to": plan.to,
                "planned_value": exact(plan.value),
                "currency": plan.currency,
            }


def _required_artifacts(company: Company) -> Iterator[Mapping[str, Any]]:
    for each in company.ai.required_artifacts:
        for tier in dict.fromkeys(each.risk_tiers):
            yield {"artifact": each.artifact, "risk_tier": tier, "due": each.due}


_ROWS = {
    "ai_use_case": _use_cases,
    "model": _models,
    "model_kpi_link": _kpi_links,
    "model_plan": _plans,
    "required_artifact": _required_artifacts,
}
