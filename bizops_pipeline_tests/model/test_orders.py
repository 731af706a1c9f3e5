"""Orders, lines, refunds, revenue and customers by hand-computed cases."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from bizops_pipeline.model.registry import model
from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, warehouse

D = Decimal


def order(id, at, **columns):
    return {"order_id": id, "ordered_at": at, "status": "completed", "currency": "EUR", "service_id": "shop", **columns}


def line(id, order_id, amount, **columns):
    return {"order_line_id": id, "order_id": order_id, "quantity": 1, "net_amount": D(amount), **columns}


def rate(currency, day, value):
    return {"fx_rate_id": f"{currency}:{day}", "currency": currency, "rate_date": day, "rate": D(value)}


NOON = datetime(2026, 3, 10, 12)


def test_a_line_takes_the_columns_of_its_order_and_falls_back_to_its_own():
    engine = built(
        "fct_order_line",
        order=[order("o1", NOON, customer_id="anna", channel="web")],
        order_line=[
            line("l1", "o1", "10", customer_id="other", channel="store", currency="USD"),
            line("l2", "o2", "20", customer_id="ben", channel="app", ordered_at=NOON, service_id="nobody knows"),
            line("l3", "o3", "30"),
        ],
    )

    assert facts(engine, "fct_order_line", "customer_id", "channel", "currency", "service_id", "ordered_date") == [
        ("anna", "web", "EUR", "shop", date(2026, 3, 10)),
        ("ben", "app", "EUR", "unallocated", date(2026, 3, 10)),
        (None, None, "EUR", "unallocated", None),
    ]


def test_a_rate_is_that_of_the_business_day_or_the_last_day_before_it():
    late_evening_utc = datetime(2026, 3, 10, 23, 30)  # 11 March in Berlin
    engine = built(
        "fct_order_line",
        owner=company(time_zone="Europe/Berlin"),
        order=[
            order("before", datetime(2026, 3, 8, 12), currency="USD"),
            order("exact", NOON, currency="USD"),
            order("local day", late_evening_utc, currency="USD"),
            order("weekend", datetime(2026, 3, 14, 12), currency="USD"),
            order("none", NOON, currency="JPY"),
            order("own", NOON, currency="EUR"),
        ],
        order_line=[
            line(f"line of {id}", id, "10") for id in ("before", "exact", "local day", "weekend", "none", "own")
        ],
        fx_rate=[
            rate("USD", date(2026, 3, 10), "0.9"),
            rate("USD", date(2026, 3, 11), "0.8"),
            rate("EUR", date(2026, 3, 1), "7"),
        ],
    )

    assert facts(engine, "fct_order_line", "order_id", "exchange_rate", "rate_date", "net_amount_reporting") == [
        ("before", None, None, None),
        ("exact", D("0.9"), date(2026, 3, 10), D("9")),
        ("local day", D("0.8"), date(2026, 3, 11), D("8")),
        ("none", None, None, None),
        ("own", D("1"), None, D("10")),
        ("weekend", D("0.8"), date(2026, 3, 11), D("8")),
    ]


def test_a_rate_holds_until_the_next_one_of_its_currency():
    engine = built(
        "dim_exchange_rate",
        fx_rate=[
            rate("USD", date(2026, 3, 10), "0.9"),
            rate("USD", date(2026, 3, 13), "0.8"),
            rate("JPY", date(2026, 3, 11), "0.006"),
            {**rate("JPY", date(2026, 3, 11), "0.007"), "fx_rate_id": "JPY:corrected"},
            rate("XXX", date(2026, 3, 11), "1000000000"),
        ],
    )

    assert content(engine, "core.dim_exchange_rate") == [
        ("JPY", date(2026, 3, 11), date(9999, 12, 31), D("0.007")),
        ("USD", date(2026, 3, 10), date(2026, 3, 13), D("0.9")),
        ("USD", date(2026, 3, 13), date(9999, 12, 31), D("0.8")),
        ("XXX", date(2026, 3, 11), date(9999, 12, 31), None),
    ]


@pytest.mark.parametrize(
    ("amount", "value", "expected"),
    [
        ("0.0001", "0.5", "0.0001"),
        ("-0.0001", "0.5", "-0.0001"),
        ("0.0001", "0.499999999", "0"),
        ("99999999999999.9999", "1.000000001", None),
        ("12345678901.2345", "0.123456789", "1524157875.1715"),
    ],
    ids=["half up", "half down for a negative", "below half", "too large is no amount", "exact"],
)
def test_money_is_rounded_once_per_line_half_away_from_zero(amount, value, expected):
    engine = built(
        "fct_order_line",
        order=[order("o1", NOON, currency="USD")],
        order_line=[line("l1", "o1", amount)],
        fx_rate=[rate("USD", date(2026, 3, 10), value)],
    )

    assert facts(engine, "fct_order_line", "net_amount_reporting") == [(D(expected) if expected else None,)]


def test_an_order_sums_its_lines_and_refunds_and_admits_a_missing_rate():
    engine = built(
        "fct_order",
        order=[
            order("o1", NOON),
            order("o2", NOON, currency="USD"),
            order("o3", NOON),
        ],
        order_line=[
            line("l1", "o1", "10.10"),
            line("l2", "o1", "-0.10"),
            line("l3", "o2", "5"),
            line("l4", "o4", "4", ordered_at=NOON, customer_id="carl"),
            line("l5", "o4", "3", ordered_at=NOON, customer_id="carl"),
        ],
        refund=[{"refund_id": "r1", "order_id": "o1", "refunded_at": NOON, "amount": D("2.50")}],
    )

    assert facts(
        engine, "fct_order", "order_id", "line_count", "net_amount", "net_amount_reporting", "refunded_amount_reporting"
    ) == [
        ("o1", 2, D("10"), D("10"), D("2.5")),
        ("o2", 1, D("5"), None, D("0")),
        ("o3", 0, D("0"), D("0"), D("0")),
        ("o4", 2, D("7"), D("7"), D("0")),
    ]
    assert facts(engine, "fct_order", "status", "is_cancelled", "customer_id")[3] == ("completed", False, "carl")


def test_a_refund_takes_the_rate_of_its_order_and_the_columns_of_it():
    engine = built(
        "fct_refund",
        order=[order("o1", NOON, currency="USD", customer_id="anna", channel="web")],
        order_line=[line("l1", "o1", "10")],
        refund=[
            {"refund_id": "r1", "order_id": "o1", "refunded_at": datetime(2026, 4, 1), "amount": D("10")},
            {"refund_id": "r2", "refunded_at": datetime(2026, 4, 1), "amount": D("10"), "currency": "USD"},
        ],
        fx_rate=[rate("USD", date(2026, 3, 10), "0.9"), rate("USD", date(2026, 4, 1), "0.5")],
    )

    assert facts(engine, "fct_refund", "customer_id", "channel", "service_id", "currency", "amount_reporting") == [
        ("anna", "web", "shop", "USD", D("9")),
        (None, None, "unallocated", "USD", D("5")),
    ]
    assert facts(engine, "fct_refund", "rated_date") == [(date(2026, 3, 10),), (date(2026, 4, 1),)]


def test_revenue_is_signed_and_leaves_cancelled_orders_out():
    engine = built(
        "fct_revenue",
        order=[order("o1", NOON), order("o2", NOON, status="cancelled")],
        order_line=[
            line("l1", "o1", "10", product_id="tea"),
            line("l2", "o1", "-3"),
            line("l3", "o2", "99"),
        ],
        refund=[{"refund_id": "r1", "order_id": "o1", "refunded_at": datetime(2026, 4, 1), "amount": D("4")}],
    )

    assert facts(engine, "fct_revenue", "movement_id", "product_id", "occurred_date", "amount", "amount_reporting") == [
        ("refund:r1", "unallocated", date(2026, 4, 1), D("-4"), D("-4")),
        ("sale:l1", "tea", date(2026, 3, 10), D("10"), D("10")),
        ("sale:l2", "unallocated", date(2026, 3, 10), D("-3"), D("-3")),
    ]


def test_a_refund_of_a_cancelled_order_is_no_revenue_even_without_lines():
    refunds = {"cancelled": "40", "no lines": "4", "nobody knows": "0.4"}
    engine = built(
        "fct_revenue",
        order=[order("cancelled", NOON, status="cancelled"), order("no lines", NOON)],
        refund=[
            {"refund_id": f"r of {id}", "order_id": id, "refunded_at": NOON, "amount": D(amount)}
            for id, amount in refunds.items()
        ]
        + [{"refund_id": "r of none", "refunded_at": NOON, "amount": D("0.04")}],
    )

    assert facts(engine, "fct_revenue", "movement_id", "amount_reporting") == [
        ("refund:r of no lines", D("-4")),
        ("refund:r of nobody knows", D("-0.4")),
        ("refund:r of none", D("-0.04")),
    ]


def test_a_refund_leaves_revenue_when_its_order_is_cancelled_later():
    engine, models = warehouse(), [model(name) for name in ("fct_order_line", "fct_refund", "fct_revenue")]
    fill(engine, "refund", [{"refund_id": "r1", "order_id": "o1", "refunded_at": NOON, "amount": D("40")}])
    fill(engine, "order", [order("o1", NOON)])
    build_model(engine, company(), 1, models=models)
    assert facts(engine, "fct_revenue", "amount") == [(D("-40"),)]

    fill(engine, "order", [order("o1", NOON, status="cancelled")], 2)
    done = build_model(engine, company(), 2, models=models)["fct_revenue"]
    assert done.mode == "incremental"
    assert facts(engine, "fct_revenue", "amount") == []


def test_an_order_without_a_currency_takes_that_of_its_lines():
    engine = built(
        "fct_order",
        order=[order(id, NOON, currency=None) for id in ("dollars", "empty", "mixed", "none said")],
        order_line=[
            line("l1", "dollars", "100", currency="USD"),
            line("l2", "mixed", "100", currency="USD"),
            line("l3", "mixed", "1", currency="EUR"),
            line("l4", "none said", "7"),
        ],
        fx_rate=[rate("USD", date(2026, 3, 10), "0.5")],
    )

    assert facts(engine, "fct_order", "order_id", "currency", "net_amount", "net_amount_reporting") == [
        ("dollars", "USD", D("100"), D("50")),
        ("empty", "EUR", D("0"), D("0")),
        ("mixed", "EUR", None, D("51")),
        ("none said", "EUR", D("7"), D("7")),
    ]


def test_a_customer_buys_on_days_not_in_orders():
    engine = built(
        "fct_customer",
        owner=company(time_zone="Europe/Berlin"),
        order=[
            order("o1", datetime(2026, 3, 10, 22), customer_id="anna", channel="web"),
            order("o2", datetime(2026, 3, 10, 23), customer_id="anna", channel="app"),  # 11 March in Berlin
            order("o3", datetime(2026, 3, 11, 8), customer_id="anna"),
            order("o4", NOON, customer_id="ben", channel="app"),
            order("o5", datetime(2026, 3, 1), customer_id="ben", status="cancelled"),
            order("o6", NOON, customer_id="ben"),
            order("o7", NOON),
        ],
    )

    assert facts(
        engine, "fct_customer", "customer_id", "channel", "first_ordered_date", "second_purchase_date", "purchase_days"
    ) == [
        ("anna", "web", date(2026, 3, 10), date(2026, 3, 11), 2),
        ("ben", "app", date(2026, 3, 10), None, 1),
    ]


def test_shop_events_keep_what_their_source_said():
    engine = built(
        "fct_cart",
        "fct_checkout",
        "fct_session",
        "fct_survey_response",
        session=[{"session_id": "s1", "started_at": NOON, "service_id": "shop"}],
        cart=[
            {"cart_id": "c1", "created_at": NOON, "items": 0},
            {"cart_id": "c2", "created_at": NOON, "items": 2},
            {"cart_id": "c3", "created_at": NOON},
        ],
        checkout=[
            {"checkout_id": "k1", "started_at": NOON, "completed_at": NOON},
            {"checkout_id": "k2", "started_at": NOON},
        ],
        survey_response=[
            {"response_id": f"a{score}", "kind": "csat", "score": score, "scale_maximum": 5, "answered_at": NOON}
            for score in (3, 4, 5)
        ]
        + [{"response_id": "b", "kind": "csat", "score": 5, "answered_at": NOON}],
    )

    assert facts(engine, "fct_session", "service_id", "started_date") == [("shop", date(2026, 3, 10))]
    assert facts(engine, "fct_cart", "is_empty") == [(True,), (False,), (False,)]
    assert facts(engine, "fct_checkout", "is_completed") == [(True,), (False,)]
    assert facts(engine, "fct_survey_response", "is_top_two") == [(False,), (True,), (True,), (None,)]


def test_dimensions_have_a_member_for_what_is_not_known():
    engine = built(
        "dim_customer",
        "dim_product",
        customer=[{"customer_id": "anna", "country": "DE"}],
        product=[{"product_id": "tea", "name": "Tea"}],
    )

    assert facts(engine, "dim_customer", "customer_id", "country") == [("anna", "DE"), ("unallocated", None)]
    assert facts(engine, "dim_product", "product_id", "name") == [("tea", "Tea"), ("unallocated", "No product named")]


def test_dimensions_have_the_members_that_only_other_records_name():
    lines = [("1", "tea"), ("2", "pot"), ("3", None), ("4", "unallocated")]
    line = {"order_id": "o", "quantity": 1, "net_amount": 1}
    invoice = {"invoiced_on": "2026-03-01", "amount": 1}
    engine = built(
        "dim_product",
        "dim_vendor",
        product=[{"product_id": "tea", "name": "Tea"}],
        order_line=[{**line, "order_line_id": id, "product_id": product} for id, product in lines],
        subscription=[{"subscription_id": "s", "product_id": "box", "started_on": "2026-03-01"}],
        vendor=[{"vendor_id": "v1", "name": "Glass"}],
        invoice=[{**invoice, "invoice_id": id, "vendor_id": vendor} for id, vendor in (("i", "v1"), ("j", "v2"))],
        shipment=[{"shipment_id": "s", "vendor_id": None, "status": "delivered"}],
    )

    assert facts(engine, "dim_product", "product_id", "name", "is_recorded") == [
        ("box", None, False),
        ("pot", None, False),
        ("tea", "Tea", True),
        ("unallocated", "No product named", True),
    ]
    assert facts(engine, "dim_vendor", "vendor_id", "name", "is_recorded") == [
        ("(none)", "No vendor named", True),
        ("v1", "Glass", True),
        ("v2", None, False),
    ]
