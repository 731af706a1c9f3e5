"""Days, weeks and years: the company's zone and week, what is complete, provisional and comparable."""

from datetime import date

import pytest

from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.model import calendar
from bizops_pipeline_tests.metrics.support import World, at, kpi, standard

VISITS = kpi("visits", "simple", entity="fct_session", time="started_at", expr="count(*)", unit="count")


def visit(moment: str) -> dict[str, object]:
    return {"started_at": at(moment)}


def test_a_day_is_the_companys_also_when_the_clocks_change():
    world = World([VISITS], as_of="2024-04-02", time_zone="Europe/Lisbon")
    # 31 March 2024 in Lisbon has 23 hours: 00:00 to 23:00 UTC.
    world.add(
        "fct_session", *map(visit, ("2024-03-30 23:59", "2024-03-31 00:00", "2024-03-31 22:59", "2024-03-31 23:00"))
    )
    world.build()
    assert world.values("visits", "day") == {"2024-03-30": 1, "2024-03-31": 2, "2024-04-01": 1, "2024-04-02": 0}


@pytest.mark.parametrize(
    ("week_start", "expected"),
    [("monday", {"2024-01-01": 2, "2024-01-08": 1}), ("sunday", {"2023-12-31": 1, "2024-01-07": 2})],
)
def test_a_week_begins_when_the_company_says(week_start: str, expected: dict[str, int]):
    world = World([VISITS], as_of="2024-01-09", week_start=week_start)
    world.add("fct_session", *map(visit, ("2024-01-06 12:00", "2024-01-07 12:00", "2024-01-08 12:00")))
    world.build()
    assert world.values("visits", "week") == expected


def test_week_53_belongs_to_no_single_year():
    world = World([VISITS], as_of="2021-01-10")
    world.add(
        "fct_session", *map(visit, ("2020-12-28 12:00", "2020-12-31 12:00", "2021-01-03 12:00", "2021-01-04 12:00"))
    )
    world.build()
    assert world.values("visits", "week") == {"2020-12-28": 3, "2021-01-04": 1}
    assert world.values("visits", "year") == {"2020-01-01": 2, "2021-01-01": 2}
    assert world.row("visits", "week", "2020-12-28")["period_end"] == date(2021, 1, 3)


def test_period_ends_are_those_of_the_calendar():
    world = World([VISITS], as_of="2024-02-10")
    world.add("fct_session", visit("2024-02-05 12:00"))
    world.build()
    ends = {
        grain: str(world.rows("visits", grain)[-1]["period_end"])
        for grain in ("week", "month", "quarter", "year", "all")
    }
    assert ends == {
        "week": "2024-02-11",
        "month": "2024-02-29",
        "quarter": "2024-03-31",
        "year": "2024-12-31",
        "all": "2024-02-10",
    }


def test_complete_when_over_and_provisional_while_late_records_may_come():
    late = kpi(
        "late", "simple", entity="fct_session", time="started_at", expr="count(*)", unit="count", late_arrival_days=2
    )
    world = World([late], as_of="2024-02-03")
    world.add("fct_session", visit("2024-01-30 12:00"))
    world.build()
    found = [(row["is_complete"], row["is_provisional"]) for row in world.rows("late", "day")]
    assert found == [(True, False), (True, False), (True, False), (True, True), (True, True)]
    months = [(row["is_complete"], row["is_provisional"]) for row in world.rows("late", "month")]
    assert months == [(True, False), (False, True)]


def test_comparison_with_the_period_before_and_the_year_before():
    world = World([VISITS], as_of="2025-03-03")
    days = ["2024-02-28"] + ["2024-02-29"] * 2 + ["2025-02-28"] * 4 + ["2025-03-01"] * 8
    world.add("fct_session", *(visit(f"{day} 12:00") for day in days))
    world.build()

    def compared(grain: str, start: str) -> tuple[float, float]:
        row = world.row("visits", grain, start)
        return row["previous_value"], row["year_ago_value"]

    assert compared("day", "2024-02-28") == (None, None)
    assert compared("day", "2025-02-28") == (0, 1), "the 28th a year before, not the leap day"
    assert compared("day", "2025-03-01") == (4, 0)
    assert compared("month", "2025-02-01") == (0, 3)
    assert compared("week", "2025-02-24") == (0, 3), "52 weeks before"
    assert compared("year", "2025-01-01") == (3, 3)
    assert world.row("visits")["previous_value"] is None


