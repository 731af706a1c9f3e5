import gzip
import logging
import os
from datetime import datetime

import openpyxl
import pytest

from bizops_pipeline.errors import SourceError, TransientSourceError
from bizops_pipeline.sources import text
from bizops_pipeline.sources.header import check_header
from bizops_pipeline_tests.landing.support import World, fates, source_table


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path / "company")
    yield world
    world.engine.close()


def landed_bytes(world, table):
    [landed] = world.landing.manifests(table)
    return landed.path.read_bytes()


def refusal(world, table, **options):
    with pytest.raises(SourceError) as caught:
        world.extract(table, **options)
    assert world.landing.manifests(table) == []
    message = str(caught.value)
    assert message.startswith("source shop, table orders (sources/shop.yaml):")
    return message


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"\xef\xbb\xbfid,v\n1,a\n", [("1", "a")]),
        (b"id,v\r\n1,a\r\n2,b\r\n", [("1", "a"), ("2", "b")]),
        (b'id,v\n1,"a\nb"\n2,"c\r\n\r\nd"\n3,e', [("1", "a\nb"), ("2", "c\r\n\r\nd"), ("3", "e")]),
        (b'id,v\r\n1,"a\nb"\r\n\r\n\r\n2,b\r\n', [("1", "a\nb"), ("2", "b")]),
        (b'"id","v"\n"1","say ""hi"", twice"\n', [("1", 'say "hi", twice')]),
        (b" id , v \n1,a\n", [("1", "a")]),
        (b'id,"v\nw"\n1,a\n', None),
    ],
    ids=["bom", "crlf", "breaks-in-quotes", "blank-lines", "quotes", "padded-header", "break-in-header"],
)
def test_well_formed_files_land_byte_for_byte(world, content, rows):
    table = source_table()
    world.write("extracts/a.csv", content)
    result = world.refresh(table)
    assert landed_bytes(world, table) == content
    if rows:
        assert world.raw(table, "id", "v") == rows
    assert result.rejected == 0


@pytest.mark.parametrize(
    "content", [b"id,v\r1,a\r2,b\r", b"id,v\n1,a\r\n2,b\n"], ids=["carriage-returns", "mixed-breaks"]
)
def test_unusual_line_breaks_are_made_usual(world, content):
    table = source_table()
    world.write("extracts/a.csv", content)
    world.refresh(table)
    assert landed_bytes(world, table) == b"id,v\n1,a\n2,b\n"
    assert world.raw(table, "id", "v") == [("1", "a"), ("2", "b")]
    assert world.extract(table) == []


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "latin-1"])
def test_a_declared_encoding_is_made_utf8(world, encoding):
    table = source_table(path="extracts/*.csv", reading={"encoding": encoding, "delimiter": ";"})
    world.write("extracts/a.csv", 'id;v\r\n1;Käse\r\n2;"x;\r\ny"\r\n'.encode(encoding))
    world.refresh(table)
    assert landed_bytes(world, table).startswith("id;v\n1;Käse\n".encode())
    assert world.raw(table, "id", "v") == [("1", "Käse"), ("2", "x;\r\ny")]


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("id,v\n1,Käse\n".encode("cp1252"), "utf-8", r"byte 8 \(0xe4\) is not valid utf-8; declare"),
        (b"id,v\n" + b"1,aaaa\n" * 300_000 + b"2,\xff\n", "utf-8", r"byte 2,100,007 \(0xff\)"),
        ("id,v\n1,a\n".encode("utf-16"), "utf-8", "utf-16 byte order mark"),
        ("id,v\n1,a\n".encode("utf-32"), "utf-16", "utf-32 byte order mark"),
        ("id,v\n1,ä\n".encode("utf-8-sig"), "cp1252", "utf-8 byte order mark; declare `encoding: utf-8`"),
        (b"id,v\n1,\x81\n", "cp1252", r"byte 7 \(0x81\) is not valid cp1252"),
        (b"id,v\n", "klingon", "unknown encoding 'klingon'"),
    ],
    ids=["cp1252", "late", "utf-16", "utf-32", "utf-8", "not-cp1252", "unknown"],
)
def test_another_encoding_is_an_error_with_its_place(world, content, encoding, message):
    table = source_table(path="extracts/*.csv", reading={"encoding": encoding})
    world.write("extracts/a.csv", content)
    with pytest.raises(SourceError, match=message):
        world.extract(table)


