import gzip
import itertools
import json
import random
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing import store
from bizops_pipeline_tests.landing.support import NOW, World, fates, merged, source_table


def test_a_row_comes_with_its_provenance(world):
    table = source_table()
    world.write("extracts/a.csv", "id,name\n1,Ada\n2,\n")
    result = world.refresh(table)
    assert fates(result) == {"rows_in": 2, "inserted": 2}
    assert world.raw(
        table, "id", "name", "_row_key", "_source", "_source_table", "_file", "_row", "_change_sequence"
    ) == [
        ("1", "Ada", "extracts/a.csv#1", "shop", "orders", "extracts/a.csv", 1, 1),
        ("2", None, "extracts/a.csv#2", "shop", "orders", "extracts/a.csv", 2, 1),
    ]
    assert world.audit("rows_in", "inserted", "rejected", "is_current") == [(2, 2, 0, True)]


def test_a_source_with_one_table_gives_it_its_name(world):
    table = source_table(name="shop")
    world.write("extracts/a.csv", "id\n1\n")
    world.refresh(table)
    assert world.engine.exists("raw", "shop")


@pytest.mark.parametrize("load", [{}, merged("id"), {"mode": "replace"}, {"mode": "replace", "key": ["id"]}])
def test_loading_twice_is_loading_once(world, load):
    table = source_table(load=load)
    world.write("extracts/a.csv", "id,name\n1,Ada\n2,Bo\n")
    world.refresh(table)
    before = world.content(table)
    assert fates(world.refresh(table)) == {}
    landed = world.landing.manifests(table)
    result = world.load(table, landed)
    assert fates(result) == {"rows_in": 2, "unchanged": 2}
    assert not result.changed
    assert world.content(table) == before
    assert world.gone(table) == []
    assert world.audit("rows_in", "unchanged") == [(2, 2)]


def test_records_that_are_no_rows_are_rejected_with_line_and_reason_and_move_no_other_row(world):
    table = source_table()
    world.write("extracts/a.csv", "id,name\n1,a\n2,b,c\n3\n4,d\nTOTAL\n")
    result = world.refresh(table)
    assert fates(result) == {"rows_in": 5, "inserted": 2, "rejected": 3}
    assert world.raw(table, "id", "_row") == [("1", 1), ("4", 4)]
    rejects = world.engine.rows("select line_number, reason, original from audit.reject order by line_number")
    assert [(line, original) for line, _, original in rejects] == [(3, "2,b,c"), (4, "3"), (6, "TOTAL")]
    assert "too many columns" in rejects[0][1]
    world.write("extracts/a.csv", "id,name\n1,a\n2,b\n3,c\n4,d\nTOTAL\n")
    assert fates(world.refresh(table)) == {"rows_in": 5, "inserted": 2, "unchanged": 2, "rejected": 1}


def test_an_unclosed_quote_that_swallows_records_loads_nothing(world):
    table = source_table()
    rows = [f'{i},"name {i}"' for i in range(3000)]
    rows[5] = '5,"name'
    rows[2000] = '2000,"name'
    world.write("extracts/a.csv", "id,name\n" + "\n".join(rows) + "\n")
    world.extract(table)
    with pytest.raises(SourceError, match=r"extracts/a\.csv: a quote that opens at record"):
        world.load(table)
    assert not world.engine.exists("raw", "shop__orders")
    assert world.audit("extract_id") == []


def test_blank_lines_in_a_file_of_one_column_are_refused(world):
    world.write("extracts/a.csv", "id\n1\n\n2\n\n")
    with pytest.raises(SourceError, match="take out blank lines"):
        world.refresh(source_table())


def test_stray_quotes_inside_plain_fields_are_text(world):
    table = source_table()
    world.write("extracts/a.csv", 'id,name\n1,5" pipe\n2,6" pipe\n3,7" pipe\n4,x\n')
    assert fates(world.refresh(table)) == {"rows_in": 4, "inserted": 4}


@pytest.mark.parametrize("threads", [1, 4])
def test_row_numbers_follow_the_file_whatever_the_engine_does_in_parallel(tmp_path, threads):
    world = World(tmp_path, threads=threads)
    table = source_table(threshold={"rows": 10_000})
    expected = []
    for file in range(12):
        lines = ["id,pad"]
        for row in range(1, 30_001):
            if file == 3 and row % 1000 == 7:
                lines.append("broken")
            else:
                expected.append((f"extracts/{file:02}.csv", row))
                lines.append(f"{file}:{row},{'x' * 60}")
        world.write(f"extracts/{file:02}.csv", "\n".join(lines) + "\n")
    result = world.refresh(table)
    assert result.rejected == 30
    wrong = world.engine.scalar(
        "select count(*) from raw.shop__orders where id <> cast(cast(_file[10:11] as int) as varchar) || ':' || _row "
        "or _row_key <> _file || '#' || _row"
    )
    assert wrong == 0
    assert result.inserted == len(expected)
    world.engine.close()


