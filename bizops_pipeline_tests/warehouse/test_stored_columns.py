"""The engine knows the columns of stored tables, and asks again for a table that a statement may have changed."""

from collections.abc import Iterator

import pytest

from bizops_pipeline.warehouse.duckdb import DuckDBEngine

QUERY = "select * from core.customer"


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """An engine with two tables and a view, which it has been asked for."""
    engine = DuckDBEngine.open()
    engine.execute("create schema core")
    engine.execute("create table core.customer (id integer, spent decimal(18, 4))")
    engine.execute('create table core."order" (ordered_at timestamp)')
    engine.execute("create view core.customers as select * from core.customer")
    assert engine.describe(QUERY) == [("id", "INTEGER"), ("spent", "DECIMAL(18,4)")]
    yield engine
    engine.close()


def test_what_is_known_is_what_the_database_says(engine: DuckDBEngine) -> None:
    for query in (QUERY, 'select * from core."order"', "select * from core.customers", "select 1 as one"):
        said = engine.rows(f"describe {query}")
        assert engine.describe(query) == [(name, kind) for name, kind, *_ in said]


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("alter table core.customer add column name varchar", ["id", "spent", "name"]),
        ("alter table core.customer alter column id type bigint", ["id", "spent"]),
        ("ALTER TABLE core.Customer RENAME COLUMN spent TO paid", ["id", "paid"]),
        ("create or replace table core.customer as select 1 as other", ["other"]),
        ('drop table core."customer"; create table core.customer (later date)', ["later"]),
        ("create temp table customer as select 1 as other", ["id", "spent"]),
        ("create table core.product (id integer)", ["id", "spent"]),
    ],
)
def test_a_statement_that_changes_a_table_is_seen(engine: DuckDBEngine, statement: str, columns: list[str]) -> None:
    engine.execute(statement)
    assert [name for name, _ in engine.describe(QUERY)] == columns
    assert [kind for _, kind in engine.describe(QUERY)] == [row[1] for row in engine.rows(f"describe {QUERY}")]


def test_a_view_follows_its_table(engine: DuckDBEngine) -> None:
    view = "select * from core.customers"
    assert len(engine.describe(view)) == 2
    engine.execute("create or replace view core.customers as select id from core.customer")
    assert len(engine.describe(view)) == 1


def test_what_is_rolled_back_is_forgotten(engine: DuckDBEngine) -> None:
    def fail() -> None:
        with engine.transaction():
            engine.execute("alter table core.customer add column name varchar")
            assert len(engine.describe(QUERY)) == 3
            engine.describe("select * from core.customer")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    assert len(engine.describe(QUERY)) == 2


def test_the_list_that_is_handed_out_may_be_changed(engine: DuckDBEngine) -> None:
    engine.describe(QUERY).clear()
    assert len(engine.describe(QUERY)) == 2
