"""A kill at any point, then a re-run, gives what an undisturbed run gives."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from bizops_pipeline.failpoints import VARIABLE
from bizops_pipeline_tests.conftest import REPOSITORY
from bizops_pipeline_tests.landing.support import World, merged, source_table

FAILPOINTS = [
    "landed_tmp",
    "landed",
    "manifest_tmp",
    "manifest",
    "raw_inserted",
    "audited",
    "before_commit",
    "after_commit",
]
TABLES = (
    source_table(),
    source_table(source="stock", name="stock", load={"mode": "replace", "key": ["id"]}, path="stock/*.csv"),
    source_table(
        source="erp",
        name="customers",
        load=merged("id"),
        connector={"kind": "sql", "url": "sqlite:///erp.sqlite", "table": "customers", "cursor": "at"},
    ),
)


def deliver(world: World, second: bool) -> None:
    world.write("extracts/a.csv", "id,v\n1,a\n2,b\n" + ("3,c\nbroken\n" if second else ""))
    world.write("stock/all.csv", "id,n\n1,5\n2,7\n" if not second else "id,n\n1,6\n3,1\n")
    world.write("stock/more.csv", "id,n\n9,9\n")
    with sqlite3.connect(world.root / "erp.sqlite") as database:
        database.execute("create table if not exists customers (id integer primary key, v text, at text)")
        day = "2026-01-02" if second else "2026-01-01"
        database.executemany(
            "insert or replace into customers values (?, ?, ?)", [(1, day, day), (2, "x", "2026-01-01")]
        )
    database.close()
    if second:
        world.write("extracts/b.csv", "v,id,new\nd,4,x\n")


def refresh(world: World) -> None:
    for table in TABLES:
        world.refresh(table)


def state(world: World) -> dict[str, object]:
    rows = {table.source: world.content(table) for table in TABLES}
    books = (
        "select extract_id, file, rows_in, inserted, updated, unchanged, deduplicated, rejected, is_current "
        # An increment reads the last rows again; one that brought nothing else is no difference.
        "from audit.extract where unchanged < rows_in order by extract_id"
    )
    return {
        "rows": rows,
        "books": world.engine.rows(books),
        "rejects": world.engine.rows("select * from audit.reject order by extract_id, line_number"),
        "cursors": world.engine.rows("select source, source_table, cursor from state.cursor"),
        "gone": [{key for key, _ in world.gone(table)} for table in TABLES],
        "left": [path.name for path in world.landing.root.rglob("*.tmp")],
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("undisturbed"))
    for second in (False, True):
        deliver(world, second)
        refresh(world)
    return state(world)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Folders of companies whose second refresh was killed at each failpoint of each table, and how they ended."""
    folder = tmp_path_factory.mktemp("killed")
    command = [sys.executable, "-m", "bizops_pipeline_tests.landing.test_crashes", str(folder)]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=120)
    return folder


@pytest.mark.parametrize("position", range(len(TABLES)), ids=[table.source for table in TABLES])
@pytest.mark.parametrize("name", FAILPOINTS)
def test_a_kill_changes_nothing_in_the_end(name, position, killed, undisturbed):
    folder = killed / f"{position}-{name}"
    assert (folder / "status").read_text() == str(-signal.SIGKILL)
    world = World(folder, database=str(folder / "warehouse.duckdb"), sequence=1)
    refresh(world)
    assert state(world) == undisturbed
    world.engine.close()


def load_once(folder: Path) -> None:
    """Make the company whose second refresh is to be killed, of which every child gets a copy."""
    world = World(folder, database=str(folder / "warehouse.duckdb"))
    deliver(world, second=False)
    refresh(world)
    deliver(world, second=True)
    world.engine.close()


def die(folder: Path, position: int, name: str) -> None:
    world = World(folder, database=str(folder / "warehouse.duckdb"), sequence=len(TABLES))
    for index, table in enumerate(TABLES):
        if index == position:
            os.environ[VARIABLE] = name
        world.refresh(table)


def main() -> None:
    """Let one child die at each failpoint of each table; forking spares each the imports."""
    once = Path(sys.argv[1]) / "once"
    load_once(once)
    for position in range(len(TABLES)):
        children = {}
        for name in FAILPOINTS:
            folder = Path(sys.argv[1]) / f"{position}-{name}"
            shutil.copytree(once, folder)
            child = os.fork()
            if not child:
                die(folder, position, name)
                os._exit(0)
            children[child] = folder
        for child, folder in children.items():
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            (folder / "status").write_text(str(status))


if __name__ == "__main__":
    main()
