"""Costs, budgets, forecasts and cloud charges by hand-computed cases."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bizops_pipeline.model.build import build
from bizops_pipeline_tests.model.company import built, company, facts, fill, run

RATES = [
    {"fx_rate_id": "usd-1", "rate_date": date(2026, 1, 1), "currency": "USD", "rate": Decimal("0.9")},
    {"fx_rate_id": "usd-2", "rate_date": date(2026, 3, 10), "currency": "USD", "rate": Decimal("0.8")},
]


def cost(id: str, amount: str, day: date = date(2026, 3, 10), **columns: Any) -> dict[str, Any]:
    return {
        "gl_cost_id": id,
        "posted_on": day,
        "amount": Decimal(amount),
        "cost_type": "opex",
        "is_it": True,
        **columns,
    }


def charge(id: str, billed: str, effective: str, **columns: Any) -> dict[str, Any]:
    return {
        "cloud_cost_id": id,
        "charge_category": "Usage",
        "pricing_category": "Standard",
        "charge_period_start": datetime(2026, 3, 9, 23, 30),
        "billing_period_start": datetime(2026, 3, 1),
        "billed_cost": Decimal(billed),
        "effective_cost": Decimal(effective),
        **columns,
    }


def test_costs_are_worth_the_rate_of_their_day_and_reach_known_services():
    engine = built(
        "fct_gl_cost",
        fx_rate=RATES,
        gl_cost=[
            cost("a", "100"),
            cost("b", "100", date(2026, 3, 9), currency="USD", service_id="shop"),
            cost("c", "100", currency="USD", service_id="unheard of"),
            cost("d", "100", currency="XXX", spend_class="run"),
        ],
    )
    names = ("gl_cost_id", "service_id", "currency", "spend_class", "amount_reporting", "rate_date")
    assert facts(engine, "fct_gl_cost", *names) == [
        ("a", "unallocated", "EUR", "untagged", 100, None),
        ("b", "shop", "USD", "untagged", 90, date(2026, 1, 1)),
        ("c", "unallocated", "USD", "untagged", 80, date(2026, 3, 10)),
        ("d", "unallocated", "XXX", "run", None, None),
    ]


def test_depreciation_is_no_cash():
    types = [cost("a", "1"), cost("b", "2", cost_type="capex"), cost("c", "4", cost_type="depreciation")]
    engine = built("fct_gl_cost", gl_cost=types)
    assert facts(engine, "fct_gl_cost", "gl_cost_id", "is_cash") == [("a", True), ("b", True), ("c", False)]


def test_a_budget_is_spread_over_its_month_without_losing_a_cent():
    engine = built(
        "fct_budget", budget=[{"budget_id": "b", "month": date(2026, 2, 1), "amount": Decimal("100"), "is_it": True}]
    )
    days = facts(engine, "fct_budget", "budget_date", "amount", "amount_reporting")
    assert [day for day, *_ in days] == [date(2026, 2, number) for number in range(1, 29)]
    assert {amount for _, amount, _ in days[:-1]} == {Decimal("3.5714")}
    assert days[-1][1] == Decimal("3.5722"), "100 - 27 x 3.5714"
    assert sum(amount for _, _, amount in days) == 100


@pytest.mark.parametrize("month", [date(1999, 2, 1), date(2031, 2, 1)], ids=str)
def test_budgets_of_long_ago_and_of_years_to_come_are_spread_too(month):
    engine = built("fct_budget", budget=[{"budget_id": "b", "month": month, "amount": Decimal("100")}])
    days = facts(engine, "fct_budget", "budget_date", "amount")
    assert len(days) == 28
    assert sum(amount for _, amount in days) == 100


def test_the_frozen_forecast_is_the_last_one_before_the_month():
    def forecast(id: str, made: date, amount: int, centre: str = "it", **columns: Any) -> dict[str, Any]:
        month = {"month": date(2026, 2, 1), "made_on": made, "amount": Decimal(amount), "cost_centre": centre}
        return {"forecast_id": id, **month, **columns}

    engine = built(
        "fct_forecast",
        forecast=[
            forecast("early", date(2025, 12, 15), 280),
            forecast("early, dropped later", date(2025, 12, 15), 28, service_id="shop"),
            forecast("frozen", date(2026, 1, 31), 560),
            forecast("too late", date(2026, 2, 1), 999),
            forecast("other centre", date(2025, 12, 15), 56, "marketing"),
        ],
    )
    totals = engine.rows("select forecast_id, sum(amount), count(*) from core.fct_forecast group by 1 order by 1")
    assert totals == [("frozen", 560, 28), ("other centre", 56, 28)]


def test_a_charge_keeps_its_day_its_invoice_and_its_fractions_of_a_cent():
    engine = built(
        "fct_cloud_cost",
        fx_rate=RATES,
        owner=company(time_zone="Europe/Berlin"),
        cloud_cost=[charge("a", "0.000000801", "0.000000801", billing_currency="USD", tags='{"service": "shop"}')],
    )
    names = ("cost_date", "billing_date", "billed_cost", "billed_cost_reporting", "is_tagged")
    assert facts(engine, "fct_cloud_cost", *names) == [
        (date(2026, 3, 9), date(2026, 3, 1), Decimal("0.000000801"), Decimal("0.000000721"), True)
    ], "the day is that of UTC, the rate 0.9"


def test_a_charge_in_a_currency_of_small_units_fits():
    price = "98765432109.123456789"
    rate = {"fx_rate_id": "IDR", "currency": "IDR", "rate_date": date(2026, 3, 2), "rate": Decimal("0.00006")}
    cloud_cost = [charge("a", price, price, billing_currency="IDR")]
    engine = built("fct_cloud_cost", fx_rate=[rate], cloud_cost=cloud_cost)
    assert facts(engine, "fct_cloud_cost", "billed_cost", "effective_cost_reporting") == [
        (Decimal(price), Decimal("5925925.926547407"))
    ]


def test_what_a_commitment_could_cover():
    compute = {"service_category": "Compute"}
    cases: list[tuple[dict[str, Any], bool]] = [
        (compute, True),
        ({"service_category": "Databases", "pricing_category": "Committed"}, True),
        ({"service_category": "Storage"}, False),
        ({}, False),
        ({"service_category": "Storage", "is_commitment_eligible": True}, True),
        ({**compute, "is_commitment_eligible": False}, False),
        ({**compute, "pricing_category": "Dynamic"}, False),
        ({**compute, "charge_class": "Correction"}, False),
        ({**compute, "charge_category": "Tax"}, False),
        ({**compute, "commitment_discount_status": "Unused"}, False),
    ]
    charges = [charge(str(number), "1", "1", **columns) for number, (columns, _) in enumerate(cases)]
    engine = built("fct_cloud_cost", cloud_cost=charges)
    assert facts(engine, "fct_cloud_cost", "cloud_cost_id", "is_commitment_eligible") == [
        (str(number), eligible) for number, (_, eligible) in enumerate(cases)
    ]


def test_a_prepayment_is_billed_and_used_up_by_others():
    charges = [
        charge("prepaid", "1200", "0", charge_category="Purchase"),
        charge("bought and used", "12", "12", charge_category="Purchase"),
        charge("usage", "0", "48"),
    ]
    engine = built("fct_cloud_cost", cloud_cost=charges)
    assert facts(engine, "fct_cloud_cost", "cloud_cost_id", "is_prepayment") == [
        ("bought and used", False),
        ("prepaid", True),
        ("usage", False),
    ]


def test_technology_cost_counts_what_serves_the_period_once():
    engine = built(
        "fct_technology_cost",
        gl_cost=[
            cost("licence", "10", service_id="shop"),
            cost("server bought", "500", cost_type="capex"),
            cost("server worn", "20", cost_type="depreciation"),
            cost("cloud invoice", "70", is_detailed_in_cloud_cost=True),
            cost("advertising", "40", is_it=False),
        ],
        cloud_cost=[charge("compute", "70", "65", service_id="payments")],
    )
    names = ("technology_cost_id", "service_id", "is_allocated", "amount_reporting")
    assert facts(engine, "fct_technology_cost", *names) == [
        ("cloud:compute", "payments", True, 65),
        ("ledger:licence", "shop", True, 10),
        ("ledger:server worn", "unallocated", False, 20),
    ]


def share(item: str, service: str, weight: str) -> dict[str, Any]:
    kind = "cloud_cost" if item in ("compute", "c") else "gl_cost"
    mapped = {"entity_map_id": f"{item} {service}", "item_type": kind, "item_id": item}
    return {**mapped, "service_id": service, "weight": Decimal(weight)}


def test_technology_cost_of_several_services_is_shared_by_weight_and_nothing_is_lost():
    engine = built(
        "fct_technology_cost",
        gl_cost=[
            cost("licence", "4000000000.5", service_id="shop"),
            cost("network", "0.01"),
            cost("network:shop", "5", service_id="shop"),
        ],
        cloud_cost=[charge("compute", "70", "65", service_id="payments")],
        entity_map=[
            share("network", "shop", "0.333333"),
            share("network", "payments", "0.333333"),
            share("compute", "shop", "0.2"),
        ],
    )
    names = ("technology_cost_id", "service_id", "is_allocated", "amount_reporting")
    found = [(*row[:3], str(row[3])) for row in facts(engine, "fct_technology_cost", *names)]
    assert found == [
        ("cloud:compute", "unallocated", False, "52.000000000"),
        ("ledger:licence", "shop", True, "4000000000.500000000"),
        ("ledger:network", "unallocated", False, "0.003333340"),
        ("ledger:network:shop", "shop", True, "5.000000000"),
        ("share:payments:ledger:network", "payments", True, "0.003333330"),
        ("share:shop:cloud:compute", "shop", True, "13.000000000"),
        ("share:shop:ledger:network", "shop", True, "0.003333330"),
    ]


def test_parts_built_anew_equal_the_whole_built_anew():
    tables = ("fct_gl_cost", "fct_budget", "fct_forecast", "fct_cloud_cost", "fct_technology_cost")
    inputs: dict[str, list[dict[str, Any]]] = {
        "gl_cost": [cost("a", "100", currency="USD"), cost("b", "5", date(2026, 3, 9))],
        "budget": [{"budget_id": "b", "month": date(2026, 2, 1), "amount": Decimal(7), "currency": "USD"}],
        "forecast": [
            {"forecast_id": "f", "month": date(2026, 2, 1), "made_on": date(2026, 1, 1), "amount": Decimal(3)}
        ],
        "cloud_cost": [charge("c", "3", "4", billing_currency="USD"), charge("d", "1", "1")],
        "entity_map": [share("c", "shop", "0.5")],
    }
    engine = built(*tables, fx_rate=RATES, **inputs)
    inputs["gl_cost"][1] = cost("b", "6", date(2026, 3, 11), service_id="shop")
    inputs["budget"].append({"budget_id": "c", "month": date(2026, 2, 1), "amount": Decimal(9)})
    inputs["forecast"].append({**inputs["forecast"][0], "forecast_id": "g", "made_on": date(2026, 1, 9)})
    inputs["cloud_cost"] = [charge("c", "3", "5", billing_currency="USD")]
    inputs["entity_map"] = [share("c", "shop", "0.75"), share("a", "payments", "1")]
    inputs["fx_rate"] = [*RATES, {**RATES[1], "fx_rate_id": "usd-0", "rate_date": date(2026, 2, 9), "rate": Decimal(2)}]
    for entity, rows in inputs.items():
        fill(engine, entity, rows, sequence=2)
    for table in ("dim_exchange_rate", "bridge_item_service", *tables):
        made = build(engine, company(), table, run(2))
        assert made.mode == "incremental", table
        assert made.written.changed, table
    for table in tables:
        assert build(engine, company(), table, run(3, full=True)).written.changed == 0, table
