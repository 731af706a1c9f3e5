"""The calendar's business hours: which days have them, where they lie in UTC, and what a late holiday changes."""

from datetime import date, datetime

import pytest

from bizops_pipeline.model import calendar
from bizops_pipeline_tests.model.company import build_model, company, facts, fill, models_of, run, warehouse

HOUR = 3600
BERLIN = company(time_zone="Europe/Berlin", business_hours={"start": "08:00", "end": "18:00"})


def holiday(id, day):
    return {"holiday_id": id, "holiday_date": day}


def days(owner, first, last, *holidays):
    engine = warehouse()
    fill(engine, "holiday", holidays)
    calendar.write(engine, owner, run())
    return engine.rows(
        "select is_holiday, is_business_day, business_utc_start, business_utc_end, business_seconds "
        f"from core.dim_date where date between date '{first}' and date '{last}' order by date"
    )


def test_business_hours_are_those_of_the_working_days_in_the_companys_zone():
    assert days(BERLIN, "2026-03-27", "2026-03-30") == [
        (False, True, datetime(2026, 3, 27, 7), datetime(2026, 3, 27, 17), 10 * HOUR),
        (False, False, datetime(2026, 3, 27, 23), datetime(2026, 3, 27, 23), 0),
        (False, False, datetime(2026, 3, 28, 23), datetime(2026, 3, 28, 23), 0),
        (False, True, datetime(2026, 3, 30, 6), datetime(2026, 3, 30, 16), 10 * HOUR),
    ]


def test_a_holiday_has_no_business_hours_whatever_the_weekday():
    found = days(
        BERLIN,
        "2026-05-01",
        "2026-05-03",
        holiday("may", date(2026, 5, 1)),
        holiday("twice", date(2026, 5, 1)),
        holiday("sunday", date(2026, 5, 3)),
    )
    assert [row[:2] + row[4:] for row in found] == [(True, False, 0), (False, False, 0), (True, False, 0)]


def test_a_company_open_round_the_clock_has_days_of_23_and_25_hours():
    always = company(
        time_zone="Europe/Berlin",
        business_hours={"days": list(calendar.WEEKDAYS), "start": "00:00", "end": "24:00"},
    )
    assert [row[4] for row in days(always, "2026-03-28", "2026-03-30")] == [24 * HOUR, 23 * HOUR, 24 * HOUR]
    assert [row[4] for row in days(always, "2026-10-25", "2026-10-25")] == [25 * HOUR]


def test_readings_add_up_over_the_days():
    engine = warehouse()
    calendar.write(engine, BERLIN, run())
    assert engine.scalar("select min(business_seconds_before) from core.dim_date") == 0
    assert not engine.rows(
        "select date from (select date, business_seconds_before, lag(business_seconds_before + business_seconds) "
        "over (order by date) as reached from core.dim_date) as day where business_seconds_before <> reached"
    )


CLOCKS = {
    "within a day": (datetime(2026, 3, 10, 9), datetime(2026, 3, 10, 11, 30), 2.5),
    "over night": (datetime(2026, 3, 10, 16), datetime(2026, 3, 11, 9), 1),
    "over a weekend": (datetime(2026, 3, 13, 16), datetime(2026, 3, 16, 10), 2),
    "opened before and resolved after hours": (datetime(2026, 3, 10, 3), datetime(2026, 3, 10, 22), 8),
    "all on a weekend": (datetime(2026, 3, 14, 3), datetime(2026, 3, 15, 22), 0),
    "still open": (datetime(2026, 3, 10, 9), None, None),
    "before the calendar": (datetime(1985, 3, 10, 9), datetime(2026, 3, 10, 9), None),
}


@pytest.fixture(scope="module")
def clocks():
    engine = warehouse()
    fill(
        engine,
        "incident",
        [{"incident_id": case, "opened_at": opened, "resolved_at": end} for case, (opened, end, _) in CLOCKS.items()],
    )
    build_model(engine, company(), models=models_of("fct_incident"))
    return dict(facts(engine, "fct_incident", "incident_id", "resolution_business_seconds"))


@pytest.mark.parametrize("case", CLOCKS)
def test_a_clock_of_business_hours_stops_outside_them(case, clocks):
    hours = CLOCKS[case][2]
    assert clocks[case] == (None if hours is None else hours * HOUR)


def test_a_holiday_that_is_added_late_changes_what_was_built_before():
    engine = warehouse()
    incidents = [
        {"incident_id": "over", "opened_at": datetime(2026, 4, 30, 16), "resolved_at": datetime(2026, 5, 4, 10)},
        {"incident_id": "before", "opened_at": datetime(2026, 4, 29, 16), "resolved_at": datetime(2026, 4, 30, 10)},
    ]
    fill(engine, "incident", incidents)
    build_model(engine, company(), models=models_of("fct_incident"))
    assert facts(engine, "fct_incident", "resolution_business_seconds") == [(2 * HOUR,), (10 * HOUR,)]

    fill(engine, "holiday", [holiday("may", date(2026, 5, 1))], sequence=2)
    built = build_model(engine, company(), sequence=2, models=models_of("fct_incident"))

    assert facts(engine, "fct_incident", "resolution_business_seconds") == [(2 * HOUR,), (2 * HOUR,)]
    assert built["fct_incident"].written.inserted == 1

    fill(engine, "holiday", [], sequence=3)
    build_model(engine, company(), sequence=3, models=models_of("fct_incident"))
    assert facts(engine, "fct_incident", "resolution_business_seconds") == [(2 * HOUR,), (10 * HOUR,)]
