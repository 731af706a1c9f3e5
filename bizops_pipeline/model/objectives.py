"""What the catalogue says of objectives and key results, as rows: the tree, the key results, the targets they had."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.catalogue.models import Company, KeyResult, Kpi, Objective
from bizops_pipeline.contracts.core import steering
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.contracts.vocabulary import ALWAYS, CADENCE_DAYS, FOR_EVER, dimensions_of, scope_of
from bizops_pipeline.naming import canonical_dimensions

Rows = Sequence[Mapping[str, Any]]

GRAIN_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
"""Longest time between two values; what is reported once has no cycle."""


def objective_rows(company: Company) -> dict[Table, Rows]:
    """Return the rows of the tables that objectives make."""
    results = [(objective, each) for objective in company.objectives for each in objective.key_results]
    return {
        steering.DIM_OBJECTIVE: [_objective(company, each) for each in company.objectives],
        steering.DIM_KEY_RESULT: [_key_result(company, objective, each) for objective, each in results],
        steering.DIM_KEY_RESULT_TARGET: [row for _, each in results for row in _targets(each)],
    }


def late_days(company: Company, objective: Objective) -> int:
    """Return for how many days after its period late data may still change an objective's grade.

    That is the company's setting, or longer where a KPI that feeds it, or an objective that it counts, allows more.
    """
    kpis = {kpi.id: kpi for kpi in company.kpis}
    fed = [_lateness(kpis, each.kpi) for each in objective.key_results if each.kpi]
    if objective.roll_up == "with_children":
        for child in company.objectives:
            if child.parent == objective.id:
                final = child.period.to + timedelta(days=late_days(company, child))
                fed.append((final - objective.period.to).days)
    return max([company.settings.okr_late_days, *fed])


def _lateness(kpis: Mapping[str, Kpi], id: str) -> int:
    kpi = kpis.get(id)
    if kpi is None:
        return 0
    return max([kpi.late_arrival_days, *(_lateness(kpis, name) for _, name in references(kpi))])


def _objective(company: Company, objective: Objective) -> dict[str, Any]:
    return {
        "objective_id": objective.id,
        "title": objective.title,
        "level": objective.level,
        "parent_id": objective.parent,
        "value_stream_id": objective.value_stream,
        "team_id": objective.team,
        "value_domain": objective.value_domain,
        "kind": objective.kind,
        "owner_business": objective.owners.business,
        "owner_it": objective.owners.it,
        "period_from": objective.period.from_,
        "period_to": objective.period.to,
        "roll_up": objective.roll_up,
        "weights": objective.weights,
        "weight": exact(objective.weight),
        "late_days": late_days(company, objective),
    }


def _key_result(company: Company, objective: Objective, key_result: KeyResult) -> dict[str, Any]:
    scope, member = scope_of(key_result.where) or ("company", company.settings.id)
    measured = key_result.kpi is not None
    zones = key_result.zones
    return {
        "key_result_id": key_result.id,
        "objective_id": objective.id,
        "title": key_result.title or key_result.id,
        "type": key_result.type,
        "source": source_of(key_result),
        "kpi_id": key_result.kpi,
        "grain": key_result.grain if measured else None,
        "scope_type": scope if measured else None,
        "scope_id": member if measured else None,
        "dimensions": canonical_dimensions(dimensions_of(key_result.where)) if measured else None,
        "baseline": exact(key_result.baseline),
        "target": exact(key_result.target),
        "start_on": key_result.start or objective.period.from_,
        "due_on": key_result.due or objective.period.to,
        "weight": exact(key_result.weight) if objective.weights == "given" else None,
        "unit_value": exact(key_result.unit_value or 1) if objective.weights == "size" else None,
        "supports_id": key_result.supports,
        "effect": key_result.effect or ("output" if key_result.type in ("milestone", "binary") else "outcome"),
        "curve": key_result.curve if isinstance(key_result.curve, str) else "phased",
        "cycle_days": _cycle_days(key_result),
        "commit_zone": exact(zones.commit) if zones else None,
        "target_zone": exact(zones.target) if zones else None,
    }


def source_of(key_result: KeyResult) -> str:
    """Return whether a KPI measures a key result or a person reports it."""
    return key_result.source or ("measured" if key_result.kpi else "reported")


def _cycle_days(key_result: KeyResult) -> int | None:
    if key_result.type == "milestone":
        return None
    if source_of(key_result) == "measured":
        return GRAIN_DAYS.get(key_result.grain)
    return CADENCE_DAYS.get(key_result.cadence)


def _targets(key_result: KeyResult) -> Iterator[dict[str, Any]]:
    held: list[tuple[date, float | None, str | None]] = [(ALWAYS, key_result.target, None)]
    held += [(change.from_, change.target, change.reason) for change in key_result.changes]
    for (since, target, reason), (until, _, _) in pairwise([*held, (FOR_EVER, None, None)]):
        yield {
            "key_result_id": key_result.id,
            "valid_from": since,
            "valid_to": until,
            "target": exact(target),
            "upper_bound": exact(key_result.upper),
            "reason": reason,
        }


def exact(value: float | None) -> Decimal | None:
    """Return a number as it was written in the catalogue: 0.71 and not the nearest binary fraction."""
    return None if value is None else Decimal(str(value))
