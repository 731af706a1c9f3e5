"""The same tables by a script of one's own: read, type, join and count with DuckDB, all anew every time.

    python benchmarks/by_hand/duckdb_script.py COMPANY OUT.duckdb 2026-09-30

Prints the seconds and CPU seconds of the KPIs alone. Bad rows are left out and nobody keeps account of them. What
the engine has no reader for without an extension (SQLite, XLSX) comes through Arrow.
"""

import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import yaml
from python_calamine import CalamineWorkbook

HERE = Path(__file__).parent
BATCH = 50_000
ERP = {
    "customers": ["customer_no", "created_at", "country", "segment"],
    "products": ["sku", "name", "category", "launched_on"],
    "orders": ["order_no", "customer_no", "cart_ref", "session_ref", "channel", "ordered_at", "status", "currency"],
    "order_lines": ["order_no", "line_no", "sku", "quantity", "unit_price", "discount", "updated_at"],
}


def main(company: Path, out: Path, as_of: date) -> None:
    out.unlink(missing_ok=True)
    with duckdb.connect(str(out)) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute("set variable extracts = ?", [str(company / "extracts")])
        connection.execute("set variable as_of = ?", [as_of])
        define_organisation(connection, company / "catalogue")
        read_erp(connection, company / "extracts" / "erp" / "erp.db")
        read_answers(connection, company / "extracts" / "survey" / "answers.xlsx")
        for name in ("read", "model"):
            connection.execute((HERE / f"{name}.sql").read_text())
        started, worked = time.perf_counter(), time.process_time()
        connection.execute((HERE / "kpis.sql").read_text())
        print(f"{time.perf_counter() - started:.3f} {time.process_time() - worked:.3f}")


def read_erp(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Copies the ERP's tables as text, batch by batch."""
    with sqlite3.connect(path, check_same_thread=False) as erp:
        for table, columns in ERP.items():
            listed = ", ".join(f"cast({name} as text)" if name in ("line_no", "quantity") else name for name in columns)
            cursor = erp.execute(f"select {listed} from {table}")
            schema = pa.schema([(name, pa.string()) for name in columns])
            connection.register("batches", pa.RecordBatchReader.from_batches(schema, arrow_batches(cursor, schema)))
            connection.execute(f"create temp table erp_{table} as select * from batches")
    erp.close()


def arrow_batches(cursor: sqlite3.Cursor, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(BATCH):
        yield pa.record_batch([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], schema)


def read_answers(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    with CalamineWorkbook.from_path(str(path)) as book:
        header, *rows = book.get_sheet_by_name("answers").to_python(skip_empty_area=True)
    columns = [pa.array(map(str, column), pa.string()) for column in zip(*rows, strict=True)]
    connection.register("answers", pa.table(columns, names=list(header)))
    connection.execute("create temp table answer as select * from answers")


def define_organisation(connection: duckdb.DuckDBPyConnection, catalogue: Path) -> None:
    """Writes services, teams, value streams and the KPIs' targets from the catalogue's lists."""
    organisation = yaml.safe_load((catalogue / "organisation.yaml").read_text())
    connection.execute(
        "create table dim_service (service_id varchar, name varchar, tier varchar, team_id varchar, launched_on date, "
        "agreed_seconds_per_day bigint);"
        "create table dim_team (team_id varchar, name varchar, side varchar);"
        "create table dim_value_stream (value_stream_id varchar, name varchar);"
        "create table bridge_service_value_stream (service_id varchar, value_stream_id varchar, weight double, "
        "valid_from date, valid_to date);"
        "create temp table service_name (name varchar, service_id varchar);"
        "create temp table target (kpi_id varchar, since date, target double, warn double, scope_type varchar, "
        "scope_id varchar, dimensions varchar)"
    )
    nobody = {"id": "unallocated", "name": "No service named", "value_streams": []}
    for service in [*organisation["services"], nobody]:
        seconds = None if service is nobody else service.get("agreed_hours_per_day", 24) * 3600
        team = service.get("team", "unallocated")
        insert(
            connection,
            "dim_service",
            [service["id"], service["name"], service.get("tier"), team, service.get("launched_on"), seconds],
        )
        for name in {service["id"], service["name"].lower(), *(alias.lower() for alias in service.get("aliases", []))}:
            insert(connection, "service_name", [name, service["id"]])
        for share in service["value_streams"] or [{"value_stream": "unallocated", "weight": 1}]:
            span = [share.get("from", date(1900, 1, 1)), share.get("to", date(9999, 12, 31))]
            insert(
                connection,
                "bridge_service_value_stream",
                [service["id"], share["value_stream"], share["weight"], *span],
            )
    for team in [*organisation["teams"], {"id": "unallocated", "name": "No team named", "side": None}]:
        insert(connection, "dim_team", [team["id"], team["name"], team["side"]])
    for stream in [*organisation["value_streams"], {"id": "unallocated", "name": "None"}]:
        insert(connection, "dim_value_stream", [stream["id"], stream["name"]])
    for file in sorted((catalogue / "kpis").glob("*.yaml")):
        for kpi in yaml.safe_load(file.read_text())["kpis"]:
            for target in kpi.get("targets", []):
                where = target.get("where", {})
                scope = ["service", where["service"]] if "service" in where else [None, None]
                dimensions = f'{{"channel":"{where["channel"]}"}}' if "channel" in where else None
                insert(
                    connection,
                    "target",
                    [kpi["id"], target["from"], target["value"], target["warn"], *scope, dimensions],
                )


def insert(connection: duckdb.DuckDBPyConnection, table: str, row: list[object]) -> None:
    connection.execute(f"insert into {table} values ({', '.join('?' * len(row))})", row)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), date.fromisoformat(sys.argv[3]))