def test_the_day_before_a_leap_day_stands_for_it_a_year_later():
    world = World([VISITS], as_of="2024-02-29")
    world.add("fct_session", visit("2023-02-28 12:00"))
    world.build()
    assert world.row("visits", "day", "2024-02-29")["year_ago_value"] == 1


@pytest.mark.parametrize("kind", ["simple", "distinct", "percentile", "conversion"])
def test_records_after_the_as_of_date_never_count_until_it_moves_on(kind: str):
    shapes = {
        "simple": {"expr": "count(*)", "unit": "count"},
        "distinct": {"expr": "session_id", "unit": "count"},
        "percentile": {"expr": "2", "percentile": 0.5},
    }
    if kind == "conversion":
        side = {"entity": "fct_session", "time": "started_at"}
        one = kpi("one", kind, base=side, event=side, match="session_id", within="1h")
    else:
        one = kpi("one", kind, entity="fct_session", time="started_at", **shapes[kind])
    world = World([one], as_of="2024-01-10")
    world.add(
        "fct_session", *map(visit, ("2024-01-09 12:00", "2024-01-10 12:00", "2024-01-11 12:00", "2024-01-20 12:00"))
    )
    world.build()
    assert world.row("one")["n"] == 2
    world.build("2024-01-11")
    assert world.row("one")["n"] == 3
    assert world.row("one", "day", "2024-01-11")["n"] == 1
    world.build("2024-01-09")
    assert world.row("one")["n"] == 1, "the clock may go back"
    assert str(world.row("one")["period_end"]) == "2024-01-09"


TO_DATE = ["previous", "year_ago", "previous_to_date", "year_ago_to_date"]


def test_a_running_period_is_compared_with_as_many_days_of_earlier_ones():
    compared = VISITS.model_copy(update={"compare": tuple(TO_DATE)})
    world = World([compared], as_of="2024-03-10")
    moments = ["2023-03-05", "2023-03-10", "2023-03-11", "2024-02-01", "2024-02-10", "2024-02-11", "2024-03-02"]
    world.add("fct_session", *(visit(f"{day} 12:00") for day in moments))
    world.build()
    march = world.row("visits", "month", "2024-03-01")
    assert (march["value"], march["previous_value"], march["previous_to_date_value"]) == (1, 3, 2)
    assert (march["year_ago_value"], march["year_ago_to_date_value"]) == (3, 2)
    february = world.row("visits", "month", "2024-02-01")
    assert (february["previous_to_date_value"], february["year_ago_to_date_value"]) == (None, None), "it is complete"
    assert world.row("visits", "year", "2024-01-01")["previous_to_date_value"] == 3, "70 days, so to 11 March 2023"
    assert {row["grain"] for row in world.engine.dicts("select grain from marts.kpi_value")} == set(VISITS.grains)


def test_a_longer_month_is_compared_with_all_of_a_shorter_one():
    compared = VISITS.model_copy(update={"compare": ("previous_to_date",)})
    world = World([compared], as_of="2024-03-30")
    world.add("fct_session", *(visit(f"{day} 12:00") for day in ("2024-02-29", "2024-03-01", "2024-03-30")))
    world.build()
    march = world.row("visits", "month", "2024-03-01")
    assert (march["value"], march["previous_to_date_value"]) == (2, 1)
    assert march["previous_value"] is None, "it is not asked for"


