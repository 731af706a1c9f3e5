"""What was known when: marts.okr_progress_known and marts.okr_objective_known.

`okr_progress` and `okr_objective` recompute their past from the data there is today. These keep, per row, what each
refresh showed: a row is written when it is new or differs from what was shown before, and the one that it replaces is
closed. So "as known on D" is `known_from <= D and (known_to is null or known_to > D)`: what the last refresh showed
whose business date was D or earlier.
"""

from __future__ import annotations

from bizops_pipeline.contracts.marts.okr import (
    OKR_OBJECTIVE,
    OKR_OBJECTIVE_KNOWN,
    OKR_PROGRESS,
    OKR_PROGRESS_KNOWN,
)
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import date_literal, literal, quoted
from bizops_pipeline.okr.steps import kept
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

REMEMBERED = ((OKR_PROGRESS, OKR_PROGRESS_KNOWN), (OKR_OBJECTIVE, OKR_OBJECTIVE_KNOWN))
"""Each mart and the one that keeps what it showed."""

VALIDITY = ("known_from", "known_to", "run_id")


def remember(engine: Engine, run: Run) -> None:
    """Write down what this refresh shows otherwise than the one before; call in the transaction of the marts.

    A refresh for an earlier business date than the last looks back: it shows what would be, and is not remembered.
    """
    for shown, known in REMEMBERED:
        latest = engine.scalar(
            f"select max(day) from (select max(known_from) as day from {known.qualified} "
            f"union all select max(known_to) from {known.qualified}) as days"
        )
        if latest is None or latest <= run.as_of:
            _remember(engine, shown, known, run)


def _remember(engine: Engine, shown: Table, known: Table, run: Run) -> None:
    columns = [name for name in known.column_names if name not in VALIDITY]
    listed = ", ".join(quoted(name) for name in columns)
    same = " and ".join(f"held.{quoted(name)} is not distinct from now.{quoted(name)}" for name in columns)
    today = date_literal(run.as_of)
    new = (
        f"select {listed} from {shown.qualified} as now "
        f"where not exists (select 1 from {known.qualified} as held where held.known_to is null and {same})"
    )
    with kept(engine, {"okr_new": new}):
        engine.execute(
            f"update {known.qualified} as held set known_to = {today} where held.known_to is null "
            f"and not exists (select 1 from {shown.qualified} as now where {same})"
        )
        engine.execute(
            f"insert into {known.qualified} ({listed}, known_from, known_to, run_id) "
            f"select {listed}, {today}, cast(null as date), {literal(run.id)} from okr_new"
        )
