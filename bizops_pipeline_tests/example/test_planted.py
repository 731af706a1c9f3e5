"""What planted.json says is counted again from the committed files, with none of the generator's code."""

import csv
import gzip
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest

from retailer_generator import generate

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
EXTRACTS = RETAILER / "extracts"
BERLIN = ZoneInfo("Europe/Berlin")
RECORDS_END = datetime(2026, 10, 1, tzinfo=BERLIN)


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((RETAILER / "planted.json").read_text())


@pytest.fixture(scope="module")
def erp() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    connection.executescript(gzip.decompress((EXTRACTS / "erp.sql.gz").read_bytes()).decode())
    return connection


def said(planted: dict[str, Any], table: str) -> tuple[int, dict[str, int]]:
    entry = planted["tables"][table]
    return entry["rows"], {kind: count for kind, count in entry["mess"].items() if kind != "late"}


def webshop_lines(table: str) -> Iterator[str]:
    for file in sorted((EXTRACTS / "webshop").glob(f"{table}-*")):
        lines = gzip.decompress(file.read_bytes()).decode().splitlines()
        yield from lines[1:] if file.name.endswith(".csv.gz") else lines


def one(connection: sqlite3.Connection, query: str) -> int:
    return connection.execute(query).fetchone()[0]


def is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def repeated(keys: list[str]) -> int:
    return len(keys) - len(set(keys))


def test_the_committed_company_is_what_the_generator_makes(planted, tmp_path):
    assert generate(tmp_path) == planted


def test_files_stay_small():
    committed = [file for file in RETAILER.rglob("*") if file.is_file() and ".bizops" not in file.parts]
    assert sum(file.stat().st_size for file in committed) < 10_000_000


def test_mess_stays_below_the_failure_threshold(planted):
    for table, entry in planted["tables"].items():
        assert sum(entry["mess"].values()) <= 0.005 * entry["rows"], table


@pytest.mark.parametrize("table", ["customers", "products", "orders", "order_lines"])
def test_erp_rows(planted, erp, table):
    assert said(planted, f"erp.{table}")[0] == one(erp, f"select count(*) from {table}")


def test_erp_mess(planted, erp):
    times = [row[0] for row in erp.execute("select ordered_at from orders")]
    assert said(planted, "erp.orders")[1] == {
        "bad_date": sum(not is_time(text) for text in times),
        "future_date": sum(text > "2062" for text in times),
        "unknown_currency": one(erp, "select count(*) from orders where currency = 'XXX'"),
        "unknown_customer": one(
            erp,
            "select count(*) from orders where customer_no is not null "
            "and customer_no not in (select customer_no from customers)",
        ),
    }
    assert said(planted, "erp.order_lines")[1] == {
        "duplicate": one(erp, "select count(*) from order_lines")
        - one(erp, "select count(*) from (select distinct * from order_lines)"),
        "type_drift": one(erp, "select count(*) from order_lines where typeof(quantity) = 'text'"),
        "unknown_product": one(
            erp,
            "select count(*) from order_lines where sku not in (select sku from products)",
        ),
    }
    assert said(planted, "erp.customers")[1] == {
        "bad_date": one(erp, "select count(*) from customers where created_at = '0000-00-00'")
    }


def test_order_lines_of_broken_orders(planted, erp):
    lines = one(
        erp,
        "select count(*) from order_lines join orders using (order_no) "
        "where ordered_at like '2025-13-%' or ordered_at > '2062'",
    )
    assert planted["facts"]["cascades"]["order_lines_of_orders_without_valid_time"] == lines


def test_sessions(planted):
    rows = list(csv.reader(webshop_lines("sessions")))
    whole = [row for row in rows if len(row) == 7]
    assert said(planted, "webshop.sessions") == (
        len(rows),
        {
            "bad_date": sum(not is_time(row[1]) for row in whole),
            "too_few_fields": sum(len(row) < 7 for row in rows),
            "too_many_fields": sum(len(row) > 7 for row in rows),
            "duplicate": repeated([row[0] for row in whole]),
        },
    )