def test_many_rejects_move_no_row(world):
    bad = {1, 2, 255, 256, 257, 258, 512, 514, 900, *range(1000, 1600), 2000}
    lines = ["broken" if row in bad else f"{row},x" for row in range(1, 2001)]
    world.write("extracts/a.csv", "id,v\n" + "\n".join(lines) + "\n")
    world.write("extracts/b.csv", "id,v\n1,x\n2,x\n")
    assert world.refresh(source_table()).rejected == len(bad)
    assert world.engine.scalar("select count(*) from raw.shop__orders where id <> _row::varchar") == 0


def test_the_same_content_under_another_name_counts_as_duplicates(world):
    table = source_table()
    world.write("extracts/b.csv", "id\n1\n2\n")
    world.refresh(table)
    world.write("extracts/a.csv", "id\n1\n2\n")
    world.write("extracts/c.csv", "id\n1\n2\n")
    world.refresh(table)
    assert world.raw(table, "id", "_file") == [("1", "extracts/a.csv"), ("2", "extracts/a.csv")]
    assert world.audit("file", "inserted", "deduplicated") == [
        ("extracts/b.csv", 2, 0),
        ("extracts/a.csv", 2, 0),
        ("extracts/c.csv", 0, 2),
    ]
    world.write("extracts/a.csv", "id\n9\n")
    result = world.refresh(table)
    assert world.raw(table, "id", "_file") == [
        ("1", "extracts/b.csv"),
        ("2", "extracts/b.csv"),
        ("9", "extracts/a.csv"),
    ]
    assert result.changed


def test_new_content_of_a_file_replaces_its_rows_and_no_others(world):
    table = source_table()
    world.write("extracts/a.csv", "id\n1\n2\n3\n")
    world.write("extracts/b.csv", "id\n8\n9\n")
    world.refresh(table)
    world.write("extracts/a.csv", "id\n1\n5\n")
    assert fates(world.refresh(table)) == {"rows_in": 2, "updated": 1, "unchanged": 1, "removed": 1}
    assert world.raw(table, "id", "_change_sequence") == [("1", 1), ("5", 2), ("8", 1), ("9", 1)]
    assert world.gone(table) == [("extracts/a.csv#2", 2), ("extracts/a.csv#3", 2)]
    assert world.audit("file", "is_current") == [
        ("extracts/a.csv", False),
        ("extracts/b.csv", True),
        ("extracts/a.csv", True),
    ]


def test_merge_keeps_the_latest_version_and_ignores_an_older_one(world):
    table = source_table(load=merged("id", keep="latest_by version"))
    world.write("extracts/a.csv", "id,version,name\n1,9,old\n1,10,new\n2,1,x\n")
    assert fates(world.refresh(table)) == {"rows_in": 3, "inserted": 2, "deduplicated": 1}
    world.write("extracts/b.csv", "id,version,name\n1,9.5,older\n2,2,y\n3,1,z\n")
    assert fates(world.refresh(table)) == {"rows_in": 3, "inserted": 1, "updated": 1, "unchanged": 1}
    assert world.raw(table, "id", "name", "_row_key") == [("1", "new", "1"), ("2", "y", "2"), ("3", "z", "3")]
    assert world.gone(table) == [("2", 2)]


def test_versions_with_offsets_compare_as_moments(world):
    table = source_table(load=merged("id", keep="latest_by changed"))
    world.write("extracts/a.csv", "id,changed,name\n1,2026-01-01T10:00:00+02:00,old\n1,2026-01-01T09:00:00Z,new\n")
    world.refresh(table)
    world.write("extracts/b.csv", "id,changed,name\n1,2026-01-01T13:30:00+05:30,older\n")
    world.refresh(table)
    assert world.raw(table, "id", "name") == [("1", "new")]


@pytest.mark.parametrize("day", ["31.12.2025 10:00", "12/31/2025", "1-2-26"])
def test_versions_by_days_that_do_not_sort_by_age_are_refused(world, day):
    table = source_table(load=merged("id", keep="latest_by changed"))
    world.write("extracts/a.csv", f"id,changed\n1,2026-01-01\n2,{day}\n")
    with pytest.raises(SourceError, match=rf"compares changed.* '{day}' do not sort by age; load with `mode: append`"):
        world.refresh(table)


def test_keys_of_several_columns_cannot_be_confused_and_incomplete_ones_are_kept(world):
    table = source_table(load=merged("a", "b"))
    world.write("extracts/a.csv", "a,b,v\nx|,y,1\nx,|y,2\n,y,3\n,y,4\n,y,4\n e\u0301 ,z,5\n\u00e9,z,5\n")
    assert fates(world.refresh(table)) == {"rows_in": 7, "inserted": 5, "deduplicated": 2}


