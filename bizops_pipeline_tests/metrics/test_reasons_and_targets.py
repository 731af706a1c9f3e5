"""Why a value is missing, and how a value stands to its target."""

from datetime import date
from typing import Any

import pytest

from bizops_pipeline.metrics.amounts import amounts_among
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import recompute
from bizops_pipeline_tests.metrics.support import World, at, kpi

DAY_2 = date(2024, 1, 2)
RATE = {
    "entity": "fct_incident",
    "time": "opened_at",
    "numerator": "sum(resolution_seconds)",
    "denominator": "count(sla_met)",
}


def incident(day: str, **columns: object) -> dict[str, object]:
    return {"opened_at": at(f"{day} 10:00"), **columns}


def test_nothing_happened_and_nothing_to_divide_by_are_different():
    world = World([kpi("rate", "ratio", **RATE)], as_of="2024-01-03")
    world.add("fct_incident", incident("2024-01-01", resolution_seconds=10), incident("2024-01-03", sla_met=True))
    world.build()
    found = [
        (row["value"], row["null_reason"], row["numerator"], row["denominator"]) for row in world.rows("rate", "day")
    ]
    assert found == [(None, "no_denominator", 10, 0), (None, "no_events", 0, 0), (0, None, 0, 1)]


def test_an_amount_per_something_needs_an_amount_and_a_share_of_nothing_is_nothing():
    opened = {"entity": "fct_incident", "time": "opened_at"}
    down = {"entity": "fct_outage", "time": "started_at", "expr": "sum(duration_seconds)"}
    kpis = [
        kpi("lost", "simple", unit="hours", **down),
        kpi("tickets", "simple", unit="count", expr="count(*)", **opened),
        kpi("worked", "simple", unit="hours", expr="sum(resolution_seconds)", **opened),
        kpi("per_ticket", "ratio", unit="hours", numerator={"metric": "lost"}, denominator={"metric": "tickets"}),
        kpi("share", "ratio", numerator={"metric": "lost"}, denominator={"metric": "worked"}),
    ]
    world = World(kpis, as_of="2024-01-02")
    world.add("fct_outage", {"started_at": at("2024-01-01 10:00"), "duration_seconds": 6})
    world.add(
        "fct_incident", incident("2024-01-01", resolution_seconds=12), incident("2024-01-02", resolution_seconds=8)
    )
    world.build()
    assert world.values("per_ticket", "day") == {"2024-01-01": 6, "2024-01-02": None}
    assert world.values("share", "day") == {"2024-01-01": 0.5, "2024-01-02": 0}
    found = world.row("per_ticket", "day", "2024-01-02")
    assert (found["null_reason"], found["numerator"], found["denominator"]) == ("no_events", None, 1)
    assert (world.value("per_ticket"), world.value("share")) == (6 / 2, 6 / 20)
    again = recompute(world.engine, world.company, "per_ticket", Cut("day", first=DAY_2, last=DAY_2), world.as_of)
    assert again.value is None


def test_below_the_minimum_the_parts_are_kept():
    few = kpi("few", "ratio", **RATE, min_denominator=2)
    median = kpi(
        "median",
        "percentile",
        entity="fct_incident",
        time="opened_at",
        expr="resolution_seconds",
        percentile=0.5,
        min_denominator=2,
    )
    world = World([few, median], as_of="2024-01-02")
    world.add("fct_incident", *[incident("2024-01-01", sla_met=True, resolution_seconds=4)] * 2)
    world.add("fct_incident", incident("2024-01-02", sla_met=True, resolution_seconds=6))
    world.build()
    found = world.row("few", "day", "2024-01-02")
    assert (found["value"], found["null_reason"], found["numerator"], found["denominator"]) == (
        None,
        "below_minimum",
        6,
        1,
    )
    found = world.row("median", "day", "2024-01-02")
    assert (found["value"], found["null_reason"], found["n"]) == (None, "below_minimum", 1)
    assert world.value("few") == 14 / 3


def test_a_large_denominator_of_few_records_is_suppressed():
    amounts = {**RATE, "denominator": "sum(users_affected)", "grains": ["day"], "min_denominator": 5}
    world = World([kpi("private", "ratio", **amounts, suppress=True), kpi("open", "ratio", **amounts)])
    for day, people in (("2024-01-01", 4), ("2024-01-02", 5)):
        each = incident(day, resolution_seconds=20, users_affected=10)
        world.add("fct_incident", *[each] * people)
    world.build()
    parts = ("value", "null_reason", "numerator", "denominator", "n")
    private, shown = world.row("private", "day", "2024-01-01"), world.row("private", "day", "2024-01-02")
    assert [private[part] for part in parts] == [None, "below_minimum", None, None, None]
    assert [shown[part] for part in parts] == [2, None, 100, 50, 5]
    assert world.value("open", "day", "2024-01-01") == 2


