"""Standard KPIs of finance and cloud cost on a small company, each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY, QUARTER = "2026-01-01", "2026-02-01", "2026-01-01"
IT = {"is_it": True, "is_cash": True, "spend_class": "run", "cost_type": "opex", "cost_centre": "it"}


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("commerce", "people", "operation", "service_desk", "finance", "cloud"), as_of="2026-02-14")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"buy": 1}})
    ledger(made)
    plans(made)
    cloud(made)
    made.build()
    return made


def ledger(world: World) -> None:
    costs: list[tuple[str, int | None, dict[str, Any]]] = [
        ("2026-01-05", 300, {"service_id": "shop"}),
        ("2026-01-20", 100, {"cost_type": "capex", "spend_class": "transform", "service_id": "erp"}),
        ("2026-01-31", 50, {"cost_type": "depreciation", "is_cash": False}),
        ("2026-01-15", 60, {"tower": "service_desk", "cost_type": "depreciation", "is_cash": False}),
        ("2026-01-31", None, {}),  # no rate for its currency
        ("2026-01-10", 600, {"cost_centre": "marketing", "is_it": False}),
        ("2026-01-12", 0, {"cost_centre": "unplanned"}),
        ("2026-02-10", 140, {"service_id": "shop"}),
    ]
    world.add(
        "fct_gl_cost",
        *({"cost_date": day, "amount_reporting": amount, **IT, **columns} for day, amount, columns in costs),
    )
    technology = [
        ("ledger", "shop", 300, True),
        ("ledger", "unallocated", 50, False),
        ("cloud", "shop", 90, True),
        ("cloud", "unallocated", 60, False),
    ]
    world.add(
        "fct_technology_cost",
        *(
            {"cost_date": "2026-01-05", "origin": origin, "service_id": service, "amount_reporting": amount,
             "is_allocated": allocated}
            for origin, service, amount, allocated in technology
        ),
    )  # fmt: skip
    heads = [("2026-01-01", "2026-01-16"), ("2026-01-01", None)]
    world.add("fct_employee", *({"valid_from": begin, "valid_to": end, "is_head": True} for begin, end in heads))
    world.add("fct_ticket", *[{"opened_at": at("2026-01-10 10:00"), "resolved_at": at("2026-01-10 12:00")}] * 5)
    world.add("fct_revenue", {"occurred_at": at("2026-01-10 10:00"), "amount_reporting": 8000})
    orders = [{"ordered_at": at("2026-01-10 10:00"), "is_cancelled": False, "service_id": "shop"}] * 3
    world.add("fct_order", *orders)


def plans(world: World) -> None:
    """Ten days of January and ten of each half of February hold the budgets, equal amounts a day."""
    days = [f"2026-01-{number:02}" for number in range(1, 11)] + [f"2026-02-{number:02}" for number in (13, 14, 15, 16)]
    lines: list[tuple[int, dict[str, Any]]] = [
        (20, {"is_innovation": False}),
        (10, {"is_innovation": True, "service_id": "shop"}),
        (5, {"is_innovation": None}),
        (40, {"is_cash": False}),
        (50, {"cost_centre": "marketing", "is_it": False}),
    ]
    world.add(
        "fct_budget",
        *(
            {"budget_date": day, "amount_reporting": amount, **IT, **columns}
            for day in days
            for amount, columns in lines
            if "cost_type" not in columns
        ),
    )
    world.add(
        "fct_forecast",
        *(
            {"forecast_date": "2026-01-15", "amount_reporting": amount, "is_it": True, "cost_centre": "it", **columns}
            for amount, columns in ((240, {"service_id": "shop"}), (260, {"service_id": "erp"}))
        ),
    )


def cloud(world: World) -> None:
    used, unused = {"commitment_discount_status": "Used"}, {"commitment_discount_status": "Unused"}
    covered = {"is_commitment_eligible": True, "is_tagged": True, **used}
    charges: list[tuple[str, str, float, float, float | None, dict[str, Any]]] = [
        # charged, invoiced, billed, effective, list
        ("2026-01-01", "2026-01-01", 120, 0, 120, {"charge_category": "Purchase", "is_prepayment": True}),
        ("2026-01-02", "2026-01-01", 0, 60, 80, {"charge_category": "Usage", **covered}),
        ("2026-01-02", "2026-01-01", 0, 20, 0, {"charge_category": "Usage", **unused}),
        ("2026-01-03", "2026-01-01", 40, 40, 40, {"charge_category": "Usage", "is_commitment_eligible": True}),
        ("2026-01-31", "2026-02-01", 5, 5, 5, {"charge_category": "Usage", "is_tagged": True}),
        ("2026-01-31", "2026-01-01", 19, 19, None, {"charge_category": "Tax"}),
    ]
    world.add(
        "fct_cloud_cost",
        *(
            {"cost_date": day, "billing_date": invoice, "billed_cost_reporting": billed, "provider_name": "Nimbus",
             "effective_cost_reporting": effective, "list_cost_reporting": listed, **columns}
            for day, invoice, billed, effective, listed, columns in charges
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("it_spend", JANUARY, 400, "300 + 100; depreciation, marketing and what has no rate are out"),
        ("service_desk_cost", JANUARY, 60, "by its tower, with depreciation"),
        ("cost_per_ticket", JANUARY, 12, "60 / 5"),
        ("it_spend_per_employee", JANUARY, 400 / (46 / 31), "two people for 15 days, one for 16"),
        ("it_spend_rate", JANUARY, 0.05, "400 / 8,000"),
        ("it_spend_rate", FEBRUARY, None, "no revenue"),
        ("it_budget", JANUARY, 350, "10 days of 20 + 10 + 5"),
        ("it_budget", FEBRUARY, 70, "two of the four days have come"),
        ("it_budget_consumption", JANUARY, 400 / 350, "spend / budget"),
        ("it_budget_consumption", FEBRUARY, 2, "140 / 70: to date against to date"),
        ("cash_spend", JANUARY, 1000, "400 + 600"),
        ("cash_budget", JANUARY, 850, "10 days of 20 + 10 + 5 + 50"),
        ("budget_variance", JANUARY, 150 / 850, "(1,000 - 850) / 850"),
        ("it_forecast", JANUARY, 500, "240 + 260"),
        ("forecast_accuracy", JANUARY, 0.75, "1 - |400 - 500| / 400"),
        ("forecast_accuracy", FEBRUARY, None, "nobody made a forecast"),
        ("innovation_budget", JANUARY, 100, "10 days of 10"),
        ("untagged_budget", JANUARY, 50, "10 days of 5"),
        ("operational_cost", JANUARY, 300, "opex alone"),
        ("innovation_budget_ratio", JANUARY, 1 / 3, "100 / 300"),
        ("technology_cost", JANUARY, 500, "300 + 50 + 90 + 60"),
        ("allocated_cost", JANUARY, 390, "300 + 90"),
        ("allocation_coverage", JANUARY, 0.78, "390 / 500"),
        ("unit_cost", JANUARY, 130, "390 / 3"),
        ("effective_cost", JANUARY, 144, "60 + 20 + 40 + 5 + 19"),
        ("billed_cost", JANUARY, 179, "120 + 40 + 19"),
        ("billed_cost", FEBRUARY, 5, "charged in January, on the invoice of February"),
        ("commitment_utilization", JANUARY, 0.75, "60 / 80"),
        ("commitment_waste", JANUARY, 20, "unused"),
        ("commitment_coverage", JANUARY, 80 / 120, "80 of 80 + 40 at list price"),
        ("cloud_list_cost", JANUARY, 125, "80 + 40 + 5, without the prepayment"),
        ("effective_savings_rate", JANUARY, 0.0, "1 - (60 + 20 + 40 + 5) / 125: waste ate the discount"),
        ("cloud_tag_coverage", JANUARY, 65 / 144, "(60 + 5) / 144"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


@pytest.mark.parametrize(
    ("kpi", "scope", "member", "value"),
    [
        ("it_spend", "service", "shop", 300),
        ("it_spend", "value_stream", "buy", 300 * 0.75 + 100),
        ("forecast_accuracy", "service", "shop", 0.8),
        ("forecast_accuracy", "service", "erp", -0.6),
        ("unit_cost", "value_stream", "serve", 390 * 0.25 / (3 * 0.25)),
        ("innovation_budget", "value_stream", "serve", 25),
    ],
)
def test_standard_kpi_by_member(world: World, kpi: str, scope: str, member: str, value: float):
    assert world.value(kpi, "month", JANUARY, scope, member) == pytest.approx(value, rel=1e-9)


@pytest.mark.parametrize(
    ("kpi", "dimensions", "value"),
    [
        ("budget_variance", {"cost_centre": "it"}, 50 / 350),
        ("budget_variance", {"cost_centre": "marketing"}, 0.2),
        ("it_budget_consumption", {"cost_centre": "unplanned"}, None),
        ("rgt_share", {"spend_class": "run"}, 300 / 400),
        ("rgt_share", {"spend_class": "transform"}, 100 / 400),
        ("allocation_coverage", {"origin": "cloud"}, 0.6),
        ("commitment_utilization", {"provider_name": "Nimbus"}, 0.75),
    ],
)
def test_standard_kpi_by_dimension(world: World, kpi: str, dimensions: dict[str, str], value: float | None):
    expected = None if value is None else pytest.approx(value, rel=1e-9)
    assert world.value(kpi, "month", JANUARY, **dimensions) == expected


def test_a_quarter_divides_its_sums(world: World):
    assert world.value("it_budget_consumption", "quarter", QUARTER) == pytest.approx(540 / 420)


def test_every_standard_kpi_has_values(world: World):
    found = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    ours = {kpi.id for kpi in standard("finance", "cloud")}
    assert {id for id in ours if not found.get(id)} == set()
