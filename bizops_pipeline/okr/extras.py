"""What the catalogue says beyond core.dim_key_result: upper bounds of ranges, milestones, limits of KPIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from bizops_pipeline.catalogue.models import Kpi, Objective
from bizops_pipeline.contracts.table import Column, Table, Type, day, integer, number, text
from bizops_pipeline.okr.status import TEMPORARY

BOUND = Table(
    TEMPORARY,
    "okr_bound",
    "one row per key result of type range",
    ("key_result_id",),
    (
        text("key_result_id", "Key result.", required=True),
        Column("upper_bound", Type.COMPONENT, "Highest value that is inside the range."),
    ),
    "Upper bounds of ranges while progress is computed.",
)

MILESTONE = Table(
    TEMPORARY,
    "okr_milestone",
    "one row per milestone",
    ("key_result_id", "position"),
    (
        text("key_result_id", "Key result.", required=True),
        integer("position", "Order in the catalogue.", required=True),
        Column("weight", Type.COMPONENT, "Weight in the key result.", required=True),
        day("done_on", "Day on which it was reached; NULL while it is not."),
    ),
    "Milestones while progress is computed.",
)

LIMIT = Table(
    TEMPORARY,
    "okr_limit",
    "one row per KPI whose values have limits",
    ("kpi_id",),
    (
        text("kpi_id", "KPI.", required=True),
        number("lowest", "No value is below it."),
        number("highest", "No value is above it; NULL when there is no such limit."),
    ),
    "What values KPIs can have while progress is computed.",
)


def bound_rows(objectives: tuple[Objective, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the upper bounds as rows of BOUND."""
    for objective in objectives:
        for key_result in objective.key_results:
            if key_result.upper is not None:
                yield {"key_result_id": key_result.id, "upper_bound": exact(key_result.upper)}


def milestone_rows(objectives: tuple[Objective, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the milestones as rows of MILESTONE."""
    for objective in objectives:
        for key_result in objective.key_results:
            for position, milestone in enumerate(key_result.milestones, start=1):
                yield {
                    "key_result_id": key_result.id,
                    "position": position,
                    "weight": exact(milestone.weight),
                    "done_on": milestone.done,
                }


def limit_rows(kpis: Iterable[Kpi]) -> Iterator[Mapping[str, Any]]:
    """Yield the limits of KPIs as rows of LIMIT: shares from 0 to 1, counts from 0.

    An expression over other KPIs may be anything: a difference of counts, a growth in percent.
    """
    for kpi in kpis:
        if kpi.unit == "count" and kpi.type != "derived":
            yield {"kpi_id": kpi.id, "lowest": 0}
        elif kpi.unit == "percent" and kpi.type in ("ratio", "conversion"):
            yield {"kpi_id": kpi.id, "lowest": 0, "highest": 1}


def exact(value: float) -> Decimal:
    """Return a number as it was written in the catalogue: 0.71 and not the nearest binary fraction."""
    return Decimal(str(value))