@pytest.mark.parametrize(
    ("content", "needed", "message"),
    [
        (b"a;b;c;d\n1;2;3;4\n", {"a", "b", "c", "d"}, "expected 4 columns, found 1; is the delimiter `;`?"),
        (b"id,Id,v\n1,2,3\n", set(), "repeated in the header: Id, id"),
        (b"id,opened_on\n1,x\n", {"id", "opened_at"}, "columns are missing: opened_at (did you mean opened_on?)"),
        (b"id,_row\n1,x\n", {"id"}, "columns _row have names that the pipeline uses itself"),
        (b"<!DOCTYPE html><html>", set(), "HTML or XML page"),
        (b'  {"error": "x"}', set(), "holds JSON"),
        (b"%PDF-1.4", set(), "holds a PDF"),
        (b"PK\x03\x04abc", set(), "ZIP archive or workbook"),
        (b"", set(), "holds nothing; say `allow_empty: true`"),
        (b"id,v\n", set(), "holds only a header"),
        (b'id,v\n1,"a\n2,b\n', set(), 'a quote (") is never closed'),
        (gzip.compress(b"id\n1\n", mtime=0), set(), "declare `compression: gzip`"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_file_that_is_not_what_is_declared_is_refused(world, content, needed, message):
    table = source_table()
    world.write("extracts/a.csv", content)
    found = refusal(world, table, needed=needed)
    assert message in found
    assert "extracts/a.csv:" in found


def test_json_over_several_lines_is_refused(world):
    world.write("extracts/a.json", '{\n  "id": 1\n}\n')
    assert "over several lines, not one per line" in refusal(world, source_table(path="extracts/*.json"))


def test_columns_may_come_in_any_order_and_case(world):
    table = source_table(path="extracts/*.csv", reading={"header": ("id", "v")})
    world.write("extracts/a.csv", "V,ID\na,1\n")
    world.refresh(table)
    assert world.raw(table, "id", "v") == [("1", "a")]


def test_a_declared_header_is_asked_for():
    assert check_header(("id", "v"), ("id", "w"), frozenset(), ",") == "columns are missing: w; found id, v"
    assert check_header(("id", "v", "more"), ("id", "v"), frozenset(), ",") is None


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-10], lambda data: data[:20] + b"xxxx" + data[24:], lambda data: b"id,v\n1,a\n"],
    ids=["cut", "corrupt", "not-gzip"],
)
def test_a_damaged_archive_is_refused(world, damage):
    table = source_table(path="extracts/*.csv.gz")
    data = gzip.compress(b"id,v\n" + b"".join(b"%d,%d\n" % (i, i * 7919) for i in range(5000)))
    world.write("extracts/a.csv.gz", damage(data))
    assert "gzip archive is damaged or cut short" in refusal(world, table)


def test_an_archive_that_unpacks_to_too_much_is_refused(world, monkeypatch):
    monkeypatch.setattr(text, "MAX_UNCOMPRESSED", 2_000_000)
    table = source_table(path="extracts/*.csv.gz")
    world.write("extracts/a.csv.gz", gzip.compress(b"id\n" + b"0\n" * 2_000_000))
    assert "unpacks to more than 2,000,000 bytes" in refusal(world, table)


def test_several_archives_in_one_are_read_whole(world):
    table = source_table(path="extracts/*.csv.gz")
    world.write("extracts/a.csv.gz", gzip.compress(b"id\n1\n") + gzip.compress(b"2\n"))
    assert fates(world.refresh(table)) == {"rows_in": 2, "inserted": 2}


@pytest.mark.parametrize("path", ["../*.csv", "extracts/../../x.csv", "/etc/*.csv", "a/${X}/b.csv"])
def test_a_path_out_of_the_company_is_refused(world, path):
    assert "must lie below the company's folder" in refusal(world, source_table(path=path))


