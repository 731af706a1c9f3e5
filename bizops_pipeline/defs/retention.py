"""Old runs leave Dagster's history, which by itself keeps every one; the warehouse's own books keep theirs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy.exc import SQLAlchemyError

from bizops_pipeline.defs import log

MOST = 50
"""Runs that are deleted at once: a history that nobody has pruned for years must not hold a refresh up."""


def forget_old_runs(instance: dg.DagsterInstance, days: int | None, now: datetime | None = None) -> int:
    """Delete finished runs that were started more than some days ago, oldest first, and return how many.

    None keeps them all. What goes wrong is logged: it must not change how a refresh ends.
    """
    if days is None:
        return 0
    old = dg.RunsFilter(statuses=list(FINISHED_STATUSES), created_before=(now or datetime.now(UTC)) - timedelta(days))
    try:
        records = instance.get_run_records(old, limit=MOST, ascending=True)
        for record in records:
            _delete(instance, record.dagster_run.run_id)
    except (SQLAlchemyError, OSError, dg.DagsterError) as error:
        log.logger.warning("runs of more than %s days ago cannot be deleted from Dagster's history: %s", days, error)
        return 0
    if records:
        log.logger.info("%s runs of more than %s days ago were deleted from Dagster's history", len(records), days)
    return len(records)


def _delete(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run with what Dagster leaves of it: results of its checks, and the emptied file of its events."""
    instance.delete_run(run_id)
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        with storage.index_connection() as connection:
            connection.execute(AssetCheckExecutionsTable.delete().where(AssetCheckExecutionsTable.c.run_id == run_id))
        events = Path(storage.path_for_shard(run_id))
        for file in (events, events.with_name(f"{events.name}-wal"), events.with_name(f"{events.name}-shm")):
            file.unlink(missing_ok=True)
