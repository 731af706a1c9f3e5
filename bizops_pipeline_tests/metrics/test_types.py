"""Each metric type on a handful of rows, with numbers computed by hand."""

from decimal import Decimal

import pytest

from bizops_pipeline_tests.metrics.support import World, at, kpi

ORDERS = kpi(
    "orders", "simple", entity="fct_order", time="ordered_at", where="not is_cancelled", expr="count(*)", unit="count"
)


def order(day: str, **columns: object) -> dict[str, object]:
    return {"ordered_at": at(f"{day} 10:00"), "is_cancelled": False, **columns}


def test_simple_counts_and_fills_missing_days_with_zero():
    world = World([ORDERS], as_of="2024-01-05")
    world.add(
        "fct_order",
        order("2024-01-02"),
        order("2024-01-02"),
        order("2024-01-04", is_cancelled=True),
        order("2024-01-04"),
    )
    world.build()
    assert world.values("orders", "day") == {"2024-01-02": 2, "2024-01-03": 0, "2024-01-04": 1, "2024-01-05": 0}
    whole = world.row("orders")
    assert (whole["value"], whole["numerator"], whole["n"]) == (3, Decimal(3), 3)
    assert (str(whole["period_start"]), str(whole["period_end"])) == ("2024-01-02", "2024-01-05")


def test_simple_sum_of_nothing_is_null_with_a_reason():
    revenue = kpi("revenue", "simple", entity="fct_order", time="ordered_at", expr="sum(net_amount)", unit="currency")
    world = World([revenue], as_of="2024-01-04")
    world.add("fct_order", order("2024-01-02", net_amount="10.10"), order("2024-01-04", net_amount="0.20"))
    world.build()
    assert world.values("revenue", "day") == {"2024-01-02": 10.1, "2024-01-03": None, "2024-01-04": 0.2}
    assert world.row("revenue", "day", "2024-01-03")["null_reason"] == "no_events"
    assert world.row("revenue")["numerator"] == Decimal("10.3")


def test_arithmetic_between_aggregates_is_done_on_the_totals():
    nps = kpi(
        "nps",
        "ratio",
        entity="fct_survey_response",
        time="answered_at",
        numerator="100 * (count(*) filter (where score >= 9) - count(*) filter (where score <= 6))",
        denominator="count(score)",
    )
    world = World([nps])
    answers = [("2024-01-01", 10), ("2024-01-01", 3), ("2024-02-01", 9), ("2024-02-01", 8)]
    world.add("fct_survey_response", *({"answered_at": at(f"{day} 12:00"), "score": score} for day, score in answers))
    world.build()
    assert world.values("nps", "month")["2024-01-01"] == 0
    assert world.values("nps", "month")["2024-02-01"] == 50
    assert world.value("nps") == 25


@pytest.mark.parametrize(
    ("kind", "definition", "expected"),
    [
        ("simple", {"expr": "sum(quantity * net_amount)"}, 5_000_000_002),
        ("simple", {"where": "quantity * net_amount > 100", "expr": "count(*)"}, 1),
        ("percentile", {"expr": "quantity * net_amount", "percentile": 1}, 5_000_000_000),
    ],
    ids=["sum", "condition", "percentile"],
)
def test_a_product_of_columns_has_room_for_amounts_of_small_units(kind, definition, expected):
    world = World([kpi("value", kind, entity="fct_order_line", time="ordered_at", unit="currency", **definition)])
    line = {"ordered_at": at("2024-01-10"), "service_id": "unallocated"}
    world.add("fct_order_line", {**line, "quantity": 5000, "net_amount": 1_000_000})
    world.add("fct_order_line", {**line, "quantity": 0.5, "net_amount": 4})
    world.build()
    assert world.row("value", "month", "2024-01-01")["value"] == expected


def test_ratio_is_that_of_added_parts_not_an_average_of_ratios():
    sla = kpi(
        "sla",
        "ratio",
        entity="fct_incident",
        time="resolved_at",
        numerator="count(*) filter (where sla_met)",
        denominator="count(*)",
    )
    world = World([sla], as_of="2024-01-31")
    first = [{"resolved_at": at("2024-01-08 09:00"), "sla_met": met} for met in (True, False, False, False)]
    second = [{"resolved_at": at("2024-01-09 09:00"), "sla_met": True}]
    world.add("fct_incident", *first, *second)
    world.build()
    assert world.value("sla", "day", "2024-01-08") == 0.25
    assert world.value("sla", "day", "2024-01-09") == 1
    week = world.row("sla", "week", "2024-01-08")
    assert week["value"] == 0.4, "the average of the days would be 0.625"
    assert (week["numerator"], week["denominator"], week["n"]) == (2, 5, 5)


