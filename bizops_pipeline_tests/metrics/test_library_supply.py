"""Standard KPIs of supply on a small company, each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, standard

MARCH, APRIL = "2026-03-01", "2026-04-01"


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("supply"), as_of="2026-04-10")
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
        ("acme", "2026-03-05", "2026-03-30", True, 100),
        ("acme", "2026-03-25", "2026-03-31", False, -20),
        ("zenith", "2026-03-25", None, None, 50),
        ("zenith", "2026-03-26", "2026-03-28", None, None),
    ]
    made.add(
        "fct_invoice",
        *(
            {"vendor_id": vendor, "invoiced_date": day, "paid_date": paid, "is_paid_on_time": kept,
             "amount_reporting": amount}
            for vendor, day, paid, kept, amount in invoices
        ),
    )  # fmt: skip
    contracts = [("acme", "2025-01-01", "2026-03-31"), ("acme", "2026-04-01", None), ("zenith", "2026-01-01", None)]
    made.add(
        "fct_contract",
        *({"vendor_id": vendor, "start_date": start, "expiry_date": expiry} for vendor, start, expiry in contracts),
    )
    made.build()
    return made


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("vendor_otd", MARCH, 2 / 5, "of five due two in the window; one early, one late, one not come"),
        ("vendor_otd", APRIL, None, "the window of the only line is open until the end of the as-of date"),
        ("vendor_not_late", MARCH, 3 / 5, "the early one too"),
        ("vendor_otif", MARCH, 1 / 5, "one of the two was short"),
        ("overdue_purchase_lines", MARCH, 2, "one came in April, one has not come"),
        ("overdue_purchase_lines", APRIL, 2, "one of March, and the one of the as-of date"),
        ("vendor_lead_time", MARCH, 4, "median of 3, 4, 5"),
        ("vendor_spend", MARCH, 130, "100 - 20 + 50"),
        ("invoices_paid_on_time", MARCH, 1 / 2, "paid in March with a due day"),
        ("active_contracts", "2026-02-01", 2, "the first of acme, that of zenith"),
        ("active_contracts", MARCH, 1, "the first expired on the last day"),
        ("active_contracts", APRIL, 2, "the second of acme, that of zenith"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


@pytest.mark.parametrize(
    ("kpi", "vendor", "value"),
    [("vendor_otd", "acme", 2 / 4), ("vendor_otd", "zenith", 0), ("vendor_spend", "acme", 80)],
)
def test_standard_kpi_by_vendor(world: World, kpi: str, vendor: str, value: float):
    assert world.value(kpi, "month", MARCH, "vendor", vendor) == pytest.approx(value)


def test_every_standard_kpi_has_values(world: World):
    found = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert {kpi.id for kpi in standard("supply") if not found.get(kpi.id)} == set()
