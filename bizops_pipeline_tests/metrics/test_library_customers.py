"""Standard KPIs of payment, delivery, new products and subscriptions, each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
DOMAINS = ("fulfilment", "assortment", "subscription")


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard(*DOMAINS), as_of="2024-02-29")
    checkouts_and_payments(made)
    shipments(made)
    sales(made)
    subscriptions(made)
    made.build()
    return made


def checkouts_and_payments(world: World) -> None:
    attempts = [("web", True), ("web", False), ("mobile", True), ("web", True)]
    world.add(
        "fct_checkout",
        *(
            {"started_at": at("2024-01-10 10:00"), "channel": channel, "is_completed": done}
            for channel, done in attempts
        ),
    )
    world.add(
        "fct_payment",
        *(
            {"attempted_at": at("2024-01-10 10:05"), "is_failed": failed, "payment_method": "card"}
            for failed in (True, False, False, False, None)
        ),
    )


def shipments(world: World) -> None:
    leads = [
        # partner, due, on time, in full, both
        ("p1", "2024-01-10", True, True, True),
        ("p1", "2024-01-11", True, False, False),
        ("p1", "2024-01-12", True, None, None),
        ("p2", "2024-01-12", False, None, False),
        ("p2", "2024-03-10", False, None, False),
    ]
    rows: list[dict[str, Any]] = [
        {
            "vendor_id": partner,
            "is_order_lead": True,
            "order_due_on": due,
            "is_order_on_time": on_time,
            "is_order_in_full": in_full,
            "is_order_on_time_in_full": both,
        }
        for partner, due, on_time, in_full, both in leads
    ]
    world.add("fct_shipment", *rows, {"vendor_id": "p1", "is_order_lead": False})


def sales(world: World) -> None:
    movements = [
        # movement, amount, full years since the launch
        ("sale", 100, 0),
        ("sale", 50, 2),
        ("sale", 20, -1),
        ("sale", 80, 3),
        ("sale", 50, None),
        ("refund", -40, None),
    ]
    world.add(
        "fct_revenue",
        *(
            {
                "occurred_at": at("2024-01-10 10:00"),
                "movement": movement,
                "amount_reporting": amount,
                "product_age_years": years,
            }
            for movement, amount, years in movements
        ),
    )


def subscriptions(world: World) -> None:
    spans = [
        ("2023-12-01", None),
        ("2023-12-01", "2024-02-10"),
        ("2023-12-15", "2024-02-20"),
        ("2023-12-15", None),
        ("2024-01-10", None),
        ("2024-02-05", None),
    ]
    world.add("fct_subscriber", *({"started_on": start, "ended_on": end} for start, end in spans))
    world.add(
        "fct_subscription",
        *({"started_on": start, "ended_on": end, "monthly_price_reporting": "12.50"} for start, end in spans),
    )


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("checkout_abandonment", JANUARY, 1 / 4, "one of four"),
        ("payment_failure_rate", JANUARY, 1 / 4, "the one that is pending is left out"),
        ("otif", JANUARY, 1 / 3, "late and incomplete ones fail, the one that cannot be told is left out"),
        ("otif", FEBRUARY, None, "nothing was due"),
        ("on_time_delivery", JANUARY, 3 / 4, "one late"),
        ("delivered_in_full", JANUARY, 1 / 2, "known of two"),
        ("innovation_index", JANUARY, (100 + 50 + 20) / 250, "less than three years, sold before the launch included"),
        ("innovation_coverage", JANUARY, 250 / 300, "of the sales before refunds"),
        ("subscribers_at_start", FEBRUARY, 5, "four from before and one of January"),
        ("subscribers", FEBRUARY, 4, "two went, one came"),
        ("subscribers_new", FEBRUARY, 1, "one came"),
        ("subscribers_lost", FEBRUARY, 2, "two went"),
        ("retention", FEBRUARY, (4 - 1) / 5, "three of five are left"),
        ("churn", FEBRUARY, 2 / 5, "two of five"),
        ("churn", JANUARY, 0, "nobody went"),
        ("recurring_revenue", FEBRUARY, 50, "four at 12.50"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


def test_who_delivers_is_a_scope(world: World):
    assert world.value("otif", "month", JANUARY, "vendor", "p1") == 1 / 2
    assert world.value("otif", "month", JANUARY, "vendor", "p2") == 0


def test_every_standard_kpi_has_values(world: World):
    found = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard(*DOMAINS)}
    assert all(found.values()), found
