"""What people read: the scorecard, values by unit, query results as CSV."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from bizops_pipeline.answers.reading import print_csv, query_published
from bizops_pipeline.answers.scorecard import read_scorecard
from bizops_pipeline.contracts.marts.data import DATA_COLLECTION
from bizops_pipeline.display import display, display_target
from bizops_pipeline.errors import UsageError
from bizops_pipeline.publish.publication import publish
from bizops_pipeline_tests.publish.world import company, fill, finish, run, warehouse


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    engine = warehouse(folder)
    fill(engine)
    finish(engine, company(), run())
    made = publish(engine, company(), run(), folder / "published")
    engine.close()
    return made.database


def test_the_scorecard_says_where_everything_stands(database: Path) -> None:
    card = read_scorecard(database)
    assert (card.publication.company, card.publication.as_of) == ("Acme", date(2026, 4, 15))
    assert [(each.source_table, each.status, each.age_days) for each in card.freshness] == [
        ("orders", "fresh", 0),
        ("incidents", "fresh", 0),
    ]
    assert [(each.entity, each.rows_in, each.grade) for each in card.quality] == [
        ("order", 10, "A"),
        ("incident", 10, "A"),
    ]
    sla, orders = card.kpis
    assert (sla.label, sla.grain, sla.period_start) == ("SLA compliance", "month", date(2026, 3, 1))
    assert (sla.shown, sla.target_shown, sla.status, sla.trend) == ("85.5 %", "90.0 %", "off_target", "better")
    assert (orders.shown, orders.target_shown, orders.trend) == ("11,000", "–", None)
    partner, reliability = card.key_results
    assert (partner.key_result_id, partner.status, partner.source) == ("kr_partner", "not_started", "reported")
    # March: 0.855 of 0.8 to 0.9 is 0.55; half of April has passed.
    assert (reliability.progress, reliability.expected_progress, reliability.gap) == (0.55, 0.5, 5.0)
    assert (reliability.status, reliability.current_shown, reliability.objective) == (
        "on_track",
        "85.5 %",
        "Reliable services",
    )


@pytest.mark.parametrize("is_known", [True, False], ids=["published", "published by an earlier version"])
def test_the_scorecard_counts_the_months_in_which_days_are_missing(is_known: bool, tmp_path: Path) -> None:
    engine = warehouse(tmp_path)
    fill(engine)
    finish(engine, company(), run())
    names = {"source": "itsm", "source_table": "incidents", "status": "partly", "records": 9, "days": 9, "run_id": "r"}
    months = [date(2026, number, 1) for number in (1, 2, 3)]
    engine.insert(
        DATA_COLLECTION,
        [{**names, "month": month, "missing_days": days} for month, days in zip(months, (4, 0, 7), strict=True)],
    )
    made = publish(engine, company(), run(), tmp_path / "published")
    engine.close()
    if not is_known:
        made.database.chmod(0o600)
        with duckdb.connect(str(made.database)) as published:
            published.execute("drop table marts.data_collection")
    card = read_scorecard(made.database)
    gaps = 2 if is_known else 0
    assert [(each.source_table, each.gaps) for each in card.freshness] == [("orders", 0), ("incidents", gaps)]


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (0.29, "percent", "29.0 %"),
        (0.0025, "percent", "0.2 %"),
        (0.9995, "percent", "99.950 %"),
        (1.0, "percent", "100.0 %"),
        (1234567.891, "currency", "1,234,568 EUR"),
        (49.945, "currency", "49.94 EUR"),
        (25900.0, "count", "25,900"),
        (2.5, "count", "2.50"),
        (22.125, "hours", "22.12 h"),
        (None, "hours", "–"),
        (0.5, None, "0.50"),
        (12.0, None, "12"),
    ],
)
def test_values_are_shown_by_unit_and_rounded_half_to_even(value: float | None, unit: str | None, shown: str) -> None:
    assert display(value, unit, "EUR") == shown


@pytest.mark.parametrize(
    ("target", "upper", "shown"), [(0.93, 1.03, "93.0 % to 103.0 %"), (0.93, None, "93.0 %"), (None, None, "–")]
)
def test_the_target_of_a_band_has_both_bounds(target: float | None, upper: float | None, shown: str) -> None:
    assert display_target(target, upper, "percent", "EUR") == shown


def test_published_tables_can_be_queried_but_nothing_else(database: Path) -> None:
    assert query_published(database, "select count(*) as n from kpi_value") == (["n"], [(6,)])
    for query in (
        "select * from read_csv('/etc/passwd')",
        "attach '/tmp/other.duckdb'",
        "delete from marts.kpi_value",
        "set enable_external_access = true",
        "select nothing from nowhere",
    ):
        with pytest.raises(UsageError):
            query_published(database, query)


def test_csv_cells_that_a_spreadsheet_would_run_are_escaped() -> None:
    stream = io.StringIO()
    print_csv(["a", "b"], [("=cmd", 1), (" =1", -5), ("a\n=b", None), ("plain", "-5"), ("@x", "a=b")], stream)
    assert stream.getvalue() == "a,b\n'=cmd,1\n' =1,-5\n\"a\n'=b\",\nplain,'-5\n'@x,a=b\n"


def test_csv_has_decimals_without_an_exponent() -> None:
    stream = io.StringIO()
    print_csv(["none", "little"], [(Decimal("0E-9"), Decimal("1.00E-7"))], stream)
    assert stream.getvalue() == "none,little\n0.000000000,0.000000100\n"
