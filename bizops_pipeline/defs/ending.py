"""How runs end, told where people look: the last refresh for `bizops status`, killed runs in Dagster's history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dagster as dg
from dagster import DagsterEventType

from bizops_pipeline.defs import log
from bizops_pipeline.defs.jobs import REFRESH
from bizops_pipeline.defs.reasons import failures
from bizops_pipeline.errors import BizopsError
from bizops_pipeline.publish.last_run import LastRun, write_last_run
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.session import utc_now


@dataclass(slots=True)
class Ending:
    """How a run ended, as far as it is known yet."""

    published: bool = False


@contextmanager
def kept_for_status(context: dg.InitResourceContext, paths: StatePaths) -> Iterator[Ending]:
    """Keep how a refresh ended, whoever started it; runs of other jobs are no refreshes."""
    ending = Ending()
    reasons: list[str] = []
    try:
        yield ending
    except BizopsError as error:
        reasons = [f"warehouse: {error}"]
        raise
    finally:
        run = context.run
        if run is not None and run.job_name == REFRESH:
            reasons = reasons or _reasons(context.instance, run.run_id, ending)
            finished_at = utc_now().isoformat(sep=" ", timespec="seconds")
            last = LastRun(run.run_id, finished_at, ending.published and not reasons, tuple(reasons))
            try:
                write_last_run(paths.root, last)
            except OSError as error:  # such as a full disk, which must not change how the refresh ends
                log.logger.warning("how the refresh ended cannot be kept for `bizops status`: %s", error)


def _reasons(instance: dg.DagsterInstance | None, run_id: str, ending: Ending) -> list[str]:
    wanted = {DagsterEventType.STEP_FAILURE}
    if not ending.published:
        wanted.add(DagsterEventType.ASSET_CHECK_EVALUATION)
    entries = instance.all_logs(run_id, of_type=wanted) if instance else []
    found = failures([entry.dagster_event for entry in entries if entry.dagster_event])
    return [f"{failure.step}: {failure.message}" for failure in found]


def report_killed(instance: dg.DagsterInstance | None, run_ids: Iterable[str]) -> None:
    """End runs whose process was killed in Dagster's history too: without a daemon they would seem to run for ever."""
    for run_id in run_ids:
        run = instance.get_run_by_id(run_id) if instance else None
        if instance and run and not run.is_finished:
            instance.report_run_failed(run, "Its process was stopped; a later run found it so.")
