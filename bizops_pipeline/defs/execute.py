"""Running the refresh job in this process, and what came of it in words and an exit code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import yaml
from dagster import DagsterEvent, DagsterInstance
from dagster._core.instance.ref import InstanceRef
from dagster_shared.error import SerializableErrorInfo
from sqlalchemy.exc import DBAPIError

from bizops_pipeline import errors
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.defs.assemble import definitions_for
from bizops_pipeline.defs.history import kept_history
from bizops_pipeline.errors import StateError
from bizops_pipeline.publish.last_run import LastRun, write_last_run
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.lock import writer_lock
from bizops_pipeline.warehouse.session import utc_now

INSTANCE_SETTINGS = Path(__file__).with_name("dagster.yaml")
EVENT_BATCH = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}
"""By which Dagster hands the storage all events that a run plans at once; it looks at the environment only."""

_STORAGES = {"storage", "run_storage", "event_log_storage", "schedule_storage"}
"""Settings by which an instance keeps its history elsewhere than in its folder."""

_STOPPED = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
"""Errors by which a signal ends a run."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a run did not succeed."""

    step: str
    message: str
    exit_code: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended."""

    run_id: str
    succeeded: bool
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def exit_code(self) -> int:
        """0 done, 1 failed checks, 2 bad catalogue or usage, 3 source trouble."""
        if self.succeeded:
            return 0
        return max((failure.exit_code for failure in self.failures), default=1)


def execute(
    company: Company,
    paths: StatePaths,
    *,
    job: str = "refresh",
    as_of: str | None = None,
    full: bool = False,
    reload: Sequence[str] = (),
) -> Outcome:
    """Execute a job of the company in this process, recorded in the instance that the UI shows."""
    definitions = definitions_for(company, paths)
    settings: dict[str, object] = {"full": full, "reload": list(reload)}
    if as_of:
        settings["as_of"] = as_of
    for name, value in EVENT_BATCH.items():
        os.environ.setdefault(name, value)
    with _told_of_history(paths), open_instance(paths) as instance:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={
                "resources": {"warehouse": {"config": settings}},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        events = result.all_events
    outcome = Outcome(result.run_id, result.success, tuple(failures(events)), tuple(warnings(events)))
    reasons = tuple(f"{failure.step}: {failure.message}" for failure in outcome.failures)
    finished_at = utc_now().isoformat(sep=" ", timespec="seconds")
    write_last_run(paths.root, LastRun(outcome.run_id, finished_at, outcome.succeeded, reasons))
    return outcome


@contextmanager
def _told_of_history(paths: StatePaths) -> Iterator[None]:
    """Say what is wrong with the instance's settings and its history: Dagster takes them for granted."""
    try:
        yield
    except (yaml.YAMLError, dg.DagsterInvalidConfigError) as error:
        raise StateError(
            f"{paths.dagster / 'dagster.yaml'} does not describe a Dagster instance. Correct it; or delete it, and the "
            f"next refresh writes it anew. {error}"
        ) from error
    except DBAPIError as error:
        raise StateError(
            f"the history of runs in {paths.dagster} cannot be read or written: {error.orig}. If the disk is full, "
            "free space. If the history is damaged, delete the folder: no table depends on it. Then refresh again."
        ) from error


def open_instance(paths: StatePaths) -> DagsterInstance:
    """Open the company's Dagster instance, with the package's settings where it has none."""
    paths.create()
    # Two first runs at once would both make the instance's tables.
    with writer_lock(paths.root / "dagster.lock", "opening the Dagster instance", wait_seconds=60):
        settings = paths.dagster / "dagster.yaml"
        if not settings.exists():
            shutil.copy(INSTANCE_SETTINGS, settings)
        found = yaml.safe_load(settings.read_text(encoding="utf-8")) or {}
        # Dagster takes the path of its settings for a pattern: in a folder such as `acme [test]` it finds none of them.
        overrides = found if _STORAGES & found.keys() else {**found, **kept_history(paths.dagster)}
        return DagsterInstance.from_ref(InstanceRef.from_dir(str(paths.dagster), overrides=overrides))


def failures(events: Sequence[DagsterEvent]) -> Iterable[Failure]:
    """Return why a run failed: checks first, then steps, each with the message of its cause."""
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR:
                yield Failure(evaluation.asset_key.to_user_string(), check_message(event), 1)
    steps = [event for event in events if event.is_step_failure]
    for event in steps:
        yield from _of_error(event.step_key or "", event.step_failure_data.error)
    for event in events:
        if event.is_failure and not steps:
            yield from _of_error("warehouse", event.job_failure_data.error)


def warnings(events: Sequence[DagsterEvent]) -> Iterable[str]:
    """Return what checks warned of."""
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.WARN:
                yield f"{evaluation.asset_key.to_user_string()}: {check_message(event)}"


def check_message(event: DagsterEvent) -> str:
    """Return one line on a failed check: its name and what it says."""
    evaluation = event.asset_check_evaluation_data
    return f"{evaluation.check_name}: {evaluation.description or 'failed'}"


def _of_error(step: str, error: SerializableErrorInfo | None) -> Iterable[Failure]:
    """Return the failure that an error tells: the pipeline's own error where there is one, else the first cause."""
    chain: list[SerializableErrorInfo] = []
    while error is not None:
        chain.append(error)
        error = error.cause
    for found in chain:
        kind = getattr(errors, found.cls_name or "", None)
        if isinstance(kind, type) and issubclass(kind, errors.BizopsError):
            yield Failure(step, found.message.split(": ", 1)[-1].strip(), kind.exit_code)
            return
    if chain and chain[-1].cls_name in _STOPPED:
        yield Failure(step, "a signal stopped the refresh here (SIGTERM, or Ctrl-C). Refresh again.", 1)
        return
    # A blocking check that failed is told by its own event.
    if chain and chain[-1].cls_name != "DagsterAssetCheckFailedError":
        yield Failure(step, chain[-1].message.strip(), 1)