def test_a_link_out_of_the_company_is_refused(world):
    outside = world.root.parent / "secret.csv"
    outside.write_text("id\n1\n")
    (world.root / "extracts").mkdir()
    (world.root / "extracts/a.csv").symlink_to(outside)
    assert "a link leads out" in refusal(world, source_table())


def test_a_folder_may_come_from_the_environment(world):
    elsewhere = world.root.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.csv").write_text("id\n1\n")
    table = source_table(path="${DATA}/*.csv")
    assert "the environment does not set DATA" in refusal(world, table)
    world.environment["DATA"] = str(elsewhere)
    world.refresh(table)
    assert world.raw(table, "_file") == [("a.csv",)]
    [manifest] = (world.landing.root / "shop/orders").glob("*.json")
    assert str(elsewhere) not in manifest.read_text()


def test_no_file_is_an_error_only_for_a_required_source_that_never_came(world):
    assert "no file matches extracts/*.csv" in refusal(world, source_table())
    assert world.extract(source_table(required=False)) == []
    path = world.write("extracts/a.csv", "id\n1\n")
    world.extract(source_table())
    path.unlink()
    assert world.extract(source_table()) == []


def test_half_written_files_wait(world, monkeypatch, caplog):
    table = source_table(path="extracts/*")
    world.write("extracts/a.csv.part", "id\n1\n")
    world.write("extracts/b.csv.tmp", "id\n1\n")
    world.write("extracts/~$b.xlsx", b"\x05owner")
    growing = world.write("extracts/c.csv", "id\n1\n")
    whole = text.land_text

    def land_while_growing(request, connector, file, target):
        landed = whole(request, connector, file, target)
        with growing.open("a") as stream:
            stream.write("2\n")
        return landed

    monkeypatch.setattr("bizops_pipeline.sources.files.land_text", land_while_growing)
    with caplog.at_level(logging.WARNING):
        assert world.extract(table) == []
    assert "extracts/c.csv is still being written" in caplog.text
    monkeypatch.undo()
    assert [landed.records for landed in world.extract(table)] == [2]


def test_a_file_that_disappears_is_worth_another_try(world, monkeypatch):
    path = world.write("extracts/a.csv", "id\n1\n")
    whole = text.land_text

    def vanish(request, connector, file, target):
        path.unlink()
        return whole(request, connector, file, target)

    monkeypatch.setattr("bizops_pipeline.sources.files.land_text", vanish)
    with pytest.raises(TransientSourceError, match=r"extracts/a\.csv: the file disappeared"):
        world.extract(source_table())


def test_a_touched_file_does_not_land_again_and_a_changed_one_does(world):
    table = source_table()
    path = world.write("extracts/a.csv", "id\n1\n")
    assert len(world.extract(table)) == 1
    os.utime(path, ns=(1, 1))
    assert world.extract(table) == []
    path.write_text("id\n2\n")
    assert len(world.extract(table)) == 1


def test_landing_is_for_its_owner_alone(world):
    table = source_table()
    world.write("extracts/a.csv", "id\n1\n")
    [landed] = world.extract(table)
    assert landed.path.stat().st_mode & 0o777 == 0o600
    for folder in (landed.path.parent, landed.path.parents[1], landed.path.parents[2]):
        assert folder.stat().st_mode & 0o777 == 0o700


def workbook(world, name, rows, sheet="Survey"):
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    filled = book.create_sheet(sheet)
    for row in rows:
        filled.append(row)
    path = world.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def test_a_workbook_lands_as_text(world):
    table = source_table(path="extracts/*.xlsx", reading={"sheet": "Survey"}, keep_columns=["note"])
    day = datetime(2026, 1, 5, 9, 30)
    rows = [["id", "score", "at", "ok", "note"], ["007", 5, day, True, "a\nb"], [8, 4.5, day, None, " x "], [None] * 5]
    workbook(world, "extracts/a.xlsx", rows)
    assert fates(world.refresh(table)) == {"rows_in": 2, "inserted": 2}
    assert world.raw(table, "id", "score", "at", "ok", "note") == [
        ("007", "5", "2026-01-05 09:30:00", "true", "a\nb"),
        ("8", "4.5", "2026-01-05 09:30:00", None, "x"),
    ]