def test_a_full_replacement_removes_what_is_gone(world):
    table = source_table(load={"mode": "replace", "key": ["id"]}, floor=0.5)
    world.write("extracts/a.csv", "id,v\n1,a\n2,b\n3,c\n4,d\n")
    world.refresh(table)
    world.write("extracts/a.csv", "id,v\n1,a\n2,x\n")
    assert fates(world.refresh(table)) == {"rows_in": 2, "updated": 1, "unchanged": 1, "removed": 2}
    assert world.gone(table) == [("2", 2), ("3", 2), ("4", 2)]


def test_a_full_replacement_under_its_floor_is_refused(world):
    table = source_table(load={"mode": "replace"}, floor=0.8)
    world.write("extracts/a.csv", "id\n" + "\n".join(map(str, range(10))) + "\n")
    world.refresh(table)
    world.write("extracts/a.csv", "id\n1\n")
    world.extract(table)
    with pytest.raises(SourceError, match=r"1 rows, under 80 % of the 10 before.*floor"):
        world.load(table)
    assert len(world.raw(table, "id")) == 10


def test_a_full_replacement_of_several_files_follows_a_removed_file(world):
    table = source_table(load={"mode": "replace"})
    world.write("extracts/a.csv", "id\n1\n")
    gone = world.write("extracts/b.csv", "id\n2\n")
    world.refresh(table)
    gone.unlink()
    assert fates(world.refresh(table)) == {"rows_in": 1, "unchanged": 1, "removed": 1}
    assert world.audit("file", "is_current") == [
        ("extracts/a.csv", False),
        ("extracts/b.csv", False),
        ("extracts/a.csv", True),
    ]


def test_personal_columns_do_not_reach_the_warehouse(world):
    table = source_table(
        drop_columns=("Email",),
        entities={"customer": {"map": {"customer_id": "id"}, "hash_columns": ["name"]}},
        load=merged("name"),
    )
    world.write("extracts/a.csv", "id,name,email\n1,Ada,ada@example.com\n2,,x\n3,Bo\n4,Ada,again@example.com\n")
    world.refresh(table)
    hidden = dict(world.raw(table, "id", "name"))
    assert len(hidden["4"]) == 64
    dump = json.dumps(
        [
            world.engine.dicts(f"select * from {name}")
            for name in ("raw.shop__orders", "audit.reject", "audit.extract", "audit.check_result")
        ],
        default=str,
    )
    assert "Ada" not in dump
    assert "example.com" not in dump
    assert "company-key" not in dump
    assert "3,Bo" not in dump


def test_json_lines_become_text_columns(world):
    table = source_table(path="extracts/*.jsonl", keep_columns=["text"])
    lines = [
        '{"id": 1, "amount": 1.25, "exact": 12345678901234567890.123456789, "who": {"name": "A", "tags": [1, 2]}}',
        '{"id": "2", "ok": true, "none": null, "text": "a\\nb \\u00e9", "empty": ""}',
        "",
        "[1, 2]",
        '{"id": 3',
    ]
    world.write("extracts/a.jsonl", "\n".join(lines) + "\n")
    result = world.refresh(table)
    assert fates(result) == {"rows_in": 4, "inserted": 2, "rejected": 2}
    assert world.raw(table, "id", "amount", "exact", "who", "ok", "none", "text", "empty") == [
        ("1", "1.25", "12345678901234567890.123456789", '{"name":"A","tags":[1,2]}', None, None, None, None),
        ("2", None, None, None, "true", None, "a\nb é", None),
    ]
    reasons = world.engine.rows("select reason, original from audit.reject order by line_number")
    assert reasons == [("not a JSON object", "[1, 2]"), ("malformed JSON", '{"id": 3')]


def test_numbers_of_json_lines_have_the_decimal_mark_of_their_texts(world):
    table = source_table(path="extracts/*.jsonl", reading={"decimal": ","})
    amounts = ("12.125", '"12,5"', '"1.250"', "-3", "1e-7", "12345678901234567890.125")
    world.write("extracts/a.jsonl", "".join(f'{{"amount": {amount}}}\n' for amount in amounts))
    world.refresh(table)
    read = [row[0] for row in world.raw(table, "amount", "_row")]
    assert sorted(read) == sorted(["12,125", "12,5", "1.250", "-3", "1e-7", "12345678901234567890,125"])


