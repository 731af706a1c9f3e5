"""Conversions: windows, what is closed, what is immature, and which days a change touches."""

from decimal import Decimal

import pytest

from bizops_pipeline_tests.metrics.support import World, at, kpi

CONVERSION = {
    "base": {"entity": "fct_cart", "time": "created_at", "where": "not is_empty"},
    "event": {"entity": "fct_order", "time": "ordered_at", "where": "not is_cancelled"},
    "match": "cart_id",
    "within": "24h",
}
BOUGHT = kpi("bought", "conversion", **CONVERSION, by=[[], ["channel"]])
ABANDONED = kpi("abandoned", "conversion", **CONVERSION, complement=True, direction="down")


def cart(id: str, moment: str, **columns: object) -> dict[str, object]:
    return {"cart_id": id, "created_at": at(moment), "is_empty": False, "channel": "web", **columns}


def order(cart_id: str | None, moment: str, **columns: object) -> dict[str, object]:
    return {"cart_id": cart_id, "ordered_at": at(moment), "is_cancelled": False, **columns}


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        ("2024-01-02 09:59:59", False),
        ("2024-01-02 10:00:00", True),
        ("2024-01-03 10:00:00", True),
        ("2024-01-03 10:00:01", False),
    ],
    ids=["before", "same instant", "last instant", "too late"],
)
def test_the_window_begins_with_the_base_and_ends_after_its_length(moment: str, counts: bool):
    world = World([BOUGHT], as_of="2024-01-31")
    world.add("fct_cart", cart("c1", "2024-01-02 10:00:00"))
    world.add("fct_order", order("c1", moment))
    world.build()
    assert world.value("bought") == (1 if counts else 0)


def test_a_base_counts_once_and_only_when_its_window_is_over():
    world = World([BOUGHT, ABANDONED], as_of="2024-01-03")
    world.add(
        "fct_cart",
        cart("c1", "2024-01-01 10:00"),
        cart("c2", "2024-01-01 11:00"),
        cart("c3", "2024-01-02 23:59:59"),
        cart("c4", "2024-01-03 10:00"),
        cart("c5", "2024-01-01 11:00", is_empty=True),
        cart("c6", "2024-01-01 12:00", channel="mobile"),
    )
    world.add(
        "fct_order",
        order("c1", "2024-01-01 10:10"),
        order("c1", "2024-01-01 10:20"),
        order("c2", "2024-01-01 11:10", is_cancelled=True),
        order("c4", "2024-01-03 10:10"),
        order(None, "2024-01-03 10:10"),
    )
    world.build()
    whole = world.row("bought")
    assert (whole["numerator"], whole["denominator"], whole["n"]) == (1, 4, 4)
    assert whole["is_provisional"]
    assert world.row("abandoned")["numerator"] == 3
    assert world.value("abandoned") == 0.75
    assert world.value("bought", channel="mobile") == 0
    assert world.value("bought", "day", "2024-01-02") == 0, "the window of c3 ended in the last second of the 3rd"
    young = world.row("bought", "day", "2024-01-03")
    assert (young["value"], young["null_reason"]) == (None, "immature"), "though c4 was bought already"
    world.build("2024-01-04")
    assert world.value("bought", "day", "2024-01-03") == 1
    assert world.row("bought", "day", "2024-01-04")["null_reason"] == "no_events"


def test_a_window_that_ends_at_midnight_is_open_until_the_next_day_is_over():
    world = World([BOUGHT], as_of="2024-01-02")
    world.add("fct_cart", cart("c1", "2024-01-02 00:00:00"))
    world.add("fct_order", order(None, "2024-01-01 10:00"))
    world.build()
    assert world.row("bought")["null_reason"] == "immature"
    world.build("2024-01-03")
    assert world.value("bought") == 0