def test_numbers_of_a_workbook_have_the_decimal_mark_of_its_texts(world):
    table = source_table(path="extracts/*.xlsx", reading={"sheet": "Survey", "decimal": ","})
    workbook(world, "extracts/a.xlsx", [["id", "score"], [1, 12.125], [2, "12,5"], [3, 1e-7]])
    world.refresh(table)
    assert world.raw(table, "id", "score") == [("1", "12,125"), ("2", "12,5"), ("3", "1e-07")]


@pytest.mark.parametrize(
    ("null_values", "expected"),
    [
        ([""], [("#REF!", None), ("1", "5"), ("2", "#DIV/0!"), ("3", None), ("4", "#N/A")]),
        (["", "#N/A"], [("#REF!", None), ("1", "5"), ("2", "#DIV/0!"), ("3", None), ("4", None)]),
    ],
    ids=["as the sheet shows them", "one that means none"],
)
def test_errors_in_a_workbook_are_texts(world, null_values, expected):
    table = source_table(path="extracts/*.xlsx", reading={"sheet": "Survey", "null_values": null_values})
    nothing = [None, None, None]  # what is read begins behind an empty row and an empty column
    rows = [["id", "score"], [1, 5], [2, "#DIV/0!"], [3, None], ["#REF!", None], [4, "#N/A"]]
    workbook(world, "extracts/a.xlsx", [nothing, *([None, *row] for row in rows)])
    world.refresh(table)
    assert world.raw(table, "id", "score") == expected


def test_a_missing_sheet_names_those_that_are_there(world):
    table = source_table(path="extracts/*.xlsx", reading={"sheet": "Survy"})
    workbook(world, "extracts/a.xlsx", [["id"], [1]])
    assert "has no sheet 'Survy'; its sheets are 'Notes', 'Survey'" in refusal(world, table)


def test_the_first_sheet_that_is_shown_is_read(world):
    table = source_table(path="extracts/*.xlsx")
    workbook(world, "extracts/a.xlsx", [["id"], [1]])
    assert "sheet 'Notes' holds no rows; declare the `sheet` that does, of 'Survey'" in refusal(world, table)
    book = openpyxl.load_workbook(world.root / "extracts/a.xlsx")
    book["Notes"].append(["id"])
    book["Notes"].append([9])
    book["Notes"].sheet_state, book.active = "hidden", 1
    book.save(world.root / "extracts/a.xlsx")
    world.refresh(table)
    assert world.raw(table, "id") == [("1",)]


@pytest.mark.parametrize("name", ["a.parquet", "a.xlsx"])
def test_another_content_than_the_ending_says_is_refused(world, name):
    world.write(f"extracts/{name}", "id,v\n1,a\n")
    assert "deliver it again" in refusal(world, source_table(path="extracts/*"))


def test_rest_sources_say_that_they_are_not_available(world):
    table = source_table(connector={"kind": "rest", "base_url": "https://example.com", "endpoint": "orders"})
    assert "not available yet" in refusal(world, table)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ORDERS.CSV", b"id,v\n1,a\n"),
        ("ORDERS.CSV.GZ", gzip.compress(b"id,v\n1,a\n")),
        ("export.team/orders.ndjson", b'{"id": "1", "v": "a"}\n'),
        ("orders.csv.jsonl", b'{"id": "1", "v": "a"}\n'),
        ("orders.v2.TSV", b"id,v\n1,a\n"),
    ],
    ids=["upper-case", "upper-case-gzip", "folder-with-dot", "two-endings", "version"],
)
def test_the_ending_of_a_file_tells_its_format(world, name, content):
    world.write(f"extracts/{name}", content)
    world.refresh(table := source_table(path="extracts/**/*"))
    assert world.raw(table, "id", "v") == [("1", "a")]


def test_a_file_without_a_telling_ending_needs_a_declared_format(world):
    world.write("extracts/orders.dat", "id,v\n1,a\n")
    assert "cannot tell the format from the ending '.dat'; declare `format`" in refusal(
        world, source_table(path="extracts/*")
    )
    world.refresh(table := source_table(path="extracts/*", reading={"format": "csv"}))
    assert world.raw(table, "id", "v") == [("1", "a")]
