"""Standard KPIs of supply on a small company, each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline.catalogue.models.kpi import ScorePart
from bizops_pipeline_tests.metrics.support import World, at, standard

MARCH, APRIL = "2026-03-01", "2026-04-01"


@pytest.fixture(scope="module")
def world() -> World:
    made = World([*standard("service_desk"), *standard("supply")], as_of="2026-04-10")
    lines: list[tuple[str, str, str, str | None, dict[str, Any]]] = [
        # vendor, committed, end of the window, received
        ("acme", "2026-03-02", "2026-03-03", "2026-03-03", {"is_on_time": True, "is_in_full": True}),
        ("acme", "2026-03-05", "2026-03-06", "2026-03-05", {"is_on_time": True}),
        ("acme", "2026-03-09", "2026-03-10", "2026-03-04", {"is_on_time": False, "is_in_full": True}),
        ("acme", "2026-03-20", "2026-03-21", "2026-04-02", {"is_on_time": False, "is_late": True, "is_in_full": True}),
        ("zenith", "2026-03-20", "2026-03-21", None, {"is_on_time": None, "is_late": None}),
        ("zenith", "2026-03-21", "2026-03-22", None, {"is_cancelled": True, "is_on_time": None, "is_late": None}),
        ("zenith", "2026-04-09", "2026-04-10", None, {"is_on_time": None, "is_late": None}),
    ]
    made.add(
        "fct_purchase_order_line",
        *(
            {
                "vendor_id": vendor,
                "committed_date": committed,
                "window_end_date": until,
                "received_date": received,
                "is_late": False,
                "lead_time_days": None if received is None else int(received[-2:]),
                **columns,
            }
            for vendor, committed, until, received, columns in lines
        ),
    )
    invoices = [
        # vendor, invoiced, paid, by its due day, as agreed, amount
        ("acme", "2026-03-05", "2026-03-30", True, True, 100),
        ("acme", "2026-03-25", "2026-03-31", False, False, -20),
        ("zenith", "2026-03-25", None, None, None, 50),
        ("zenith", "2026-03-26", "2026-03-28", None, True, None),
    ]
    made.add(
        "fct_invoice",
        *(
            {"vendor_id": vendor, "invoiced_date": day, "paid_date": paid, "is_paid_on_time": kept,
             "is_as_agreed": agreed, "amount_reporting": amount}
            for vendor, day, paid, kept, agreed, amount in invoices
        ),
    )  # fmt: skip
    contracts = [("acme", "2025-01-01", "2026-03-31"), ("acme", "2026-04-01", None), ("zenith", "2026-01-01", None)]
    made.add(
        "fct_contract",
        *({"vendor_id": vendor, "start_date": start, "expiry_date": expiry} for vendor, start, expiry in contracts),
    )
    receipts = [("acme", 600, 6), ("acme", 400, 4), ("zenith", 1000, 0)]
    made.add(
        "fct_receipt",
        *(
            {"vendor_id": vendor, "received_date": "2026-03-10", "received_quantity": units, "rejected_quantity": bad}
            for vendor, units, bad in receipts
        ),
    )
    tickets = [("acme", True), ("acme", True), ("acme", True), ("acme", False), (None, False)]
    made.add(
        "fct_ticket",
        *(
            {"vendor_id": vendor, "resolved_at": at("2026-03-11 10:00"), "opened_at": at("2026-03-11 09:00"),
             "sla_met": kept}
            for vendor, kept in tickets
        ),
    )  # fmt: skip
    made.build()
    return made


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("vendor_otd", MARCH, 2 / 5, "of five due two in the window; one early, one late, one not come"),
        ("vendor_otd", APRIL, 0, "the window of the only line ended with the as-of date"),
        ("vendor_not_late", MARCH, 3 / 5, "the early one too"),
        ("vendor_otif", MARCH, 1 / 5, "one of the two was short"),
        ("overdue_purchase_lines", MARCH, 2, "one came in April, one has not come"),
        ("overdue_purchase_lines", APRIL, 2, "one of March, and the one of the as-of date"),
        ("vendor_lead_time", MARCH, 4, "median of 3, 4, 5"),
        ("vendor_spend", MARCH, 130, "100 - 20 + 50"),
        ("invoices_paid_on_time", MARCH, 1 / 2, "paid in March with a due day"),
        ("vendor_ppm", MARCH, 5000, "10 of 2,000"),
        ("vendor_price_adherence", MARCH, 2 / 3, "two of the three with an agreed amount"),
        ("active_contracts", "2026-02-01", 2, "the first of acme, that of zenith"),
        ("active_contracts", MARCH, 1, "the first expired on the last day"),
        ("active_contracts", APRIL, 2, "the second of acme, that of zenith"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


@pytest.mark.parametrize(
    ("kpi", "vendor", "value"),
    [
        ("vendor_otd", "acme", 2 / 4),
        ("vendor_otd", "zenith", 0),
        ("vendor_spend", "acme", 80),
        ("vendor_ppm", "zenith", 0),
    ],
)
def test_standard_kpi_by_vendor(world: World, kpi: str, vendor: str, value: float):
    assert world.value(kpi, "month", MARCH, "vendor", vendor) == pytest.approx(value)


def test_the_score_weighs_delivery_quality_service_and_price(world: World):
    row = world.row("vendor_score", "month", MARCH, "vendor", "acme")
    assert row["value"] == pytest.approx(40 * 2 / 4 + 30 * (1 - 10_000 / 50_000) + 20 * 3 / 4 + 10 * 1 / 2)
    assert (row["denominator"], row["n"]) == (100, 4)


def test_late_deliveries_cap_the_score_and_a_missing_part_shows(world: World):
    row = world.row("vendor_score", "month", MARCH, "vendor", "zenith")
    assert row["value"] == pytest.approx(100 * (0 + 30 + 10) / 80), "no ticket of zenith"
    assert (row["denominator"], row["n"]) == (80, 3)
    nearly = world.row("vendor_score", "month", MARCH)
    uncapped = 40 * 2 / 5 + 30 * (1 - 5_000 / 50_000) + 20 * 3 / 4 + 10 * 2 / 3
    assert (nearly["value"], uncapped) == (50, pytest.approx(64.6667, abs=1e-3)), "two of five lines on time"


def test_a_part_that_no_source_feeds_is_left_out_of_the_score():
    world = World([*standard("service_desk"), *standard("supply")], as_of="2026-03-31")
    due = {"committed_date": "2026-03-02", "window_end_date": "2026-03-02", "received_date": "2026-03-02"}
    world.build()
    assert world.row("vendor_score")["null_reason"] == "source_missing", "of no part"
    world.add("fct_purchase_order_line", *({**due, "is_on_time": number < 3} for number in range(4)))
    world.build()
    assert world.row("vendor_sla")["null_reason"] == "source_missing"
    assert (world.value("vendor_score"), world.row("vendor_score")["n"]) == (75, 1)


def test_the_score_of_a_published_example():
    """Quality 90, delivery 80, price 75, service 85, quality counting twice: 36 + 16 + 15 + 17 = 84.

    The example is that of calculatorcollection.org, supplier performance scorecard.
    """
    parts = [
        ScorePart(metric="vendor_ppm", weight=0.4, worst=1_000_000, best=0),
        ScorePart(metric="vendor_otd", weight=0.2, worst=0, best=1),
        ScorePart(metric="vendor_price_adherence", weight=0.2, worst=0, best=1),
        ScorePart(metric="vendor_sla", weight=0.2, worst=0, best=1),
    ]
    kpis = [
        kpi.model_copy(update={"parts": tuple(parts)}) if kpi.id == "vendor_score" else kpi
        for kpi in (*standard("service_desk"), *standard("supply"))
    ]
    world = World(kpis, as_of="2026-03-31")
    due = {"committed_date": "2026-03-02", "window_end_date": "2026-03-02", "received_date": "2026-03-02"}
    world.add("fct_purchase_order_line", *({**due, "is_on_time": number < 16} for number in range(20)))
    world.add("fct_receipt", {"received_date": "2026-03-02", "received_quantity": 20, "rejected_quantity": 2})
    world.add("fct_invoice", *({"invoiced_date": "2026-03-02", "is_as_agreed": number < 15} for number in range(20)))
    solved = {"vendor_id": "a", "opened_at": at("2026-03-02 09:00"), "resolved_at": at("2026-03-02 10:00")}
    world.add("fct_ticket", *({**solved, "sla_met": number < 17} for number in range(20)))
    world.build()
    assert world.value("vendor_score", "month", MARCH) == pytest.approx(84)


def test_a_final_value_stays_when_windows_end_later():
    """Of two lines committed in March the window of one ends in April; neither has come."""
    ids = ("vendor_otd", "vendor_not_late", "vendor_otif")
    world = World([kpi for kpi in standard("supply") if kpi.id in ids], as_of="2026-03-31")
    world.add(
        "fct_purchase_order_line",
        *({"committed_date": "2026-03-30", "window_end_date": until} for until in ("2026-03-31", "2026-04-04")),
    )
    world.build()
    march = {id: world.row(id, "month", MARCH) for id in ids}
    assert {(row["value"], row["denominator"], row["is_provisional"]) for row in march.values()} == {(0, 1, False)}
    world.build("2026-04-20")
    assert {id: world.row(id, "month", MARCH)["denominator"] for id in ids} == dict.fromkeys(ids, 1)
    assert {id: world.row(id, "month", APRIL)["denominator"] for id in ids} == dict.fromkeys(ids, 1)


def test_every_standard_kpi_has_values(world: World):
    found = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert {kpi.id for kpi in standard("supply") if not found.get(kpi.id)} == set()
