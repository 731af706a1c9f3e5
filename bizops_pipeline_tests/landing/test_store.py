from dataclasses import replace

import pytest

from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.plan import Booked, plan
from bizops_pipeline.landing.records import RecordCounter, exact_count
from bizops_pipeline.landing.store import Landed, LandingStore, latest_batch
from bizops_pipeline_tests.landing.support import NOW, merged, source_table


def landed(number, origin="a.csv", sha256="a" * 64, **settings):
    defaults = {"source": "shop", "table": "orders", "kind": "csv", "bytes": 1, "records": 1, "header": ("id",)}
    return Landed(
        **(defaults | settings),
        extract_id=f"shop.orders-{number:08d}-{sha256[:12]}",
        origin=origin,
        path=settings.pop("path", None),
        sha256=sha256,
        extracted_at=NOW,
        extent="file",
    )


def test_a_manifest_gives_back_what_was_landed(tmp_path):
    store, table = LandingStore(tmp_path / "landing"), source_table()
    with store.temporary(table) as path:
        path.write_text("id\n1\n")
        [item] = store.accept(table, [(replace(landed(1), path=path, extract_id=""), ".csv")])
    assert store.manifests(table) == [item]
    assert item.extract_id == "shop.orders-00000001-aaaaaaaaaaaa"
    assert item.number == 1
    assert sorted(path.name for path in item.path.parent.iterdir()) == [
        "00000001-aaaaaaaaaaaa.csv",
        "00000001-aaaaaaaaaaaa.json",
    ]


def test_what_a_crash_left_is_swept_and_nothing_else(tmp_path):
    store, table = LandingStore(tmp_path / "landing"), source_table()
    folder = store.folder(table)
    for name in ("00000001-aaaaaaaaaaaa.csv", "00000001-aaaaaaaaaaaa.json", "00000002-bbbbbbbbbbbb.csv", "x.tmp"):
        (folder / name).write_text("")
    store.sweep(table)
    assert sorted(path.name for path in folder.iterdir()) == ["00000001-aaaaaaaaaaaa.csv", "00000001-aaaaaaaaaaaa.json"]


def test_a_broken_manifest_says_what_to_do(tmp_path):
    store, table = LandingStore(tmp_path / "landing"), source_table()
    (store.folder(table) / "00000001-aaaaaaaaaaaa.json").write_text("{")
    with pytest.raises(SourceError, match="is not a landing manifest"):
        store.manifests(table)


def test_only_a_complete_batch_counts():
    first = [landed(1, batch="1", batch_files=2), landed(2, "b.csv", "b" * 64, batch="1", batch_files=2)]
    cut_short = [landed(3, batch="3", batch_files=2)]
    assert latest_batch([*first, *cut_short]) == first
    with pytest.raises(SourceError, match="did not all arrive"):
        plan(source_table(load={"mode": "replace"}), cut_short, {})


def test_a_later_version_of_a_file_is_read_instead_of_the_earlier():
    old, new = landed(1), landed(2, sha256="b" * 64)
    todo = plan(source_table(), [new, old], {"a.csv": Booked("x", "c" * 64, 0)})
    assert (todo.read, todo.superseded, todo.vanishing) == ((new,), (old,), {"a.csv"})
    assert plan(source_table(load=merged("id")), [new, old], {}).read == (old, new)


def test_content_that_comes_back_is_not_read_again():
    item = landed(2)
    todo = plan(source_table(), [item], {"a.csv": Booked("x", item.sha256, 3)})
    assert (todo.read, todo.repeated, todo.vanishing) == ((), ((item, 3),), frozenset())


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (b"", 0),
        (b"a\n", 1),
        (b"a\nb", 2),
        (b"a\r\n\r\nb\r\n", 2),
        (b'a,"x\ny"\n"b\n\nc"\n', 2),
        (b'"a ""q"" \n"\nb\n', 2),
        (b'"a"\n"b"\n', 2),
        (b"\n\n\na\n\n\n", 1),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_records_are_counted_whatever_the_chunks(tmp_path, text, records, size):
    counter = RecordCounter('"')
    for start in range(0, len(text), size):
        counter.feed(text[start : start + size])
    counter.finish()
    assert (counter.records, counter.is_unbalanced) == (records, False)
    path = tmp_path / "a.csv"
    path.write_bytes(text)
    assert exact_count(path, compressed=False, delimiter=",", quote='"') == records