def test_a_late_event_changes_the_day_of_its_base():
    world = World([BOUGHT], as_of="2024-01-20")
    world.add("fct_cart", cart("c1", "2024-01-02 10:00"), cart("c2", "2024-01-05 10:00"))
    world.add("fct_order", order(None, "2024-01-01 10:00"))
    world.build()
    assert world.value("bought", "day", "2024-01-02") == 0
    world.add("fct_order", order("c1", "2024-01-02 11:00", order_id="late"))
    world.build()
    assert world.value("bought", "day", "2024-01-02") == 1
    world.remove("fct_order", "late")
    world.build()
    assert world.value("bought", "day", "2024-01-02") == 0


ORDERED = {"entity": "fct_order", "time": "ordered_at"}
BOUGHT_AGAIN = {"base": ORDERED, "event": ORDERED, "match": "customer_id", "within": "30d"}


def bought(customer: str | None, moment: str, **columns: object) -> dict[str, object]:
    return {"customer_id": customer, "ordered_at": at(moment), "is_cancelled": False, **columns}


def test_a_record_is_not_its_own_event():
    again = kpi("again", "conversion", **BOUGHT_AGAIN, unit="percent", by=[[], ["channel"]])
    never = kpi("never", "conversion", **BOUGHT_AGAIN, unit="percent", complement=True)
    world = World([again, never], as_of="2024-06-30")
    world.add(
        "fct_order",
        bought("a", "2024-01-01", channel="web"),
        bought("b", "2024-01-02", channel="web"),
        bought("b", "2024-01-12", channel="app"),
        bought("c", "2024-01-05", channel="app"),
        bought(None, "2024-01-05", channel="app"),
        bought(None, "2024-01-06", channel="app"),
    )
    world.build()
    whole = world.row("again")
    assert (whole["numerator"], whole["denominator"], whole["value"]) == (1, 6, 1 / 6)
    assert world.value("never") == 5 / 6
    assert (world.value("again", channel="web"), world.value("again", channel="app")) == (1 / 2, 0)


def test_two_records_at_one_instant_follow_each_other():
    again = kpi("again", "conversion", **BOUGHT_AGAIN)
    world = World([again], as_of="2024-06-30")
    world.add("fct_order", *[bought("a", "2024-01-01 10:00")] * 2, bought("b", "2024-01-01 10:00"))
    world.build()
    assert world.value("again") == 2 / 3


def test_a_record_is_an_event_of_its_own_by_another_time():
    reopened = kpi(
        "reopened", "conversion", base={"entity": "fct_ticket", "time": "first_resolved_at"},
        event={"entity": "fct_ticket", "time": "reopened_at"}, match="ticket_id", within="30d",
    )  # fmt: skip
    world = World([reopened], as_of="2024-06-30")
    world.add(
        "fct_ticket",
        {"first_resolved_at": at("2024-01-01"), "reopened_at": at("2024-01-03")},
        {"first_resolved_at": at("2024-01-01"), "reopened_at": None},
    )
    world.build()
    assert world.value("reopened") == 1 / 2


def test_a_late_record_is_an_event_of_those_before_it_and_a_base_itself():
    world = World([kpi("again", "conversion", **BOUGHT_AGAIN)], as_of="2024-06-30")
    world.add("fct_order", bought("a", "2024-01-01"), bought("b", "2024-01-02"))
    world.build()
    assert world.value("again") == 0
    world.add("fct_order", bought("a", "2024-01-20", order_id="late"))
    world.build()
    assert (world.value("again"), world.value("again", "day", "2024-01-01")) == (1 / 3, 1)
    world.remove("fct_order", "late")
    world.build()
    assert world.value("again") == 0
    incremental = world.everything()
    world.build(full=True)
    assert world.everything() == incremental


def test_conversions_are_shared_between_value_streams():
    by_stream = kpi("bought", "conversion", **CONVERSION, by=[["value_stream"]])
    world = World([by_stream], as_of="2024-01-20")
    world.services({}, {"shop": {"buy": 0.8, "serve": 0.2}})
    world.add("fct_cart", cart("c1", "2024-01-02 10:00", service_id="shop"))
    world.add("fct_order", order("c1", "2024-01-02 10:00"))
    world.build()
    assert world.row("bought", "all", None, "value_stream", "serve")["denominator"] == Decimal("0.2")
