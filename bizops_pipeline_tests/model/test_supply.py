"""Purchases, deliveries, invoices and contracts by hand-computed cases."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bizops_pipeline.model.build import build
from bizops_pipeline_tests.model.company import built, company, facts, fill, run

COMMITTED = date(2026, 3, 10)


def line(id: str, **columns: Any) -> dict[str, Any]:
    ordered = {"ordered_on": date(2026, 3, 1), "committed_on": COMMITTED, "quantity": Decimal(10)}
    return {"purchase_order_line_id": id, "vendor_id": "acme", "status": "open", **ordered, **columns}


def receipt(id: str, line_id: str | None, days: int, quantity: int = 10, **columns: Any) -> dict[str, Any]:
    received = {"received_on": COMMITTED + timedelta(days=days), "quantity": Decimal(quantity)}
    return {"receipt_id": id, "purchase_order_line_id": line_id, **received, **columns}


def test_early_is_as_far_off_as_late():
    cases = [
        (0, {}, True, False),
        (1, {}, False, True),
        (-1, {}, False, False),
        (2, {"late_days": 2}, True, False),
        (3, {"late_days": 2}, False, True),
        (-2, {"early_days": 2}, True, False),
        (-3, {"early_days": 2}, False, False),
    ]
    engine = built(
        "fct_purchase_order_line",
        purchase_order_line=[line(str(number), **window) for number, (_, window, *_) in enumerate(cases)],
        receipt=[receipt(str(number), str(number), days) for number, (days, *_) in enumerate(cases)],
    )
    assert facts(engine, "fct_purchase_order_line", "is_on_time", "is_late") == [case[2:] for case in cases]


def test_a_line_is_received_on_the_day_it_is_complete():
    engine = built(
        "fct_purchase_order_line",
        purchase_order_line=[
            line("in parts"),
            line("too little"),
            line("too little closed", status="closed"),
            line("nothing"),
            line("too much"),
        ],
        receipt=[
            receipt("r1", "in parts", -2, 4),
            receipt("r2", "in parts", 0, 6),
            receipt("r3", "too little", -1, 4),
            receipt("r4", "too little", 3, 4),
            receipt("r5", "too much", 0, 10),
            receipt("r6", "too much", 5, 1),
            receipt("r7", "too little closed", -1, 4),
            receipt("r8", "too little closed", 0, 5),
        ],
    )
    names = ("purchase_order_line_id", "received_date", "received_quantity", "is_on_time", "is_in_full")
    assert facts(engine, "fct_purchase_order_line", *names) == [
        ("in parts", COMMITTED, 10, True, True),
        ("nothing", None, 0, None, False),
        ("too little", None, 8, None, False),
        ("too little closed", COMMITTED, 9, True, False),
        ("too much", COMMITTED, 11, True, True),
    ]


def test_rejected_units_are_missing_ones():
    engine = built(
        "fct_purchase_order_line",
        purchase_order_line=[line("a", status="cancelled")],
        receipt=[receipt("r", "a", 0, 10, rejected_quantity=Decimal(1))],
    )
    names = ("is_in_full", "rejected_quantity", "lead_time_days", "is_cancelled")
    assert facts(engine, "fct_purchase_order_line", *names) == [(False, 1, 9, True)]


def test_without_a_commitment_nothing_is_on_time_or_late():
    engine = built(
        "fct_purchase_order_line", purchase_order_line=[line("a", committed_on=None)], receipt=[receipt("r", "a", 0)]
    )
    assert facts(engine, "fct_purchase_order_line", "is_on_time", "is_late", "window_end_date") == [(None, None, None)]


def test_value_is_that_of_the_day_of_the_order():
    rate = {"fx_rate_id": "u", "rate_date": date(2026, 2, 27), "currency": "USD", "rate": Decimal("0.9")}
    engine = built(
        "fct_purchase_order_line",
        fx_rate=[rate],
        purchase_order_line=[line("a", net_amount=Decimal(100), currency="USD"), line("b", net_amount=Decimal(7))],
    )
    names = ("currency", "rate_date", "net_amount_reporting")
    assert facts(engine, "fct_purchase_order_line", *names) == [
        ("USD", date(2026, 2, 27), Decimal(90)),
        ("EUR", None, Decimal(7)),
    ]


def test_a_receipt_belongs_to_the_vendor_of_its_line():
    engine = built(
        "fct_receipt",
        purchase_order_line=[line("a", service_id="shop")],
        receipt=[receipt("r1", "a", 0, vendor_id="other"), receipt("r2", None, 0, vendor_id="other")],
    )
    assert facts(engine, "fct_receipt", "receipt_id", "vendor_id", "service_id", "rejected_quantity") == [
        ("r1", "acme", "shop", 0),
        ("r2", "other", "unallocated", 0),
    ]


def test_an_invoice_is_on_time_until_its_due_day():
    def invoice(id: str, due: date | None, paid: date | None) -> dict[str, Any]:
        return {"invoice_id": id, "invoiced_on": COMMITTED, "due_on": due, "paid_on": paid, "amount": Decimal(5)}

    due = COMMITTED + timedelta(days=30)
    engine = built(
        "fct_invoice",
        invoice=[
            invoice("a", due, due),
            invoice("b", due, due + timedelta(days=1)),
            invoice("c", due, None),
            invoice("d", None, due),
        ],
    )
    assert facts(engine, "fct_invoice", "invoice_id", "is_paid_on_time", "amount_reporting") == [
        ("a", True, 5),
        ("b", False, 5),
        ("c", None, 5),
        ("d", None, 5),
    ]


def test_an_invoice_may_ask_for_less_than_agreed():
    invoiced = {"invoiced_on": COMMITTED, "amount": Decimal(100)}
    agreed = [("a", Decimal(100)), ("b", Decimal(101)), ("c", Decimal("99.99")), ("d", None)]
    engine = built("fct_invoice", invoice=[{"invoice_id": id, **invoiced, "agreed_amount": sum} for id, sum in agreed])
    assert facts(engine, "fct_invoice", "invoice_id", "is_as_agreed") == [
        ("a", True),
        ("b", True),
        ("c", False),
        ("d", None),
    ]


def test_a_contract_expires_on_the_day_after_its_last():
    contracts = [
        {"contract_id": "a", "vendor_id": "acme", "starts_on": COMMITTED, "ends_on": date(2026, 12, 31)},
        {"contract_id": "b", "vendor_id": "acme", "starts_on": COMMITTED},
    ]
    engine = built("fct_contract", contract=contracts)
    assert facts(engine, "fct_contract", "contract_id", "expiry_date") == [("a", date(2027, 1, 1)), ("b", None)]


def test_a_later_receipt_reaches_its_line_alone():
    lines, tables = [line("a"), line("b")], ("fct_purchase_order_line", "fct_receipt")
    engine = built(*tables, purchase_order_line=lines, receipt=[receipt("r1", "a", 0, 4)])
    fill(engine, "receipt", [receipt("r1", "a", 0, 4), receipt("r2", "a", 1, 6)], sequence=2)
    for table in tables:
        made = build(engine, company(), table, run(2))
        assert (made.mode, made.written.changed) == ("incremental", 1)
        assert build(engine, company(), table, run(3, full=True)).written.changed == 0


def test_a_line_that_is_closed_waits_for_no_more():
    engine = built("fct_purchase_order_line", purchase_order_line=[line("a")], receipt=[receipt("r", "a", 0, 1)])
    names = ("received_date", "is_on_time", "is_late", "lead_time_days")
    assert facts(engine, "fct_purchase_order_line", *names) == [(None, None, None, None)]
    fill(engine, "purchase_order_line", [line("a", status="closed")], sequence=2)
    assert build(engine, company(), "fct_purchase_order_line", run(2)).mode == "incremental"
    assert facts(engine, "fct_purchase_order_line", *names) == [(COMMITTED, True, False, 9)]
