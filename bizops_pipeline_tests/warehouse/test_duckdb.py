"""The embedded engine: what it may reach, and transactions."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import duckdb
import pytest

from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.registry import TABLES, hardly_repeats
from bizops_pipeline.contracts.table import Table, integer, text
from bizops_pipeline.quality.checks import attempt, judged
from bizops_pipeline.warehouse.duckdb import DuckDBEngine


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "a.csv").write_text("a\n1\n")
    (outside / "b.csv").write_text("b\n1\n")
    (inside / "link.csv").symlink_to(outside / "b.csv")
    return inside, outside


HOSTILE = {
    "a file outside": "select * from read_csv('{outside}/b.csv')",
    "a path that climbs out": "select * from read_csv('{inside}/../outside/b.csv')",
    "a link out": "select * from read_csv('{inside}/link.csv')",
    "a copy to outside": "copy (select 1) to '{outside}/c.parquet'",
    "a database outside": "attach '{outside}/d.duckdb'",
    "the network": "select * from read_csv('http://192.0.2.1/x.csv')",
    "an extension": "install httpfs",
    "loading an extension": "load httpfs",
    "unlocking": "set enable_external_access = true",
    "another time zone": "set TimeZone = 'Asia/Tokyo'",
}


@pytest.mark.parametrize("statement", HOSTILE.values(), ids=HOSTILE.keys())
def test_the_engine_refuses(folders: tuple[Path, Path], statement: str) -> None:
    inside, outside = folders
    engine = DuckDBEngine.open(allowed=[inside])

    with pytest.raises(duckdb.Error):
        engine.execute(statement.format(inside=inside, outside=outside))

    engine.close()


def test_a_checkpoint_writes_all_metadata_so_that_older_versions_find_it() -> None:
    engine = DuckDBEngine.open()
    assert engine.scalar("select current_setting('experimental_metadata_reuse')") is False
    engine.close()


def test_the_engine_reads_and_writes_inside_its_folders(folders: tuple[Path, Path]) -> None:
    inside, _ = folders
    engine = DuckDBEngine.open(allowed=[inside])

    engine.execute(f"copy (select * from read_csv('{inside}/a.csv')) to '{inside}/a.parquet'")

    assert engine.rows(f"select a from read_parquet('{inside}/a.parquet')") == [(1,)]
    engine.close()


def test_time_is_utc() -> None:
    engine = DuckDBEngine.open()

    assert engine.scalar("select current_setting('TimeZone')") == "UTC"
    engine.close()


def test_an_error_rolls_back_the_outer_transaction() -> None:
    engine = DuckDBEngine.open()
    engine.execute("create table t (a integer)")

    def fill_and_fail() -> None:
        with engine.transaction():
            engine.execute("insert into t values (1)")
            with engine.transaction():
                engine.execute("insert into t values (2)")
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fill_and_fail()

    assert engine.scalar("select count(*) from t") == 0
    engine.close()


def test_columns_that_hardly_repeat_are_stored_without_a_dictionary(tmp_path: Path) -> None:
    engine = DuckDBEngine.open(tmp_path / "a.duckdb")
    declared = [
        engine.declaration("key", "VARCHAR", hardly_repeats=True),
        engine.declaration("name", "VARCHAR"),
        engine.declaration("number", "BIGINT", hardly_repeats=True),
    ]
    engine.execute(f"create table a ({', '.join(declared)})")
    engine.execute("insert into a select 'key ' || hash(range), 'name', range from range(10000)")
    engine.execute("checkpoint")
    stored = dict(
        engine.rows("select column_name, compression from pragma_storage_info('a') where segment_type <> 'VALIDITY'")
    )
    engine.close()

    # Versions whose files know no ZSTD leave such columns as they are.
    assert stored["key"] in ("ZSTD", "Uncompressed")
    assert stored["name"] != stored["key"]
    assert stored["number"] != stored["key"]


def test_keys_of_facts_and_of_raw_rows_hardly_repeat() -> None:
    line = TABLES["core.fct_order_line"]
    keys = {column.name for column in line.columns if hardly_repeats(line, column)}

    assert keys == {"order_line_id", "order_id", "customer_id"}
    assert hardly_repeats(line, ORIGIN[0])
    assert not hardly_repeats(TABLES["marts.kpi_value"], TABLES["marts.kpi_value"].column("kpi_id"))


def test_the_content_of_a_table_is_that_of_its_rows_now() -> None:
    engine = DuckDBEngine.open()
    engine.execute("create schema core")
    engine.execute("create table core.product (id bigint, name varchar)")
    table = Table("core", "product", "one row per product", ("id",), (integer("id", "Key."), text("name", "Name.")), "")
    found = [engine.content(table)]
    for statement in (
        "insert into core.product values (1, 'a'), (2, 'b')",
        "UPDATE core.Product SET name = 'c' WHERE id = 2",
        'delete from core."product" where id = 1',
    ):
        engine.execute(statement)
        found.append(engine.content(table))
    assert len(set(found)) == 4
    assert [rows for _, rows in found] == [0, 2, 2, 1]
    assert engine.content(table, "id = 1") == found[0]

    def fail() -> None:
        with engine.transaction():
            engine.insert(table, [{"id": 3, "name": "d"}])
            assert engine.content(table)[1] == 2
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    assert engine.content(table) == found[-1]
    engine.close()


class Stopped(BaseException):
    """What a handler of signals raises."""


@pytest.fixture
def stop_soon() -> Iterator[Callable[[], None]]:
    """Send this process a signal in a moment, to a handler that raises."""

    def stop(_: int, __: FrameType | None) -> None:
        raise Stopped

    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
    before = signal.signal(signal.SIGTERM, stop)
    yield timer.start
    timer.cancel()
    signal.signal(signal.SIGTERM, before)


def cursor_of_expectations(engine: DuckDBEngine) -> Any:
    from bizops_pipeline.quality.connection import SharedConnection

    return SharedConnection(engine.connection).cursor()


ASKED: dict[str, Callable[[DuckDBEngine, str], object]] = {
    "a statement": DuckDBEngine.execute,
    "rows": DuckDBEngine.rows,
    "rows by name": DuckDBEngine.dicts,
    "a value": DuckDBEngine.scalar,
    "a check": lambda engine, query: attempt(
        "slow", "marts.slow", "warn", lambda: judged("slow", "marts.slow", "warn", bool(engine.scalar(query)), **SAID)
    ),
    "an expectation": lambda engine, query: cursor_of_expectations(engine).execute(query),
}
SAID = {"observed": "", "expected": ""}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
def test_a_signal_that_ends_a_query_is_no_error_of_the_query(
    ask: Callable[[DuckDBEngine, str], object], stop_soon: Callable[[], None]
) -> None:
    engine = DuckDBEngine.open()
    # What has to be imported must not meet the signal.
    ask(engine, "select 1")
    stop_soon()

    with pytest.raises(KeyboardInterrupt):
        ask(engine, "select count(*) from range(100000000000)")

    assert engine.scalar("select 1") == 1
    engine.close()
