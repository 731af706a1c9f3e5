"""The embedded engine: what it may reach, and transactions."""

from pathlib import Path

import duckdb
import pytest

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
