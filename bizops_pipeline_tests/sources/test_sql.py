import gzip
import logging
import sqlite3
from datetime import date, datetime
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from bizops_pipeline.errors import SourceError, TransientSourceError
from bizops_pipeline.sources.cursor import like
from bizops_pipeline_tests.landing.support import World, fates, merged, source_table

SCHEMA = "create table orders (id integer, status text, amount decimal(12, 2), updated_at text)"


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    yield world
    world.engine.close()


@pytest.fixture
def database(world):
    connection = sqlite3.connect(world.root / "erp.sqlite")
    connection.execute(SCHEMA)
    yield connection
    connection.close()


def add(database, *rows):
    database.executemany("insert into orders values (?, ?, ?, ?)", rows)
    database.commit()


def sql_table(load=None, **connector):
    connector = {"kind": "sql", "url": "sqlite:///erp.sqlite", "table": "orders"} | connector
    return source_table(connector=connector, load=load or merged("id"))


INCREMENTAL = {"cursor": "updated_at", "chunk_rows": 3}


def test_rows_come_with_their_types(world, database):
    table = sql_table()
    add(database, (1, "open", 19.99, "2026-01-01"), (2, None, 1e15, None), (3, "", 5, "x"))
    assert fates(world.refresh(table)) == {"rows_in": 3, "inserted": 3}
    assert world.raw(table, "id", "status", "amount", "updated_at") == [
        (1, "open", Decimal("19.99"), "2026-01-01"),
        (2, None, Decimal("1000000000000000.00"), None),
        (3, "", Decimal("5.00"), "x"),
    ]
    assert world.raw(table, "_row_key", "_file") == [("1", "orders"), ("2", "orders"), ("3", "orders")]
    assert fates(world.refresh(table)) == {}


def test_values_that_are_not_of_their_type_make_the_column_text(world, database):
    table = sql_table(chunk_rows=2)
    add(database, *[(i, "s", 1.5, None) for i in range(5)], (5, "s", "n/a", None), ("x", "s", 1.234, None))
    world.refresh(table)
    assert world.raw(table, "id", "amount")[-2:] == [("5", "n/a"), ("x", "1.234")]
    assert len(world.raw(table, "id")) == 7


