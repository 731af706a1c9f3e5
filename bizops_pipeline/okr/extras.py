"""What the catalogue says beyond core.dim_key_result: milestones, points of curves, limits of KPIs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bizops_pipeline.catalogue.bounds import conceivable_bounds
from bizops_pipeline.catalogue.models import Kpi, Objective
from bizops_pipeline.contracts.table import Column, Table, Type, day, integer, number, text
from bizops_pipeline.model.objectives import exact
from bizops_pipeline.okr.status import TEMPORARY

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

CURVE_POINT = Table(
    TEMPORARY,
    "okr_curve_point",
    "one row per share of the way that a key result is expected to have made by a day",
    ("key_result_id", "on_day"),
    (
        text("key_result_id", "Key result.", required=True),
        day("on_day", "Day.", required=True),
        Column("share", Type.WEIGHT, "Share expected by the end of the day.", required=True),
    ),
    "Points of expected progress while progress is computed.",
)

LIMIT = Table(
    TEMPORARY,
    "okr_limit",
    "one row per KPI whose values have limits",
    ("kpi_id",),
    (
        text("kpi_id", "KPI.", required=True),
        number("lowest", "No value is below it; NULL when there is no such limit."),
        number("highest", "No value is above it; NULL when there is no such limit."),
    ),
    "What values KPIs can have while progress is computed.",
)


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


def curve_point_rows(objectives: tuple[Objective, ...]) -> Iterator[Mapping[str, Any]]:
    """Yield the dated shares of phased targets as rows of CURVE_POINT."""
    for objective in objectives:
        for key_result in objective.key_results:
            for point in key_result.curve if not isinstance(key_result.curve, str) else ():
                yield {"key_result_id": key_result.id, "on_day": point.by, "share": exact(point.share)}


def limit_rows(kpis: Iterable[Kpi]) -> Iterator[Mapping[str, Any]]:
    """Yield the limits of KPIs as rows of LIMIT."""
    for kpi in kpis:
        bounds = conceivable_bounds(kpi)
        if bounds and (bounds.min, bounds.max) != (None, None):
            yield {"kpi_id": kpi.id, "lowest": bounds.min, "highest": bounds.max}
