"""How goals stand on their latest day in the warehouse, as rows for people: titles, bars, values in their units."""

from __future__ import annotations

from datetime import date
from typing import Any

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.display import bar, display, display_target, percent, unit_of_key_result
from bizops_pipeline.warehouse.engine import Engine

MOST = 40
"""Rows shown."""
CELLS = 10
"""Length of a bar."""

_KEY_RESULTS = f"""
select
    coalesce(key_result.title, progress.key_result_id) as title, progress.key_result_id, key_result.kpi_id,
    key_result.type, progress.progress, progress.expected_progress, progress.current_value, progress.target,
    progress.upper_bound, progress.forecast_value,
    progress.status, progress.source, progress.data_on, progress.is_fresh
from marts.okr_progress as progress
left join core.dim_key_result as key_result on key_result.key_result_id = progress.key_result_id
qualify row_number() over (partition by progress.key_result_id order by progress.as_of desc) = 1
order by progress.as_of desc, progress.objective_id, progress.key_result_id
limit {MOST}
"""

_OBJECTIVES = f"""
select
    coalesce(definition.title, objective.objective_id) as title, objective.objective_id, objective.score,
    objective.expected_score, objective.status, objective.weakest_key_result_id, objective.coverage,
    objective.hard_data_share, objective.grade
from marts.okr_objective as objective
left join core.dim_objective as definition on definition.objective_id = objective.objective_id
qualify row_number() over (partition by objective.objective_id order by objective.as_of desc) = 1
order by objective.as_of desc, objective.objective_id
limit {MOST}
"""


def latest_key_results(engine: Engine, company: Company) -> list[dict[str, Any]]:
    """Return the key results, each with its progress against pace, its values and how old these are."""
    units, currency = {kpi.id: kpi.unit for kpi in company.kpis}, company.settings.reporting_currency

    def unit(row: dict[str, Any]) -> str | None:
        return unit_of_key_result(row["type"], units.get(row["kpi_id"]))

    def shown(row: dict[str, Any], column: str) -> str:
        return display(row[column], unit(row), currency)

    return [
        {
            "key result": row["title"],
            "id": row["key_result_id"],
            "": bar(row["progress"], CELLS),
            "progress": percent(row["progress"]),
            "expected by now": percent(row["expected_progress"]),
            "now": shown(row, "current_value"),
            "target": display_target(row["target"], row["upper_bound"], unit(row), currency),
            "forecast": shown(row, "forecast_value"),
            "status": row["status"].replace("_", " "),
            "source": row["source"],
            "latest value": _age(row["data_on"], is_fresh=row["is_fresh"]),
        }
        for row in engine.dicts(_KEY_RESULTS)
    ]


def latest_objectives(engine: Engine) -> list[dict[str, Any]]:
    """Return the objectives, each with its score against pace, its weakest key result and what the score rests on."""
    return [
        {
            "objective": row["title"],
            "id": row["objective_id"],
            "": bar(row["score"], CELLS),
            "score": percent(row["score"]),
            "expected by now": percent(row["expected_score"]),
            "status": row["status"].replace("_", " "),
            "weakest key result": row["weakest_key_result_id"],
            "weight with data": percent(row["coverage"]),
            "weight that KPIs measure": percent(row["hard_data_share"]),
            "grade": row["grade"],
        }
        for row in engine.dicts(_OBJECTIVES)
    ]


def _age(data_on: date | None, *, is_fresh: bool) -> str:
    if data_on is None:
        return "none"
    return str(data_on) if is_fresh else f"{data_on}, too old"
