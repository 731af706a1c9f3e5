"""The columns of raw tables: what arrives, what is added, and which type holds all of it."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing import scan
from bizops_pipeline.landing.columns import missing_columns
from bizops_pipeline_tests.landing.support import fates, merged, source_table


@pytest.mark.parametrize(("rows", "varied"), [(1500, ["id", "at"]), (900, [])], ids=["enough rows", "too few"])
def test_columns_that_hardly_repeat_are_found_in_the_first_rows(world, rows, varied):
    world.engine.execute(
        "create temp table arriving as select 'no ' || range as id, 'web' as channel, "
        f"'2026-01-01 ' || range // 2 + range % 2 * 1000000 as at, null as note from range({rows})"
    )
    assert scan.varied_columns(world.engine, ["id", "channel", "at", "note"]) == varied


def test_new_columns_are_added_with_a_warning(world):
    table = source_table()
    world.write("extracts/a.csv", "id,name\n1,a\n")
    world.refresh(table)
    world.write("extracts/b.csv", "name,extra,ID\nb,x,2\n")
    world.write("extracts/c.csv", "id\n3\n")
    world.refresh(table)
    assert world.raw(table, "id", "name", "extra") == [("1", "a", None), ("2", "b", "x"), ("3", None, None)]
    found = world.engine.rows(
        "select severity, outcome, observed from audit.check_result where check_id like '%columns%'"
    )
    assert found == [("warn", "failed", "new: extra")]


def test_a_new_column_changes_no_row_that_has_nothing_in_it(world):
    table = source_table(load={"mode": "merge", "key": ["id"]})
    world.write("extracts/a.csv", "id,name\n1,a\n2,b\n")
    world.refresh(table)
    world.write("extracts/b.csv", "extra,NAME,id\n,a,1\nx,b,2\n")
    assert fates(world.refresh(table)) == {"rows_in": 2, "updated": 1, "unchanged": 1}


def test_a_missing_needed_column_loads_nothing(world):
    table = source_table(path="extracts/*.ndjson")
    world.write("extracts/a.ndjson", '{"id": 1, "opened_on": "x"}\n')
    world.extract(table)
    with pytest.raises(SourceError, match=r"columns are missing: opened_at \(did you mean opened_on\?\)"):
        world.load(table, needed=["opened_at"])
    assert not world.engine.exists("raw", "shop__orders")


CRITICAL = {"map": {"severity": "S1", "priority": {"from": "prio", "values": {}}}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"load": merged("numbr")}, "numbr (did you mean Number? `load.key` names it)"),
        ({"load": merged("id", keep="latest_by at, numbr")}, "numbr (did you mean Number? `load.keep` names it)"),
        ({"load": merged("id", cursor="NUMBR")}, "numbr (did you mean Number? `load.cursor` names it)"),
        ({"entities": {"incident": CRITICAL}}, "prio (`entities.incident.map.priority` reads it)"),
        (
            {"entities": {"incident": CRITICAL}},
            "S1 (`entities.incident.map.severity` reads it and would be a text as \"'S1'\")",
        ),
        ({}, "nothing"),
    ],
    ids=["key", "keep", "cursor", "map", "text without quotes", "nowhere"],
)
def test_a_missing_column_is_told_with_what_names_it(given, told):
    name = told.partition(" ")[0]
    assert missing_columns(["Number", "at"], [name, "AT"], source_table(**given)) == [told]


def test_parquet_keeps_its_types_and_a_changed_type_becomes_text(world):
    table = source_table(path="extracts/*.parquet", load=merged("id"))
    world.write("extracts/.keep", "")
    first = pa.table({"id": pa.array([1, 2], pa.int32()), "amount": [Decimal("1.10"), None], "tags": [["a"], []]})
    pq.write_table(first, world.root / "extracts/a.parquet")
    world.refresh(table)
    assert world.raw(table, "id", "amount", "tags") == [(1, Decimal("1.10"), '["a"]'), (2, None, "[]")]
    second = pa.table({"id": pa.array([2, 3], pa.int64()), "amount": ["n/a", "7"], "tags": [["b"], None]})
    pq.write_table(second, world.root / "extracts/b.parquet")
    result = world.refresh(table)
    assert fates(result) == {"rows_in": 2, "inserted": 1, "updated": 1}
    assert world.raw(table, "id", "amount") == [(1, "1.10"), (2, "n/a"), (3, "7")]
    assert "amount" in result.drift.describe()


@pytest.mark.parametrize("whole_first", [True, False], ids=["whole numbers first", "floats first"])
@pytest.mark.parametrize("at_once", [True, False], ids=["one load", "two loads"])
def test_whole_numbers_that_come_as_floats_are_the_same_keys(world, whole_first, at_once):
    table = source_table(path="extracts/*.parquet", load=merged("id", keep="latest_by day"))
    whole = pa.table({"id": [1, 2], "customer": [17, 18], "day": [1, 1]})
    floats = pa.table({"id": [2.0, 3.0], "customer": [18.0, None], "day": [2, 2]})
    deliveries = [whole, floats] if whole_first else [floats, whole]
    for number, delivery in enumerate(deliveries):
        world.write("extracts/.keep", "")
        pq.write_table(delivery, world.root / f"extracts/{number}.parquet")
        if not at_once:
            world.refresh(table)
    world.refresh(table)
    assert world.raw(table, "_row_key", "id", "customer", "day") == [
        ("1", "1", "17", 1),
        ("2", "2", "18", 2),
        ("3", "3", None, 2),
    ]


def test_parquet_tells_times_with_a_zone_from_those_without(world):
    table = source_table(path="extracts/*.parquet", load=merged("id"))
    world.write("extracts/.keep", "")
    noon = datetime(2026, 7, 1, 12)
    moments = pa.array([noon.replace(tzinfo=UTC)], pa.timestamp("us", "Europe/Berlin"))
    pq.write_table(pa.table({"id": [1], "local": [noon], "moment": moments}), world.root / "extracts/a.parquet")
    world.refresh(table)
    assert world.raw(table, "local", "moment") == [(noon, noon.replace(tzinfo=UTC))]


@pytest.mark.parametrize("known_first", [False, True], ids=["nothing known first", "nothing known later"])
def test_a_column_without_any_value_changes_no_type(world, known_first):
    table = source_table(path="extracts/*.parquet", load=merged("id"))
    deliveries = [
        pa.table({"id": [1], "amount": pa.array([7], pa.int64()), "sha": ["a"]}),
        pa.table({"id": [2], "amount": pa.nulls(1), "sha": pa.nulls(1)}),
    ]
    for number, delivery in enumerate(deliveries if known_first else reversed(deliveries)):
        world.write("extracts/.keep", "")
        pq.write_table(delivery, world.root / f"extracts/{number}.parquet")
        assert not world.refresh(table).drift
    assert world.raw(table, "id", "amount", "sha") == [(1, 7, "a"), (2, None, None)]
    assert fates(world.load(table, world.landing.manifests(table))) == {"rows_in": 2, "unchanged": 2}


def test_an_empty_delivery_keeps_the_columns(world):
    table = source_table(allow_empty=True)
    world.write("extracts/a.csv", "id,name\n")
    assert fates(world.refresh(table)) == {}
    assert world.raw(table, "id", "name") == []
    world.write("extracts/b.csv", "id,name\n1,a\n")
    assert not world.refresh(table).drift
    assert world.audit("rows_in") == [(0,), (1,)]
