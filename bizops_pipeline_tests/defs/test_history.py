"""The run history that the command line writes is the one that Dagster's own storage reads."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from bizops_pipeline.defs.execute import INSTANCE_SETTINGS, open_instance
from bizops_pipeline.defs.history import KeptEventLogStorage
from bizops_pipeline.settings import StatePaths

KEY = dg.AssetKey(["marts", "table"])
CHECK = dg.AssetCheckKey(KEY, "money")


@dg.asset(key=KEY, check_specs=[dg.AssetCheckSpec("money", asset=KEY)])
def table(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    """A table with a check."""
    context.log.info("rows were written")
    yield dg.MaterializeResult(metadata={"rows": 7})
    yield dg.AssetCheckResult(check_name="money", passed=True)


def run(paths: StatePaths) -> str:
    with open_instance(paths) as instance:
        assert isinstance(instance.event_log_storage, KeptEventLogStorage)
        return dg.materialize([table], instance=instance).run_id


def test_the_servers_storage_reads_what_the_command_line_wrote(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path)
    first, second = run(paths), run(paths)
    with dg.DagsterInstance.from_config(str(paths.dagster)) as stock:
        assert type(stock.event_log_storage) is not KeptEventLogStorage
        assert [record.dagster_run.run_id for record in stock.get_run_records()] == [second, first]
        assert all(record.dagster_run.is_success for record in stock.get_run_records())
        stored = stock.get_latest_materialization_event(KEY)
        assert stored is not None
        assert stored.run_id == second
        assert stored.asset_materialization is not None
        assert stored.asset_materialization.metadata["rows"].value == 7
        checked = stock.event_log_storage.get_latest_asset_check_execution_by_key([CHECK])[CHECK]
        assert checked.run_id == second
        assert checked.status.value == "SUCCEEDED"
        assert "rows were written" in [event.user_message for event in stock.all_logs(first)]


def test_events_are_there_for_readers_while_a_run_goes_on(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path)
    seen = []

    @dg.op
    def look(context: dg.OpExecutionContext) -> None:
        context.log.info("so far so good")
        with dg.DagsterInstance.from_config(str(paths.dagster)) as stock:
            seen.extend(event.user_message for event in stock.all_logs(context.run_id))

    @dg.job
    def watched() -> None:
        look()

    with open_instance(paths) as instance:
        watched.execute_in_process(instance=instance)
    assert "so far so good" in seen


def test_a_storage_that_the_instance_names_itself_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = StatePaths(tmp_path)
    paths.create()
    monkeypatch.chdir(tmp_path)
    settings = INSTANCE_SETTINGS.read_text(encoding="utf-8")
    (paths.dagster / "dagster.yaml").write_text(
        settings + "storage: {sqlite: {base_dir: elsewhere}}\n", encoding="utf-8"
    )
    with open_instance(paths) as instance:
        assert not isinstance(instance.event_log_storage, KeptEventLogStorage)
    assert (tmp_path / "elsewhere").is_dir()