def test_json_lines_may_leave_out_key_and_version_of_all_records(world):
    table = source_table(path="extracts/*.jsonl", load=merged("id", keep="latest_by version"))
    world.write("extracts/a.jsonl", '{"id": 1, "v": "a", "version": 2}\n')
    world.refresh(table)
    world.write("extracts/b.jsonl", '{"id": 1, "v": "older"}\n{"id": 2, "v": "b"}\n')
    assert fates(world.refresh(table)) == {"rows_in": 2, "inserted": 1, "unchanged": 1}
    world.write("extracts/c.jsonl", '{"v": "whose?"}\n')
    assert fates(world.refresh(table)) == {"rows_in": 1, "inserted": 1}
    assert world.raw(table, "id", "v", "version") == [("1", "a", "2"), ("2", "b", None), (None, "whose?", None)]


def test_null_tokens_are_null_quoted_or_not(world):
    table = source_table(path="extracts/*.csv.gz", reading={"null_values": ("?", "")})
    world.write("extracts/a.csv.gz", gzip.compress(b'id,v\n1,?\n2,"?"\n3,??\n4,\n'))
    world.refresh(table)
    assert [row[1] for row in world.raw(table, "id", "v")] == [None, None, "??", None]


def test_odd_characters_are_kept(world):
    table = source_table()
    content = "id,v\n1,a\x00b\n2,\U0001f600 \u202e\u200b\n3,'; drop table x; --\n" + f"4,{'x' * 1_500_000}\n"
    world.write("extracts/a.csv", content)
    world.refresh(table)
    values = dict(world.raw(table, "id", "v"))
    assert values["1"] == "a\x00b"
    assert values["2"] == "\U0001f600 \u202e\u200b"
    assert len(values["4"]) == 1_500_000


def test_a_cell_beyond_the_limit_is_rejected_and_the_rest_kept(world):
    table = source_table()
    world.write("extracts/a.csv", f"id,v\n1,a\n2,{'x' * 10_000_000}\n3,c\n")
    assert fates(world.refresh(table)) == {"rows_in": 3, "inserted": 2, "rejected": 1}
    assert world.raw(table, "id") == [("1",), ("3",)]


def cut_short(file):
    file.write_bytes(file.read_bytes()[:-4])


def altered(file):
    file.write_bytes(file.read_bytes().replace(b"Ada", b"Eve"))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (cut_short, "does not hold what was landed"),
        (altered, "does not hold"),
        (Path.unlink, "cannot be read: No such"),
    ],
    ids=["cut short", "altered", "gone"],
)
def test_an_earlier_landing_file_that_is_not_as_it_was_landed_is_refused(world, harm, said):
    table = source_table()
    world.write("extracts/a.csv", "id,name\n1,Ada\n2,Bo\n")
    (landed,) = world.extract(table, now=NOW - timedelta(days=1))
    harm(landed.path)
    with pytest.raises(SourceError, match=f"{landed.path} {said}.* extracts/a.csv is extracted again"):
        world.load(table)
    assert not world.engine.exists("raw", "shop__orders") or world.raw(table, "id") == []


def test_many_files_are_one_load(world):
    table = source_table()
    for day in range(305):
        world.write(f"extracts/{day:03}.csv", "id,v\n" + "".join(f"{day}-{row},x\n" for row in range(5)))
    assert fates(world.refresh(table)) == {"rows_in": 1525, "inserted": 1525}
    assert len(world.audit("extract_id")) == 305
    assert fates(world.refresh(table)) == {}


COUNTER = itertools.count()
DELIVERIES = st.lists(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(["1", "2", "10", "", "x"]), st.sampled_from(["p", "q"])),
        min_size=1,
        max_size=4,
    ),
    min_size=1,
    max_size=5,
)


@pytest.fixture
def without_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(store, "flush", lambda path: None)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES, seed=st.integers(0, 1000))
@pytest.mark.parametrize("load", [{}, merged("id"), merged("id", keep="latest_by version")])
def test_order_and_batches_of_files_make_no_difference(world, without_waiting_for_the_disk, load, deliveries, seed):
    table = source_table(load=load)
    chance = random.Random(seed)
    contents = ["id,version,v\n" + "".join(f"{i},{n},{v}\n" for i, n, v in rows) for rows in deliveries]

    def content_after(order, batches):
        # Tables of one world, because making a world takes longer than loading.
        own = table.model_copy(update={"source": f"s{next(COUNTER)}"})
        own = own.model_copy(update={"connector": own.connector.model_copy(update={"path": f"{own.source}/*.csv"})})
        for position, index in enumerate(order):
            world.write(f"{own.source}/{index}.csv", contents[index])
            if position in batches:
                world.refresh(own)
        world.refresh(own)
        shown = {"_row_key", "_file", "_row", "id", "version", "v"}
        rows = [{name: str(row[name]).replace(own.source, "s") for name in shown} for row in world.content(own)]
        return sorted(rows, key=lambda row: row["_row_key"])

    order = chance.sample(range(len(contents)), len(contents))
    batches = {position for position in range(len(contents)) if chance.random() < 0.6}
    assert content_after(order, batches) == content_after(range(len(contents)), set())
