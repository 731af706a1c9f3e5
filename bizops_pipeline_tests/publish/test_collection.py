"""What each source brought month by month, and which days are missing by the table's own habit."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from bizops_pipeline.catalogue.models import EntityMap, SourceTable
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts.data import DATA_COLLECTION
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.model.calendar import calendar_query
from bizops_pipeline.publish.collection import check_collection, write_data_collection
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.publish.world import INCIDENTS, company, rows, run, source_table, warehouse

Span = tuple[str, str]
EVERY_DAY, WORKDAYS = range(1, 8), range(1, 6)


def days(first: str, last: str, weekdays: Iterable[int] = EVERY_DAY, without: Iterable[Span] = ()) -> list[date]:
    """Return the days of a span that are on some weekdays, without those of other spans."""
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    listed = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    wanted = [each for each in listed if each.isoweekday() in weekdays]
    return [each for each in wanted if not any(left <= str(each) <= right for left, right in without)]


def made(*holidays: str) -> DuckDBEngine:
    """Return a warehouse whose calendar is long enough and has some holidays."""
    engine = warehouse()
    listed = " union all ".join(f"select date '{each}' as date" for each in (*holidays, "2024-12-31"))
    calendar = calendar_query(company().settings, date(2025, 1, 1), date(2026, 12, 31), listed)
    engine.execute(f"delete from {DIM_DATE.qualified}")
    engine.execute(f"insert into {DIM_DATE.qualified} by name {calendar}")
    return engine


def put(engine: DuckDBEngine, *moments: date, table: SourceTable = INCIDENTS, sequence: int = 1) -> None:
    """Put an incident of each moment into staging, those of a day at noon."""
    at = [each if isinstance(each, datetime) else datetime.combine(each, time(12)) for each in moments]
    values = ", ".join(f"('i-{number}-{sequence}', timestamp '{each}')" for number, each in enumerate(at))
    engine.execute(
        'insert into staging."incident" (incident_id, opened_at, _source, _source_table, _row_key, _change_sequence) '
        f"select id, moment, '{table.source}', '{table.name}', id, {sequence} "
        f"from (values {values}) as incident(id, moment)"
    )


def judged(engine: DuckDBEngine, *tables: SourceTable, number: int = 1, **settings: Any) -> CheckResult:
    write_data_collection(engine, company(*tables or (INCIDENTS,), **settings), run(number))
    [found] = check_collection(engine)
    assert (found.severity, found.table_name) == ("warn", "marts.data_collection")
    return found


def statuses(engine: DuckDBEngine) -> dict[str, str]:
    return {f"{month:%Y-%m}": status for month, status in rows(engine, DATA_COLLECTION, "month", "status")}


def test_a_month_that_a_daily_source_lost_is_missing_and_warned_of() -> None:
    engine = made()
    put(engine, *days("2025-11-10", "2026-04-15", without=[("2026-02-01", "2026-02-28")]), date(2026, 1, 5))
    found = judged(engine)
    assert statuses(engine) == {
        "2025-11": "collected",
        "2025-12": "collected",
        "2026-01": "collected",
        "2026-02": "missing",
        "2026-03": "collected",
        "2026-04": "open",
    }
    columns = ("records", "days", "first_on", "last_on", "missing_days", "missing_from", "missing_to")
    january, february = rows(engine, DATA_COLLECTION, *columns)[2:4]
    assert january == (32, 31, date(2026, 1, 1), date(2026, 1, 31), 0, None, None)
    assert february == (0, 0, None, None, 28, date(2026, 2, 1), date(2026, 2, 28))
    assert found.outcome == "failed"
    assert found.observed == "1 gap in what sources brought (itsm.incidents 2026-02-01 to 2026-02-28)"


def test_a_gap_over_the_turn_of_the_month_is_one() -> None:
    engine = made()
    lost = [("2025-12-28", "2026-02-10"), ("2026-03-03", "2026-03-12")]
    put(engine, *days("2025-07-01", "2026-04-15", without=lost))
    assert judged(engine).observed == (
        "2 gaps in what sources brought "
        "(itsm.incidents 2025-12-28 to 2026-02-10, itsm.incidents 2026-03-03 to 2026-03-12)"
    )
    assert [row["days"] for row in judged(engine).sample] == [45, 10]
    found = statuses(engine)
    assert [found[month] for month in ("2025-12", "2026-01", "2026-02", "2026-03")] == [
        "partly",
        "missing",
        "partly",
        "partly",
    ]


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(days("2025-07-01", "2026-04-15", WORKDAYS), id="rests at weekends"),
        pytest.param(
            days("2025-07-01", "2026-04-15", WORKDAYS, [("2025-12-24", "2026-01-01")]),
            id="rests at weekends and from Christmas Eve to New Year",
        ),
        pytest.param(
            days("2025-07-01", "2026-04-15", WORKDAYS, [("2025-12-20", "2025-12-28")]),
            id="rests at weekends and in the week of Christmas",
        ),
        pytest.param(days("2025-07-01", "2026-04-15", without=[("2025-12-25", "2025-12-26")]), id="two empty days"),
        pytest.param(days("2025-07-01", "2026-04-15", [3], [("2026-02-01", "2026-02-28")]), id="once a week"),
        pytest.param([date(2025, 7, 1) + timedelta(days=number**2) for number in range(17)], id="ever more seldom"),
        pytest.param([date(2026, 4, 15) - timedelta(days=number**2) for number in range(17)], id="ever more often"),
        pytest.param([*days("2025-07-01", "2025-07-09"), *days("2025-10-01", "2026-04-15")], id="some days of trial"),
    ],
)
def test_what_a_table_does_by_habit_is_no_gap(listed: list[date]) -> None:
    engine = made()
    put(engine, *listed)
    assert judged(engine).outcome == "passed"
    assert set(statuses(engine).values()) <= {"collected", "open", "quiet"}


def test_an_empty_month_of_a_table_with_few_records_is_quiet() -> None:
    engine = made()
    put(engine, *days("2025-07-01", "2026-04-15", [3], [("2026-02-01", "2026-02-28")]))
    judged(engine)
    assert statuses(engine)["2026-02"] == "quiet"


@pytest.mark.parametrize(
    ("holidays", "outcome"), [((), "failed"), (("2025-12-25", "2025-12-26"), "passed")], ids=["unknown", "known"]
)
def test_holidays_are_not_missing(holidays: tuple[str, ...], outcome: str) -> None:
    engine = made(*holidays)
    put(engine, *days("2025-07-01", "2026-04-15", without=[("2025-12-24", "2025-12-27")]))
    assert judged(engine).outcome == outcome


@pytest.mark.parametrize(
    ("cadence", "expected"),
    [
        ("daily", {"2026-02": "partly", "2026-03": "missing", "2026-04": "missing"}),
        ("monthly", {"2026-02": "partly", "2026-03": "missing", "2026-04": "open"}),
        ("yearly", {"2026-02": "open", "2026-03": "open", "2026-04": "open"}),
        ("once", {"2026-02": "collected"}),
    ],
)
def test_what_is_missing_after_the_last_record_follows_the_cadence(cadence: str, expected: dict[str, str]) -> None:
    engine = made()
    put(engine, *days("2025-11-01", "2026-02-10"))
    found = judged(engine, source_table("itsm", "incidents", "incident", cadence=cadence))
    assert {month: status for month, status in statuses(engine).items() if month >= "2026-02"} == expected
    assert found.outcome == "passed", "freshness warns of it"


def test_a_day_is_the_companys_and_what_comes_after_the_as_of_date_does_not_count() -> None:
    engine = made()
    put(engine, datetime(2026, 1, 31, 23, 30), datetime(2026, 4, 15, 21, 30), datetime(2026, 4, 15, 22, 30))
    judged(engine, time_zone="Europe/Berlin")
    found = rows(engine, DATA_COLLECTION, "month", "records", "first_on")
    assert [row for row in found if row[1]] == [
        (date(2026, 2, 1), 1, date(2026, 2, 1)),
        (date(2026, 4, 1), 1, date(2026, 4, 15)),
    ]


def test_a_record_of_several_entities_counts_once() -> None:
    engine = made()
    ensure(engine, ENTITIES["order_line"], ORIGIN)
    entities = {name: EntityMap(map={"ordered_at": "moment"}) for name in ("order", "order_line")}
    orders = source_table("erp", "orders", "order").model_copy(update={"entities": entities})
    for name, keys in (("order", ("1", "3")), ("order_line", ("1", "2", "3"))):
        for key in keys:
            engine.execute(
                f'insert into staging."{name}" ({name}_id, ordered_at, _source, _source_table, _row_key, '
                f"_change_sequence) values ('{key}', timestamp '2026-03-02 10:00', 'erp', 'orders', '{key}', 1)"
            )
    judged(engine, orders)
    assert rows(engine, DATA_COLLECTION, "month", "records", "days")[0] == (date(2026, 3, 1), 3, 1)


def test_sources_without_events_are_not_in_it() -> None:
    engine = made()
    assert judged(engine, source_table("erp", "products", "product")).outcome == "passed"
    assert rows(engine, DATA_COLLECTION, "month") == []


def test_it_is_computed_again_when_records_came_only() -> None:
    engine = made()
    put(engine, *days("2026-03-01", "2026-03-31"))
    runs = "select distinct run_id from marts.data_collection"
    for number in (1, 2):
        judged(engine, number=number)
        assert engine.rows(runs) == [(run(1).id,)]
    put(engine, date(2026, 4, 1), sequence=3)
    judged(engine, number=3)
    assert rows(engine, DATA_COLLECTION, "month", "days") == [(date(2026, 3, 1), 31), (date(2026, 4, 1), 1)]
