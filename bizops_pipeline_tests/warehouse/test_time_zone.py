from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizops_pipeline.warehouse.portable import violations
from bizops_pipeline.warehouse.time_zone import business_date, to_local, to_utc, transitions

ZONES = (
    "Europe/Lisbon",
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Apia",
    "UTC",
)


def utc_of(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC).replace(tzinfo=None)


def local_of(utc: datetime, zone: str) -> datetime:
    return utc.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def evaluate(sql: str, value: datetime | None) -> object:
    row = duckdb.execute(f"select {sql} from (select cast(? as timestamp) as t)", [value]).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("zone", ZONES)
def test_every_quarter_hour_around_every_transition_agrees_with_zoneinfo(zone: str) -> None:
    moments = {change.at for change in transitions(zone)} or {datetime(2026, 1, 1)}
    around = [at + timedelta(minutes=15 * step) for at in sorted(moments)[-12:] for step in range(-64, 64)]
    rows = duckdb.execute(
        f"select t, {to_utc('t', zone)}, {to_local('t', zone)}, {business_date('t', zone)} "
        "from (select unnest(?::timestamp[]) as t)",
        [around],
    ).fetchall()
    for t, utc, local, day in rows:
        assert utc == utc_of(t, zone), t
        assert local == local_of(t, zone), t
        assert day == local.date()


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        pytest.param("2026-03-29 01:59:59", "2026-03-29 00:59:59", id="before the gap"),
        pytest.param("2026-03-29 02:30:00", "2026-03-29 01:30:00", id="in the gap: 03:30 summer time"),
        pytest.param("2026-03-29 03:00:00", "2026-03-29 01:00:00", id="after the gap"),
        pytest.param("2026-10-25 01:59:59", "2026-10-24 23:59:59", id="before the fold"),
        pytest.param("2026-10-25 02:30:00", "2026-10-25 00:30:00", id="in the fold: summer time"),
        pytest.param("2026-10-25 03:00:00", "2026-10-25 02:00:00", id="after the fold"),
    ],
)
def test_clock_changes_in_berlin(local: str, utc: str) -> None:
    found = evaluate(to_utc("t", "Europe/Berlin"), datetime.fromisoformat(local))
    assert found == datetime.fromisoformat(utc)


def test_business_date_of_the_hours_around_midnight() -> None:
    zone = "Europe/Lisbon"
    assert evaluate(business_date("t", zone), datetime(2026, 7, 1, 22, 59, 59)) == date(2026, 7, 1)
    assert evaluate(business_date("t", zone), datetime(2026, 7, 1, 23, 0)) == date(2026, 7, 2)
    assert evaluate(business_date("t", zone), datetime(2026, 1, 1, 23, 0)) == date(2026, 1, 1)


@pytest.mark.parametrize("build", [to_utc, to_local, business_date])
def test_nothing_stays_nothing(build) -> None:
    assert evaluate(build("t", "Europe/Berlin"), None) is None


def test_utc_needs_no_case() -> None:
    assert to_utc("t", "UTC") == to_local("t", "UTC") == "t"


@pytest.mark.parametrize("build", [to_utc, to_local, business_date])
def test_the_sql_is_portable(build) -> None:
    assert violations(f"select {build('t', 'Europe/Berlin')} as x from s") == []


@settings(max_examples=50, deadline=None)
@given(
    moment=st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2040, 12, 30)),
    zone=st.sampled_from(ZONES),
)
def test_any_moment_agrees_with_zoneinfo(moment: datetime, zone: str) -> None:
    assert evaluate(to_utc("t", zone), moment) == utc_of(moment, zone)
    assert evaluate(to_local("t", zone), moment) == local_of(moment, zone)