def test_a_fact_without_rows_is_a_missing_source_not_a_zero():
    side = {"entity": "fct_cart", "time": "created_at"}
    kpis = [
        kpi("orders", "simple", entity="fct_order", time="ordered_at", expr="count(*)", unit="count"),
        kpi("incidents", "simple", entity="fct_incident", time="opened_at", expr="count(*)", unit="count"),
        kpi("each", "ratio", numerator={"metric": "orders"}, denominator={"metric": "incidents"}),
        kpi("both", "derived", expr="orders + incidents"),
        kpi(
            "bought",
            "conversion",
            base=side,
            event={"entity": "fct_order", "time": "ordered_at"},
            match="cart_id",
            within="1h",
        ),
    ]
    world = World(kpis, as_of="2024-01-03")
    world.add("fct_incident", incident("2024-01-01"))
    world.add("fct_cart", {"created_at": at("2024-01-01 10:00")})
    world.build()
    assert world.value("incidents") == 1
    for id in ("orders", "each", "both", "bought"):
        found = world.row(id)
        assert (found["value"], found["null_reason"], found["numerator"]) == (None, "source_missing", None), id
        assert world.row(id, "day", "2024-01-03")["null_reason"] == "source_missing"


def test_a_fact_with_rows_that_never_match():
    kpis = [
        kpi(
            "count",
            "simple",
            entity="fct_incident",
            time="opened_at",
            where="priority = 'P1'",
            expr="count(*)",
            unit="count",
        ),
        kpi(
            "names",
            "distinct",
            entity="fct_incident",
            time="opened_at",
            where="priority = 'P1'",
            expr="status",
            unit="count",
        ),
        kpi(
            "hours",
            "percentile",
            entity="fct_incident",
            time="opened_at",
            where="priority = 'P1'",
            expr="1",
            percentile=0.5,
        ),
    ]
    world = World(kpis, as_of="2024-01-03")
    world.add("fct_incident", incident("2024-01-01", priority="P2"))
    world.build()
    assert world.value("count", "month") == 0
    assert world.value("names", "month") == 0
    assert world.row("hours", "month")["null_reason"] == "no_events"


def test_an_empty_company_has_reasons_everywhere():
    world = World([kpi("rate", "ratio", **RATE, targets=[{"from": "2024-01-01", "value": 1}])], as_of="2024-01-03")
    world.build()
    found = world.engine.rows("select grain, value, null_reason, status, period_end from marts.kpi_value")
    assert {row[0] for row in found} == {"day", "week", "month", "quarter", "year", "all"}
    assert {row[1:4] for row in found} == {(None, "source_missing", "no_value")}


def test_values_are_finite_whatever_the_records_say():
    big = kpi("big", "percentile", entity="fct_survey_response", time="answered_at", expr="score", percentile=1)
    total = kpi("total", "simple", entity="fct_survey_response", time="answered_at", expr="sum(score)")
    product = kpi("product", "derived", expr="big * 1e300")
    world = World([big, total, product], as_of="2024-01-02")
    world.add(
        "fct_survey_response",
        {"answered_at": at("2024-01-01 10:00"), "score": 1e300},
        {"answered_at": at("2024-01-02 10:00"), "score": float("inf")},
        {"answered_at": at("2024-01-02 10:00"), "score": float("nan")},
    )
    world.build()
    assert world.values("big", "day") == {"2024-01-01": 1e300, "2024-01-02": None}
    assert world.value("product", "day", "2024-01-01") is None


