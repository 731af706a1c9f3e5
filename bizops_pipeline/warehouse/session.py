"""A writer's session: system tables in place, the refresh on record from its start to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

from bizops_pipeline.contracts.audit import RUN, SYSTEM_TABLES
from bizops_pipeline.naming import SCHEMAS
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


@dataclass(frozen=True, slots=True)
class Session:
    """The open warehouse and the refresh that writes to it."""

    engine: Engine
    run: Run
    abandoned: tuple[str, ...] = ()
    """Earlier refreshes whose process was stopped, found by this one."""


def utc_now() -> datetime:
    """Return the present instant as the naive UTC timestamp that the warehouse stores."""
    return datetime.now(UTC).replace(tzinfo=None)


@contextmanager
def writer_session(
    engine: Engine,
    *,
    run_id: str,
    as_of: date,
    full: bool,
    code_version: str,
    fingerprint: str,
    reload: frozenset[str] = frozenset(),
) -> Iterator[Session]:
    """Register a refresh and hand out its session; a refresh that ends without publishing is marked failed."""
    # Here, for connections that work side by side cannot make the same schema or table both.
    for schema in SCHEMAS:
        engine.execute(f"create schema if not exists {schema}")
    for table in SYSTEM_TABLES:
        ensure(engine, table)
    started_at = utc_now()
    with engine.transaction():
        abandoned = _close_abandoned(engine, started_at)
        sequence = int(engine.scalar(f"select coalesce(max(sequence), 0) + 1 from {RUN.qualified}"))
        run = Run(run_id, sequence, as_of, started_at, full, reload)
        engine.execute(f"delete from {RUN.qualified} where run_id = ?", (run_id,))
        engine.insert(
            RUN,
            [
                {
                    "run_id": run_id,
                    "sequence": sequence,
                    "as_of": as_of,
                    "code_version": code_version,
                    "catalogue_fingerprint": fingerprint,
                    "started_at": started_at,
                    "status": "running",
                }
            ],
        )
    try:
        yield Session(engine, run, abandoned)
    finally:
        finish(engine, run, "failed", "it ended without publishing")


def finish(engine: Engine, run: Run, status: str, reason: str | None) -> None:
    """Put the end of a refresh on record, unless its end is on record already."""
    engine.execute(
        f"update {RUN.qualified} set status = ?, reason = ?, finished_at = ? where run_id = ? and status = 'running'",
        (status, reason, utc_now(), run.id),
    )


def is_published(engine: Engine, run: Run) -> bool:
    """Tell whether a refresh is on record as published."""
    return bool(engine.scalar(f"select status = 'published' from {RUN.qualified} where run_id = ?", (run.id,)))


def _close_abandoned(engine: Engine, now: datetime) -> tuple[str, ...]:
    # The writer's lock is held, so a run still on record as running was killed.
    found = engine.rows(f"select run_id from {RUN.qualified} where status = 'running' order by sequence")
    engine.execute(
        f"update {RUN.qualified} set status = 'failed', reason = 'its process was stopped', finished_at = ? "
        "where status = 'running'",
        (now,),
    )
    return tuple(run_id for (run_id,) in found)
