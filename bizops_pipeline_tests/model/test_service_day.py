"""Agreed and lost service time by hand-computed days."""

from datetime import date, datetime, timedelta

from bizops_pipeline_tests.model.company import built, company, facts

DAY = datetime(2026, 3, 10)
HOUR = 3600


def outage(id, start_hour, end_hour, *, planned=False, service="shop", day=DAY):
    return {
        "outage_id": id,
        "service_id": service,
        "started_at": day + timedelta(hours=start_hour),
        "ended_at": None if end_hour is None else day + timedelta(hours=end_hour),
        "is_planned": planned,
    }


def days(*outages, owner=None, as_of=date(2026, 3, 10), **entities):
    engine = built(
        "fct_service_day",
        "fct_outage",
        owner=owner or company(services=[{"id": "shop"}]),
        as_of=as_of,
        outage=outages,
        **entities,
    )
    return facts(engine, "fct_service_day", "service_day_id", "agreed_seconds", "downtime_seconds", "outages")


def test_overlapping_outages_count_once():
    assert days(
        outage("a", 1, 3),
        outage("b", 2, 4),
        outage("inside", 2.5, 2.75),
        outage("touching", 4, 5),
        outage("apart", 6, 7),
    ) == [("shop:2026-03-10", 24 * HOUR, 5 * HOUR, 5)]


def test_maintenance_is_not_agreed_and_an_outage_in_it_is_no_downtime():
    assert days(
        outage("maintenance", 1, 3, planned=True),
        outage("more of it", 2, 4, planned=True),
        outage("before and into it", 0, 2),
        outage("in it", 2, 3),
        outage("out of it", 3.5, 5),
    ) == [("shop:2026-03-10", 21 * HOUR, 2 * HOUR, 3)]


def test_an_outage_is_split_at_local_midnights_and_an_open_one_lasts():
    assert days(outage("a", 22, None), as_of=date(2026, 3, 12)) == [
        ("shop:2026-03-10", 24 * HOUR, 2 * HOUR, 1),
        ("shop:2026-03-11", 24 * HOUR, 24 * HOUR, 0),
        ("shop:2026-03-12", 24 * HOUR, 24 * HOUR, 0),
    ]
    berlin = company(services=[{"id": "shop"}], time_zone="Europe/Berlin")
    assert days(outage("a", 22, 24), owner=berlin, as_of=date(2026, 3, 11)) == [
        ("shop:2026-03-10", 24 * HOUR, 1 * HOUR, 1),
        ("shop:2026-03-11", 24 * HOUR, 1 * HOUR, 0),
    ]


def test_days_on_which_the_clocks_change_are_as_long_as_they_are():
    berlin = company(services=[{"id": "shop"}, {"id": "office", "agreed_hours_per_day": 8}], time_zone="Europe/Berlin")
    spring = datetime(2026, 3, 28)
    rows = days(outage("over midnight", 12, 48, day=spring), owner=berlin, as_of=date(2026, 3, 29))
    assert rows == [
        ("office:2026-03-28", 8 * HOUR, 0, 0),
        ("office:2026-03-29", 8 * HOUR, 0, 0),
        ("shop:2026-03-28", 86_400, 11 * HOUR, 1),
        ("shop:2026-03-29", 82_800, 82_800, 0),
    ]
    autumn = datetime(2026, 10, 25)
    rows = days(outage("short", 0, 1, day=autumn), owner=berlin, as_of=date(2026, 10, 25))
    assert rows[-1] == ("shop:2026-10-25", 90_000, HOUR, 1)


def test_downtime_is_never_more_than_what_was_agreed():
    office = company(services=[{"id": "shop", "agreed_hours_per_day": 8}])
    assert days(outage("a", 0, 20), owner=office) == [("shop:2026-03-10", 8 * HOUR, 8 * HOUR, 1)]


def test_days_begin_with_the_first_evidence_or_the_launch():
    owner = company(services=[{"id": "shop"}, {"id": "late", "launched_on": date(2026, 3, 10)}])
    rows = days(
        outage("a", 1, 2),
        outage("unknown", 1, 2, service="nobody knows"),
        owner=owner,
        incident=[{"incident_id": "i", "opened_at": DAY - timedelta(days=2)}],
    )
    assert [row[0] for row in rows] == ["late:2026-03-10", "shop:2026-03-08", "shop:2026-03-09", "shop:2026-03-10"]


def test_without_outages_there_are_no_days():
    assert days(incident=[{"incident_id": "i", "opened_at": DAY}]) == []


def test_an_outage_keeps_its_record():
    engine = built("fct_outage", outage=[outage("a", 1, 3), outage("b", 22, None, service="nobody knows")])
    assert facts(engine, "fct_outage", "service_id", "started_date", "duration_seconds") == [
        ("shop", date(2026, 3, 10), 7200),
        ("unallocated", date(2026, 3, 10), None),
    ]