@pytest.mark.parametrize(
    ("direction", "value", "warn", "expected"),
    [
        ("up", 10, 8, "on_target"),
        ("up", 9, 8, "on_target"),
        ("up", 8, 6, "off_target"),
        ("down", 10, 12, "on_target"),
        ("down", 8, 9, "warning"),
        ("down", 7, 8, "off_target"),
        ("down", 8, None, "off_target"),
        ("band", 8, 10, "on_target"),
        ("band", 10, 12, "off_target"),
        ("band", 7, 8, "off_target"),
        ("band", 9, None, "on_target"),
        ("context", 1, 1, "no_target"),
    ],
)
def test_status_by_direction(direction: str, value: float, warn: float | None, expected: str):
    # Nine records; `up` with a target of 10 and 8 as warning is judged below by its own numbers.
    target = {"from": "2024-01-01", "value": value, "warn": warn}
    count = 9 if direction != "up" else {10: 10, 9: 9, 8: 5}[value]
    one = kpi(
        "one", "simple", entity="fct_incident", time="opened_at", expr="count(*)", direction=direction, targets=[target]
    )
    world = World([one], as_of="2024-01-02")
    world.add("fct_incident", *[incident("2024-01-01")] * count)
    world.build()
    assert world.row("one")["status"] == expected
    assert world.row("one", "day", "2024-01-02")["status"] == "no_value"


def test_between_warning_and_target_is_a_warning():
    targets = [{"from": "2024-01-01", "value": 10, "warn": 8}]
    one = kpi(
        "one", "simple", entity="fct_incident", time="opened_at", expr="count(*)", direction="up", targets=targets
    )
    world = World([one], as_of="2024-01-02")
    world.add("fct_incident", *[incident("2024-01-01")] * 9)
    world.build()
    assert world.row("one")["status"] == "warning"


def test_a_target_of_an_amount_holds_for_its_cut_and_grain_alone():
    targets: list[dict[str, Any]] = [
        {"from": "2024-01-01", "value": 10, "grain": "month"},
        {"from": "2024-01-01", "value": 4, "grain": "month", "where": {"channel": "web"}},
        {"from": "2024-01-01", "value": 7},
    ]
    one = kpi(
        "one", "simple", entity="fct_session", time="started_at", expr="count(*)", unit="count", targets=targets,
        grains=["week", "month"], by=[[], ["channel"]],
    )  # fmt: skip
    world = World([one], as_of="2024-01-31")
    world.add("fct_session", {"started_at": at("2024-01-10 10:00"), "channel": "mobile", "service_id": "shop"})
    world.add("fct_session", {"started_at": at("2024-01-10 10:00"), "channel": "web", "service_id": "shop"})
    world.build()
    assert {row["target"] for row in world.rows("one", "month")} == {10}
    assert {row["target"] for row in world.rows("one", "week")} == {7}
    assert {row["target"] for row in world.rows("one", "month", channel="web")} == {4}
    assert {row["target"] for row in world.rows("one", "month", channel="mobile")} == {None}


def test_the_target_of_a_percentile_of_a_stock_holds_in_every_cut():
    stock = {"entity": "fct_incident", "from_": "opened_at", "to": "resolved_at", "grains": ["month"]}
    targets = [{"from": "2024-01-01", "value": 20}]
    age = "date_diff('day', opened_at, period_end)"
    by = [[], ["service"]]
    world = World(
        [
            kpi("age", "snapshot", **stock, expr=age, percentile=0.5, direction="down", by=by, targets=targets),
            kpi("open", "snapshot", **stock, unit="count", direction="down", by=by, targets=targets),
        ],
        as_of="2024-01-31",
    )
    world.add("fct_incident", incident("2024-01-02", service_id="shop"), incident("2024-01-22", service_id="erp"))
    world.build()
    cuts = [(), ("service", "shop"), ("service", "erp")]
    found = {id: [world.row(id, "month", None, *cut) for cut in cuts] for id in ("age", "open")}
    assert [(row["value"], row["target"], row["status"]) for row in found["age"]] == [
        (20, 20, "on_target"), (30, 20, "off_target"), (10, 20, "on_target"),
    ]  # fmt: skip
    assert [(row["value"], row["target"]) for row in found["open"]] == [(2, 20), (1, None), (1, None)]