@pytest.mark.parametrize("streamed", [(), ("sqlite",)], ids=["pages", "stream"])
@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_pages_lose_and_double_nothing_with_equal_and_incomplete_keys(
    world, database, chunk_rows, streamed, monkeypatch
):
    monkeypatch.setattr("bizops_pipeline.sources.sql.STREAMED", streamed)
    table = sql_table(load={"mode": "replace", "key": ["id", "status"]}, chunk_rows=chunk_rows)
    rows = [(i // 4, "ab"[i % 2], i, "x") for i in range(17)] + [(None, "a", 90, "x"), (3, None, 91, "x")]
    add(database, *rows)
    [landed] = world.extract(table)
    assert landed.records == len(rows)
    world.load(table)
    assert world.audit("rows_in", "inserted + deduplicated") == [(19, 19)]


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_pages_leave_it_to_the_database_which_keys_are_equal(world, database, chunk_rows, monkeypatch):
    monkeypatch.setattr("bizops_pipeline.sources.sql.STREAMED", ())
    database.executescript("drop table orders; create table orders (id text collate nocase, amount int)")
    database.executemany("insert into orders values (?, ?)", [(key, i) for i, key in enumerate("aAbBaAcCC")])
    database.commit()
    [landed] = world.extract(sql_table(load={"mode": "replace", "key": ["id"]}, chunk_rows=chunk_rows))
    assert sorted(pq.read_table(landed.path)["amount"].to_pylist()) == list(range(9))


def test_an_increment_reads_from_the_cursor_on_and_ties_are_exact(world, database):
    table = sql_table(**INCREMENTAL)
    add(database, *[(i, "a", i, "2026-01-01 10:00:00") for i in range(500)])
    world.refresh(table)
    add(database, *[(i, "b", i, "2026-01-01 10:00:00") for i in range(500, 510)], (1000, "c", 1, "2026-01-02 10:00:00"))
    assert fates(world.refresh(table)) == {"rows_in": 511, "inserted": 11, "unchanged": 500}
    assert world.audit("cursor_in", "cursor_out") == [
        (None, "2026-01-01 10:00:00"),
        ("2026-01-01 10:00:00", "2026-01-02 10:00:00"),
    ]
    world.refresh(table)
    assert world.extract(table) == []


def test_the_overlap_brings_late_rows(world, database):
    table = sql_table(overlap="2d", **INCREMENTAL)
    add(database, (1, "a", 1, "2026-01-10T10:00:00Z"))
    world.refresh(table)
    add(database, (2, "late", 1, "2026-01-08T11:00:00Z"), (3, "too late", 1, "2026-01-08T09:00:00Z"))
    world.refresh(table)
    assert world.raw(table, "id") == [(1,), (2,)]
    assert world.engine.scalar("select cursor from state.cursor") == "2026-01-10T10:00:00Z"


@pytest.mark.parametrize("streamed", [(), ("sqlite",)], ids=["pages", "stream"])
@pytest.mark.parametrize(
    "connector",
    [{}, {"overlap": "2d"}, {"table": None, "query": "select id, status, updated_at from orders where id < 9"}],
    ids=["table", "overlap", "query"],
)
def test_rows_without_a_cursor_value_are_read_every_time(world, database, connector, streamed, monkeypatch):
    monkeypatch.setattr("bizops_pipeline.sources.sql.STREAMED", streamed)
    table = sql_table(**INCREMENTAL, **connector)
    add(database, (1, "a", 1, "2026-01-01 10:00:00"), (2, "a", 1, None))
    world.refresh(table)
    add(database, (3, "a", 1, "2026-01-05 10:00:00"), *[(id, "a", 1, None) for id in (4, 5, 6)])
    assert fates(world.refresh(table)) == {"rows_in": 6, "inserted": 4, "unchanged": 2}
    assert world.engine.scalar("select cursor from state.cursor") == "2026-01-05 10:00:00"
    database.execute("update orders set status = 'b', updated_at = '2026-01-06 10:00:00' where id = 4")
    database.commit()
    assert fates(world.refresh(table)) == {"rows_in": 5, "updated": 1, "unchanged": 4}
    assert world.raw(table, "id", "status") == [(id, "b" if id == 4 else "a") for id in range(1, 7)]
    world.refresh(table)
    assert world.extract(table) == []


def test_rows_without_a_cursor_value_and_a_whole_key_are_read_every_time(world, database, monkeypatch):
    monkeypatch.setattr("bizops_pipeline.sources.sql.STREAMED", ())
    table = sql_table(load=merged("id", "status"), **INCREMENTAL)
    add(database, (1, "a", 1, "2026-01-01 10:00:00"))
    world.refresh(table)
    add(database, (2, None, 1, None), (3, None, 1, "2026-01-05 10:00:00"), (0, None, 1, "2025-01-01 10:00:00"))
    [landed] = world.extract(table)
    assert sorted(pq.read_table(landed.path)["id"].to_pylist()) == [1, 2, 3]


def test_a_cursor_may_be_empty_at_first(world, database):
    table = sql_table(**INCREMENTAL)
    add(database, (1, "a", 1, None))
    assert fates(world.refresh(table)) == {"rows_in": 1, "inserted": 1}
    add(database, (2, "a", 1, "2026-01-05 10:00:00"))
    assert fates(world.refresh(table)) == {"rows_in": 2, "inserted": 1, "unchanged": 1}


@pytest.mark.parametrize("full", [True, False])
def test_changes_arrive_in_increments_as_in_one_extraction(world, database, full):
    table = sql_table(**INCREMENTAL)
    add(database, *[(i, "open", i, f"2026-01-{1 + i:02} 00:00:00") for i in range(10)])
    if not full:
        world.refresh(table)
    database.execute("update orders set status = 'paid', updated_at = '2026-01-20 00:00:00' where id in (3, 7)")
    add(database, (10, "open", 1, "2026-01-21 00:00:00"))
    world.refresh(table)
    assert [row for row in world.raw(table, "id", "status") if row[1] == "paid"] == [(3, "paid"), (7, "paid")]
    assert len(world.raw(table, "id")) == 11


def test_a_cursor_in_the_far_future_is_loaded_but_not_believed(world, database, caplog):
    table = sql_table(**INCREMENTAL)
    add(database, (1, "a", 1, "2026-02-28 10:00:00"), (2, "b", 1, "2999-01-01 00:00:00"))
    with caplog.at_level(logging.WARNING):
        world.refresh(table)
    assert world.engine.scalar("select cursor from state.cursor") == "2026-02-28 10:00:00"
    assert "not remembered" in caplog.text
    add(database, (3, "c", 1, "2026-03-01 10:00:00"))
    world.refresh(table)
    assert world.raw(table, "id") == [(1,), (2,), (3,)]


def test_numbers_can_be_cursors(world, database):
    table = sql_table(cursor="id")
    add(database, *[(i, "a", 1, None) for i in (9, 10)])
    world.refresh(table)
    assert world.engine.scalar("select cursor from state.cursor") == "10"
    add(database, (11, "a", 1, None))
    assert fates(world.refresh(table)) == {"rows_in": 2, "inserted": 1, "unchanged": 1}


def test_exact_numbers_can_be_cursors(world, database):
    table = sql_table(cursor="amount")
    add(database, *[(i, "a", i + 0.25, None) for i in (9, 10)])
    world.refresh(table)
    assert world.engine.scalar("select cursor from state.cursor") == "10.25"
    add(database, (11, "a", 11, None))
    assert fates(world.refresh(table)) == {"rows_in": 2, "inserted": 1, "unchanged": 1}


def test_a_stored_cursor_takes_the_type_of_the_column():
    assert like("10", 1) == 10
    assert like("2026-01-01 10:00:00", datetime(2026, 1, 1)) == datetime(2026, 1, 1, 10)
    assert like("2026-01-01", date(2026, 1, 1)) == date(2026, 1, 1)
    assert like("1.50", Decimal(1)) == Decimal("1.50")


def test_a_full_reload_sees_hard_deletes_and_a_floor_guards_it(world, database):
    table = sql_table(load={"mode": "replace", "key": ["id"]}).model_copy(update={"floor": 0.5})
    add(database, *[(i, "a", 1, None) for i in range(10)])
    world.refresh(table)
    database.execute("delete from orders where id = 4")
    database.commit()
    assert fates(world.refresh(table)) == {"rows_in": 9, "unchanged": 9, "removed": 1}
    assert world.gone(table) == [("4", 2)]
    database.execute("delete from orders")
    database.commit()
    world.extract(table)
    with pytest.raises(SourceError, match="floor"):
        world.load(table)


def test_a_query_is_a_table(world, database):
    table = sql_table(table=None, query="select id, sum(amount) as total from orders group by id;")
    add(database, (1, "a", 1.5, None), (1, "a", 2.25, None))
    world.refresh(table)
    assert world.raw(table, "id", "total") == [(1, 3.75)]


def test_a_query_may_hold_colons_and_percent_signs(world, database):
    add(database, (1, "at 10:30", 1, None))
    query = "select id, '{\"a\":1}' ->> 'a' as a, 7 % 4 as rest from orders where status like '%10:30' -- :5%"
    table = sql_table(table=None, query=query)
    world.refresh(table)
    assert world.raw(table, "id", "a", "rest") == [(1, 1, 3)]


def test_new_and_missing_columns(world, database):
    table = sql_table()
    add(database, (1, "a", 1, None))
    world.refresh(table, needed=["status"])
    database.execute("alter table orders add column channel text")
    add_row = "insert into orders values (2, 'b', 1, null, 'web')"
    database.execute(add_row)
    database.commit()
    assert world.refresh(table).drift.added == ("channel",)
    with pytest.raises(SourceError, match=r"columns are missing: state \(did you mean status\?\)"):
        world.extract(table, needed=["state"])


DUMP = "create table orders (id integer primary key, v text);\ninsert into orders values (1, 'a;b'), (2, 'c');\n"


@pytest.mark.parametrize("name", ["erp.sql", "erp.sql.gz"])
def test_a_database_is_restored_from_its_dump_and_again_when_it_changes(world, name):
    def dump(text):
        world.write(name, gzip.compress(text.encode(), mtime=0) if name.endswith("gz") else text)

    table = sql_table(restore_from=name)
    dump(DUMP)
    world.refresh(table)
    [first] = world.landing.restored.iterdir()
    assert world.extract(table) == []
    dump(DUMP + "insert into orders values (3, 'd');")
    assert fates(world.refresh(table)) == {"rows_in": 3, "inserted": 1, "unchanged": 2}
    [second] = world.landing.restored.iterdir()
    assert first != second


def test_a_dump_reaches_no_other_file(world):
    world.write("erp.sql", "attach database 'other.sqlite' as other; create table other.t (a int);")
    with pytest.raises(SourceError, match=r"the dump erp\.sql cannot be restored into SQLite: not authorized"):
        world.extract(sql_table(restore_from="erp.sql"))
    assert not list(world.landing.restored.glob("*.sqlite"))


@pytest.mark.parametrize(
    ("connector", "message"),
    [
        ({"url": "sqlite:///absent.sqlite"}, r"absent\.sqlite is not there"),
        ({"url": "sqlite:///../x.sqlite"}, "must lie below the company's folder"),
        ({"url": "${ERP_URL}"}, "the environment does not set ERP_URL"),
        ({"url": "nonsense"}, "is not a database address"),
        ({"table": "order"}, r"no table order \(did you mean orders\?\)"),
        ({"query": "select 1"}, "either `table` or `query`"),
        ({"table": None, "query": "select absent from orders"}, "refused: no such column: absent"),
        ({"cursor": "changed_at"}, r"columns are missing: changed_at"),
    ],
)
def test_errors_say_what_to_do(world, database, connector, message):
    add(database, (1, "a", 1, None))
    with pytest.raises(SourceError, match=message) as caught:
        world.extract(sql_table(**connector))
    assert "source shop, table orders (sources/shop.yaml)" in str(caught.value)


def test_reading_by_cursor_needs_a_key(world, database):
    with pytest.raises(SourceError, match=r"by `cursor` re-reads the last rows, so it needs `load"):
        world.extract(sql_table(load={"mode": "append"}, cursor="id"))


def test_no_secret_reaches_an_error_or_a_manifest(world, database, monkeypatch):
    import sqlalchemy as sa

    world.environment["ERP_URL"] = "postgresql://user:canary@nowhere.invalid/erp"
    table = sql_table(url="${ERP_URL}")

    def refuse(url, **options):
        raise sa.exc.OperationalError(
            "connect", {}, Exception(f"connection to {url.render_as_string(False)} refused canary")
        )

    monkeypatch.setattr("bizops_pipeline.sources.database.sa.create_engine", refuse)
    with pytest.raises(TransientSourceError) as caught:
        world.extract(table)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    monkeypatch.undo()
    world.environment["ERP_URL"] = f"sqlite:///{world.root}/erp.sqlite"
    add(database, (1, "a", 1, None))
    world.refresh(table)
    manifests = "".join(path.read_text() for path in world.landing.root.rglob("*.json"))
    assert str(world.root) not in manifests