def parsed(table: str) -> tuple[list[dict[str, Any]], int]:
    good, bad = [], 0
    for line in webshop_lines(table):
        try:
            good.append(json.loads(line))
        except json.JSONDecodeError:
            bad += 1
    return good, bad


def test_carts(planted):
    carts, malformed = parsed("carts")
    mess = {
        "malformed_json": malformed,
        "type_drift": sum(isinstance(cart["items"], str) for cart in carts),
        "duplicate": repeated([cart["cart_id"] for cart in carts]),
    }
    assert said(planted, "webshop.carts") == (len(carts) + malformed, mess)


def test_checkouts(planted):
    checkouts, malformed = parsed("checkouts")
    backwards = [
        c["checkout_id"]
        for c in checkouts
        if c["completed_at"] and datetime.fromisoformat(c["completed_at"]) < datetime.fromisoformat(c["started_at"])
    ]
    mess = {
        "malformed_json": malformed,
        "closed_before_opened": len(backwards),
        "duplicate": repeated([c["checkout_id"] for c in checkouts]),
    }
    assert said(planted, "webshop.checkouts") == (len(checkouts) + malformed, mess)


def test_refunds(planted):
    rows = [line.split(";") for line in webshop_lines("refunds")]
    mess = {
        "too_many_fields": sum(len(row) > 6 for row in rows),
        "unknown_order": sum(row[1].startswith("ZZ") for row in rows),
    }
    assert said(planted, "webshop.refunds") == (len(rows), mess)


def test_incidents(planted):
    rows = list(csv.reader((EXTRACTS / "itsm" / "incidents.csv").read_text().splitlines()))
    width, rows = len(rows[0]), rows[1:]
    whole = [row for row in rows if len(row) == width]
    latest = {row[0]: row for row in sorted(whole, key=lambda row: int(row[13]))}.values()

    def minute(text: str) -> datetime:
        return datetime.strptime(text, "%d/%m/%Y %H:%M")

    assert said(planted, "itsm.incidents") == (
        len(rows),
        {
            "too_few_fields": len(rows) - len(whole),
            "duplicate": repeated([f"{row[0]}/{row[13]}" for row in whole]),
            "future_date": sum(row[1].endswith("2062 10:00") for row in latest),
            "bad_date": sum(row[2].startswith("31/02/") for row in latest),
            "unknown_service": sum(row[8] == "Fax Gateway" for row in latest),
            "closed_before_opened": sum(
                row[5] != "?" and "2062" not in row[1] and minute(row[5]) < minute(row[1]) for row in latest
            ),
        },
    )


def test_parquet_tables(planted):
    def count(table: str, condition: str = "true") -> int:
        file = EXTRACTS / "devops" / f"{table}.parquet"
        with duckdb.connect() as connection:
            return connection.execute(f"select count(*) from '{file}' where {condition}").fetchall()[0][0]

    assert said(planted, "devops.changes") == (
        count("changes"),
        {
            "merged_before_opened": count("changes", "merged_at < created_at"),
            "unknown_repository": count("changes", "repository = 'sandbox-old'"),
        },
    )
    future = {"future_date": count("commits", "year(authored_at) > 2030")}
    assert said(planted, "devops.commits") == (count("commits"), future)
    assert said(planted, "devops.deployments") == (
        count("deployments"),
        {
            "unknown_service": count("deployments", "service = 'legacy_intranet'"),
            "closed_before_opened": count("deployments", "finished_at < started_at"),
        },
    )
    assert said(planted, "devops.deployment_commits") == (count("deployment_commits"), {})


def test_survey(planted):
    sheet = openpyxl.load_workbook(EXTRACTS / "survey" / "answers.xlsx", read_only=True).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    scores = Counter(row[4] for row in rows)
    mess = {
        "bad_date": sum(isinstance(row[1], str) for row in rows),
        "out_of_range": scores[99],
        "text_score": scores["five"],
        "not_answered": scores["n/a"],
    }
    assert said(planted, "survey.answers") == (len(rows), mess)