def test_the_target_of_an_amount_over_kpis_holds_for_its_cut_alone():
    ordered = {"entity": "fct_order", "time": "ordered_at", "grains": ["month"], "unit": "currency"}
    cut: dict[str, Any] = {"by": [[], ["channel"]], "grains": ["month"], "unit": "currency"}
    targets: list[dict[str, Any]] = [
        {"from": "2024-01-01", "value": 100},
        {"from": "2024-01-01", "value": 30, "where": {"channel": "app"}},
    ]
    world = World(
        [
            kpi("sold", "simple", **ordered, expr="sum(net_amount)"),
            kpi("lost", "simple", **ordered, expr="sum(refunded_amount_reporting)"),
            kpi("kept", "derived", **cut, expr="sold - lost", targets=targets),
            kpi("part", "derived", **cut, expr="1 - lost / sold", targets=targets),
        ],
        as_of="2024-01-31",
    )
    amounts = [("web", 100, 10), ("app", 50, 20)]
    world.add(
        "fct_order",
        *(
            {
                "ordered_at": at("2024-01-10"),
                "channel": channel,
                "net_amount": sold,
                "refunded_amount_reporting": lost,
            }
            for channel, sold, lost in amounts
        ),
    )
    world.build()

    def found(id: str) -> list[tuple[float, float | None]]:
        rows = [world.row(id, "month"), *(world.row(id, "month", channel=each) for each in ("web", "app"))]
        return [(row["value"], row["target"]) for row in rows]

    assert found("kept") == [(120, 100), (90, None), (30, 30)]
    assert found("part") == [(0.8, 100), (0.9, 100), (0.6, 30)]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sold - lost", True),
        ("coalesce(sold, 0) + 100", True),
        ("sold * share", True),
        ("share * 1000", False),
        ("sold / 1000", True),
        ("sold / share", True),
        ("sold / count", False),
        ("round(sold / nullif(count, 0), 2)", False),
        ("sold * lost / count", True),
        ("(sold - lost) / lost", False),
        ("1 - lost / sold", False),
        ("greatest(share - 0.1, 0) * sold", True),
        ("greatest(1 / count, 0) * sold", False),
        ("case when sold > 100 then share else 0 end", False),
        ("case when share > 0.5 then sold else lost end", True),
        ("sqrt(sold * lost)", True),
        ("sqrt(sold * lost) / count", False),
        ("sign(sold - lost)", False),
        ("all_sold - sold", True),
        ("open * 2", True),
        ("age * 2", False),
        ("kept + lost", True),
        ("rolling - share", False),
    ],
)
def test_what_is_an_amount(expr: str, expected: bool):
    stock = {"entity": "fct_incident", "from_": "opened_at", "to": "resolved_at"}
    kpis = [
        *(kpi(id, "simple", expr="sum(net_amount)") for id in ("sold", "lost")),
        kpi("count", "distinct", expr="customer_id"),
        kpi("share", "ratio", **RATE),
        kpi("all_sold", "cumulative", metric="sold", reset="year"),
        kpi("rolling", "cumulative", metric="share", window="28d"),
        kpi("open", "snapshot", **stock),
        kpi("age", "snapshot", **stock, expr="1", percentile=0.5),
        kpi("kept", "derived", expr="sold - lost"),
    ]
    assert amounts_among(kpis) == {"sold", "lost", "count", "all_sold", "open", "kept"}
    assert ("one" in amounts_among([*kpis, kpi("one", "derived", expr=expr)])) is expected


def test_the_most_specific_and_then_the_latest_target_holds():
    targets: list[dict[str, Any]] = [
        {"from": "2024-01-01", "value": 1},
        {"from": "2024-02-01", "value": 2},
        {"from": "2024-01-01", "value": 10, "where": {"channel": "mobile"}},
        {"from": "2024-02-01", "value": 20, "where": {"service": "shop"}},
        {"from": "2024-02-01", "value": 30, "where": {"service": "shop", "channel": "mobile"}},
    ]
    one = kpi(
        "one", "ratio", entity="fct_session", time="started_at", numerator="count(*)", denominator="count(*)",
        targets=targets, grains=["month"], by=[[], ["channel"], ["service"], ["service", "channel"]],
    )  # fmt: skip
    world = World([one], as_of="2024-03-31")
    world.add("fct_session", {"started_at": at("2023-12-10 10:00"), "channel": "mobile", "service_id": "shop"})
    world.add("fct_session", {"started_at": at("2023-12-10 10:00"), "channel": "web", "service_id": "erp"})
    world.build()

    def targets_of(*series: Any, **dimensions: str) -> list[float | None]:
        return [row["target"] for row in world.rows("one", "month", *series, **dimensions)]

    assert targets_of() == [None, 1, 2, 2]
    assert targets_of(channel="web") == [None, 1, 2, 2]
    assert targets_of(channel="mobile") == [None, 10, 10, 10]
    assert targets_of("service", "shop") == [None, 1, 20, 20]
    assert targets_of("service", "shop", channel="mobile") == [None, 10, 30, 30]
    assert targets_of("service", "erp", channel="web") == [None, 1, 2, 2]
