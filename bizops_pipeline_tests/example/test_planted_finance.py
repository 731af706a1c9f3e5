"""What planted.json says of ledger, budgets, cloud and purchasing is counted again from the committed files."""

import csv
import gzip
import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from retailer_generator import clock, cloud, general_ledger, planning, procurement
from retailer_generator.mess import Ledger

RETAILER = Path(__file__).resolve().parents[2] / "data" / "retailer"
EXTRACTS = RETAILER / "extracts"


@pytest.fixture(scope="module")
def planted() -> dict[str, Any]:
    return json.loads((RETAILER / "planted.json").read_text())


@pytest.fixture(scope="module")
def charges() -> list[dict[str, Any]]:
    return [row for file in sorted((EXTRACTS / "cloud").glob("*")) for row in pq.read_table(file).to_pylist()]


def table(name: str, delimiter: str = ",", folder: Path = EXTRACTS) -> list[dict[str, str]]:
    data = (folder / name).read_bytes()
    lines = (gzip.decompress(data) if name.endswith(".gz") else data).decode().splitlines()
    return list(csv.DictReader(lines, delimiter=delimiter))


def purchase_lines(folder: Path = EXTRACTS) -> list[dict[str, Any]]:
    text = gzip.decompress((folder / "procurement" / "purchase_order_lines.jsonl.gz").read_bytes()).decode()
    return [json.loads(line) for line in text.splitlines()]


def said(planted: dict[str, Any], name: str) -> tuple[int, dict[str, int]]:
    return planted["tables"][name]["rows"], planted["tables"][name]["mess"]


def test_postings(planted):
    rows = table("ledger/postings.csv", ";")
    numbers = Counter((row["document"], row["line"]) for row in rows)
    assert said(planted, "ledger.postings") == (
        len(rows),
        {
            "duplicate": len(rows) - len(numbers),
            "type_drift": sum(row["amount"] == "siehe Anlage" for row in rows),
            "unknown_currency": sum(row["currency"] == "XXX" for row in rows),
            "unknown_service": sum(row["cost_object"] == "Telex" for row in rows),
        },
    )


def test_the_overspent_cost_centre(planted):
    fact = planted["facts"]["overspending"]
    unique = {(row["document"], row["line"]): row for row in table("ledger/postings.csv", ";")}
    spent: dict[str, int] = defaultdict(int)
    for row in unique.values():
        if row["cost_centre"] == fact["cost_centre"] and row["amount"] != "siehe Anlage" and row["currency"] == "EUR":
            _, month, year = row["posting_date"].split(".")
            spent[f"{year}-{month}"] += int(row["amount"].replace(",", ""))
    since = {month: cents for month, cents in spent.items() if month in fact["cents_by_month"]}
    assert since == fact["cents_by_month"]
    sheet = openpyxl.load_workbook(EXTRACTS / "planning" / "budget.xlsx", read_only=True).active
    budget: dict[str, int] = defaultdict(int)
    for _, month, centre, _, _, amount, *_ in list(sheet.values)[1:]:
        if centre == fact["cost_centre"]:
            budget[month.isoformat()[:7]] += amount * 100
    assert all(spent[month] > 1.25 * budget[month] for month in fact["cents_by_month"])
    assert sum(spent[f"2025-{month:02}"] for month in range(1, 13)) < 1.05 * sum(
        budget[f"2025-{month:02}"] for month in range(1, 13)
    )


def test_budget_and_forecasts(planted):
    sheet = openpyxl.load_workbook(EXTRACTS / "planning" / "budget.xlsx", read_only=True).active
    assert said(planted, "planning.budget") == (len(list(sheet.values)) - 1, {})
    forecasts = table("planning/forecasts.csv")
    assert said(planted, "planning.forecasts") == (len(forecasts), {})
    assert all(row["made_on"] < row["month"] for row in forecasts)


def test_charges(planted, charges):
    assert said(planted, "cloud.charges") == (
        len(charges),
        {
            "missing_cost": sum(row["EffectiveCost"] is None for row in charges),
            "unknown_category": sum(row["ChargeCategory"] == "Consumption" for row in charges),
        },
    )


def test_untagged_cloud_cost(planted, charges):
    sound = [row for row in charges if row["EffectiveCost"] is not None and row["ChargeCategory"] != "Consumption"]
    total = sum(row["EffectiveCost"] for row in sound)
    untagged = sum(row["EffectiveCost"] for row in sound if row["Tags"] is None)
    fact = planted["facts"]["untagged_cloud_cost"]
    assert (Decimal(fact["effective_cost"]), Decimal(fact["untagged_effective_cost"])) == (total, untagged)
    assert fact["untagged_share"] == pytest.approx(float(untagged / total), abs=1e-6)