def test_ratio_over_metrics_of_two_facts():
    revenue = kpi(
        "revenue",
        "simple",
        entity="fct_revenue",
        time="occurred_at",
        expr="sum(amount_reporting)",
        unit="currency",
        by=[[]],
    )
    aov = kpi("aov", "ratio", numerator={"metric": "revenue"}, denominator={"metric": "orders"}, by=[[], ["channel"]])
    world = World([ORDERS, revenue, aov], as_of="2024-01-03")
    world.add(
        "fct_order",
        order("2024-01-01", channel="web"),
        order("2024-01-02", channel="shop"),
        order("2024-01-02", channel="web"),
    )
    world.add(
        "fct_revenue",
        {"occurred_at": at("2024-01-01 10:00"), "amount_reporting": "30", "channel": "web"},
        {"occurred_at": at("2024-01-02 10:00"), "amount_reporting": "60", "channel": "shop"},
        {"occurred_at": at("2024-01-03 10:00"), "amount_reporting": "-15", "channel": "web"},
    )
    world.build()
    assert world.value("aov") == 25
    assert world.value("aov", channel="web") == 7.5
    assert world.value("aov", channel="shop") == 60
    refund_only = world.row("aov", "day", "2024-01-03")
    assert (refund_only["value"], refund_only["null_reason"]) == (None, "no_denominator")
    assert (
        world.engine.scalar("select count(*) from marts.kpi_value where kpi_id = 'revenue' and dimensions <> '{}'") == 0
    )


def test_days_of_the_period_as_denominator():
    frequency = kpi(
        "frequency", "ratio", entity="fct_deployment", time="finished_at",
        numerator="count(*) filter (where is_group_lead)", denominator={"calendar": "days"}, unit="per_day",
    )  # fmt: skip
    world = World([frequency], as_of="2024-02-10")
    lead = {"is_group_lead": True}
    world.add(
        "fct_deployment",
        {"finished_at": at("2024-01-22 10:00"), "is_group_lead": False},
        *({"finished_at": at(f"{day} 10:00"), **lead} for day in ("2024-01-25", "2024-01-25", "2024-02-05")),
    )
    world.build()
    january, february = world.rows("frequency", "month")
    assert (january["numerator"], january["denominator"]) == (2, 10), "from the first day the fact knows, 22 January"
    assert (february["numerator"], february["denominator"]) == (1, 10), "up to the as-of date"
    assert world.value("frequency", "day", "2024-01-27") == 0, "no deployment on a day is a real zero"
    assert world.value("frequency") == 3 / 20


def test_distinct_is_counted_from_records_at_each_grain():
    customers = kpi("customers", "distinct", entity="fct_order", time="ordered_at", expr="customer_id", unit="count")
    world = World([customers], as_of="2024-02-10")
    bought = [("2024-01-01", "a"), ("2024-01-02", "a"), ("2024-01-02", "b"), ("2024-02-01", "a"), ("2024-02-01", None)]
    world.add("fct_order", *(order(day, customer_id=who) for day, who in bought))
    world.build()
    assert world.value("customers", "day", "2024-01-02") == 2
    assert world.value("customers", "month", "2024-01-01") == 2
    february = world.row("customers", "month", "2024-02-01")
    assert (february["value"], february["n"]) == (1, 1), "who is unknown is not counted"
    assert world.value("customers") == 2
    assert world.value("customers", "day", "2024-01-20") == 0


def test_average_distinct_is_the_mean_of_daily_counts():
    active = kpi(
        "active",
        "distinct",
        entity="fct_session",
        time="started_at",
        expr="customer_id",
        over_time="average",
        unit="count",
    )
    revenue = kpi(
        "revenue", "simple", entity="fct_revenue", time="occurred_at", expr="sum(amount_reporting)", unit="currency"
    )
    arpu = kpi("arpu", "ratio", numerator={"metric": "revenue"}, denominator={"metric": "active"}, unit="currency")
    world = World([active, revenue, arpu], as_of="2024-01-04")
    visits = [("2024-01-01", "a"), ("2024-01-01", "b"), ("2024-01-01", "b"), ("2024-01-03", "a"), ("2024-01-04", "a")]
    world.add("fct_session", *({"started_at": at(f"{day} 08:00"), "customer_id": who} for day, who in visits))
    world.add("fct_revenue", {"occurred_at": at("2024-01-02 10:00"), "amount_reporting": "50"})
    world.build()
    whole = world.row("active")
    assert (whole["value"], whole["numerator"], whole["denominator"]) == (1, 4, 4)
    assert world.value("active", "day", "2024-01-02") == 0
    assert world.value("arpu") == 50
    assert world.row("arpu", "day", "2024-01-02")["null_reason"] == "no_denominator"


def test_percentiles_interpolate_and_are_scaled():
    hours = kpi(
        "hours", "percentile", entity="fct_incident", time="resolved_at", percentile=0.5, scale=3600,
        expr="date_diff('second', opened_at, resolved_at)", unit="hours", direction="down",
    )  # fmt: skip
    world = World([hours], as_of="2024-02-29")
    took = [("2024-01-01 10:00", 1), ("2024-01-20 10:00", 2), ("2024-01-21 10:00", 4), ("2024-01-21 11:00", 9)]
    world.add("fct_incident", *({"opened_at": at(start), "resolved_at": at(start, hours=h)} for start, h in took))
    world.add("fct_incident", {"opened_at": at("2024-01-05 10:00")})
    world.build()
    january = world.row("hours", "month", "2024-01-01")
    assert (january["value"], january["n"], january["numerator"], january["denominator"]) == (3, 4, None, None)
    assert world.row("hours", "month", "2024-02-01")["null_reason"] == "no_events"
    assert world.value("hours", "day", "2024-01-21") == 6.5


