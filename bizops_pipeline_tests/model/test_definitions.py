"""What the catalogue and the settings make of the dimensions and the calendar."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizops_pipeline.catalogue.models import Objective, Service
from bizops_pipeline.contracts.core import organisation
from bizops_pipeline.model import calendar, definitions
from bizops_pipeline.quality.record_rules import EARLIEST, LATEST
from bizops_pipeline.warehouse.time_zone import LAST_YEAR, business_date
from bizops_pipeline_tests.model.company import built, company, content, run, warehouse

D = Decimal
FROM, TO = date(1900, 1, 1), date(9999, 12, 31)


def shares(*value_streams):
    service = Service.model_validate({"id": "shop", "value_streams": list(value_streams)})
    return [
        (each["value_stream_id"], each["weight"], each["valid_from"], each["valid_to"])
        for each in definitions.service_shares(service)
    ]


def test_a_service_without_shares_is_unallocated():
    assert shares() == [("unallocated", D(1), FROM, TO)]


def test_what_the_shares_leave_open_is_unallocated():
    assert shares(
        {"value_stream": "sell", "weight": 0.75, "from": date(2026, 1, 1), "to": date(2026, 7, 1)},
        {"value_stream": "help", "weight": 0.25, "from": date(2026, 1, 1)},
    ) == [
        ("unallocated", D(1), FROM, date(2026, 1, 1)),
        ("sell", D("0.75"), date(2026, 1, 1), date(2026, 7, 1)),
        ("help", D("0.25"), date(2026, 1, 1), TO),
        ("unallocated", D("0.75"), date(2026, 7, 1), TO),
    ]


def test_a_rest_of_rounding_goes_to_a_share():
    thirds = shares(*({"value_stream": name, "weight": 1 / 3} for name in ("a", "b", "c")))
    assert [(name, weight) for name, weight, _, _ in thirds] == [
        ("a", D("0.333333")),
        ("b", D("0.333333")),
        ("c", D("0.333334")),
    ]


borders = st.one_of(st.none(), st.dates(date(2026, 1, 1), date(2026, 1, 9)))


@given(
    st.lists(
        st.fixed_dictionaries(
            {"value_stream": st.sampled_from("abc"), "weight": st.floats(0.01, 0.3), "from": borders, "to": borders}
        ),
        max_size=3,
    )
)
def test_the_weights_of_a_service_sum_to_one_on_every_day(value_streams):
    rows = shares(*value_streams)
    for day in (FROM, *(date(2026, 1, 1) + timedelta(days=number) for number in range(10)), date(9999, 12, 30)):
        assert sum(weight for _, weight, first, last in rows if first <= day < last) == 1


def test_every_dimension_has_its_unallocated_member():
    engine = built()
    for name in ("dim_value_stream", "dim_team", "dim_service", "bridge_service_value_stream"):
        assert any("unallocated" in row for row in content(engine, f"core.{name}")), name


def test_a_service_is_described_by_the_catalogue():
    owner = company(
        services=[{"id": "shop", "team": "web", "agreed_hours_per_day": 7.5, "launched_on": date(2025, 1, 1)}]
    )
    rows = definitions.definition_rows(owner)[organisation.DIM_SERVICE]
    assert rows[0] == {
        "service_id": "shop",
        "name": "shop",
        "tier": None,
        "team_id": "web",
        "launched_on": date(2025, 1, 1),
        "agreed_seconds_per_day": 27_000,
    }


def test_key_results_carry_scope_dimensions_and_the_dates_of_their_objective():
    objective = Objective.model_validate(
        {
            "id": "faster",
            "title": "Faster",
            "period": {"from": date(2026, 1, 1), "to": date(2026, 3, 31)},
            "key_results": [
                {
                    "id": "kr1",
                    "kpi": "lead",
                    "where": {"service": "shop", "channel": "web"},
                    "baseline": 9.1,
                    "target": 5,
                },
                {"id": "kr2", "kpi": "lead", "target": 5},
                {"id": "kr3", "target": 5, "due": date(2026, 2, 1)},
            ],
        }
    )
    owner = company().model_copy(update={"objectives": (objective,)})
    engine = warehouse()
    definitions.write(engine, owner, run())

    assert engine.rows(
        "select source, scope_type, scope_id, dimensions, baseline, start_on, due_on "
        "from core.dim_key_result order by source, scope_id"
    ) == [
        ("measured", "company", "acme", "{}", None, date(2026, 1, 1), date(2026, 3, 31)),
        ("measured", "service", "shop", '{"channel":"web"}', D("9.1"), date(2026, 1, 1), date(2026, 3, 31)),
        ("reported", None, None, None, None, date(2026, 1, 1), date(2026, 2, 1)),
    ]


def days(**settings):
    engine = warehouse()
    calendar.write(engine, company(**settings), run())
    return engine


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Asia/Kathmandu"])
def test_a_day_spans_from_its_first_local_instant_to_that_of_the_next(zone):
    found = days(time_zone=zone).rows(
        "select date, utc_start, utc_end, lead(utc_start) over (order by date) from core.dim_date order by date"
    )
    info = ZoneInfo(zone)
    assert found[0][0] == date(1989, 12, 31)
    assert found[-1][0] == date(2100, 1, 1)
    for day, start, end, next_start in found:
        assert next_start in (end, None)
        if day.year > LAST_YEAR:
            continue
        for moment, expected in ((start, day), (start - timedelta(seconds=1), day - timedelta(days=1))):
            assert moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(info).date() == expected


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Pago_Pago", "Pacific/Kiritimati"])
def test_every_day_that_the_record_rules_let_pass_is_in_the_calendar(zone):
    earliest, latest = datetime.fromisoformat(EARLIEST), datetime.fromisoformat(LATEST) - timedelta(seconds=1)
    days_of = " union all ".join(
        f"select {business_date('moment', zone)} as day from (select timestamp '{moment}' as moment) as record"
        for moment in (earliest, latest)
    )
    known = f"select day from ({days_of}) as record join core.dim_date as calendar on calendar.date = record.day"
    assert len(days(time_zone=zone).rows(known)) == 2


def test_weeks_and_fiscal_periods_follow_the_settings():
    engine = days(week_start="sunday", fiscal_year_start_month=4)
    columns = "week_start, iso_year, iso_week, day_of_week, fiscal_year, fiscal_quarter, is_weekend, quarter_start"
    found = engine.rows(
        f"select {columns} from core.dim_date "
        "where date in (date '2025-12-28', date '2026-01-01', date '2026-04-01') order by date"
    )
    assert found == [
        (date(2025, 12, 28), 2025, 52, 7, 2026, 3, True, date(2025, 10, 1)),
        (date(2025, 12, 28), 2026, 1, 4, 2026, 4, False, date(2026, 1, 1)),
        (date(2026, 3, 29), 2026, 14, 3, 2027, 1, False, date(2026, 4, 1)),
    ]


def test_a_fiscal_year_that_starts_in_january_is_the_calendar_year():
    found = days().rows(
        "select distinct fiscal_year, fiscal_quarter, week_start from core.dim_date where date = date '2026-03-01'"
    )
    assert found == [(2026, 1, date(2026, 2, 23))]
