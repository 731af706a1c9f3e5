"""The engine knows which tables are there, and asks again only when that may have changed."""

from collections.abc import Iterator

import pytest

from bizops_pipeline.warehouse.duckdb import DuckDBEngine


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """An engine with one table, which it has been asked for."""
    engine = DuckDBEngine.open()
    engine.execute("create schema core")
    engine.execute("create table core.customer (id integer)")
    assert engine.tables() == {"core.customer"}
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("statement", "there"),
    [
        ("create table core.product (id integer)", {"core.customer", "core.product"}),
        ("  CREATE OR REPLACE TABLE core.product as select 1 as id", {"core.customer", "core.product"}),
        ("-- grain: one row\ncreate table core.product (id integer)", {"core.customer", "core.product"}),
        ("create view core.customers as select * from core.customer", {"core.customer", "core.customers"}),
        ("create table product (id integer)", {"core.customer", "main.product"}),
        ("drop table core.customer", set()),
        ("alter table core.customer rename to person", {"core.person"}),
        ("create temp table customer as select 1 as id", {"core.customer"}),
        ("create temp table passing as select 1 as id; drop table core.customer", set()),
    ],
)
def test_a_change_of_the_schema_is_seen(engine: DuckDBEngine, statement: str, there: set[str]) -> None:
    engine.execute(statement)
    assert engine.tables() == there


def test_a_table_outside_of_schemas_is_seen_to_go(engine: DuckDBEngine) -> None:
    engine.execute("create table product (id integer)")
    assert engine.exists("main", "product")
    engine.execute('drop table if exists "product"')
    assert not engine.exists("main", "product")


def test_what_is_rolled_back_is_not_there(engine: DuckDBEngine) -> None:
    def fail() -> None:
        with engine.transaction():
            engine.execute("create table core.product (id integer)")
            assert engine.exists("core", "product")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError):
        fail()
    assert not engine.exists("core", "product")


def test_tables_of_an_attached_database_are_not_those_of_this_one(engine: DuckDBEngine) -> None:
    engine.execute("attach ':memory:' as bizops")
    engine.execute("create schema bizops.marts")
    engine.execute("create table bizops.marts.kpi_value (id integer)")
    assert not engine.exists("marts", "kpi_value")


def test_temporary_tables_cost_no_question(engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "rows", lambda *_: pytest.fail("it knows already"))
    engine.execute("create or replace temp table new_rows as select 1 as id")
    engine.execute("drop table new_rows")
    engine.execute("insert into core.customer values (1)")
    assert engine.exists("core", "customer")


@pytest.mark.parametrize(
    ("statements", "there"),
    [
        (["create table if not exists core.product (id integer)"], {"core.customer", "core.product"}),
        (['create table core."order" (id integer)'], {"core.customer", "core.order"}),
        (["create or replace table core.customer as select 1 as one"], {"core.customer"}),
        (["create table core.product as select 1 as id", "drop table core.product"], {"core.customer"}),
        (['drop table if exists core."customer"'], set()),
        (["drop table if exists temp.customer"], {"core.customer"}),
        (["alter table core.customer add column name varchar"], {"core.customer"}),
        (["create schema if not exists state"], {"core.customer"}),
    ],
)
def test_plain_statements_are_followed_without_a_question(
    engine: DuckDBEngine, monkeypatch: pytest.MonkeyPatch, statements: list[str], there: set[str]
) -> None:
    monkeypatch.setattr(engine, "rows", lambda *_: pytest.fail("it could have known"))
    for statement in statements:
        engine.execute(statement)
    assert engine.tables() == there


@pytest.mark.parametrize(
    ("statements", "there"),
    [
        (["create table if not exists core.CUSTOMER (id integer)"], {"core.customer"}),
        (["drop table core.Customer"], set()),
        (["create table core.product (id integer); drop table core.customer"], {"core.product"}),
        (["attach ':memory:' as bizops", "create table bizops.customer (id integer)"], {"core.customer"}),
    ],
)
def test_what_is_not_plain_is_asked(engine: DuckDBEngine, statements: list[str], there: set[str]) -> None:
    for statement in statements:
        engine.execute(statement)
    assert engine.tables() == there
