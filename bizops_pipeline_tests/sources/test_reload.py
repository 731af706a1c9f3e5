"""A table that is declared to be read or loaded in another way: raw is as if it had always been declared so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.errors import SourceError
from bizops_pipeline_tests.landing.support import World, fates, merged, source_table

CSV = """id;day;name;email
1;2026-01-02;Zo\xeb;a@example.com
1;2026-01-03;n/a;b@example.com
2;2026-01-01;'x';c@example.com
"""
READING = {"delimiter": ";", "encoding": "cp1252"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path / "company")
    yield world
    world.engine.close()


def orders(**settings: Any) -> SourceTable:
    reading = READING | settings.pop("reading", {})
    return source_table(reading=reading, **({"path": "extracts/*.csv", "load": merged("id")} | settings))


def employee(**columns: str) -> dict[str, Any]:
    return {"employee": {"map": {"employee_hash": "id", **columns}}}


CHANGES = [
    pytest.param({"reading": {"null_values": ("", "n/a")}}, id="null values"),
    pytest.param({"reading": {"encoding": "latin-1"}}, id="encoding of the same characters"),
    pytest.param({"reading": {"encoding": "cp437"}}, id="encoding"),
    pytest.param({"reading": {"quote": "'"}}, id="quote"),
    pytest.param({"load": merged("id", "day")}, id="key"),
    pytest.param({"load": merged("id", keep="latest_by day")}, id="versions"),
    pytest.param({"load": {"mode": "append"}}, id="append"),
    pytest.param({"load": {"mode": "replace"}}, id="replace"),
    pytest.param({"drop_columns": ("name",)}, id="dropped column"),
    pytest.param({"hash_columns": ("name",)}, id="hashed column"),
    pytest.param({"keep_columns": ("email",)}, id="kept column"),
    pytest.param({"personal_columns": "hash"}, id="personal columns hashed"),
    pytest.param({"entities": employee(name="email")}, id="map that reads a dropped column"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_another_declaration_gives_what_it_would_have_given_from_the_start(
    world: World, change: dict[str, Any], tmp_path: Path
) -> None:
    fresh = World(tmp_path / "fresh")
    for each in (world, fresh):
        each.write("extracts/a.csv", CSV.encode("cp1252"))
    world.ingest(orders())
    changed = world.ingest(orders(**change))
    fresh.ingest(orders(**change))
    assert world.content(orders()) == fresh.content(orders())
    assert changed.changed
    assert changed.is_anew
    columns = ("file", "is_current", "rows_in", "rejected", "personal_columns")
    assert [row for row in world.audit(*columns) if row[1]] == fresh.audit(*columns)
    assert not world.ingest(orders(**change)).files


def test_what_says_where_records_are_loads_nothing_anew(world: World) -> None:
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    world.ingest(orders())
    assert not world.ingest(orders(path="extracts/a*.csv", reading={"header": ("id", "name")})).files
    assert not world.ingest(orders(entities=employee(name="name"), floor=0.5, threshold={})).files


def test_another_key_for_hashes_gives_other_hashes_where_there_are_any(world: World) -> None:
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    plain, hashed = orders(), orders(hash_columns=("name",))
    world.ingest(plain)
    assert not world.ingest(plain, key="another").files
    world.ingest(hashed, key="another")
    before = world.raw(hashed, "id", "name")
    assert world.ingest(hashed, key="yet another").files == 1
    after = world.raw(hashed, "id", "name")
    assert [row[0] for row in after] == [row[0] for row in before]
    assert {row[1] for row in after}.isdisjoint(row[1] for row in before)


def test_another_sheet_replaces_the_rows_of_the_first(world: World) -> None:
    world.write("extracts/.keep", "")
    book = openpyxl.Workbook()
    for name, row in (("Wrong", (1, "left")), ("Right", (2, "right"))):
        sheet = book.create_sheet(name)
        sheet.append(["id", "v"])
        sheet.append(row)
    book.save(world.root / "extracts/a.xlsx")
    wrong, right = (
        source_table(path="extracts/*.xlsx", reading={"sheet": sheet}, load=merged("id"))
        for sheet in ("Wrong", "Right")
    )
    world.ingest(wrong)
    world.ingest(right)
    assert world.raw(right, "id", "v") == [("2", "right")]
    assert world.audit("is_current", "deduplicated") == [(False, 1), (True, 0)]


def test_staging_is_told_of_every_row_that_was_there(world: World) -> None:
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    world.ingest(orders())
    world.ingest(orders(load=merged("id", "day")))
    assert world.gone(orders()) == [("1", 2), ("2", 2)]


def test_a_file_that_is_gone_at_the_source_is_loaded_anew_from_landing(world: World) -> None:
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    gone = world.write("extracts/b.csv", "id;day;name;email\n9;2026-01-02;n/a;\n")
    world.ingest(orders())
    gone.unlink()
    table = orders(reading={"null_values": ("", "n/a")})
    world.ingest(table)
    assert world.raw(table, "id", "name") == [("1", None), ("2", "'x'"), ("9", None)]


def test_what_landing_has_no_more_is_refused_unless_it_is_asked_for(world: World) -> None:
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    gone = world.write("extracts/b.csv", "id;day;name;email\n9;2026-01-02;n/a;\n")
    world.ingest(orders())
    gone.unlink()
    for path in world.landing.folder(orders()).glob("00000002-*"):
        path.unlink()
    changed = orders(load=merged("id", "day"))
    with pytest.raises(SourceError, match=r"1 landing files are gone, the first that of extracts/b.csv.*--reload shop"):
        world.ingest(changed)
    assert len(world.raw(orders(), "id")) == 3
    assert not world.ingest(orders()).files
    assert fates(world.ingest(changed, reload=["shop.orders"])) == {"rows_in": 3, "inserted": 3}
    assert not world.ingest(changed).files


def test_an_earlier_version_of_a_merged_file_that_is_gone_from_landing_is_missed(world: World) -> None:
    world.write("extracts/a.csv", "id;day;name;email\n7;2026-01-02;early;\n")
    world.ingest(orders())
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    world.ingest(orders())
    for path in world.landing.folder(orders()).glob("00000001-*"):
        path.unlink()
    with pytest.raises(SourceError, match="1 landing files are gone"):
        world.ingest(orders(load=merged("id", "day")))


def test_the_floor_of_a_table_that_is_replaced_holds_for_a_reload(world: World) -> None:
    whole = {"load": {"mode": "replace"}, "floor": 0.8}
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    world.ingest(orders(**whole))
    world.write("extracts/a.csv", b"id;day;name;email\n1;2026-01-02;x;\n")
    with pytest.raises(SourceError, match="1 rows, under 80 % of the 3 before"):
        world.ingest(orders(**whole, reading={"null_values": ("", "n/a")}))
    assert len(world.raw(orders(), "id")) == 3


@pytest.mark.parametrize("asked", [("shop",), ("shop.orders",)])
def test_a_reload_gives_the_same_rows(world: World, asked: tuple[str, ...]) -> None:
    world.write("extracts/a.csv", CSV.encode("cp1252"))
    world.ingest(orders())
    world.write("extracts/a.csv", CSV.replace("Zo\xeb", "Zoe").encode("cp1252"))
    world.ingest(orders())
    before = world.content(orders())
    assert world.ingest(orders(), reload=asked).files == 2
    assert world.content(orders()) == before
    assert not world.ingest(orders(), reload=["shop.returns"]).files


def erp(**connector: Any) -> SourceTable:
    connector = {"kind": "sql", "url": "sqlite:///erp.sqlite", "cursor": "changed", **connector}
    return source_table(connector=connector, load=merged("id"))


@pytest.fixture
def database(world: World) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(world.root / "erp.sqlite")) as connection:
        connection.executescript(
            "create table orders (id integer, status text, changed text);"
            "create table archive (id integer, changed text);"
            "insert into orders values (1, 'open', '2026-01-01'), (2, 'test', '2026-01-02');"
            "insert into archive values (3, '2020-01-01');"
        )
        yield connection


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ({"table": "archive"}, [(3,)]),
        ({"query": "select id, changed from orders where status <> 'test'"}, [(1,)]),
        ({"table": "orders", "cursor": "id"}, [(1,), (2,)]),
    ],
    ids=["table", "query", "cursor"],
)
def test_another_relation_or_cursor_is_read_from_its_start(
    world: World, database: sqlite3.Connection, change: dict[str, Any], rows: list[tuple[int]]
) -> None:
    world.ingest(erp(table="orders"))
    world.ingest(erp(**change))
    assert world.raw(erp(), "id") == rows
    assert [row[0] for row in world.audit("cursor_in", "is_current") if row[1]] == [None]
    assert not world.ingest(erp(**change)).changed


def test_another_query_that_finds_nothing_is_refused_unless_that_may_be(
    world: World, database: sqlite3.Connection
) -> None:
    nothing = erp(query="select id, changed from orders where id > 9")
    world.ingest(erp(table="orders"))
    with pytest.raises(SourceError, match="query has no rows; say `allow_empty: true`"):
        world.ingest(nothing)
    assert world.raw(erp(), "id") == [(1,), (2,)]
    world.ingest(nothing.model_copy(update={"allow_empty": True}))
    assert world.raw(erp(), "id") == []


def test_another_address_is_read_on_from_the_cursor(world: World, database: sqlite3.Connection) -> None:
    world.ingest(erp(table="orders"))
    database.execute("insert into orders values (3, 'open', '2026-01-03')")
    database.commit()
    (world.root / "erp.sqlite").rename(world.root / "moved.sqlite")
    moved = erp(table="orders", url="sqlite:///moved.sqlite", overlap="1d", chunk_rows=7)
    assert fates(world.ingest(moved)) == {"rows_in": 3, "inserted": 1, "unchanged": 2}


def test_a_database_is_read_from_the_start_for_a_reload(world: World, database: sqlite3.Connection) -> None:
    world.ingest(erp(table="orders"))
    for path in world.landing.folder(erp()).iterdir():
        path.unlink()
    assert fates(world.ingest(erp(table="orders"), reload=["shop"])) == {"rows_in": 2, "inserted": 2}