def test_a_ratio_over_kpis_to_date_is_that_of_their_parts_to_date():
    conversions = kpi("known", "simple", entity="fct_session", time="started_at", expr="count(customer_id)")
    share = kpi(
        "share",
        "ratio",
        numerator={"metric": "known"},
        denominator={"metric": "visits"},
        compare=["previous_to_date"],
        grains=["month"],
    )
    world = World([VISITS, conversions, share], as_of="2024-03-10")
    rows = [("2024-02-02", "a"), ("2024-02-03", None), ("2024-02-20", None), ("2024-03-02", "b")]
    world.add("fct_session", *({**visit(f"{day} 12:00"), "customer_id": customer} for day, customer in rows))
    world.build()
    assert world.row("share", "month", "2024-03-01")["previous_to_date_value"] == 1 / 2


ORDERED = {"entity": "fct_order", "time": "ordered_at", "grains": ["month"], "compare": TO_DATE}
STANDING = {
    "entity": "fct_incident", "from_": "opened_at", "to": "resolved_at", "grains": ["month"], "compare": TO_DATE,
}  # fmt: skip


def order(day: str, customer: str, amount: float = 0, channel: str = "web") -> dict[str, object]:
    return {"ordered_at": at(f"{day} 12:00"), "customer_id": customer, "net_amount": amount, "channel": channel}


def test_a_distinct_count_to_date_is_counted_from_the_records_of_those_days():
    distinct = kpi("customers", "distinct", **ORDERED, expr="customer_id", unit="count", by=[[], ["channel"]])
    orders = kpi("orders", "simple", **ORDERED, expr="count(*)", unit="count")
    each = {"numerator": {"metric": "customers"}, "denominator": {"metric": "orders"}}
    ratio = kpi("per_order", "ratio", **each, grains=["month"], compare=["previous_to_date"])
    world = World([distinct, orders, ratio], as_of="2024-03-10")
    of_february = [order("2024-02-02", "a"), order("2024-02-05", "a", channel="app"), order("2024-02-09", "b")]
    world.add("fct_order", order("2023-03-10", "z"), order("2023-03-11", "y"), *of_february, order("2024-02-11", "c"))
    world.add("fct_order", order("2024-03-01", "a"))
    world.build()
    march = world.row("customers", "month", "2024-03-01")
    assert (march["value"], march["previous_value"], march["previous_to_date_value"]) == (1, 3, 2)
    assert (march["year_ago_value"], march["year_ago_to_date_value"]) == (2, 1)
    assert world.row("customers", "month", "2024-03-01", channel="app")["previous_to_date_value"] == 1
    assert world.row("per_order", "month", "2024-03-01")["previous_to_date_value"] == 2 / 3
    assert world.row("customers", "month", "2024-02-01")["previous_to_date_value"] is None, "it is complete"


def test_a_median_to_date_is_that_of_the_records_of_those_days():
    median = kpi("median", "percentile", **ORDERED, expr="net_amount", percentile=0.5)
    world = World([median], as_of="2024-03-10")
    amounts = {"2024-02-01": 10, "2024-02-05": 20, "2024-02-10": 60, "2024-02-11": 90, "2024-03-02": 1}
    world.add("fct_order", *(order(day, "a", amount) for day, amount in amounts.items()))
    world.build()
    march = world.row("median", "month", "2024-03-01")
    assert (march["previous_value"], march["previous_to_date_value"]) == (40, 20)
    assert march["year_ago_to_date_value"] is None, "there were no orders then"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({"over_time": "average"}, 1.3, id="average"),
        pytest.param({"over_time": "last"}, 2, id="last"),
        pytest.param({"over_time": "first"}, 1, id="first"),
        pytest.param({"expr": "date_diff('day', opened_at, period_end)", "percentile": 0.5}, 21.5, id="median age"),
    ],
)
def test_a_stock_to_date_is_that_of_those_days(fields: dict[str, object], expected: float):
    """Open are one since 2 January, and a second from 8 to 11 February; March is at its 10th day."""
    world = World([kpi("open", "snapshot", **STANDING, **fields)], as_of="2024-03-10")
    world.add(
        "fct_incident",
        {"opened_at": at("2024-01-02 00:00")},
        {"opened_at": at("2024-02-08 00:00"), "resolved_at": at("2024-02-12 00:00")},
    )
    world.build()
    # 7 days of 1 and 3 of 2; at the end of 10 February they are 40 and 3 days old.
    assert world.row("open", "month", "2024-03-01")["previous_to_date_value"] == pytest.approx(expected)


