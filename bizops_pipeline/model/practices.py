"""What the catalogue says of practices, as rows: their targets, assessments, KPIs and improvements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, get_args

from bizops_pipeline.catalogue.models import Practice
from bizops_pipeline.catalogue.models.practice import Dimension
from bizops_pipeline.contracts.core import capability
from bizops_pipeline.contracts.table import Table

Rows = Sequence[Mapping[str, Any]]


def practice_rows(practices: Sequence[Practice]) -> dict[Table, Rows]:
    """Return the rows of the tables that practices make."""
    return {
        capability.DIM_PRACTICE: [_practice(each) for each in practices],
        capability.DIM_PRACTICE_TARGET: [row for each in practices for row in _targets(each)],
        capability.DIM_DECLARED_ASSESSMENT: [row for each in practices for row in _assessments(each)],
        capability.BRIDGE_PRACTICE_KPI: [
            {"practice_id": each.id, "kpi_id": kpi} for each in practices for kpi in dict.fromkeys(each.drives)
        ],
        capability.DIM_IMPROVEMENT: [row for each in practices for row in _improvements(each)],
        capability.BRIDGE_IMPROVEMENT_DEPENDENCY: [
            {"improvement_id": improvement.id, "depends_on_id": other}
            for each in practices
            for improvement in each.improvements
            for other in dict.fromkeys(improvement.depends_on)
        ],
    }


def _practice(practice: Practice) -> dict[str, Any]:
    return {
        "practice_id": practice.id,
        "name": practice.name,
        "description": practice.description,
        "owner": practice.owner,
        "team_id": practice.team,
        "value_stream_id": practice.value_stream,
        "service_id": practice.service,
    }


def _targets(practice: Practice) -> Rows:
    return [
        {"practice_id": practice.id, "dimension": name, "target": Decimal(str(practice.target_of(name)))}
        for name in get_args(Dimension)
    ]


def _assessments(practice: Practice) -> Rows:
    return [
        {
            "assessment_id": f"{practice.id}:{dimension}:{assessment.assessed_on}",
            "practice_id": practice.id,
            "dimension": dimension,
            "score": Decimal(str(score)),
            "assessed_on": assessment.assessed_on,
            "evidence": assessment.evidence,
        }
        for assessment in practice.assessments
        for dimension, score in assessment.scores.items()
    ]


def _improvements(practice: Practice) -> Rows:
    return [
        {
            "improvement_id": each.id,
            "practice_id": practice.id,
            "title": each.title,
            "dimension": each.dimension,
            "effort_days": Decimal(str(each.effort_days)),
            "owner": each.owner,
            "roles": ", ".join(each.roles) or None,
            "due_on": each.due,
            "done_on": each.done,
        }
        for each in practice.improvements
    ]
