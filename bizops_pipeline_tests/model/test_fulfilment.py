"""Payments, shipments, subscriptions and the age of what is sold, by hand-computed cases."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from bizops_pipeline.model.registry import model
from bizops_pipeline_tests.model.company import build_model, built, company, facts, fill, warehouse

NOON = datetime(2026, 3, 10, 12)


def day(text):
    return date.fromisoformat(f"2026-{text}")


def shipment(id, order, due, delivered, complete=True, **columns):
    at = None if delivered is None else datetime.combine(day(delivered), datetime.min.time()) + timedelta(hours=12)
    return {
        "shipment_id": id,
        "order_id": order,
        "vendor_id": "post",
        "committed_on": day(due) if due else None,
        "delivered_at": at,
        "is_complete": complete,
        "status": "delivered" if delivered else "open",
        **columns,
    }


def judged(*rows):
    engine = built("fct_shipment", shipment=list(rows))
    columns = ("shipment_id", "is_on_time", "is_order_lead", "is_order_on_time_in_full")
    return facts(engine, "fct_shipment", *columns)


@pytest.mark.parametrize(
    ("due", "delivered", "complete", "on_time", "on_time_in_full"),
    [
        ("03-10", "03-10", True, True, True),
        ("03-10", "03-11", True, False, False),
        ("03-10", "03-09", False, True, False),
        ("03-10", "03-09", None, True, None),
        ("03-10", "03-11", None, False, False),
        ("03-10", None, True, False, False),
        (None, "03-11", True, None, None),
    ],
    ids=["kept", "late", "incomplete", "unknown", "late and unknown", "not delivered", "nothing promised"],
)
def test_a_shipment_against_its_promise(due, delivered, complete, on_time, on_time_in_full):
    assert judged(shipment("s1", "o1", due, delivered, complete)) == [("s1", on_time, True, on_time_in_full)]


def test_an_order_in_parts_is_judged_once_for_each_who_delivers():
    assert judged(
        shipment("s1", "o1", "03-10", "03-10"),
        shipment("s2", "o1", "03-12", "03-13"),
        shipment("s3", "o1", "03-12", "03-12", vendor_id="partner"),
        shipment("s4", "o1", "03-12", None, status="cancelled"),
        shipment("s5", None, "03-12", "03-12"),
        shipment("s6", None, "03-12", "03-15"),
    ) == [
        ("s1", True, True, False),
        ("s2", False, False, None),
        ("s3", True, True, True),
        ("s4", None, False, None),
        ("s5", True, True, True),
        ("s6", False, True, False),
    ]


def test_a_delivery_is_on_the_day_that_the_company_calls_it():
    night = {"delivered_at": datetime(2026, 3, 10, 23, 30)}

    engine = built(
        "fct_shipment",
        owner=company(time_zone="Europe/Berlin"),
        shipment=[shipment("s1", "o1", "03-10", "03-10", **night)],
    )

    assert facts(engine, "fct_shipment", "delivered_date", "days_late", "is_on_time") == [(day("03-11"), 1, False)]


def test_payments_take_channel_and_rate_from_order_and_day():
    engine = built(
        "fct_payment",
        order=[{"order_id": "o1", "channel": "web", "currency": "CHF", "ordered_at": NOON, "status": "open"}],
        fx_rate=[{"fx_rate_id": "r", "rate_date": day("03-01"), "currency": "CHF", "rate": Decimal("1.05")}],
        payment=[
            {
                "payment_id": id,
                "order_id": order,
                "status": status,
                "amount": Decimal(100),
                "attempted_at": NOON,
                "service_id": "payments",
            }
            for id, order, status in [
                ("p1", "o1", "failed"),
                ("p2", "o1", "paid"),
                ("p3", None, "cancelled"),
            ]
        ],
    )

    columns = ("payment_id", "channel", "is_failed", "currency", "amount_reporting", "service_id")
    assert facts(engine, "fct_payment", *columns) == [
        ("p1", "web", True, "CHF", Decimal("105.0000"), "payments"),
        ("p2", "web", False, "CHF", Decimal("105.0000"), "payments"),
        ("p3", None, None, "EUR", Decimal("100.0000"), "payments"),
    ]


def subscription(id, customer, start, end=None, **columns):
    return {
        "subscription_id": id,
        "customer_id": customer,
        "started_on": day(start),
        "ended_on": day(end) if end else None,
        **columns,
    }


def test_subscriptions_without_a_break_are_one_span():
    engine = built(
        "fct_subscriber",
        subscription=[
            subscription("a1", "ann", "01-01", "03-01", product_id="small"),
            subscription("a2", "ann", "03-01", "05-01", product_id="large"),
            subscription("a3", "ann", "02-01", "02-15"),
            subscription("a4", "ann", "05-02", None, product_id="large"),
            subscription("b1", "ben", "01-01", "01-01"),
            subscription("c1", None, "01-01"),
        ],
    )

    columns = ("subscriber_span_id", "product_id", "started_on", "ended_on", "is_returning")
    assert facts(engine, "fct_subscriber", *columns) == [
        ("ann@2026-01-01", "small", day("01-01"), day("05-01"), False),
        ("ann@2026-05-02", "large", day("05-02"), None, True),
    ]


def test_a_subscription_that_follows_lengthens_the_span_incrementally():
    engine, models = warehouse(), [model("fct_subscription"), model("fct_subscriber")]
    first = [subscription("a1", "ann", "01-01", "03-01"), subscription("b1", "ben", "01-01")]
    fill(engine, "subscription", first)
    build_model(engine, company(), models=[model("dim_exchange_rate"), *models])
    fill(engine, "subscription", [*first, subscription("a2", "ann", "03-01")], sequence=2)

    again = build_model(engine, company(), 2, models=models)

    assert {built.mode for built in again.values()} == {"incremental"}
    assert facts(engine, "fct_subscriber", "customer_id", "ended_on") == [("ann", None), ("ben", None)]


@pytest.mark.parametrize(
    ("launched", "sold", "years"),
    [
        (date(2023, 3, 10), datetime(2026, 3, 10, 1), 3),
        (date(2023, 3, 11), datetime(2026, 3, 10, 12), 2),
        (date(2024, 2, 29), datetime(2025, 2, 28, 12), 0),
        (date(2026, 4, 1), datetime(2026, 3, 10, 12), -1),
        (None, datetime(2026, 3, 10, 12), None),
    ],
)
def test_full_years_from_launch_to_sale(launched, sold, years):
    line = {
        "order_line_id": "l",
        "order_id": "o",
        "product_id": "p",
        "ordered_at": sold,
        "net_amount": Decimal(10),
        "quantity": Decimal(1),
    }
    refund = {"refund_id": "r", "order_id": "o", "refunded_at": sold, "amount": Decimal(1)}

    engine = built(
        "fct_revenue", product=[{"product_id": "p", "launched_on": launched}], order_line=[line], refund=[refund]
    )

    assert facts(engine, "fct_revenue", "movement_id", "product_age_years") == [("refund:r", None), ("sale:l", years)]


def test_a_checkout_has_the_channel_of_its_cart():
    engine = built(
        "fct_checkout",
        cart=[{"cart_id": "k", "channel": "web", "created_at": NOON}],
        checkout=[
            {"checkout_id": "c1", "cart_id": "k", "started_at": NOON},
            {"checkout_id": "c2", "cart_id": "k", "started_at": NOON, "channel": "mobile"},
            {"checkout_id": "c3", "cart_id": None, "started_at": NOON},
        ],
    )

    assert facts(engine, "fct_checkout", "checkout_id", "channel") == [("c1", "web"), ("c2", "mobile"), ("c3", None)]


def test_a_corrected_launch_reaches_the_sales_of_its_product_incrementally():
    engine = warehouse()
    models = [
        model(name) for name in ("dim_exchange_rate", "dim_product", "fct_order_line", "fct_refund", "fct_revenue")
    ]
    lines = [
        {
            "order_line_id": product,
            "order_id": product,
            "product_id": product,
            "ordered_at": NOON,
            "net_amount": Decimal(10),
            "quantity": Decimal(1),
        }
        for product in ("p", "q")
    ]
    fill(engine, "order_line", lines)
    fill(engine, "product", [{"product_id": product, "launched_on": date(2025, 1, 1)} for product in ("p", "q")])
    build_model(engine, company(), models=models)
    launches = {"p": date(2021, 1, 1), "q": date(2025, 1, 1)}
    fill(engine, "product", [{"product_id": id, "launched_on": day} for id, day in launches.items()], sequence=2)

    again = build_model(engine, company(), 2, models=models)

    assert again["fct_revenue"].mode == "incremental"
    assert facts(engine, "fct_revenue", "product_id", "product_age_years") == [("p", 5), ("q", 1)]