def test_an_average_of_daily_distinct_counts_to_date_is_over_those_days():
    active = kpi("active", "distinct", **ORDERED, expr="customer_id", unit="count", over_time="average")
    world = World([active], as_of="2024-03-10")
    days = ["2024-01-01", "2024-02-02", "2024-02-02", "2024-02-09", "2024-02-20"]
    world.add("fct_order", *(order(day, f"c{number}") for number, day in enumerate(days)))
    world.build()
    assert world.row("active", "month", "2024-03-01")["previous_to_date_value"] == 3 / 10


def test_what_is_counted_to_date_moves_with_the_business_date_and_late_records():
    distinct = kpi("customers", "distinct", **ORDERED, expr="customer_id", unit="count")
    world = World([distinct], as_of="2024-03-10")
    days = ["2024-01-01", "2024-02-02", "2024-02-09", "2024-02-11", "2024-03-03", "2024-04-01"]
    world.add("fct_order", *(order(day, f"on {day}") for day in days))
    world.build()

    def compared(start: str) -> tuple[float | None, float | None]:
        row = world.row("customers", "month", start)
        return row["previous_value"], row["previous_to_date_value"]

    assert compared("2024-03-01") == (3, 2)
    world.build("2024-03-11")
    assert compared("2024-03-01") == (3, 3)
    world.add("fct_order", order("2024-02-10", "late"))
    world.build()
    assert compared("2024-03-01") == (4, 4)
    world.build("2024-03-09")
    assert compared("2024-03-01") == (4, 2), "the clock may go back"
    world.build("2024-04-02")
    assert compared("2024-03-01") == (4, None)
    assert compared("2024-04-01") == (1, 0)
    assert not world.engine.rows("select * from state.metric_period where grain like '%to_date'"), "March had none yet"


def test_the_comparison_moves_with_the_business_date():
    compared = VISITS.model_copy(update={"compare": ("previous_to_date",)})
    world = World([compared], as_of="2024-03-10")
    world.add("fct_session", *(visit(f"{day} 12:00") for day in ("2024-02-10", "2024-02-12", "2024-03-01")))
    world.build()
    assert world.row("visits", "month", "2024-03-01")["previous_to_date_value"] == 1
    world.build("2024-03-12")
    assert world.row("visits", "month", "2024-03-01")["previous_to_date_value"] == 2
    world.build("2024-03-31")
    assert world.row("visits", "month", "2024-03-01")["previous_to_date_value"] is None


def with_whole_calendar(world: World) -> World:
    """Give a company the calendar that a refresh writes."""
    query = calendar.calendar_query(world.company.settings, calendar.FIRST_DAY, calendar.LAST_DAY)
    world.engine.execute(f"delete from {DIM_DATE.qualified}")
    world.engine.execute(f"insert into {DIM_DATE.qualified} by name {query}")
    return world


def test_what_began_before_the_year_2000_counts():
    headcount = [each for each in standard("people") if each.id == "headcount"]
    world = with_whole_calendar(World([*headcount, VISITS], as_of="2026-03-31"))
    spans = [("1995-04-01", None), ("1998-09-01", "2026-02-10"), ("2010-01-01", None)]
    world.add(
        "fct_employee",
        *({"valid_from": start, "valid_to": end, "fte": "1", "is_head": True} for start, end in spans),
    )
    world.add("fct_session", *map(visit, ("1999-12-31 12:00", "2026-01-05 12:00")))
    world.build()
    months = ("2026-01-01", "2026-02-01", "2026-03-01")
    assert [world.value("headcount", "month", month) for month in months] == [3, 2, 2]
    assert world.value("visits", "all") == 2


def test_periods_begin_with_the_data_however_long_the_calendar_is():
    world = with_whole_calendar(World([VISITS], as_of="2026-02-10"))
    world.add("fct_session", visit("2026-01-05 12:00"))
    world.build()
    assert list(world.values("visits", "month")) == ["2026-01-01", "2026-02-01"]
    assert list(world.values("visits", "year")) == ["2026-01-01"]
