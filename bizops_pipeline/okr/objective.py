"""marts.okr_objective: every objective on every day, rolled up from its key results and the objectives it counts.

Objectives are rolled up from the bottom of the tree: first those that count no children, then those that count these,
and so on. The grade of an objective whose days for late data are over is frozen on the way (`final`).
"""

from __future__ import annotations

from collections.abc import Sequence

from bizops_pipeline.catalogue.models import Company, Objective
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal
from bizops_pipeline.okr import final
from bizops_pipeline.okr.status import BAND, band_rows
from bizops_pipeline.okr.steps import kept, query
from bizops_pipeline.warehouse.changes import check_returns_contract, ensure, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

PART, SCORE, GRADED = "okr_part", "okr_score", "okr_graded"
"""Temporary tables: the parts of the objectives of one height, scores so far, scores with grades."""


def build(engine: Engine, company: Company, run: Run) -> int:
    """Compute marts.okr_objective from marts.okr_progress, freeze what is final, and return the number of rows."""
    ensure(engine, OKR_OBJECTIVE)
    bands = values_query(BAND, list(band_rows(company.settings.okr_status_preset)))
    steps = {BAND.name: bands, **{step: query(step, run.as_of) for step in ("okr_objective_day", "okr_item")}}
    with engine.transaction(), kept(engine, steps):
        _score(engine, company.objectives, run)
        with kept(engine, {GRADED: query(GRADED, run.as_of)}):
            final.freeze(engine, run)
            objectives = f"select *, {literal(run.id)} as run_id from ({query(OKR_OBJECTIVE.name, run.as_of)}) as shown"
            check_returns_contract(engine, OKR_OBJECTIVE, objectives)
            done = replace(engine, OKR_OBJECTIVE, objectives, run)
        engine.execute(f"drop table {SCORE}")
    return done.total


def by_height(objectives: Sequence[Objective]) -> list[list[str]]:
    """Return ids of objectives from the bottom up: each list counts in its scores only objectives of earlier lists."""
    children: dict[str, list[str]] = {each.id: [] for each in objectives}
    for each in objectives:
        if each.parent in children:
            children[each.parent].append(each.id)
    counting = {each.id for each in objectives if each.roll_up == "with_children"}

    def height(id: str) -> int:
        return 1 + max((height(child) for child in children[id]), default=-1) if id in counting else 0

    heights = {each.id: height(each.id) for each in objectives}
    return [[id for id, found in heights.items() if found == level] for level in sorted(set(heights.values()))]


def _score(engine: Engine, objectives: Sequence[Objective], run: Run) -> None:
    rolled, child = (query(step, run.as_of) for step in ("okr_rolled", "okr_child"))
    # The tables of no objective have the right columns and types to begin with.
    engine.execute(f"create or replace temp table {PART} as select * from okr_item where 1 = 0")
    engine.execute(f"create or replace temp table {SCORE} as {rolled}")
    for ids in by_height(objectives):
        listed = ", ".join(literal(id) for id in ids)
        parts = f"select * from okr_item union all select * from ({child}) as child"
        engine.execute(
            f"create or replace temp table {PART} as select * from ({parts}) as part where objective_id in ({listed})"
        )
        engine.execute(f"insert into {SCORE} {rolled}")
    engine.execute(f"drop table {PART}")
