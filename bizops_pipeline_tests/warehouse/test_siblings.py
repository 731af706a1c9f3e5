"""Several connections to one warehouse: each has its own transactions, and knows what the others changed."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from bizops_pipeline.contracts.table import Table, integer, text
from bizops_pipeline.warehouse.duckdb import DuckDBEngine

PRODUCT = Table("core", "product", "one row per product", ("id",), (integer("id", "Key."), text("name", "Name.")), "")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    """An engine with one table, which it has been asked for, and a folder that it may write to."""
    (tmp_path / "inside").mkdir()
    engine = DuckDBEngine.open(allowed=[tmp_path / "inside"])
    engine.execute("create schema core")
    engine.execute("create table core.product (id bigint, name varchar)")
    assert engine.tables() == {"core.product"}
    yield engine
    engine.close()


@pytest.fixture
def sibling(engine: DuckDBEngine) -> Iterator[DuckDBEngine]:
    """A further connection."""
    sibling = engine.sibling()
    yield sibling
    sibling.close()


def test_a_sibling_is_in_utc(sibling: DuckDBEngine) -> None:
    assert sibling.scalar("select cast(timestamptz '2026-03-01 12:00:00+02:00' as varchar)") == "2026-03-01 10:00:00+00"


def test_a_sibling_is_as_locked_down(sibling: DuckDBEngine, tmp_path: Path) -> None:
    sibling.execute(f"copy (select 1 as one) to '{tmp_path / 'inside' / 'one.csv'}'")
    with pytest.raises(duckdb.PermissionException):
        sibling.execute(f"copy (select 1 as one) to '{tmp_path / 'one.csv'}'")


def test_a_sibling_has_transactions_and_temporary_tables_of_its_own(
    engine: DuckDBEngine, sibling: DuckDBEngine
) -> None:
    with engine.transaction():
        engine.execute("insert into core.product values (1, 'a')")
        engine.execute("create temp table passing as select 1 as one")
        assert sibling.scalar("select count(*) from core.product") == 0
    assert sibling.scalar("select count(*) from core.product") == 1
    assert not sibling.rows("select 1 from information_schema.tables where table_name = 'passing'")


def test_what_a_sibling_commits_is_known(engine: DuckDBEngine, sibling: DuckDBEngine) -> None:
    empty = engine.content(PRODUCT)
    assert engine.describe("select * from core.product") == [("id", "BIGINT"), ("name", "VARCHAR")]
    with sibling.transaction():
        sibling.insert(PRODUCT, [{"id": 1, "name": "a"}])
        sibling.execute("create table core.customer (id integer)")
        assert engine.tables() == {"core.product"}
        assert engine.content(PRODUCT) == empty
    assert engine.tables() == sibling.tables() == {"core.product", "core.customer"}
    assert engine.content(PRODUCT) == sibling.content(PRODUCT) != empty
    sibling.execute("alter table core.product add column price double")
    assert ("price", "DOUBLE") in engine.describe("select * from core.product")


def test_what_a_sibling_rolls_back_is_not_told(engine: DuckDBEngine, sibling: DuckDBEngine) -> None:
    def fail() -> None:
        with sibling.transaction():
            sibling.execute("create table core.customer (id integer)")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    assert engine.tables() == sibling.tables() == {"core.product"}


def test_a_table_that_was_made_dropped_and_made_again_is_there(engine: DuckDBEngine, sibling: DuckDBEngine) -> None:
    with sibling.transaction():
        sibling.execute("create table core.customer (id integer)")
        sibling.execute("drop table core.customer")
        sibling.execute("create table core.customer (id integer)")
    assert engine.exists("core", "customer")


def test_a_connection_that_is_given_up_does_nothing_more(engine: DuckDBEngine, sibling: DuckDBEngine) -> None:
    sibling.give_up()
    with pytest.raises(KeyboardInterrupt):
        sibling.scalar("select 1")
    assert engine.scalar("select 1") == 1
