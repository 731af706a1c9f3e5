"""A publication is whole or it is not there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import duckdb
import pytest

from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.errors import ChecksFailed, StateError
from bizops_pipeline.publish.publication import current, publish
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.publish.world import PASSED, company, finish, run


def test_the_same_build_is_published_once(engine: DuckDBEngine, tmp_path: Path) -> None:
    first = publish(engine, company(), run(), tmp_path / "published")
    before = {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "published").rglob("*"))}
    second = publish(engine, company(), run(), tmp_path / "published")
    assert (second.is_new, second.folder, second.tables) == (False, first.folder, first.tables)
    assert {path: path.stat().st_mtime_ns for path in sorted((tmp_path / "published").rglob("*"))} == before
    assert engine.scalar("select count(*) from audit.publication") == 1


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
from bizops_pipeline.answers.reading import read_only

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