def test_rates_are_there_on_weekdays_only(planted):
    rows = list(csv.DictReader((EXTRACTS / "fx" / "rates.csv").read_text().splitlines()))
    assert said(planted, "fx.rates") == (
        len(rows),
        {"type_drift": sum(row["eur_per_unit"] == "n.a." for row in rows)},
    )
    assert {date.fromisoformat(row["date"]).weekday() for row in rows} == {0, 1, 2, 3, 4}


def orders_online(erp: sqlite3.Connection, day: date) -> int:
    """Web and app orders from 17:00 to 20:30 of a local day."""
    start, end = (datetime.combine(day, t, BERLIN).astimezone(UTC) for t in (time(17), time(20, 30)))
    query = "select count(*) from orders where channel in ('WEB', 'APP') and ordered_at >= ? and ordered_at < ?"
    return erp.execute(query, [t.strftime("%Y-%m-%dT%H:%M:%SZ") for t in (start, end)]).fetchone()[0]


def test_checkout_outage(planted, erp):
    fact, day = planted["facts"]["checkout_outage"], date(2026, 3, 13)
    before = [orders_online(erp, day - timedelta(days=7 * n)) for n in range(8, 0, -1)]
    assert fact["online_orders"] == orders_online(erp, day)
    assert fact["online_orders_same_window_8_fridays_before"] == before
    assert fact["baseline_mean"] == sum(before) / 8
    assert 0.85 < fact["drop"] < 0.95
    outages = csv.DictReader((EXTRACTS / "itsm" / "outages.csv").read_text().splitlines())
    outage = next(row for row in outages if row["outage_id"] == fact["outage_id"])
    assert (outage["service"], outage["start"], outage["end"], outage["planned"], outage["incident"]) == (
        "checkout",
        "2026-03-13T17:00:00+01:00",
        "2026-03-13T20:30:00+01:00",
        "no",
        fact["incident"],
    )


def test_failed_deployment(planted):
    fact = planted["facts"]["failed_deployment"]
    file = EXTRACTS / "devops" / "deployments.parquet"
    with duckdb.connect() as connection:
        found = connection.execute(
            f"select service, environment, result, reason, finished_at at time zone 'UTC' from '{file}' "
            f"where deployment_id in ('{fact['deployment']}', '{fact['rollback']}') order by deployment_id"
        ).fetchall()
    failed_at, rolled_back_at = found[0][4], found[1][4]
    assert [row[:4] for row in found] == [
        ("payments", "prod", "SUCCESS", "planned"),
        ("payments", "prod", "SUCCESS", "rollback"),
    ]
    assert rolled_back_at - failed_at == timedelta(minutes=95)
    assert failed_at.date() == date(2026, 5, 19)
    rows = csv.DictReader((EXTRACTS / "itsm" / "incidents.csv").read_text().splitlines())
    last = [row for row in rows if row["number"] == fact["incident"]][-1]
    assert (last["priority"], last["cmdb_ci"], last["caused_by_deployment"], last["restored_at"]) == (
        "1 - Critical",
        "Payments",
        fact["deployment"],
        "19/05/2026 15:40",
    )


def test_orders_in_the_repeated_hours(planted, erp):
    spans = [("2024-10-27T00", "2024-10-27T02"), ("2025-10-26T00", "2025-10-26T02")]
    query = "select count(*) from orders where ordered_at >= ? and ordered_at < ?"
    counts = [erp.execute(query, span).fetchone()[0] for span in spans]
    assert sum(counts) == planted["facts"]["clock_change"]["orders_in_repeated_hours"]
    assert min(counts) >= 8


def test_orders_by_month(planted, erp):
    counts: Counter[str] = Counter()
    for (text,) in erp.execute("select ordered_at from orders"):
        if is_time(text) and datetime.fromisoformat(text) < RECORDS_END:
            counts[datetime.fromisoformat(text).astimezone(BERLIN).strftime("%Y-%m")] += 1
    assert planted["facts"]["seasonality"]["orders_by_month"] == dict(counts)
    assert counts["2025-12"] > 1.3 * counts["2025-09"]