@pytest.mark.parametrize(("over_time", "expected"), [("last", 1.0), ("average", 45 / 31)])
def test_snapshot_is_the_stock_at_the_end_or_its_average(over_time: str, expected: float):
    open_incidents = kpi(
        "open",
        "snapshot",
        entity="fct_incident",
        from_="opened_at",
        to="resolved_at",
        over_time=over_time,
        unit="count",
    )
    world = World([open_incidents], as_of="2024-02-02")
    world.add(
        "fct_incident",
        {"opened_at": at("2024-01-01 10:00"), "resolved_at": at("2024-01-05 10:00")},  # open on 4 evenings
        {"opened_at": at("2024-01-03 10:00"), "resolved_at": at("2024-01-03 23:00")},  # on none
        {"opened_at": at("2024-01-11 10:00"), "resolved_at": None},  # on 21 in January, and still
        {"opened_at": at("2024-01-05 10:00"), "resolved_at": at("2024-01-25 10:00")},  # on 20
        {"opened_at": at("2024-01-20 10:00"), "resolved_at": at("2024-01-19 10:00")},  # never: closed before opened
    )
    world.build()
    assert world.value("open", "month", "2024-01-01") == pytest.approx(expected)
    assert world.value("open", "month", "2024-02-01") == 1
    assert world.value("open", "day", "2024-01-05") == 1
    assert world.value("open", "day", "2024-01-10") == 1
    assert world.value("open", "day", "2024-01-24") == 2


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"reset": "never"}, {"2024-01-30": 1, "2024-01-31": 1, "2024-02-01": 3, "2024-02-02": 3}),
        ({"reset": "month"}, {"2024-01-30": 1, "2024-01-31": 1, "2024-02-01": 2, "2024-02-02": 2}),
        ({"window": "2d"}, {"2024-01-30": 1, "2024-01-31": 1, "2024-02-01": 2, "2024-02-02": 2}),
    ],
    ids=["ever", "month to date", "last two days"],
)
def test_cumulative_runs_to_date_or_over_a_window(span: dict[str, str], expected: dict[str, int]):
    total = kpi("total", "cumulative", metric="orders", grains=["day", "month"], unit="count", **span)
    world = World([ORDERS, total], as_of="2024-02-02")
    world.add("fct_order", order("2024-01-30"), order("2024-02-01"), order("2024-02-01"))
    world.build()
    assert world.values("total", "day") == expected
    assert world.value("total", "month", "2024-02-01") == expected["2024-02-02"]


def test_what_cannot_be_computed_gives_no_value_however_deep_it_stands():
    orders = {"entity": "fct_order", "time": "ordered_at", "grains": ["all"]}
    kpis = [
        kpi("orders", "simple", expr="count(*)", unit="count", **orders),
        kpi("value", "simple", expr="sum(cast(customer_id as integer) / net_amount)", **orders),
        kpi("share", "derived", expr="1 / (orders / (orders - 1))", grains=["all"]),
        kpi("root", "derived", expr="1 + sqrt(orders - 2)", grains=["all"]),
        kpi("real_root", "derived", expr="sqrt(orders * 9) / 1", grains=["all"]),
    ]
    world = World(kpis)
    world.add("fct_order", {"ordered_at": at("2024-01-01 10:00"), "customer_id": "none", "net_amount": 1})
    world.build()
    assert {id: world.value(id) for id in ("value", "share", "root", "real_root")} == {
        "value": None,
        "share": None,
        "root": None,
        "real_root": 3,
    }


def test_derived_combines_values_and_explains_a_missing_part():
    failed = kpi(
        "failure_rate", "ratio", entity="fct_deployment", time="finished_at",
        numerator="count(*) filter (where is_failed_change)", denominator="count(*)",
    )  # fmt: skip
    count = kpi("deployments", "simple", entity="fct_deployment", time="finished_at", expr="count(*)", unit="count")
    derived = kpi("failed", "derived", expr="deployments * failure_rate", unit="count", grains=["day"])
    share = kpi("share", "derived", expr="failure_rate / (deployments - 2)", grains=["day"])
    world = World([failed, count, derived, share], as_of="2024-01-03")
    world.add(
        "fct_deployment",
        {"finished_at": at("2024-01-01 10:00"), "is_failed_change": True},
        {"finished_at": at("2024-01-01 11:00"), "is_failed_change": False},
        {"finished_at": at("2024-01-03 11:00"), "is_failed_change": True},
    )
    world.build()
    assert world.values("failed", "day") == {"2024-01-01": 1, "2024-01-02": None, "2024-01-03": 1}
    assert world.row("failed", "day", "2024-01-02")["null_reason"] == "no_events"
    assert world.row("share", "day", "2024-01-01")["null_reason"] == "no_denominator"
    assert world.value("share", "day", "2024-01-03") == -1
