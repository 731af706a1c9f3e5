"""A publication is whole or it is not there."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.errors import ChecksFailed, StateError
from bizops_pipeline.model import calendar
from bizops_pipeline.publish.cut_views import cut_views
from bizops_pipeline.publish.publication import current, publish, read_manifest
from bizops_pipeline.publish.reading import read_only
from bizops_pipeline.publish.tables import PUBLISHED, TABLES, VIEWS
from bizops_pipeline.publish.unchanged import Earlier
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.publish.world import PASSED, company, fill, finish, run, warehouse, write_definitions


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse that is ready to be published by its first refresh."""
    folder = tmp_path_factory.mktemp("finished")
    engine = DuckDBEngine.open(folder / "warehouse.duckdb")
    write_definitions(engine)
    fill(engine)
    finish(engine, company(), run(1))
    engine.close()
    return folder


@pytest.fixture
def engine(finished: Path, tmp_path: Path) -> Iterator[DuckDBEngine]:
    """A warehouse of the test's own in which the first refresh did everything but publish."""
    shutil.copy(finished / "warehouse.duckdb", tmp_path)
    found = DuckDBEngine.open(tmp_path / "warehouse.duckdb", allowed=[tmp_path])
    yield found
    found.close()


@pytest.fixture
def filled(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """A warehouse in which no refresh has done anything after the KPIs."""
    found = warehouse(tmp_path)
    fill(found)
    yield found
    found.close()


def test_a_publication_holds_every_table_documented_and_counted(engine: DuckDBEngine, tmp_path: Path) -> None:
    made = publish(engine, company(), run(), tmp_path / "published")
    assert made.is_new
    assert made.folder == current(tmp_path / "published")
    assert made.build_id == "2026-04-15-000001-00000001"

    reader = read_only(made.database)
    names = reader.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    documented = [*PUBLISHED, *(view.table for view in cut_views(company()))]
    assert {name for (name,) in names} == {table.name for table in documented}
    for table in documented:
        described = reader.describe(f"select * from marts.{table.name}")
        assert [name for name, _ in described] == list(table.column_names)
        assert [kind for _, kind in described] == [str(column.type) for column in table.columns]
    uncommented = reader.rows(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    )
    assert uncommented == []
    differing = reader.rows(
        "select stored.table_name, stored.column_name from duckdb_columns() as stored "
        "join marts.data_dictionary as said using (table_name, column_name) where stored.comment <> said.description"
    )
    assert differing == [], "the dictionary and the comments say the same"
    assert "Grain: one row per KPI" in reader.scalar(
        "select comment from duckdb_tables() where table_name = 'kpi_value'"
    )
    for table in TABLES:
        published, built = reader.scalar(f"select count(*) from marts.{table.name}"), made.tables[table.name]
        assert published == built == engine.scalar(f"select count(*) from {table.qualified}")
    assert reader.rows("select kpi_id, value from marts.kpi_latest order by kpi_id") == [
        ("order_count", 11000.0),
        ("sla_compliance", 0.855),
    ]
    assert reader.rows("select build_id, company_id from marts.publication") == [(made.build_id, "acme")]
    reader.close()


def test_the_manifest_and_the_parquet_files_agree_with_the_database(engine: DuckDBEngine, tmp_path: Path) -> None:
    folder = publish(engine, company(), run(), tmp_path / "published").folder
    manifest = read_manifest(folder)
    assert (manifest["run_id"], manifest["as_of"], manifest["company"]) == (run().id, "2026-04-15", "acme")
    assert [each["name"] for each in manifest["tables"]] == [t.name for t in PUBLISHED if t not in VIEWS]
    for each in [manifest["database"], *manifest["tables"]]:
        content = (folder / each["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each["bytes"], each["sha256"])
    difference = duckdb.connect(str(folder / "bizops.duckdb"), read_only=True)
    for each in manifest["tables"]:
        assert each["file"] == f"parquet/{each['name']}/{each['name']}.parquet"
        left = f"select * from marts.{each['name']}"
        right = f"select * from read_parquet('{folder / each['file']}')"
        assert difference.execute(f"({left} except {right}) union all ({right} except {left})").fetchall() == []
    difference.close()
    written = engine.rows("select build_id, json_extract(tables, '$.kpi_value') from audit.publication")
    assert written == [(folder.name, "6")]


def test_the_published_calendar_has_the_years_of_reports_and_not_a_century(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    calendar.write(engine, company(), run(1))
    made = publish(engine, company(), run(1), tmp_path / "published")
    reader = read_only(made.database)
    shown = reader.rows("select min(date), max(date), count(*) from marts.dim_date")
    reader.close()
    assert shown == [(date(2026, 1, 1), date(2028, 12, 31), 3 * 365 + 1)]
    [entry] = [each for each in read_manifest(made.folder)["tables"] if each["name"] == "dim_date"]
    assert entry["rows"] == 3 * 365 + 1


def test_without_parquet_there_is_none(filled: DuckDBEngine, tmp_path: Path) -> None:
    plain = company(publish={"parquet": False})
    finish(filled, plain, run())
    folder = publish(filled, plain, run(), tmp_path / "published").folder
    assert {path.name for path in folder.iterdir()} == {"bizops.duckdb", "manifest.json"}


def test_views_work_under_any_name_of_the_database(engine: DuckDBEngine, tmp_path: Path) -> None:
    made = publish(engine, company(), run(), tmp_path / "published")
    reader = duckdb.connect()
    reader.execute(f"attach '{made.database}' as other (read_only)")
    for view in VIEWS:
        reader.execute(f"select * from other.marts.{view.name}")
    reader.close()


def test_the_same_build_is_published_once(engine: DuckDBEngine, tmp_path: Path) -> None:
    first = publish(engine, company(), run(), tmp_path / "published")
    before = {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "published").rglob("*"))}
    second = publish(engine, company(), run(), tmp_path / "published")
    assert (second.is_new, second.folder, second.tables) == (False, first.folder, first.tables)
    assert {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "published").rglob("*"))} == before
    assert engine.scalar("select count(*) from audit.publication") == 1


