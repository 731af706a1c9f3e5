"""The committed example company, whole: what the generator planted is found again by the pipeline."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import UTC, datetime
from typing import Any

import pytest

from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline_tests.e2e.support import CATALOGUE, RETAILER, SmallCompany, query, refresh_as_declared, warehouse

pytestmark = pytest.mark.slow

REJECTED = {"too_few_fields", "too_many_fields", "malformed_json"}
QUARANTINED: dict[str, set[str]] = {
    "devops.commits": {"future_date"},
    "devops.deployments": {"closed_before_opened"},
    "erp.customers": {"bad_date"},
    "erp.order_lines": {"type_drift"},
    "erp.orders": {"bad_date", "future_date"},
    "fx.rates": {"type_drift"},
    "itsm.changes": {"bad_date"},
    "itsm.incidents": {"bad_date", "closed_before_opened", "future_date"},
    "itsm.reviews": {"type_drift"},
    "monitoring.slo_days": {"type_drift"},
    "security.vulnerabilities": {"fixed_before_found"},
    "service_desk.tickets": {"bad_date", "solved_before_created"},
    "ci.runs": {"closed_before_opened"},
    "cloud.charges": {"missing_cost", "unknown_category"},
    "ledger.postings": {"type_drift"},
    "ml_platform.costs": {"type_drift"},
    "ml_platform.reviews": {"bad_date", "unknown_decision"},
    "procurement.invoices": {"due_before_invoiced"},
    "procurement.purchase_order_lines": {"type_drift"},
    "procurement.receipts": {"rejected_above_received"},
    "payments.payments": {"unknown_event"},
    "partner.deliveries": {"bad_date"},
    "feedback.answers": {"out_of_range"},
    "survey.answers": {"bad_date", "not_answered", "out_of_range", "text_score"},
    "timesheets.bookings": {"out_of_range", "type_drift"},
    "tracker.history": {"bad_date"},
    "webshop.carts": {"type_drift"},
    "webshop.checkouts": {"closed_before_opened"},
    "webshop.sessions": {"bad_date"},
}
PUBLISHED_AS = {
    "calendar.holidays": "calendar.calendar",
    "fx.rates": "fx.fx",
    "okr_tool.checkins": "okr_tool.okr_tool",
    "survey.answers": "survey.survey",
}
PLANTED = json.loads((RETAILER / "planted.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> SmallCompany:
    folder = tmp_path_factory.mktemp("example") / "retailer"
    folder.mkdir()
    for part in (*CATALOGUE, "extracts"):
        source = RETAILER / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    refresh_as_declared(SmallCompany(folder))
    return SmallCompany(folder)


@pytest.fixture(scope="module")
def quality(company: SmallCompany) -> dict[str, dict[str, Any]]:
    names = ("rows_in", "rows_kept", "rows_quarantined", "rows_deduplicated", "rows_rejected", "is_balanced")
    rows = query(company.database, f"select source || '.' || source_table, {', '.join(names)} from marts.data_quality")
    return {table: dict(zip(names, counts, strict=True)) for table, *counts in rows}


@pytest.mark.parametrize("table", PLANTED["tables"])
def test_every_record_is_counted_as_what_it_is(table: str, quality: dict[str, dict[str, Any]]) -> None:
    planted, found = PLANTED["tables"][table], quality[PUBLISHED_AS.get(table, table)]
    mess = planted["mess"]
    assert found["is_balanced"]
    assert found["rows_rejected"] == sum(count for kind, count in mess.items() if kind in REJECTED)
    assert found["rows_quarantined"] == sum(mess[kind] for kind in QUARANTINED.get(table, ()))
    if table.startswith("erp."):
        # A database shows rows by key: the copy of a line is the same row, read once more.
        assert found["rows_in"] == planted["rows"] - mess.get("duplicate", 0)
        assert found["rows_deduplicated"] == 0
    elif table == "itsm.incidents":
        assert found["rows_in"] == planted["rows"]
        assert found["rows_kept"] + found["rows_quarantined"] == incidents_of_the_log()
    else:
        assert found["rows_in"] == planted["rows"]
        assert found["rows_deduplicated"] == mess.get("duplicate", 0)


def test_the_value_of_models_is_what_was_planted_within_its_interval(company: SmallCompany) -> None:
    columns = "model_id, kpi_id, method, effect, standard_error"
    rows = warehouse(company, f"select distinct {columns} from core.fct_model_value")
    found = {method: (model, kpi, effect, error) for model, kpi, method, effect, error in rows}
    planted = PLANTED["facts"]["ai_models"]
    for method, name in (("randomised", "randomised_experiment"), ("control_group",) * 2, ("before_after",) * 2):
        model, kpi, effect, error = found[method]
        assert (model, kpi) == (planted[name]["model"], planted[name]["kpi"])
        assert 0 < effect - 1.96 * error < planted[name]["effect"] < effect + 1.96 * error


def incidents_of_the_log() -> int:
    with (RETAILER / "extracts" / "itsm" / "incidents.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return len({row[0] for row in rows if len(row) == len(header)})


def test_records_that_name_what_nobody_knows_are_kept_and_counted(company: SmallCompany) -> None:
    unknown = {
        "orders of unknown customers": (
            "select count(*) from core.fct_order where customer_id is not null and customer_id not in "
            "(select customer_id from staging.customer) "
            "and customer_id not in "
            "(select original ->> 'customer_no' from quarantine.record where entity = 'customer')",
            PLANTED["tables"]["erp.orders"]["mess"]["unknown_customer"],
        ),
        "lines of unknown products": (
            "select count(*) from core.fct_order_line "
            "where product_id not in (select product_id from core.dim_product where is_recorded)",
            PLANTED["tables"]["erp.order_lines"]["mess"]["unknown_product"],
        ),
        "refunds of unknown orders": (
            "select count(*) from core.fct_refund where order_id like 'ZZ%'",
            PLANTED["tables"]["webshop.refunds"]["mess"]["unknown_order"],
        ),
        "incidents of unknown services": (
            "select count(*) from core.fct_incident where service_id = 'unallocated'",
            PLANTED["tables"]["itsm.incidents"]["mess"]["unknown_service"],
        ),
    }
    found = {name: warehouse(company, sql)[0][0] for name, (sql, _) in unknown.items()}
    assert found == {name: count for name, (_, count) in unknown.items()}


def test_orders_by_month(company: SmallCompany) -> None:
    rows = query(
        company.database,
        "select strftime(period_start, '%Y-%m'), value from marts.kpi_value where kpi_id = 'orders' "
        "and grain = 'month' and scope_type = 'company' and dimensions = '{}'",
    )
    planted = PLANTED["facts"]["seasonality"]["orders_by_month"]
    cancelled = warehouse(
        company,
        "select strftime(ordered_date, '%Y-%m'), count(*) from core.fct_order where is_cancelled group by all",
    )
    without = dict(cancelled)
    assert {month: value + without[month] for month, value in rows} == planted


def test_the_outage_shows_in_the_orders_of_its_hours(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["checkout_outage"]
    start, end = (datetime.fromisoformat(fact[name]) for name in ("start", "end"))
    per_friday = warehouse(
        company,
        "select (select count(*) from core.fct_order where channel in ('web', 'mobile') "
        "and ordered_at >= cast(? as timestamp) - to_days(cast(7 * n as integer)) "
        "and ordered_at < cast(? as timestamp) - to_days(cast(7 * n as integer))) "
        "from range(8, -1, -1) as weeks(n) order by n desc",
        [_utc(start), _utc(end)],
    )
    assert [count for (count,) in per_friday] == [
        *fact["online_orders_same_window_8_fridays_before"],
        fact["online_orders"],
    ]


def test_the_outage_shows_in_the_availability_of_the_checkout(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["checkout_outage"]
    seconds = warehouse(
        company,
        "select sum(downtime_seconds) from core.fct_service_day where service_id = 'checkout' "
        "and service_date = date '2026-03-13'",
    )
    assert seconds == [(60 * fact["minutes"],)]


def test_the_failed_deployment_is_known_with_its_recovery(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["failed_deployment"]
    incident = warehouse(
        company,
        "select deployment_id, attribution_method, priority, service_id, restored_at, recovery_seconds "
        "from core.fct_incident where incident_id = ?",
        [fact["incident"]],
    )
    finished, restored, resolved = (datetime.fromisoformat(fact[name]) for name in ("finished", "restored", "resolved"))
    assert (restored - finished).total_seconds() == 60 * fact["minutes_to_rollback"]
    assert incident == [
        (
            fact["deployment"],
            "explicit",
            "P1",
            "payments",
            restored.astimezone(UTC).replace(tzinfo=None),
            (resolved - finished).total_seconds(),
        )
    ]
    deployments = warehouse(
        company,
        "select deployment_id, is_failed_change, service_id from core.fct_deployment where deployment_id in (?, ?) "
        "order by deployment_id",
        [fact["deployment"], fact["rollback"]],
    )
    assert deployments == [(fact["deployment"], True, "payments"), (fact["rollback"], False, "payments")]


def test_the_declining_vendor_shows_in_its_on_time_delivery(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["declining_vendor"]
    rows = query(
        company.database,
        "select strftime(period_start, '%Y-%m'), numerator, denominator from marts.kpi_value "
        "where kpi_id = 'vendor_otd' and grain = 'month' and scope_type = 'vendor' and scope_id = ? and n > 0",
        [fact["vendor"]],
    )
    assert {month: [on_time, due] for month, on_time, due in rows} == fact["on_time_and_due_by_month"]


def test_the_overspent_cost_centre_and_the_untagged_cloud_cost_show(company: SmallCompany) -> None:
    over, untagged = PLANTED["facts"]["overspending"], PLANTED["facts"]["untagged_cloud_cost"]
    spent = query(
        company.database,
        "select strftime(period_start, '%Y-%m'), cast(100 * value as bigint) from marts.kpi_value "
        "where kpi_id = 'cash_spend' and grain = 'month' and dimensions = ? and period_start >= '2026-04-01'",
        [json.dumps({"cost_centre": over["cost_centre"]}, separators=(",", ":"))],
    )
    assert dict(spent) == over["cents_by_month"]
    tagged = query(
        company.database,
        "select value from marts.kpi_value where kpi_id = 'cloud_tag_coverage' and grain = 'all' and dimensions = '{}'",
    )
    assert 1 - tagged[0][0] == pytest.approx(untagged["untagged_share"], abs=1e-6)


def test_personal_columns_stop_at_the_landing(company: SmallCompany) -> None:
    columns = warehouse(
        company,
        "select table_schema || '.' || table_name || '.' || column_name from information_schema.columns "
        "where column_name like '%email%' or table_name = 'itsm__incidents' and column_name = "
        "'short_description' or table_schema = 'raw' and column_name in ('Vorname', 'Nachname', 'Bemerkung', "
        "'Empfänger', 'text', 'comment')",
    )
    assert columns == []


def test_personal_values_are_nowhere_in_the_warehouse(company: SmallCompany) -> None:
    personal = ("@mail.example", "@user", "Familie ", "Elternzeit", "quick answer please", "Jürgen")
    for schema, table in warehouse(
        company,
        "select table_schema, table_name from information_schema.tables "
        "where table_schema in ('raw', 'staging', 'quarantine', 'audit') and table_type = 'BASE TABLE'",
    ):
        found = warehouse(
            company,
            f'select count(*) from "{schema}"."{table}" as t where '
            + " or ".join(f"contains(cast(t as varchar), '{value}')" for value in personal),
        )
        assert found == [(0,)], table


def test_the_late_partner_shows_in_its_quarters(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["late_partner"]
    rows = query(
        company.database,
        "select year(period_start) || 'Q' || quarter(period_start), numerator, denominator from marts.kpi_value "
        "where kpi_id = 'otif' and grain = 'quarter' and scope_type = 'vendor' and scope_id = ?",
        [fact["vendor"]],
    )
    assert {quarter: {"due": due, "on_time_in_full": kept} for quarter, kept, due in rows} == fact["quarters"]


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def at_the_end(company: SmallCompany, kpi: str, scope: str, **dimensions: str) -> dict[str, float]:
    """Return the values of the last month of a KPI by member of a scope."""
    return dict(
        query(
            company.database,
            "select scope_id, value from marts.kpi_value where kpi_id = ? and grain = 'month' and scope_type = ? "
            "and dimensions = ? and period_start = date '2026-09-01'",
            [kpi, scope, json.dumps(dimensions, separators=(",", ":"))],
        )
    )


def test_the_root_cause_shows_in_the_incidents_of_its_problem(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["root_cause"]
    (linked,) = warehouse(company, "select count(*) from core.fct_incident where problem_id = ?", [fact["problem"]])
    mess = PLANTED["tables"]["itsm.incidents"]["mess"]
    unreadable = mess["bad_date"] + mess["closed_before_opened"] + mess["future_date"]
    assert fact["incidents_linked"] - unreadable <= linked[0] <= fact["incidents_linked"]


def test_neglected_vulnerabilities_are_past_due_at_the_end(company: SmallCompany) -> None:
    fact = PLANTED["facts"]["overdue_vulnerabilities"]
    found = at_the_end(company, "overdue_vulnerabilities", "company", severity="critical")
    assert list(found.values()) == [fact["critical_open_past_due"]]


def test_objectives_and_usage_give_the_same_share_of_errors(company: SmallCompany) -> None:
    (sums,) = warehouse(
        company,
        "select sum(errors), sum(requests), (select sum(bad_events) from core.fct_slo_measurement "
        "where slo_id = 'payments-availability') from core.fct_resource_usage where service_id = 'payments'",
    )
    errors, requests, bad_events = sums
    assert bad_events == pytest.approx(errors, rel=0.01)
    assert 0 < errors / requests < 0.01


def test_what_is_reported_green_is_found_beside_what_is_measured(company: SmallCompany) -> None:
    planted = PLANTED["facts"]["green_while_red"]
    rows = query(
        company.database,
        "select key_result_id, side, count(*) from marts.status_gap "
        "where is_greener and reported_light = 'green' group by key_result_id, side",
    )
    found = {name: count for name, side, count in rows if side == planted["side"]}
    assert found["csat_2026q3"] == planted["green_reports"]["csat_2026q3"]
    # In the first week of a quarter hardly anything is expected, so revenue is on track.
    assert found["net_revenue_2026q3"] == planted["green_reports"]["net_revenue_2026q3"] - 1


def test_columns_of_the_model_have_the_values_that_their_contracts_list(company: SmallCompany) -> None:
    for table in CORE_TABLES.values():
        for column in (each for each in table.columns if each.allowed):
            found = warehouse(company, f'select distinct "{column.name}" from {table.qualified}')
            assert {value for (value,) in found} <= {None, *column.allowed}, f"{table.id}.{column.name}"
