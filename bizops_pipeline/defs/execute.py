"""Running the refresh job in this process, and what came of it in words and an exit code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import yaml
from dagster import DagsterInstance
from dagster._core.instance.ref import InstanceRef
from sqlalchemy.exc import DBAPIError

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.defs.assemble import definitions_for
from bizops_pipeline.defs.history import kept_history
from bizops_pipeline.defs.reasons import Failure, failures, warnings
from bizops_pipeline.errors import StateError
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.lock import writer_lock

INSTANCE_SETTINGS = Path(__file__).with_name("dagster.yaml")
EVENT_BATCH = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}
"""By which Dagster hands the storage all events that a run plans at once; it looks at the environment only."""

_STORAGES = {"storage", "run_storage", "event_log_storage", "schedule_storage"}
"""Settings by which an instance keeps its history elsewhere than in its folder."""


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
    return Outcome(result.run_id, result.success, tuple(failures(events)), tuple(warnings(events)))


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
