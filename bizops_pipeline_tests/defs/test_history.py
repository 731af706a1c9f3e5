"""The run history that the command line writes is the one that Dagster's own storage reads."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

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


def stored(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every table of a history of events, by file and table; a run's file is named after the run."""
    found = {}
    for file in sorted(folder.glob("*.db")):
        with closing(sqlite3.connect(file)) as connection:
            for (name,) in connection.execute("select name from sqlite_master where type = 'table'").fetchall():
                result = connection.execute(f"select * from {name}")
                times = ("create_timestamp", "migration_completed")
                own = [place for place, column in enumerate(result.description) if column[0] not in times]
                found[f"{file.name} {name}"] = [tuple(row[place] for place in own) for row in result.fetchall()]
    return found


def test_what_is_stored_is_what_dagsters_own_storage_stores(tmp_path: Path) -> None:
    paths = StatePaths(tmp_path / "state")
    runs = [run(paths), run(paths)]
    with open_instance(paths) as instance:
        events = [record for id in runs for record in instance.all_logs(id)]
    stock = SqliteEventLogStorage(str(tmp_path / "stock"))
    for event in events:
        stock.store_event(event)
    kept = stored(paths.dagster / "history" / "runs")
    assert kept == stored(tmp_path / "stock")
    assert all(kept[f"index.db {name}"] for name in ("event_logs", "asset_keys", "asset_check_executions"))


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