def test_a_commitment_is_used_up_by_what_it_covers(charges):
    bought: dict[str, Decimal] = defaultdict(Decimal)
    for row in charges:
        if row["CommitmentDiscountId"]:
            bought[row["CommitmentDiscountId"]] += row["BilledCost"] - (row["EffectiveCost"] or Decimal(0))
    assert set(bought) == {"cud-2024", "cud-2025"}
    lost = sum(
        row["EffectiveCost"] is None and row["CommitmentDiscountId"] is not None and row["BilledCost"] == 0
        for row in charges
    )
    assert lost or set(bought.values()) == {Decimal(0)}


def test_vendors_and_contracts(planted):
    vendors, contracts = table("procurement/vendors.csv", ";"), table("procurement/contracts.csv", ";")
    assert said(planted, "procurement.vendors") == (len(vendors), {})
    assert said(planted, "procurement.contracts") == (len(contracts), {})
    assert {row["vendor_no"] for row in contracts} == {row["vendor_no"] for row in vendors}


def test_purchases(planted):
    lines, receipts, invoices = (
        purchase_lines(),
        table("procurement/receipts.csv.gz"),
        table("procurement/invoices.csv.gz"),
    )
    known, vendors = (
        {line["po_line"] for line in lines},
        {row["vendor_no"] for row in table("procurement/vendors.csv", ";")},
    )
    assert said(planted, "procurement.purchase_order_lines") == (
        len(lines),
        {
            "type_drift": sum(isinstance(line["quantity"], str) for line in lines),
            "unknown_vendor": sum(line["vendor"] not in vendors for line in lines),
        },
    )
    assert said(planted, "procurement.receipts") == (
        len(receipts),
        {
            "rejected_above_received": sum(int(row["rejected"]) > int(row["quantity"]) for row in receipts),
            "unknown_line": sum(row["po_line"] not in known for row in receipts),
        },
    )
    assert said(planted, "procurement.invoices") == (
        len(invoices),
        {"due_before_invoiced": sum(row["due"] < row["invoiced"] for row in invoices)},
    )


def test_the_declining_vendor(planted):
    fact = planted["facts"]["declining_vendor"]
    arrived: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in table("procurement/receipts.csv.gz"):
        arrived[row["po_line"]].append((row["received"], int(row["quantity"])))
    tally: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in purchase_lines():
        if line["vendor"] != fact["vendor"] or line["state"] == "CANCELLED" or isinstance(line["quantity"], str):
            continue
        committed = date.fromisoformat(line["committed"])
        last_day = committed + timedelta(days=line["tolerance_days"])
        complete = sum(units for _, units in arrived[line["po_line"]]) >= line["quantity"]
        if last_day > clock.END:
            continue
        day = max((day for day, _ in arrived[line["po_line"]]), default="9999")
        month = last_day.isoformat()[:7]
        tally[month][0] += complete and line["committed"] <= day <= last_day.isoformat()
        tally[month][1] += 1
    assert dict(sorted(tally.items())) == fact["on_time_and_due_by_month"]
    early, late = (
        [sum(tally[f"2026-{month:02}"][part] for month in months) for part in (0, 1)]
        for months in ((1, 2, 3), (7, 8, 9))
    )
    assert early[0] / early[1] > 0.9 > 0.6 > late[0] / late[1]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The four systems at the end of two neighbouring days."""
    folders = []
    for day in (date(2025, 11, 25), date(2025, 11, 26)):
        out, cut, ledger = tmp_path_factory.mktemp(day.isoformat()), clock.cut_after(day), Ledger()
        general_ledger.write(out, cut, ledger)
        planning.write(out, cut, ledger)
        cloud.write(out, 1, cut, ledger)
        procurement.write(out, procurement.make(1), cut, ledger)
        folders.append(out / "extracts")
    return folders[0], folders[1]


@pytest.mark.parametrize("name", ["ledger/postings.csv", "planning/forecasts.csv", "procurement/receipts.csv.gz"])
def test_logs_grow_at_their_end(views, name):
    before, after = (table(name, folder=view) for view in views)
    assert 0 < len(before) <= len(after)
    assert after[: len(before)] == before


def test_only_the_month_of_the_day_is_billed_anew(views):
    before, after = ({file.name: file.read_bytes() for file in (view / "cloud").glob("*")} for view in views)
    assert {name for name in after if before.get(name) != after[name]} == {"focus-2025-11.parquet"}


def test_purchase_lines_only_move_on(views):
    before, after = ({line["po_line"]: line for line in purchase_lines(view)} for view in views)
    for number, line in before.items():
        assert {**after[number], "state": line["state"]} == line
        assert line["state"] in ("OPEN", after[number]["state"])


def test_invoices_only_gain_their_payment(views):
    before, after = (
        {row["invoice"]: row for row in table("procurement/invoices.csv.gz", folder=view)} for view in views
    )
    assert any(after[number] != row for number, row in before.items())
    for number, row in before.items():
        assert {**after[number], "paid": row["paid"]} == row
