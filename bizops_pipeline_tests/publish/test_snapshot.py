"""What a publication holds: every table once, documented, and the same bytes for the same rows."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path

import duckdb

from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.model import calendar
from bizops_pipeline.publish.cut_views import cut_views
from bizops_pipeline.publish.publication import current, publish, read_manifest
from bizops_pipeline.publish.tables import PUBLISHED, TABLES, VIEWS
from bizops_pipeline.publish.unchanged import Earlier
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.publish.world import company, finish, run


def test_a_publication_holds_every_table_documented_and_counted(engine: DuckDBEngine, tmp_path: Path) -> None:
    made = publish(engine, company(), run(), tmp_path / "published")
    assert made.is_new
    assert made.folder == current(tmp_path / "published")
    assert made.build_id == "2026-04-15-000001-00000001"

    reader = read_only(made.database)
    names = reader.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    documented = [*PUBLISHED, *(view.table for view in cut_views(company()))]
    assert {name for (name,) in names} == {table.name for table in documented}
    for table in documented:
        described = reader.describe(f"select * from marts.{table.name}")
        assert [name for name, _ in described] == list(table.column_names)
        assert [kind for _, kind in described] == [str(column.type) for column in table.columns]
    uncommented = reader.rows(
        "select table_name, column_name from duckdb_columns() where schema_name = 'marts' and comment is null"
    )
    assert uncommented == []
    differing = reader.rows(
        "select stored.table_name, stored.column_name from duckdb_columns() as stored "
        "join marts.data_dictionary as said using (table_name, column_name) where stored.comment <> said.description"
    )
    assert differing == [], "the dictionary and the comments say the same"
    assert "Grain: one row per KPI" in reader.scalar(
        "select comment from duckdb_tables() where table_name = 'kpi_value'"
    )
    for table in TABLES:
        published, built = reader.scalar(f"select count(*) from marts.{table.name}"), made.tables[table.name]
        assert published == built == engine.scalar(f"select count(*) from {table.qualified}")
    assert reader.rows("select kpi_id, value from marts.kpi_latest order by kpi_id") == [
        ("order_count", 11000.0),
        ("sla_compliance", 0.855),
    ]
    assert reader.rows("select build_id, company_id from marts.publication") == [(made.build_id, "acme")]
    reader.close()


def test_the_manifest_and_the_parquet_files_agree_with_the_database(engine: DuckDBEngine, tmp_path: Path) -> None:
    folder = publish(engine, company(), run(), tmp_path / "published").folder
    manifest = read_manifest(folder)
    assert (manifest["run_id"], manifest["as_of"], manifest["company"]) == (run().id, "2026-04-15", "acme")
    assert [each["name"] for each in manifest["tables"]] == [t.name for t in PUBLISHED if t not in VIEWS]
    for each in [manifest["database"], *manifest["tables"]]:
        content = (folder / each["file"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (each["bytes"], each["sha256"])
    difference = duckdb.connect(str(folder / "bizops.duckdb"), read_only=True)
    for each in manifest["tables"]:
        assert each["file"] == f"parquet/{each['name']}/{each['name']}.parquet"
        left = f"select * from marts.{each['name']}"
        right = f"select * from read_parquet('{folder / each['file']}')"
        assert difference.execute(f"({left} except {right}) union all ({right} except {left})").fetchall() == []
    difference.close()
    written = engine.rows("select build_id, json_extract(tables, '$.kpi_value') from audit.publication")
    assert written == [(folder.name, "6")]


def test_the_published_calendar_has_the_years_of_reports_and_not_a_century(
    engine: DuckDBEngine, tmp_path: Path
) -> None:
    calendar.write(engine, company(), run(1))
    made = publish(engine, company(), run(1), tmp_path / "published")
    reader = read_only(made.database)
    shown = reader.rows("select min(date), max(date), count(*) from marts.dim_date")
    reader.close()
    assert shown == [(date(2026, 1, 1), date(2028, 12, 31), 3 * 365 + 1)]
    [entry] = [each for each in read_manifest(made.folder)["tables"] if each["name"] == "dim_date"]
    assert entry["rows"] == 3 * 365 + 1


def test_without_parquet_there_is_none(filled: DuckDBEngine, tmp_path: Path) -> None:
    plain = company(publish={"parquet": False})
    finish(filled, plain, run())
    folder = publish(filled, plain, run(), tmp_path / "published").folder
    assert {path.name for path in folder.iterdir()} == {"bizops.duckdb", "manifest.json"}


def test_views_work_under_any_name_of_the_database(engine: DuckDBEngine, tmp_path: Path) -> None:
    made = publish(engine, company(), run(), tmp_path / "published")
    reader = duckdb.connect()
    reader.execute(f"attach '{made.database}' as other (read_only)")
    for view in VIEWS:
        reader.execute(f"select * from other.marts.{view.name}")
    reader.close()


def test_the_same_rows_give_the_same_parquet_bytes(engine: DuckDBEngine, tmp_path: Path) -> None:
    hashes = []
    for name in ("one", "two"):
        manifest = read_manifest(publish(engine, company(), run(), tmp_path / name).folder)
        hashes.append({each["name"]: each["sha256"] for each in manifest["tables"] if each["name"] != "publication"})
    assert hashes[0] == hashes[1]


def contents(folder: Path) -> dict[str, list[tuple]]:
    reader = read_only(folder / "bizops.duckdb")
    names = reader.rows("select table_name from information_schema.tables where table_schema = 'marts'")
    found = {name: reader.rows(f"select * from marts.{name} order by all") for (name,) in names}
    reader.close()
    return found


def test_tables_taken_over_are_those_of_a_publication_from_scratch(engine: DuckDBEngine, tmp_path: Path) -> None:
    made = {}
    for number in (1, 2):
        finish(engine, company(), run(number))
        engine.execute(f"update marts.kpi_value set value = {number} where kpi_id = 'order_count'")
        made[number] = publish(engine, company(), run(number), tmp_path / "published").folder
    alone = publish(engine, company(), run(2), tmp_path / "alone").folder
    first, second, from_scratch = (contents(folder) for folder in (made[1], made[2], alone))
    assert second["kpi_value"] == from_scratch["kpi_value"] != first["kpi_value"]
    for found in (second, from_scratch):
        del found["publication"]
    assert second == from_scratch
    entries = [
        [each for each in read_manifest(folder)["tables"] if each["name"] != "publication"]
        for folder in (made[2], alone)
    ]
    assert entries[0] == entries[1]


def test_a_table_is_taken_over_while_its_rows_are_the_same(engine: DuckDBEngine, tmp_path: Path) -> None:
    earlier = Earlier.read(publish(engine, company(), run(), tmp_path / "published").folder)
    assert earlier is not None
    assert earlier.holds(earlier.database["layout"])
    assert not earlier.holds("other")
    marks = {name: entry["content"] for name, entry in earlier.tables.items() if "content" in entry}
    assert earlier.unchanged(marks) == marks.keys()
    assert earlier.unchanged({**marks, "kpi_value": "other"}) == marks.keys() - {"kpi_value"}
    before = engine.content(KPI_VALUE)
    engine.execute("update marts.kpi_value set is_complete = not is_complete where kpi_id = 'sla_compliance'")
    assert engine.content(KPI_VALUE) != before


def test_rows_that_others_replace_leave_no_room_behind(engine: DuckDBEngine, tmp_path: Path) -> None:
    plain = company(publish={"parquet": False})
    columns = [
        f"md5(i || '-' || {{number}}) as {name}" if name == "kpi_id" else name for name in KPI_VALUE.column_names
    ]
    sizes = []
    for number in range(1, 5):
        finish(engine, plain, run(number))
        engine.execute("delete from marts.kpi_value where kpi_id not in ('order_count', 'sla_compliance')")
        engine.execute(
            f"insert into marts.kpi_value by name select {', '.join(columns).format(number=number)} "
            "from (select * from marts.kpi_value limit 1) as one, range(20000) as many(i)"
        )
        made = publish(engine, plain, run(number), tmp_path / "published")
        assert made.tables["kpi_value"] > 20_000
        sizes.append(made.database.stat().st_size)
    assert max(sizes) < 1.2 * sizes[0]


def test_what_was_damaged_is_not_taken_over(engine: DuckDBEngine, tmp_path: Path) -> None:
    file, made = "parquet/metric_catalogue/metric_catalogue.parquet", []
    for number, harmed in enumerate((file, "bizops.duckdb", None), start=1):
        finish(engine, company(), run(number))
        made.append(publish(engine, company(), run(number), tmp_path / "published").folder)
        entries = read_manifest(made[-1])["tables"]
        for each in entries:
            content = (made[-1] / each["file"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == each["sha256"]
        if harmed:
            (made[-1] / harmed).write_bytes((made[-1] / harmed).read_bytes()[:-100])
    assert contents(made[2])["metric_catalogue"] == contents(made[0])["metric_catalogue"]
