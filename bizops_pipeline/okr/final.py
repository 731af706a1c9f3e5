"""marts.okr_final and marts.okr_restatement: scores that are frozen, and later computations that differ from them.

A score is final on the last of the days for late data after its objective's period. The first refresh that reaches
that day freezes it as it is then. A later one that computes another score for that day leaves the frozen one and logs
the difference, once per difference.
"""

from __future__ import annotations

from bizops_pipeline.contracts.marts.okr import OKR_FINAL, OKR_RESTATEMENT
from bizops_pipeline.naming import date_literal, literal
from bizops_pipeline.okr.steps import kept, query
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

CLOSED = "okr_closed"


def freeze(engine: Engine, run: Run) -> None:
    """Log what differs from frozen scores, then freeze those that became final; call in the transaction of the scores.

    Reads the temporary table okr_graded.
    """
    noticed = date_literal(run.as_of)
    with kept(engine, {CLOSED: query(CLOSED, run.as_of)}):
        engine.execute(
            f"insert into {OKR_RESTATEMENT.qualified} (subject, subject_id, as_of, old_score, new_score, old_grade, "
            f"new_grade, noticed_on, refresh, run_id) select restated.*, {noticed}, {run.sequence}, {literal(run.id)} "
            f"from ({query('okr_restated', run.as_of)}) as restated"
        )
        engine.execute(
            f"insert into {OKR_FINAL.qualified} (subject, subject_id, as_of, score, grade, frozen_on, run_id) "
            f"select closed.*, {noticed}, {literal(run.id)} from {CLOSED} as closed "
            f"where not exists (select 1 from {OKR_FINAL.qualified} as frozen "
            "where frozen.subject = closed.subject and frozen.subject_id = closed.subject_id)"
        )