def test_the_same_rows_give_the_same_parquet_bytes(engine: DuckDBEngine, tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        manifest = read_manifest(publish(engine, company(), run(), tmp_path / name).folder)
        hashes.append({each["name"]: each["sha256"] for each in manifest["tables"] if each["name"] != "publication"})
    assert hashes[0] == hashes[1]


def contents(folder: Path) -> dict[str, list[tuple]]:
    reader = read_only(folder / "bizops.duckdb")
    names = reader.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    found = {name: reader.rows(f"select * from marts.{name} order by all") for (name,) in names}
    reader.close()
    return found


def test_tables_taken_over_are_those_of_a_publication_from_scratch(engine: DuckDBEngine, tmp_path: Path) -> None:
    made = {}
    for number in (1, 2):
        finish(engine, company(), run(number))
        engine.execute(f"update marts.kpi_value set value = {number} where kpi_id = 'order_count'")
        made[number] = publish(engine, company(), run(number), tmp_path / "published").folder
    alone = publish(engine, company(), run(2), tmp_path / "alone").folder
    first, second, from_scratch = (contents(folder) for folder in (made[1], made[2], alone))
    assert second["kpi_value"] == from_scratch["kpi_value"] != first["kpi_value"]
    for found in (second, from_scratch):
        del found["publication"]
    assert second == from_scratch
    entries = [
        [each for each in read_manifest(folder)["tables"] if each["name"] != "publication"]
        for folder in (made[2], alone)
    ]
    assert entries[0] == entries[1]


def test_a_table_is_taken_over_while_its_rows_and_most_others_are_the_same(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    earlier = Earlier.read(publish(engine, company(), run(), tmp_path / "published").folder)
    assert earlier is not None
    layout = earlier.database["layout"]
    marks = {name: entry["content"] for name, entry in earlier.tables.items() if "content" in entry}
    rows = {name: earlier.tables[name]["rows"] for name in marks}
    assert earlier.unchanged(layout, marks, rows) == marks.keys()
    assert earlier.unchanged(layout, {**marks, "kpi_value": "other"}, rows) == marks.keys() - {"kpi_value"}
    assert earlier.unchanged(layout, {**marks, "kpi_value": "other"}, {**rows, "kpi_value": 10_000}) == set()
    assert earlier.unchanged("other", marks, rows) == set()
    before = engine.content(KPI_VALUE)
    engine.execute("update marts.kpi_value set is_complete = not is_complete where kpi_id = 'sla_compliance'")
    assert engine.content(KPI_VALUE) != before


def test_what_was_damaged_is_not_taken_over(engine: DuckDBEngine, tmp_path: Path) -> None:
    file, made = "parquet/metric_catalogue/metric_catalogue.parquet", []
    for number, harmed in enumerate((file, "bizops.duckdb", None), start=1):
        finish(engine, company(), run(number))
        made.append(publish(engine, company(), run(number), tmp_path / "published").folder)
        entries = read_manifest(made[-1])["tables"]
        for each in entries:
            content = (made[-1] / each["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == each["sha256"]
        if harmed:
            (made[-1] / harmed).write_bytes((made[-1] / harmed).read_bytes()[:-100])
    assert contents(made[2])["metric_catalogue"] == contents(made[0])["metric_catalogue"]


def test_older_publications_are_deleted_but_never_the_current_one(filled: DuckDBEngine, tmp_path: Path) -> None:
    published, two = tmp_path / "published", company(publish={"keep": 2})
    published.mkdir()
    (published / "notes").mkdir()
    (published / ".tmp-2026-04-14-000000-dead").mkdir()
    (published / "2026-04-13-000000-torn").mkdir()
    (published / "2026-04-13-000000-torn" / "manifest.json").write_text('{"build_id": "2026', encoding="utf-8")
    for number in (1, 2, 3, 4):
        finish(filled, two, run(number))
        publish(filled, two, run(number), published)
    kept = ["2026-04-15-000003-00000003", "2026-04-15-000004-00000004"]
    assert sorted(os.listdir(published)) == ["2026-04-13-000000-torn", *kept, "current", "notes"]
    assert os.readlink(published / "current") == kept[1]


def test_a_folder_in_place_of_the_link_is_refused_before_anything_is_written(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    (tmp_path / "published" / "current").mkdir(parents=True)
    with pytest.raises(StateError, match=r"published/current is not a link.* Delete it"):
        publish(engine, company(), run(1), tmp_path / "published")
    assert os.listdir(tmp_path / "published") == ["current"]


FAILED = CheckResult(
    "incident_key_unique", "staging.incident", "blocking", "failed", "2 repeated", "none", ({"incident_id": "i1"},)
)
BROKEN = CheckResult("volume", "raw.orders", "blocking", "error", "no such column")
WARNED = CheckResult("late", "raw.orders", "warn", "failed", "3 days", "1 day")


def test_failed_blocking_checks_are_all_named_and_nothing_is_published(engine: DuckDBEngine, tmp_path: Path) -> None:
    standing = publish(engine, company(), run(1), tmp_path / "published").folder
    finish(engine, company(), run(2), PASSED, FAILED, BROKEN, WARNED)
    with pytest.raises(ChecksFailed) as caught:
        publish(engine, company(), run(2), tmp_path / "published")
    message = str(caught.value)
    for part in ("2 blocking checks", "incident_key_unique on staging.incident", "2 repeated", "expected none", "'i1'"):
        assert part in message
    assert "volume on raw.orders could not be evaluated: no such column" in message
    assert "3 days" not in message
    assert current(tmp_path / "published") == standing


def test_warnings_do_not_stop_a_publication(filled: DuckDBEngine, tmp_path: Path) -> None:
    finish(filled, company(), run(), PASSED, WARNED)
    assert publish(filled, company(), run(), tmp_path / "published").is_new


def test_publishing_alone_is_refused(filled: DuckDBEngine, tmp_path: Path) -> None:
    finish(filled, company(), run(1), PASSED, FAILED)
    with pytest.raises(ChecksFailed, match="no blocking check was evaluated"):
        publish(filled, company(), run(2), tmp_path / "published")
    assert current(tmp_path / "published") is None


def test_a_required_check_that_did_not_run_stops_a_publication(engine: DuckDBEngine, tmp_path: Path) -> None:
    with pytest.raises(ChecksFailed, match="money_conserved: required, but it was not evaluated"):
        publish(engine, company(), run(), tmp_path / "published", required_checks=["money_conserved"])


def test_an_incomplete_build_is_not_published(engine: DuckDBEngine, tmp_path: Path) -> None:
    finish(engine, company(), run(2))
    engine.execute("update marts.okr_progress set run_id = ?", (run(1).id,))
    with pytest.raises(ChecksFailed, match="okr_progress was not written by it"):
        publish(engine, company(), run(2), tmp_path / "published")
    engine.execute("drop table core.dim_team")
    with pytest.raises(ChecksFailed, match=r"core\.dim_team does not exist"):
        publish(engine, company(), run(2), tmp_path / "published")


def test_a_failed_write_leaves_nothing_behind(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("bizops_pipeline.publish.publication._flush_all", full)
        with pytest.raises(OSError, match="No space"):
            publish(engine, company(), run(), tmp_path / "published")
    assert os.listdir(tmp_path / "published") == []
    assert publish(engine, company(), run(), tmp_path / "published").is_new


PUBLISH = """
import os, sys
from pathlib import Path
from bizops_pipeline.publish.publication import publish
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.publish.world import company, run

folder = Path(sys.argv[1])
engine = DuckDBEngine.open(folder / "warehouse.duckdb", allowed=[folder])
os.environ["BIZOPS_FAILPOINT"] = sys.argv[2]
publish(engine, company(), run(2), folder / "published")
"""


@pytest.fixture(scope="module")
def published_once(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a warehouse and its first publication, in which the second refresh has come to publishing."""
    folder = tmp_path_factory.mktemp("once")
    shutil.copy(finished / "warehouse.duckdb", folder)
    engine = DuckDBEngine.open(folder / "warehouse.duckdb", allowed=[folder])
    publish(engine, company(), run(1), folder / "published")
    finish(engine, company(), run(2))
    engine.close()
    return folder


@pytest.mark.parametrize(("point", "standing"), [("published_tmp", 1), ("published_renamed", 1), ("swapped", 2)])
def test_a_kill_leaves_a_whole_publication_and_the_next_run_goes_on(
    published_once: Path, tmp_path: Path, point: str, standing: int
) -> None:
    shutil.copytree(published_once, tmp_path, symlinks=True, dirs_exist_ok=True)
    child = subprocess.run([sys.executable, "-c", PUBLISH, str(tmp_path), point], check=False)
    assert child.returncode == -signal.SIGKILL
    folder = current(tmp_path / "published")
    assert folder is not None
    assert read_only(folder / "bizops.duckdb").scalar("select run_id from marts.publication") == run(standing).id

    engine = DuckDBEngine.open(tmp_path / "warehouse.duckdb", allowed=[tmp_path])
    made = publish(engine, company(), run(2), tmp_path / "published")
    engine.close()
    assert current(tmp_path / "published") == made.folder
    assert [name for name in os.listdir(tmp_path / "published") if name.startswith(".tmp")] == []
    assert read_only(made.database).scalar("select run_id from marts.publication") == run(2).id


READER = """
import json, sys, time
from pathlib import Path
from bizops_pipeline.publish.reading import read_only

published, stop = Path(sys.argv[1]), Path(sys.argv[2])
reads, seen, torn, errors = 0, [], 0, []
while not stop.exists():
    try:
        engine = read_only(published / "current" / "bizops.duckdb")
        ids = [engine.scalar(f"select min(run_id) || max(run_id) from marts.{table}")
               for table in ("publication", "okr_progress", "data_quality", "data_freshness")]
        engine.close()
    except Exception as error:
        errors.append(str(error))
        continue
    torn += len(set(ids)) != 1 or ids[0][:len(ids[0]) // 2] != ids[0][len(ids[0]) // 2:]
    seen.append(ids[0])
    reads += 1
    time.sleep(0.03)
ordered = seen == sorted(seen)
print(json.dumps({"reads": reads, "seen": sorted(set(seen)), "ordered": ordered, "torn": torn, "errors": errors}))
"""


def test_a_reader_in_a_loop_sees_no_error_and_no_half_publication(engine: DuckDBEngine, tmp_path: Path) -> None:
    published, stop = tmp_path / "published", tmp_path / "stop"
    publish(engine, company(), run(1), published)
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(READER), str(published), str(stop)], stdout=subprocess.PIPE, text=True
    ) as reader:
        for number in range(2, 6):
            finish(engine, company(), run(number))
            publish(engine, company(), run(number), published)
        stop.touch()
        output, _ = reader.communicate(timeout=30)
    found = json.loads(output)
    assert (found["errors"], found["torn"], found["ordered"]) == ([], 0, True)
    assert len(found["seen"]) > 2
    assert found["reads"] > 10


def test_a_reader_keeps_its_publication_while_new_ones_come(filled: DuckDBEngine, tmp_path: Path) -> None:
    one = company(publish={"keep": 1})
    finish(filled, one, run(1))
    first = publish(filled, one, run(1), tmp_path / "published")
    reader = duckdb.connect(str(first.database), read_only=True)
    finish(filled, one, run(2))
    publish(filled, one, run(2), tmp_path / "published")
    assert not first.folder.exists()
    assert reader.execute("select run_id from marts.publication").fetchall() == [(run(1).id,)]
    reader.close()
