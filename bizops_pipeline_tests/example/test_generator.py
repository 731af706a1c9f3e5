"""The generator repeats itself byte for byte, and an earlier day is an earlier view of the same world."""

import csv
import gzip
import sqlite3
from datetime import date
from pathlib import Path

import openpyxl
import pyarrow.parquet as pq
import pytest

from retailer_generator import generate

SCALE = 0.2
DAY, NEXT_DAY = date(2025, 3, 30), date(2025, 3, 31)  # the day on which the clocks go forward, and the next


def content(folder: Path) -> dict[str, bytes]:
    return {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}


@pytest.fixture(scope="module")
def views(tmp_path_factory):
    """The company at the end of two neighbouring days."""
    folder = tmp_path_factory.mktemp("views")
    for day in (DAY, NEXT_DAY):
        generate(folder / day.isoformat(), SCALE, day, "day")
    return folder / DAY.isoformat() / "extracts", folder / NEXT_DAY.isoformat() / "extracts"


def lines_of(file: Path) -> list[str]:
    data = file.read_bytes()
    return (gzip.decompress(data) if file.suffix == ".gz" else data).decode().splitlines()


def test_two_runs_are_identical(views, tmp_path):
    generate(tmp_path, SCALE, DAY, "day")
    assert content(tmp_path / "extracts") == content(views[0])


def test_files_of_past_days_never_change(views):
    before, after = (content(view / "webshop") for view in views)
    assert before.items() <= after.items()
    assert {name.split("-", 1)[1][:10] for name in after.keys() - before.keys()} == {NEXT_DAY.isoformat()}


@pytest.mark.parametrize(
    "file",
    [
        "itsm/incidents.csv",
        "itsm/reviews.csv",
        "monitoring/slo_days.csv.gz",
        "fx/rates.csv",
        "okr/checkins.csv",
        "tracker/history.csv.gz",
        "timesheets/bookings.csv.gz",
    ],
)
def test_logs_grow_at_their_end(views, file):
    before, after = (lines_of(view / file) for view in views)
    assert after[: len(before)] == before


def test_usage_of_past_intervals_stays(views):
    before, after = (
        [row for file in sorted((view / "monitoring").glob("usage-*")) for row in pq.read_table(file).to_pylist()]
        for view in views
    )
    assert after[: len(before)] == before
    assert len(after) > len(before)


def test_outages_only_gain_their_end_and_incident(views):
    before, after = (list(csv.DictReader(lines_of(view / "itsm" / "outages.csv"))) for view in views)
    assert len(before) <= len(after)
    for old, new in zip(before, after, strict=False):
        assert all(old[column] in ("", new[column]) for column in old)


def test_survey_answers_stay(views):
    before, after = (
        list(openpyxl.load_workbook(view / "survey" / "answers.xlsx", read_only=True).active.values) for view in views
    )
    assert after[: len(before)] == before


@pytest.mark.parametrize("table", ["changes", "commits", "deployments", "deployment_commits"])
def test_known_steps_of_code_stay(views, table):
    key = {"changes": "id", "commits": "sha", "deployments": "deployment_id", "deployment_commits": "commit_sha"}
    before, after = (pq.read_table(view / "devops" / f"{table}.parquet").to_pylist() for view in views)
    later = {row[key[table]]: row for row in after}
    assert len(before) <= len(after)
    for row in before:
        new = later[row[key[table]]]
        moved = {c for c in row if row[c] != new[c] and row[c] is not None and c != "updated_at"}
        assert not moved


def erp_rows(view: Path, query: str) -> list[tuple]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(gzip.decompress((view / "erp.sql.gz").read_bytes()).decode())
    return connection.execute(query).fetchall()


def test_orders_only_move_on(views):
    query = "select order_no, customer_no, cart_ref, channel, ordered_at, currency, updated_at from orders"
    before, after = (erp_rows(view, query) for view in views)
    later = {row[0]: row for row in after}
    assert len(before) < len(after)
    for row in before:
        assert later[row[0]][:-1] == row[:-1]
        assert later[row[0]][-1] >= row[-1]


def test_order_lines_change_with_their_time_of_change(views):
    query = "select distinct order_no, line_no, sku, quantity, unit_price, discount, tax, updated_at from order_lines"
    before, after = (erp_rows(view, query) for view in views)
    same = set(before) & set(after)
    changed = {row[:2]: row[-1] for row in set(before) - same}
    later = {row[:2]: row[-1] for row in set(after) - same}
    assert all(later[key] > time for key, time in changed.items())


def test_months_and_days_hold_the_same_records(views, tmp_path):
    generate(tmp_path, SCALE, DAY, "month")
    for table in ("sessions", "carts", "checkouts", "refunds"):
        monthly, daily = (
            sorted(line for file in (root / "webshop").glob(f"{table}-*") for line in set(lines_of(file)))
            for root in (tmp_path / "extracts", views[0])
        )
        assert set(monthly) == set(daily)


def test_database_and_dump_hold_the_same_rows(views, tmp_path):
    generate(tmp_path, SCALE, DAY, "day", "database")
    database = sqlite3.connect(tmp_path / "extracts" / "erp" / "erp.db")
    for table in ("customers", "products", "orders", "order_lines"):
        query = f"select * from {table}"
        assert database.execute(query).fetchall() == erp_rows(views[0], query)


def test_what_is_not_possible_is_refused(tmp_path):
    with pytest.raises(ValueError, match="until is 2027-01-01"):
        generate(tmp_path, SCALE, date(2027, 1, 1))
    with pytest.raises(ValueError, match="split is 'week'"):
        generate(tmp_path, SCALE, DAY, "week")
