"""The SQL connector on a real MariaDB, which is started for these tests and thrown away after them."""

import os
import shutil
import subprocess
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from bizops_pipeline.errors import SourceError, TransientSourceError
from bizops_pipeline.sources import sql
from bizops_pipeline_tests.landing.support import World, fates
from bizops_pipeline_tests.sources.servers import PASSWORD, both_ways, landed_rows, query, sql_table, while_reading

pymysql = pytest.importorskip("pymysql", reason="needs the driver: install the extra `mysql`")

pytestmark = pytest.mark.slow


def find_binary(name):
    found = shutil.which(name, path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not found:
        pytest.skip(f"needs a MariaDB server: install the package `mariadb-server`, or put its `{name}` on the PATH")
    return found


def connect(folder, user="owner", **options):
    return pymysql.connect(
        unix_socket=f"{folder}/socket", user=user, password=PASSWORD, charset="utf8mb4", autocommit=True, **options
    )


@pytest.fixture(scope="session")
def server():
    """The folder of the socket of a server in which the users `owner` and `reader` have the same password."""
    install, serve = find_binary("mariadb-install-db"), find_binary("mariadbd")
    with tempfile.TemporaryDirectory(prefix="mariadb-") as folder:
        # The server runs as root only if told to.
        user = ["--user=root"] if os.geteuid() == 0 else []
        places = ["--no-defaults", f"--datadir={folder}/data", *user]
        silent = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        Path(folder, "users.sql").write_text(
            "".join(f"create user {name} identified by '{PASSWORD}';\n" for name in ("owner", "reader", "other"))
            + "grant all on *.* to owner with grant option;\ngrant all on erp.* to reader;\n"
        )
        subprocess.run([install, *places, "--skip-test-db", "--auth-root-authentication-method=normal"], check=True,
                       **silent)  # fmt: skip
        process = subprocess.Popen(
            [
                serve, *places, f"--socket={folder}/socket", f"--pid-file={folder}/pid",
                f"--init-file={folder}/users.sql", "--skip-networking", "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=16M",
            ],
            # A zone in which 01:30 comes twice on 2026-11-01.
            env=os.environ | {"TZ": "America/New_York"}, **silent,
        )  # fmt: skip
        try:
            wait_for(folder, process)
            yield folder
        finally:
            process.kill()
            process.wait()


def wait_for(folder, process):
    for _ in range(300):
        assert process.poll() is None, "the server has ended"
        try:
            connect(folder).close()
        except pymysql.err.OperationalError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server does not answer")


@pytest.fixture
def database(server):
    """A cursor of the owner in an empty database that the reader may read and write."""
    with connect(server) as owner, owner.cursor() as cursor:
        cursor.execute("create or replace database erp character set utf8mb4")
        cursor.execute("use erp")
        yield cursor


@pytest.fixture
def world(tmp_path, server):
    url = f"mysql+pymysql://reader:{PASSWORD}@localhost/erp?unix_socket={server}/socket"
    world = World(tmp_path, environment={"ERP_URL": url})
    yield world
    world.engine.close()


KINDS = [
    ("id", "int primary key", "1", "BIGINT", 1),
    ("big", "bigint", "-9223372036854775808", "BIGINT", -9223372036854775808),
    ("vast", "bigint unsigned", "18446744073709551615", "VARCHAR", "18446744073709551615"),
    ("number", "int(6) unsigned zerofill", "4294967295", "BIGINT", 4294967295),
    ("flag", "tinyint(1)", "2", "BIGINT", 2),
    ("bit", "bit", "b'1'", "BIGINT", 1),
    ("bits", "bit(9)", "b'100000001'", "BIGINT", 257),
    ("money", "decimal(12, 2)", "19.99", "DECIMAL(38,2)", Decimal("19.99")),
    ("exact", "decimal(65, 10)", "1234567890123456789012345678901234567890.0123456789", "VARCHAR",
     "1234567890123456789012345678901234567890.0123456789"),
    ("single", "float", "123456.75", "DOUBLE", 123456.75),
    ("scaled", "float(10, 2)", "123456.78", "DOUBLE", 123456.78),
    ("broad", "double", "0.1", "DOUBLE", 0.1),
    ("said", "text", "'Grüße 漢 😀'", "VARCHAR", "Grüße 漢 😀"),
    ("western", "varchar(9) character set latin1", "'Grüße'", "VARCHAR", "Grüße"),
    ("short", "varchar(9)", "''", "VARCHAR", ""),
    ("size", "enum('small', 'large')", "'large'", "VARCHAR", "large"),
    ("tags", "set('z', 'a')", "'a,z'", "VARCHAR", "z,a"),
    ("doc", "json", "'{\"b\": 1.10}'", "VARCHAR", '{"b": 1.10}'),
    ("day", "date", "'2026-03-29'", "DATE", date(2026, 3, 29)),
    ("season", "year", "2026", "BIGINT", 2026),
    ("hour", "time", "'1:02:03'", "VARCHAR", "01:02:03"),
    ("span", "time(6)", "'-838:59:58.5'", "VARCHAR", "-838:59:58.500000"),
    ("local", "datetime(6)", "'2026-03-29 02:30:00.123456'", "TIMESTAMP", datetime(2026, 3, 29, 2, 30, 0, 123456)),
    ("moment", "timestamp(6) null", "'2026-07-01 08:00:00.5'", "TIMESTAMP WITH TIME ZONE",
     datetime(2026, 7, 1, 12, 0, 0, 500000, tzinfo=UTC)),
    ("bytes", "blob", "0xdead", "BLOB", b"\xde\xad"),
    ("padded", "binary(3)", "0xde", "BLOB", b"\xde\0\0"),
    ("uid", "uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "VARCHAR", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
]  # fmt: skip
"""Column, type and value in MariaDB, type and value in raw."""


@pytest.mark.parametrize("connector", [{}, {"table": None, "query": "select * from orders"}], ids=["table", "query"])
def test_values_keep_their_types_and_digits(world, database, connector):
    database.execute(f"create table orders ({', '.join(f'{name} {kind}' for name, kind, *_ in KINDS)})")
    database.execute(f"insert into orders values ({', '.join(value for _, _, value, *_ in KINDS)})")
    database.execute("insert into orders (id) values (2)")
    table = sql_table(**connector)
    world.refresh(table)
    types = dict(world.engine.describe("select * from raw.shop__orders"))
    names = [name for name, *_ in KINDS]
    expected = [(name, kind, value) for name, _, _, kind, value in KINDS]
    if not connector.get("table", True):  # the protocol does not tell how exact a number is
        expected = [(name, "VARCHAR", "19.99") if name == "money" else (name, *rest) for name, *rest in expected]
    assert [
        (name, types[name], value) for name, value in zip(names, world.raw(table, *names)[0], strict=True)
    ] == expected
    assert world.raw(table, *names)[1] == (2, *[None] * (len(names) - 1))


def test_zero_dates_make_the_column_text_and_moments_stay_moments(world, database):
    database.execute("set sql_mode = ''")
    database.execute("create table orders (id int, paid datetime, day date, moment timestamp null)")
    database.execute("insert into orders values (1, '2026-01-01 10:00', '2026-01-01', '2026-01-01 10:00')")
    table = sql_table()
    world.refresh(table)
    database.execute("insert into orders values (2, '0000-00-00', '2026-00-00', '0000-00-00')")
    world.refresh(table)
    assert world.raw(table, "id", "paid", "day", "moment") == [
        (1, "2026-01-01 10:00:00", "2026-01-01", "2026-01-01 15:00:00+00:00"),
        (2, "0000-00-00 00:00:00", "2026-00-00", "0000-00-00 00:00:00"),
    ]


@pytest.mark.parametrize("ansi", [False, True])
def test_names_are_taken_as_they_are(world, database, ansi):
    if ansi:
        world.environment["ERP_URL"] += "&sql_mode=ANSI_QUOTES"
    database.execute("create table `Order Lines` (`Id` int, `order` int, `key` bit, `50% :off` text)")
    database.execute("insert into `Order Lines` values (1, 2, 1, 'yes')")
    database.execute("create view orders as select `Id`, `order`, `key` from `Order Lines`")
    expected = {"Id": 1, "order": 2, "key": 1, "50% :off": "yes"}
    for name in ("Order Lines", "erp.Order Lines", "orders"):
        table = sql_table({"mode": "replace", "key": ["id", "order"]}, table=name)
        [row] = landed_rows(world, table.model_copy(update={"name": name}))
        assert row == expected if name != "orders" else row.items() < expected.items()


def test_a_query_may_hold_colons_and_percent_signs(world, database):
    text = """select 1 as id, json_value('{"a":"b:c"}', '$.a') as a, 7 % 4 as rest, date_format('2026-01-02', '%d:%m') d
        where 'about 10:30' like '%10:30' # a comment: 5%"""
    assert landed_rows(world, query(text)) == [{"id": 1, "a": "b:c", "rest": 3, "d": "02:01"}]


CODES = ["a", "A", "á", "ä", "ae", "b", "B", "_", "É", "", "ab", "aB", "ß", "ss", "b ", "😀", "🐙", "x'\\", "%s", None]
KEYS = [
    "varchar(9) collate utf8mb4_general_ci",
    "varchar(9) collate utf8mb4_unicode_nopad_ci",
    "varchar(9) collate utf8mb4_bin",
]


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize(("streamed", "chunk_rows"), [(True, 7), (False, 1), (False, 7), (False, 1000)])
def test_no_row_is_lost_or_doubled_whatever_order_the_database_has(
    world, database, monkeypatch, kind, streamed, chunk_rows
):
    if not streamed:
        monkeypatch.setattr(sql, "STREAMED", ())
    database.execute(f"create table orders (id serial, code {kind}, size enum('small', 'medium', 'large'))")
    sizes = ("small", "medium", "large", None)
    database.executemany(
        "insert into orders (code, size) values (%s, %s)", [(code, size) for code in CODES for size in sizes]
    )
    table = sql_table({"mode": "replace", "key": ["code", "size"]}, chunk_rows=chunk_rows)
    assert sorted(row["id"] for row in landed_rows(world, table)) == list(range(1, 4 * len(CODES) + 1))


@pytest.mark.parametrize("kind", ["float", "bit(9)"])
def test_keys_whose_values_are_not_equal_to_what_drivers_make_of_them(world, database, kind):
    database.execute(f"create table orders (id {kind}, line int)")
    database.execute("insert into orders select seq / 10, seq from seq_1_to_30")
    rows = landed_rows(world, sql_table({"mode": "replace", "key": ["id"]}, chunk_rows=1))
    assert sorted(row["line"] for row in rows) == list(range(1, 31))


@both_ways
def test_all_rows_are_of_the_moment_when_reading_began(world, database, monkeypatch, streamed):
    if not streamed:
        monkeypatch.setattr(sql, "STREAMED", ())
    database.execute("create table orders (id int primary key, status text)")
    database.execute("insert into orders select seq, 'open' from seq_1_to_3000")

    def change():
        database.execute("delete from orders where id % 5 = 0")
        database.execute("insert into orders values (0, 'new'), (9999, 'new')")
        database.execute("update orders set id = id + 10000, status = 'moved' where id % 2 = 1")

    while_reading(monkeypatch, change)
    rows = landed_rows(world, sql_table(chunk_rows=10))
    assert sorted((row["id"], row["status"]) for row in rows) == [(i, "open") for i in range(1, 3001)]


def test_a_cursor_of_moments_meets_every_change_when_the_clock_goes_back(world, database):
    # 01:00 to 02:00 of New York, the server's zone, comes twice: from 05:00 and from 06:00 UTC.
    start = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
    moments = [start + timedelta(minutes=30 * i) for i in range(6)]
    database.execute("create table orders (id int, changed timestamp null)")
    table = sql_table(cursor="changed")
    database.execute("set time_zone = '+00:00'")
    for i, moment in enumerate(moments):
        database.execute("insert into orders values (%s, %s)", (i, moment.replace(tzinfo=None)))
        assert fates(world.load(table, world.extract(table, now=moment)))["inserted"] == 1
    assert world.raw(table, "id", "changed") == list(enumerate(moments))
    assert world.engine.scalar("select cursor from state.cursor") == "2026-11-01 07:00:00"


@pytest.mark.parametrize(
    ("kind", "overlap", "expected"),
    [
        ("datetime", "12h", [4, 5]),
        ("timestamp", "1d", [3, 4, 5]),
        ("date", "12h", [4, 5]),
        ("decimal(9, 2)", None, [5]),
        ("bigint unsigned", None, [5]),
    ],
)
def test_a_cursor_of_any_kind_reads_on_from_where_it_was(world, database, kind, overlap, expected):
    value = f"cast('2026-01-01' as datetime) + interval seq * {24 if kind == 'date' else 12} hour"
    if not overlap:
        value = "18446744073709551610 + seq" if kind == "bigint unsigned" else "seq / 4"
    database.execute(f"create table orders (id int, changed {kind})")
    database.execute(f"insert into orders select seq, {value} from seq_1_to_5")
    table = sql_table(cursor="changed", overlap=overlap)
    world.refresh(table)
    assert [row["id"] for row in landed_rows(world, table)] == expected


def test_nothing_is_written(world, database):
    database.execute("create sequence numbers")
    with pytest.raises(SourceError, match="Cannot execute statement in a READ ONLY transaction"):
        world.extract(query("select nextval(numbers) as id"))


@pytest.mark.parametrize(
    ("url", "connector", "message"),
    [
        ({PASSWORD: "canary-wrong"}, {}, "refused: .*Access denied for user 'reader'"),
        ({"/erp": "/absent"}, {}, "refused: .*Access denied .* to database 'absent'"),
        ({"reader": "other"}, {}, "refused: .*Access denied .* to database 'erp'"),
        ({}, {"table": "order"}, r"the database has no table order \(did you mean orders\?\)"),
        ({}, {"table": None, "query": "select absent from orders"}, "refused: .*Unknown column 'absent'"),
        ({}, {"table": None, "query": "select id, id from orders"}, "refused: .*Duplicate column name 'id'"),
        (
            {},
            {"table": None, "query": "select (select seq from seq_1_to_2) as id"},
            "refused: .*returns more than 1 row",
        ),
        ({}, {"table": "nothing"}, "nothing has no rows"),
    ],
)
def test_what_a_second_attempt_does_not_help_is_an_error(world, database, url, connector, message):
    database.execute("create table orders as select 1 as id")
    database.execute("create table nothing (id int)")
    for old, new in url.items():
        world.environment["ERP_URL"] = world.environment["ERP_URL"].replace(old, new)
    with pytest.raises(SourceError, match=message) as caught:
        world.extract(sql_table(**connector))
    assert not isinstance(caught.value, TransientSourceError)
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("?unix_socket=/nowhere", r"the database \$\{ERP_URL\} did not answer: .*No such file"),
        ("&init_command=set+max_statement_time%3D0.02", "did not answer: .*max_statement_time exceeded"),
    ],
)
def test_a_database_that_does_not_answer_may_do_so_later(world, database, options, message):
    address = world.environment["ERP_URL"]
    world.environment["ERP_URL"] = (address.partition("?")[0] if options.startswith("?") else address) + options
    with pytest.raises(TransientSourceError, match=message) as caught:
        world.extract(query("select 1 as id, sleep(1) as slept"))
    assert "canary" not in str(caught.value)


def test_a_table_that_others_have_locked_may_be_free_later(world, server, database):
    database.execute("create table orders as select 1 as id")
    world.environment["ERP_URL"] += "&init_command=set+lock_wait_timeout%3D1"
    with connect(server, database="erp") as other, other.cursor() as cursor:
        cursor.execute("lock tables orders write")
        with pytest.raises(TransientSourceError, match=r"did not answer: .*Lock wait timeout exceeded"):
            world.extract(sql_table())


def test_a_server_that_goes_away_leaves_nothing_half_read(world, database, monkeypatch, caplog):
    database.execute("create table orders as select seq as id, repeat('x', 200) as filling from seq_1_to_50000")

    def end():
        database.execute("select id from information_schema.processlist where user = 'reader'")
        for (number,) in database.fetchall():
            database.execute(f"kill {number}")

    while_reading(monkeypatch, end)
    with pytest.raises(TransientSourceError, match=r"did not answer: .*Lost connection"):
        world.extract(sql_table(chunk_rows=10))
    assert not [path for path in world.landing.root.rglob("*") if path.is_file()]
    assert caplog.text == ""
