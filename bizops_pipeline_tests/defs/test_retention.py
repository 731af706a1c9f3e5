"""Old runs leave Dagster's history with all that is kept of them."""

from __future__ import annotations

import logging
import shutil
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable
from sqlalchemy import func, select

from bizops_pipeline.catalogue.models import CompanySettings
from bizops_pipeline.defs import retention
from bizops_pipeline.defs.execute import open_instance
from bizops_pipeline.defs.retention import forget_old_runs
from bizops_pipeline.settings import StatePaths

KEY = dg.AssetKey(["marts", "table"])
IN_A_YEAR = datetime.now(UTC) + timedelta(365)


@dg.asset(key=KEY, check_specs=[dg.AssetCheckSpec("money", asset=KEY)])
def table():
    """A table with a check."""
    yield dg.MaterializeResult(metadata={"rows": 7})
    yield dg.AssetCheckResult(check_name="money", passed=True)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder with a history of nothing: to make its tables takes longer than these tests."""
    folder = tmp_path_factory.mktemp("begun")
    open_instance(StatePaths(folder)).dispose()
    return folder


@pytest.fixture(params=["command line", "server"])
def instance(request: pytest.FixtureRequest, begun: Path, tmp_path: Path):
    """An instance as the command line opens it, and as a server does."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    with ExitStack() as stack:
        opened = stack.enter_context(open_instance(StatePaths(tmp_path)))
        if request.param == "server":
            opened = stack.enter_context(dg.DagsterInstance.from_config(str(StatePaths(tmp_path).dagster)))
        yield opened


def run_ids(instance: dg.DagsterInstance) -> list[str]:
    return [record.dagster_run.run_id for record in instance.get_run_records()]


def test_an_old_run_goes_with_its_events_and_checks(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    run_id = dg.materialize([table], instance=instance).run_id
    [events] = tmp_path.rglob(f"{run_id}.db")
    assert forget_old_runs(instance, 90) == 0
    assert run_ids(instance) == [run_id]

    assert forget_old_runs(instance, 90, IN_A_YEAR) == 1
    assert run_ids(instance) == []
    assert not events.exists()
    with instance.event_log_storage.index_connection() as connection:
        assert connection.execute(select(func.count()).select_from(AssetCheckExecutionsTable)).scalar() == 0

    again = dg.materialize([table], instance=instance)
    assert again.success
    assert instance.get_latest_materialization_event(KEY).run_id == again.run_id


def test_a_run_under_way_stays(instance: dg.DagsterInstance) -> None:
    @dg.job
    def refresh() -> None:
        """A job that somebody started."""

    run_id = instance.create_run_for_job(refresh, status=dg.DagsterRunStatus.STARTED).run_id
    assert forget_old_runs(instance, 90, IN_A_YEAR) == 0
    assert run_ids(instance) == [run_id]


def test_oldest_go_first_and_not_all_at_once(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST", 1)
    first, second = (dg.materialize([table], instance=instance).run_id for _ in range(2))
    assert forget_old_runs(instance, 90, IN_A_YEAR) == 1
    assert run_ids(instance) == [second] != [first]


def test_without_a_limit_all_runs_stay(instance: dg.DagsterInstance) -> None:
    run_id = dg.materialize([table], instance=instance).run_id
    assert forget_old_runs(instance, None, IN_A_YEAR) == 0
    assert run_ids(instance) == [run_id]
    assert CompanySettings(id="acme", name="Acme", run_history_days=None).run_history_days is None


def test_what_goes_wrong_is_told_and_changes_nothing_else(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    dg.materialize([table], instance=instance)

    def refuse(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(dg.DagsterInstance, "delete_run", refuse)
    with caplog.at_level(logging.WARNING, "bizops_pipeline"):
        assert forget_old_runs(instance, 90, IN_A_YEAR) == 0
    assert "No space left" in caplog.text
