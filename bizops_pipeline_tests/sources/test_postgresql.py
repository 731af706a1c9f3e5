"""The SQL connector on a real PostgreSQL, which is started for these tests and thrown away after them."""

import os
import pwd
import shutil
import subprocess
import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bizops_pipeline.errors import SourceError, TransientSourceError
from bizops_pipeline.sources import sql
from bizops_pipeline_tests.landing.support import World, fates
from bizops_pipeline_tests.sources.servers import PASSWORD, both_ways, landed_rows, query, sql_table, while_reading

psycopg = pytest.importorskip("psycopg", reason="needs the driver: install the extra `postgres`")


def find_binaries():
    on_path = shutil.which("initdb")
    folders = (
        [Path(on_path).resolve().parent] if on_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    )
    if not folders:
        pytest.skip("needs a PostgreSQL server: install the package `postgresql`, or put its `initdb` on the PATH")
    return folders[0]


@pytest.fixture(scope="session")
def server():
    """The folder of the socket of a server in which the users `owner` and `reader` have the same password."""
    binaries = find_binaries()
    # The server refuses to run as root, and its user cannot enter the folders of root's tests.
    user = "postgres" if os.geteuid() == 0 else None
    if user and user not in (entry.pw_name for entry in pwd.getpwall()):
        pytest.skip("a PostgreSQL server does not run as root: run the tests as another user, or add `postgres`")
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        if user:
            shutil.chown(folder, user)

        def run(name, *arguments):
            subprocess.run(
                [binaries / name, "-D", f"{folder}/data", *arguments],
                check=True, user=user, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip

        Path(folder, "password").write_text(PASSWORD)
        run(
            "initdb", "--username=owner", f"--pwfile={folder}/password", "--auth=scram-sha-256", "--no-sync",
            "--encoding=UTF8", "--no-locale", "--no-instructions",
        )  # fmt: skip
        settings = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off -c timezone=UTC"
        run("pg_ctl", "start", "--wait", "--silent", "--log", f"{folder}/log", "--options", settings)
        try:
            with psycopg.connect(f"host={folder} user=owner password={PASSWORD} dbname=postgres") as connection:
                connection.execute(f"create role reader login password '{PASSWORD}'")
                # A zone in which 01:30 comes twice on 2026-11-01.
                connection.execute("alter role reader set timezone = 'America/New_York'")
            yield folder
        finally:
            run("pg_ctl", "stop", "--mode=immediate", "--silent")


@pytest.fixture
def database(server):
    """A connection of the owner to an empty schema that the reader may read."""
    with psycopg.connect(f"host={server} user=owner password={PASSWORD} dbname=postgres", autocommit=True) as owner:
        owner.execute("drop schema if exists public cascade; create schema public")
        owner.execute("grant usage on schema public to reader")
        owner.execute("alter default privileges in schema public grant select on tables to reader")
        yield owner


@pytest.fixture
def world(tmp_path, server):
    world = World(tmp_path, environment={"ERP_URL": f"postgresql+psycopg://reader:{PASSWORD}@/postgres?host={server}"})
    yield world
    world.engine.close()


KINDS = [
    ("id", "integer primary key", "1", "BIGINT", 1),
    ("big", "bigint", "9223372036854775807", "BIGINT", 9223372036854775807),
    ("money", "numeric(12, 2)", "19.99", "DECIMAL(38,2)", Decimal("19.99")),
    ("exact", "numeric", "12345678901234567890.12345678901234567890", "VARCHAR",
     "12345678901234567890.12345678901234567890"),
    ("single", "real", "0.1", "DOUBLE", 0.1),
    ("broad", "double precision", "'Infinity'", "DOUBLE", float("inf")),
    ("said", "text", "'Grüße 漢'", "VARCHAR", "Grüße 漢"),
    ("short", "varchar(9)", "''", "VARCHAR", ""),
    ("padded", "char(4)", "'ab'", "VARCHAR", "ab  "),
    ("flag", "boolean", "true", "BOOLEAN", True),
    ("day", "date", "'2026-03-29'", "DATE", date(2026, 3, 29)),
    ("hour", "time", "'10:11:12.5'", "VARCHAR", "10:11:12.5"),
    ("local", "timestamp", "'2026-03-29 02:30:00.123456'", "TIMESTAMP", datetime(2026, 3, 29, 2, 30, 0, 123456)),
    ("moment", "timestamptz", "'2026-07-01 12:00+02'", "TIMESTAMP WITH TIME ZONE",
     datetime(2026, 7, 1, 10, tzinfo=UTC)),
    ("span", "interval", "'1 mon 2 days 03:04:05'", "VARCHAR", "1 mon 2 days 03:04:05"),
    ("uid", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "VARCHAR", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    ("doc", "json", "'{\"b\": 1.10}'", "VARCHAR", '{"b": 1.10}'),
    ("docb", "jsonb", "'{\"b\":1.10,\"a\":null}'", "VARCHAR", '{"a": null, "b": 1.10}'),
    ("tags", "text[]", "array['x', null, 'y,z']", "VARCHAR", '{x,NULL,"y,z"}'),
    ("bytes", "bytea", r"'\xdead'", "BLOB", b"\xde\xad"),
    ("feeling", "mood", "'ok'", "VARCHAR", "ok"),
    ("cents", "positive", "7", "BIGINT", 7),
]  # fmt: skip
"""Column, type and value in PostgreSQL, type and value in raw."""


@pytest.mark.parametrize("connector", [{}, {"table": None, "query": "select * from orders"}], ids=["table", "query"])
def test_values_keep_their_types_and_digits(world, database, connector):
    database.execute("create type mood as enum ('sad', 'ok'); create domain positive as int check (value > 0)")
    database.execute(f"create table orders ({', '.join(f'{name} {kind}' for name, kind, *_ in KINDS)})")
    database.execute(f"insert into orders values ({', '.join(value for _, _, value, *_ in KINDS)})")
    database.execute("insert into orders (id) values (2)")
    table = sql_table(**connector)
    world.refresh(table)
    types = dict(world.engine.describe("select * from raw.shop__orders"))
    names = [name for name, *_ in KINDS]
    assert [(name, types[name], value) for name, value in zip(names, world.raw(table, *names)[0], strict=True)] == [
        (name, kind, value) for name, _, _, kind, value in KINDS
    ]
    assert world.raw(table, *names)[1] == (2, *[None] * (len(names) - 1))


def test_what_arrow_and_python_have_no_value_for_makes_the_column_text(world, database):
    database.execute("create table orders (id int, price numeric(9, 2), due timestamptz, paid date, at timestamp)")
    database.execute(
        "insert into orders values (1, 'NaN', 'infinity', '20260-01-01', '2026-01-01 10:00'),"
        "(2, 1.50, '2026-01-01 10:00+00', '0044-03-15 BC', '9999-12-31 23:59:59')"
    )
    table = sql_table()
    world.refresh(table)
    assert world.raw(table, "id", "price", "due", "paid", "at") == [
        (1, "NaN", "infinity", "20260-01-01", datetime(2026, 1, 1, 10)),
        (2, "1.50", "2026-01-01 05:00:00-05", "0044-03-15 BC", datetime(9999, 12, 31, 23, 59, 59)),
    ]


def test_names_are_taken_as_they_are(world, database):
    database.execute('create table "Order Lines" ("Id" int, "select" int, "50% :off" text)')
    database.execute("insert into \"Order Lines\" values (1, 2, 'yes')")
    database.execute('create view orders as select * from "Order Lines"')
    database.execute("create materialized view kept as select * from orders")
    expected = [{"Id": 1, "select": 2, "50% :off": "yes"}]
    for name in ("Order Lines", "public.Order Lines", "orders", "kept"):
        assert (
            landed_rows(world, sql_table({"mode": "replace"}, table=name).model_copy(update={"name": name})) == expected
        )


def test_a_query_may_hold_colons_and_percent_signs(world, database):
    text = """select 1 as id, '{"a":1}'::jsonb ->> 'a' as a, (array[1,2,3])[:2] as two, 7 % 4 as rest
        where 'about 10:30' like '%10:30' -- a comment: 5%"""
    assert landed_rows(world, query(text)) == [{"id": 1, "a": "1", "two": "{1,2}", "rest": 3}]


@pytest.mark.parametrize(("streamed", "chunk_rows"), [(True, 7), (False, 1), (False, 7), (False, 1000)])
def test_no_row_is_lost_or_doubled_whatever_order_the_database_has(world, database, monkeypatch, streamed, chunk_rows):
    if not streamed:
        monkeypatch.setattr(sql, "STREAMED", ())
    # To this collation `a` is `A`, and it orders both before `B` and `_` before all letters.
    database.execute("create collation ignoring (provider = icu, locale = 'und-u-ks-level2', deterministic = false)")
    database.execute("create table orders (code text collate ignoring, line uuid, id serial)")
    codes = ["a", "A", "b", "B", "_", "é", "É", "", "-a", "ab", "aB", "Z", None]
    database.execute(
        "insert into orders (code, line) select code, case when line < 3 then md5(line::text)::uuid end "
        "from unnest(%s::text[]) code, generate_series(0, 3) line",
        [codes],
    )
    table = sql_table({"mode": "replace", "key": ["code", "line"]}, chunk_rows=chunk_rows)
    assert sorted(row["id"] for row in landed_rows(world, table)) == list(range(1, 4 * len(codes) + 1))


@both_ways
def test_all_rows_are_of_the_moment_when_reading_began(world, database, monkeypatch, streamed):
    if not streamed:
        monkeypatch.setattr(sql, "STREAMED", ())
    database.execute("create table orders (id int primary key, status text)")
    database.execute("insert into orders select i, 'open' from generate_series(1, 30) i")

    def change():
        database.execute("delete from orders where id % 5 = 0; insert into orders values (0, 'new'), (99, 'new')")
        database.execute("update orders set id = id + 100, status = 'moved' where id % 2 = 1")

    while_reading(monkeypatch, change)
    rows = landed_rows(world, sql_table(chunk_rows=10))
    assert sorted((row["id"], row["status"]) for row in rows) == [(i, "open") for i in range(1, 31)]


def test_a_cursor_with_a_time_zone_meets_every_change_when_the_clock_goes_back(world, database):
    # 01:00 to 02:00 of New York comes twice: from 05:00 and from 06:00 UTC.
    start = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    moments = [start + timedelta(minutes=30 * i) for i in range(6)]
    database.execute("create table orders (id int, changed timestamptz)")
    table = sql_table(cursor="changed")
    for i, moment in enumerate(moments):
        database.execute("insert into orders values (%s, %s)", [i, moment])
        assert fates(world.load(table, world.extract(table, now=moment)))["inserted"] == 1
    assert world.raw(table, "id", "changed") == list(enumerate(moments))
    assert world.engine.scalar("select cursor from state.cursor") == "2026-11-01 02:00:00-05:00"


@pytest.mark.parametrize(
    ("kind", "overlap", "expected"),
    [
        ("timestamp", "12h", [4, 5]),
        ("timestamptz", "1d", [3, 4, 5]),
        ("date", "12h", [4, 5]),
        ("date", "2d", [3, 4, 5]),
        ("numeric(9, 0)", None, [5]),
        ("numeric", None, [5]),
    ],
)
def test_a_cursor_of_any_kind_reads_on_from_where_it_was(world, database, kind, overlap, expected):
    # Of dates the whole days count that an overlap touches.
    value = "i" if kind.startswith("numeric") else f"cast(timestamp '2026-01-01' + i * interval '12 hours' as {kind})"
    if kind == "date":
        value = "date '2026-01-01' + i"
    database.execute(f"create table orders as select i as id, {value} as changed from generate_series(1, 5) i")
    table = sql_table(cursor="changed", overlap=overlap)
    world.refresh(table)
    assert [row["id"] for row in landed_rows(world, table)] == expected


def test_nothing_is_written(world, database):
    database.execute("create sequence numbers; grant all on sequence numbers to reader")
    with pytest.raises(SourceError, match=r"cannot execute nextval\(\) in a read-only transaction"):
        world.extract(query("select nextval('numbers') as id"))


@pytest.mark.parametrize(
    ("url", "connector", "message"),
    [
        ({PASSWORD: "canary-wrong"}, {}, "refused: .*password authentication failed"),
        ({"/postgres?": "/absent?"}, {}, 'refused: .*database "absent" does not exist'),
        ({}, {"table": "order"}, r"the database has no table order \(did you mean orders\?\)"),
        ({}, {"table": "public.order"}, r"the schema public has no table order \(did you mean orders\?\)"),
        ({}, {"table": "hidden"}, "refused: permission denied for table hidden"),
        ({}, {"table": None, "query": "select 1 / (id - 1) as id from orders"}, "refused: division by zero"),
        ({}, {"table": "nothing"}, "nothing has no rows"),
    ],
)
def test_what_a_second_attempt_does_not_help_is_an_error(world, database, url, connector, message):
    database.execute("create table orders as select 1 as id; create table nothing (id int)")
    database.execute("create table hidden (id int); revoke all on hidden from reader")
    for old, new in url.items():
        world.environment["ERP_URL"] = world.environment["ERP_URL"].replace(old, new)
    with pytest.raises(SourceError, match=message) as caught:
        world.extract(sql_table(**connector))
    assert not isinstance(caught.value, TransientSourceError)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("?host=/nowhere", r"the database \$\{ERP_URL\} did not answer: .*No such file"),
        ("&options=-c%20statement_timeout%3D20", "did not answer: canceling statement due to statement timeout"),
    ],
)
def test_a_database_that_does_not_answer_may_do_so_later(world, database, options, message):
    address = world.environment["ERP_URL"]
    world.environment["ERP_URL"] = (address.partition("?")[0] if options.startswith("?") else address) + options
    with pytest.raises(TransientSourceError, match=message) as caught:
        world.extract(query("select 1 as id, pg_sleep(1) as slept"))
    assert "canary" not in str(caught.value)


def test_a_server_that_goes_away_leaves_nothing_half_read(world, database, monkeypatch, caplog):
    database.execute("create table orders as select i as id from generate_series(1, 5000) i")
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'reader'"
    while_reading(monkeypatch, lambda: database.execute(ended))
    with pytest.raises(TransientSourceError, match="did not answer: terminating connection"):
        world.extract(sql_table(chunk_rows=10))
    assert not [path for path in world.landing.root.rglob("*") if path.is_file()]
    assert "canary" not in caplog.text
