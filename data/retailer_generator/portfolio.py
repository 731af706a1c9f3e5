"""The portfolio office's list of initiatives, as it stands at the cut."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from retailer_generator import clock
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger


@dataclass(frozen=True)
class Initiative:
    """An initiative, its plan, and how much of the budget it needs in the end."""

    name: str
    objective: str | None
    value_stream: str
    service: str
    team: str
    start: date
    end: date
    budget: int
    currency: str
    needs: float
    kpi: str
    delta: float
    hours: int


INITIATIVES = (
    Initiative(
        "One-page checkout", "easy_to_buy_2026q3", "order_to_cash", "checkout", "checkout_engineering",
        date(2025, 11, 3), date(2026, 9, 30), 240_000, "EUR", 1.12, "cart_abandonment", -0.04, 3200,
    ),
    Initiative(
        "Second payment provider", "dependable_checkout_2026q3", "order_to_cash", "payments", "checkout_engineering",
        date(2026, 2, 2), date(2026, 10, 31), 130_000, "CHF", 0.9, "availability", 0.0005, 1500,
    ),
    Initiative(
        "Release every day", "flow_of_change_2026q3", "idea_to_production", "identity", "platform",
        date(2026, 1, 12), date(2026, 12, 18), 90_000, "EUR", 1.0, "lead_time_for_changes", -62, 1400,
    ),
    Initiative(
        "Partner brands", "wider_assortment_2026q3", "assortment_to_shelf", "product_catalogue", "shop_engineering",
        date(2026, 3, 2), date(2026, 9, 25), 160_000, "EUR", 0.85, "net_revenue", 20_000, 1900,
    ),
    Initiative(
        "Suppliers on EDI", "wider_assortment_2026q3", "assortment_to_shelf", "order_management",
        "fulfilment_engineering",
        date(2026, 1, 5), date(2026, 8, 28), 75_000, "GBP", 1.3, "net_revenue", 6_000, 1100,
    ),
    Initiative(
        "Warehouse scanners", None, "order_to_cash", "warehouse", "fulfilment_engineering",
        date(2025, 2, 3), date(2025, 10, 31), 110_000, "EUR", 1.02, "refund_rate", -0.004, 1300,
    ),
    Initiative(
        "Search that understands", None, "order_to_cash", "search", "shop_engineering",
        date(2025, 4, 7), date(2026, 1, 30), 140_000, "EUR", 0.97, "conversion_rate", 0.01, 2100,
    ),
    Initiative(
        "Reading data for everyone", "flow_of_change_2026q3", "idea_to_production", "data_platform", "data_team",
        date(2026, 4, 13), date(2026, 12, 11), 55_000, "EUR", 0.8, "csat", 0.01, 800,
    ),
    Initiative(
        "One account", None, "request_to_resolution", "customer_accounts", "shop_engineering",
        date(2025, 9, 1), date(2026, 6, 26), 95_000, "EUR", 1.08, "repeat_purchase_rate", 0.02, 1500,
    ),
    Initiative(
        "ERP in the cloud", None, "order_to_cash", "erp", "platform",
        date(2026, 7, 6), date(2027, 6, 30), 320_000, "EUR", 1.0, "availability", 0.0003, 4200,
    ),
)  # fmt: skip
_HEADER = "id;name;objective;value_stream;service;team;status;start;end;budget;spend;currency;kpi;delta;hours"


def write(out: Path, cut: int, ledger: Ledger) -> None:
    today = date.fromordinal(int(clock.day_number(np.array([cut - 1]))[0]) + clock.START.toordinal())
    lines = [_HEADER]
    for number, each in enumerate(INITIATIVES, start=1):
        if each.start.toordinal() - 60 > today.toordinal():
            continue  # nobody has heard of it yet
        way = (today - each.start).days / (each.end - each.start).days
        spend = round(each.budget * each.needs * min(max(way, 0.0), 1.0))
        status = "Idea" if way < 0 else "Running" if way < 1 else "Closed"
        lines.append(
            f"INI-{number:02};{each.name};{each.objective or ''};{each.value_stream};{each.service};{each.team};"
            f"{status};{each.start};{each.end};{each.budget};{spend};{each.currency};{each.kpi};{each.delta};{each.hours}"
        )
    write_file(out / "extracts" / "portfolio" / "initiatives.csv", ("\n".join(lines) + "\n").encode())
    ledger.wrote("portfolio.initiatives", np.zeros(len(lines) - 1, np.int8))
