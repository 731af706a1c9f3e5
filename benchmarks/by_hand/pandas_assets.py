"""The same tables as Dagster assets that return data frames, stored by the stock DuckDB I/O manager.

    python benchmarks/by_hand/pandas_assets.py COMPANY OUT.duckdb 2026-09-30

What one finds in most tutorials: one asset per table, every asset a function from frames to a frame. Bad rows are
left out and nobody keeps account of them.
"""

import glob
import gzip
import json
import sqlite3
import sys
from datetime import date
from pathlib import Path

import dagster as dg
import numpy as np
import pandas as pd
import pandas_kpis
import yaml
from dagster_duckdb_pandas import DuckDBPandasIOManager

ZONE = "Europe/Berlin"
NOBODY = "unallocated"


class Place(dg.ConfigurableResource):
    """Where the company is, and the day at whose end it is looked at."""

    company: str
    as_of: str

    @property
    def extracts(self) -> Path:
        return Path(self.company) / "extracts"

    @property
    def day(self) -> pd.Timestamp:
        return pd.Timestamp(self.as_of)

    @property
    def organisation(self) -> dict:
        return yaml.safe_load((Path(self.company) / "catalogue" / "organisation.yaml").read_text())

    @property
    def service_names(self) -> dict[str, str]:
        names = {}
        for service in self.organisation["services"]:
            for name in (service["id"], service["name"], *service.get("aliases", [])):
                names[name.lower()] = service["id"]
        return names

    def targets(self) -> pd.DataFrame:
        rows = []
        for file in sorted((Path(self.company) / "catalogue" / "kpis").glob("*.yaml")):
            for kpi in yaml.safe_load(file.read_text())["kpis"]:
                rows += [{"kpi_id": kpi["id"], "where": {}, **target} for target in kpi.get("targets", [])]
        return pd.DataFrame(rows)


def utc(texts: pd.Series) -> pd.Series:
    return pd.to_datetime(texts, errors="coerce", utc=True, format="ISO8601").dt.tz_localize(None)


def from_local(texts: pd.Series, form: str) -> pd.Series:
    clock = pd.to_datetime(texts, errors="coerce", format=form)
    first = np.ones(len(clock), dtype=bool)
    return (
        clock.dt.tz_localize(ZONE, ambiguous=first, nonexistent="shift_forward")
        .dt.tz_convert("UTC")
        .dt.tz_localize(None)
    )


def local_day(instants: pd.Series) -> pd.Series:
    return instants.dt.tz_localize("UTC").dt.tz_convert(ZONE).dt.tz_localize(None).dt.normalize()


def is_plausible(instants: pd.Series) -> pd.Series:
    return (instants >= "1990-01-01") & (instants < "2100-01-01")


def naive(frame: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    return frame.assign(**{name: frame[name].dt.tz_convert("UTC").dt.tz_localize(None) for name in columns})


def seconds(start: pd.Series, end: pd.Series) -> pd.Series:
    return ((end - start).dt.total_seconds()).where(end >= start)


def read_csvs(pattern: Path, separator: str = ",") -> pd.DataFrame:
    """Reads files as text; a row with more fields than the header is left out, missing ones are NaN."""
    files = sorted(glob.glob(str(pattern)))
    frames = [pd.read_csv(file, dtype=str, sep=separator, on_bad_lines="skip") for file in files]
    return pd.concat(frames, ignore_index=True)


def read_jsons(pattern: Path) -> pd.DataFrame:
    records = []
    for file in sorted(glob.glob(str(pattern))):
        with gzip.open(file, "rt") as lines:
            for line in lines:
                try:
                    records.append(json.loads(line))
                except json.JSONDecodeError:
                    continue
    return pd.DataFrame.from_records(records)


def read_erp(place: Place, query: str) -> pd.DataFrame:
    with sqlite3.connect(place.extracts / "erp" / "erp.db") as erp:
        return pd.read_sql_query(query, erp)


# Sources


@dg.asset
def customers(place: Place) -> pd.DataFrame:
    frame = read_erp(place, "select customer_no as customer_id, country, segment, created_at from customers")
    frame["created_at"] = utc(frame["created_at"])
    return frame.dropna(subset=["created_at"])


@dg.asset
def products(place: Place) -> pd.DataFrame:
    frame = read_erp(place, "select sku as product_id, name, category, launched_on from products")
    frame["launched_on"] = pd.to_datetime(frame["launched_on"], errors="coerce")
    return frame


@dg.asset
def orders(place: Place) -> pd.DataFrame:
    frame = read_erp(
        place,
        "select order_no as order_id, customer_no as customer_id, cart_ref as cart_id, session_ref as session_id, "
        "channel, ordered_at, status, currency from orders",
    )
    frame["ordered_at"] = utc(frame["ordered_at"])
    frame = frame[is_plausible(frame["ordered_at"])].copy()
    frame["ordered_date"] = local_day(frame["ordered_at"])
    frame["service_id"] = np.where(frame["channel"].isin(["WEB", "APP"]), "checkout", "order_management")
    frame["channel"] = frame["channel"].map({"WEB": "web", "APP": "mobile", "POS": "store", "MKT": "marketplace"})
    frame["status"] = frame["status"].map(
        {
            "NEW": "open",
            "PAID": "open",
            "SHIPPED": "open",
            "DELIVERED": "completed",
            "RETURNED": "completed",
            "CANCELLED": "cancelled",
        }
    )
    return frame


@dg.asset
def order_lines(place: Place) -> pd.DataFrame:
    frame = read_erp(
        place, "select order_no, line_no, sku, quantity, unit_price, discount, updated_at from order_lines"
    )
    for name in ("quantity", "unit_price", "discount"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
    frame = (
        frame.dropna(subset=["quantity"])
        .sort_values("updated_at")
        .drop_duplicates(["order_no", "line_no"], keep="last")
    )
    frame["order_line_id"] = frame["order_no"] + "-" + frame["line_no"].astype(str)
    frame["net_amount"] = (frame["quantity"] * frame["unit_price"] - frame["discount"]).round(4)
    frame = frame.rename(columns={"order_no": "order_id", "sku": "product_id"})
    return frame[["order_line_id", "order_id", "product_id", "quantity", "net_amount"]]


@dg.asset
def rates(place: Place) -> pd.DataFrame:
    frame = pd.read_csv(place.extracts / "fx" / "rates.csv", parse_dates=["date"])
    frame["rate"] = pd.to_numeric(frame["eur_per_unit"], errors="coerce")
    frame = frame.dropna(subset=["rate"])
    days = pd.date_range(frame["date"].min(), place.day)
    wide = frame.pivot(index="date", columns="currency", values="rate").reindex(days).ffill()
    return wide.rename_axis("date").reset_index().melt("date", var_name="currency", value_name="rate").dropna()


@dg.asset
def sessions(place: Place) -> pd.DataFrame:
    frame = read_csvs(place.extracts / "webshop" / "sessions-*.csv.gz")
    frame = frame.rename(columns={"customer_no": "customer_id"})
    frame["started_at"] = utc(frame["started_at"])
    frame = frame.dropna(subset=["started_at", "landing_page"]).drop_duplicates("session_id")
    frame["started_date"] = local_day(frame["started_at"])
    return frame[["session_id", "customer_id", "channel", "device", "started_at", "started_date"]]


@dg.asset
def carts(place: Place) -> pd.DataFrame:
    frame = read_jsons(place.extracts / "webshop" / "carts-*.jsonl.gz")
    frame["created_at"] = utc(frame["created_at"])
    frame["items"] = pd.to_numeric(frame["items"], errors="coerce")
    frame = frame.dropna(subset=["created_at", "items"]).drop_duplicates("cart_id")
    frame["created_date"] = local_day(frame["created_at"])
    return frame[["cart_id", "session_id", "channel", "items", "created_at", "created_date"]]


@dg.asset
def checkouts(place: Place) -> pd.DataFrame:
    frame = read_jsons(place.extracts / "webshop" / "checkouts-*.jsonl.gz")
    frame["started_at"], frame["completed_at"] = utc(frame["started_at"]), utc(frame["completed_at"])
    frame = frame[~(frame["completed_at"] < frame["started_at"])]
    frame = frame.dropna(subset=["started_at"]).drop_duplicates("checkout_id")
    frame["started_date"] = local_day(frame["started_at"])
    return frame[["checkout_id", "cart_id", "payment_method", "started_at", "started_date", "completed_at"]]


@dg.asset
def refunds(place: Place) -> pd.DataFrame:
    frame = read_csvs(place.extracts / "webshop" / "refunds-*.csv.gz", ";").rename(columns={"order_no": "order_id"})
    frame["refunded_at"] = from_local(frame["refunded_at"], "%d.%m.%Y %H:%M")
    frame["amount"] = pd.to_numeric(frame["amount"].str.replace(".", "").str.replace(",", "."), errors="coerce")
    frame = frame.dropna(subset=["refunded_at", "amount"]).drop_duplicates("refund_id")
    frame["refunded_date"] = local_day(frame["refunded_at"])
    return frame


@dg.asset
def incidents(place: Place) -> pd.DataFrame:
    frame = pd.read_csv(place.extracts / "itsm" / "incidents.csv", dtype=str, na_values=["?"], on_bad_lines="skip")
    frame = frame.dropna(subset=["sys_mod_count"])
    frame["sys_mod_count"] = frame["sys_mod_count"].astype(int)
    frame = frame.sort_values("sys_mod_count").drop_duplicates("number", keep="last")
    frame = frame.rename(
        columns={
            "number": "incident_id",
            "impact_start": "impact_started_at",
            "made_sla": "sla_met",
            "caused_by_deployment": "named_id",
        }
    )
    is_readable = pd.Series(True, index=frame.index)
    for name in ("opened_at", "impact_started_at", "acknowledged_at", "restored_at", "resolved_at"):
        clock = from_local(frame[name], "%d/%m/%Y %H:%M")
        is_readable &= clock.notna() | frame[name].isna()
        frame[name] = clock
    frame["service_id"] = frame["cmdb_ci"].str.lower().map(place.service_names).fillna(NOBODY)
    frame["priority"] = "P" + frame["priority"].str[0]
    frame["sla_met"] = frame["sla_met"].map({"true": 1.0, "false": 0.0})
    frame["status"] = frame["state"].str.lower().replace({"new": "open", "in progress": "open", "on hold": "open"})
    twisted = (
        (frame["resolved_at"] < frame["opened_at"])
        | (frame["acknowledged_at"] < frame["opened_at"])
        | (frame["restored_at"] < frame["impact_started_at"])
    )
    frame = frame[is_readable & frame["opened_at"].notna() & ~twisted]
    return frame[
        [
            "incident_id",
            "service_id",
            "priority",
            "status",
            "opened_at",
            "impact_started_at",
            "acknowledged_at",
            "restored_at",
            "resolved_at",
            "sla_met",
            "named_id",
        ]
    ]


@dg.asset
def outages(place: Place) -> pd.DataFrame:
    frame = pd.read_csv(place.extracts / "itsm" / "outages.csv", dtype=str)
    frame["service_id"] = frame["service"].str.lower().map(place.service_names).fillna(NOBODY)
    frame["started_at"], frame["ended_at"] = utc(frame["start"]), utc(frame["end"])
    frame["is_planned"] = frame["planned"] == "yes"
    frame["started_date"] = local_day(frame["started_at"])
    frame = frame.rename(columns={"incident": "incident_id"})
    return frame[["outage_id", "service_id", "is_planned", "started_at", "started_date", "ended_at", "incident_id"]]


@dg.asset
def deployments(place: Place) -> pd.DataFrame:
    frame = pd.read_parquet(place.extracts / "devops" / "deployments.parquet")
    frame = naive(frame, ["queued_at", "started_at", "finished_at"])
    frame["scope"] = frame["service"]
    frame["service_id"] = frame["service"].str.lower().map(place.service_names).fillna(NOBODY)
    frame["environment"] = frame["environment"].map({"prod": "production", "stage": "staging"})
    frame["result"] = frame["result"].map({"SUCCESS": "success", "FAILED": "failure", "ABORTED": "cancelled"})
    frame = frame[frame["finished_at"].notna() & ~(frame["finished_at"] < frame["started_at"])]
    return frame.drop(columns=["service", "queued_at", "commit_sha"])


@dg.asset
def changes(place: Place) -> pd.DataFrame:
    folder = place.extracts / "devops"
    frame = pd.read_parquet(folder / "changes.parquet")
    clocks = ["created_at", "first_review_at", "approved_at", "merged_at", "first_commit_at", "updated_at"]
    frame = naive(frame, clocks).rename(columns={"id": "change_id"})
    named = frame["service"].fillna(frame["path_label"].str.split("/").str[1])
    frame["service_id"] = named.str.lower().map(place.service_names).fillna(NOBODY)
    commits = naive(pd.read_parquet(folder / "commits.parquet"), ["authored_at"])
    first = commits.groupby("change_id")["authored_at"].min()
    frame["first_commit_at"] = frame["first_commit_at"].fillna(frame["change_id"].map(first))
    return frame[
        [
            "change_id",
            "repository",
            "service_id",
            "is_bot",
            "first_commit_at",
            "created_at",
            "first_review_at",
            "merged_at",
            "merge_commit_sha",
        ]
    ]


@dg.asset
def deployment_commits(place: Place) -> pd.DataFrame:
    frame = pd.read_parquet(place.extracts / "devops" / "deployment_commits.parquet")
    return frame.drop_duplicates(["deployment_id", "commit_sha"])


@dg.asset
def survey_answers(place: Place) -> pd.DataFrame:
    frame = pd.read_excel(place.extracts / "survey" / "answers.xlsx", engine="calamine", dtype=str)
    frame["score"] = pd.to_numeric(frame["score"], errors="coerce")
    frame["answered_date"] = pd.to_datetime(frame["answered_on"], errors="coerce", format="ISO8601").dt.normalize()
    frame = frame[frame["score"].between(0, 10) & frame["answered_date"].notna()].copy()
    frame["channel"] = frame["channel"].map({"WEB": "web", "APP": "mobile", "POS": "store"})
    frame["service_id"] = frame["service"].str.lower().map(place.service_names).fillna(NOBODY)
    frame = frame.rename(columns={"answer_id": "response_id", "about": "subject", "order_no": "order_id"})
    frame["is_top_two"] = frame["score"] >= 4
    return frame.drop(columns=["service", "question", "answered_on"])


# Model


@dg.asset
def dim_date(place: Place) -> pd.DataFrame:
    days = pd.Series(pd.date_range("2024-01-01", place.day + pd.Timedelta(days=366)))
    midnights = days.dt.tz_localize(ZONE).dt.tz_convert("UTC").dt.tz_localize(None)
    following = (days + pd.Timedelta(days=1)).dt.tz_localize(ZONE).dt.tz_convert("UTC").dt.tz_localize(None)
    return pd.DataFrame(
        {
            "date": days,
            "week_start": days - pd.to_timedelta(days.dt.day_of_week, unit="D"),
            "month_start": days.dt.to_period("M").dt.start_time,
            "quarter_start": days.dt.to_period("Q").dt.start_time,
            "year_start": days.dt.to_period("Y").dt.start_time,
            "utc_start": midnights,
            "utc_end": following,
        }
    )


@dg.asset
def dim_service(place: Place) -> pd.DataFrame:
    rows = [
        {
            "service_id": service["id"],
            "name": service["name"],
            "team_id": service.get("team", NOBODY),
            "launched_on": pd.Timestamp(service["launched_on"]),
            "agreed_seconds_per_day": service.get("agreed_hours_per_day", 24) * 3600,
        }
        for service in place.organisation["services"]
    ]
    return pd.DataFrame([*rows, {"service_id": NOBODY, "name": "No service named", "team_id": NOBODY}])


@dg.asset
def bridge_service_value_stream(place: Place) -> pd.DataFrame:
    rows = [
        {
            "service_id": service["id"],
            "value_stream_id": share["value_stream"],
            "weight": float(share["weight"]),
            "valid_from": pd.Timestamp(share.get("from", date(1900, 1, 1))),
            "valid_to": pd.Timestamp(share.get("to", date(2200, 1, 1))),
        }
        for service in [
            *place.organisation["services"],
            {"id": NOBODY, "value_streams": [{"value_stream": NOBODY, "weight": 1}]},
        ]
        for share in service["value_streams"]
    ]
    return pd.DataFrame(rows)


@dg.asset
def fct_order_line(orders: pd.DataFrame, order_lines: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    header = orders[
        ["order_id", "customer_id", "channel", "service_id", "status", "ordered_at", "ordered_date", "currency"]
    ]
    frame = order_lines.merge(header, on="order_id", how="left")
    frame["service_id"] = frame["service_id"].fillna(NOBODY)
    frame["currency"] = frame["currency"].fillna("EUR")
    frame["is_cancelled"] = frame["status"] == "cancelled"
    frame = frame.merge(rates, left_on=["ordered_date", "currency"], right_on=["date", "currency"], how="left")
    frame["rate"] = frame["rate"].where(frame["currency"] != "EUR", 1.0)
    frame["net_amount_reporting"] = (frame["net_amount"] * frame["rate"]).round(4)
    return frame.drop(columns=["date", "status"])


@dg.asset
def fct_refund(refunds: pd.DataFrame, orders: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    header = orders[["order_id", "customer_id", "channel", "service_id", "ordered_date"]]
    frame = refunds.merge(header, on="order_id", how="left")
    frame["service_id"] = frame["service_id"].fillna(NOBODY)
    frame["rate_day"] = frame["ordered_date"].fillna(frame["refunded_date"])
    frame = frame.merge(rates, left_on=["rate_day", "currency"], right_on=["date", "currency"], how="left")
    frame["rate"] = frame["rate"].where(frame["currency"] != "EUR", 1.0)
    frame["amount_reporting"] = (frame["amount"] * frame["rate"]).round(4)
    return frame.drop(columns=["date", "rate_day", "ordered_date"])


@dg.asset
def fct_order(orders: pd.DataFrame, fct_order_line: pd.DataFrame, fct_refund: pd.DataFrame) -> pd.DataFrame:
    def total(amounts: pd.Series, names: pd.Series) -> pd.Series:
        return amounts.groupby(names).sum().where(amounts.isna().groupby(names).sum() == 0)

    frame = orders.copy()
    line_count = fct_order_line.groupby("order_id").size()
    has_lines, is_refunded = frame["order_id"].isin(line_count.index), frame["order_id"].isin(fct_refund["order_id"])
    sold = total(fct_order_line["net_amount_reporting"], fct_order_line["order_id"])
    given_back = total(fct_refund["amount_reporting"], fct_refund["order_id"])
    frame["line_count"] = frame["order_id"].map(line_count).fillna(0).astype(int)
    frame["net_amount"] = frame["order_id"].map(fct_order_line.groupby("order_id")["net_amount"].sum()).fillna(0)
    frame["net_amount_reporting"] = frame["order_id"].map(sold).where(has_lines, 0.0)
    frame["refunded_amount_reporting"] = frame["order_id"].map(given_back).where(is_refunded, 0.0)
    frame["is_cancelled"] = frame["status"] == "cancelled"
    return frame


@dg.asset
def fct_revenue(fct_order_line: pd.DataFrame, fct_refund: pd.DataFrame) -> pd.DataFrame:
    sales = fct_order_line[~fct_order_line["is_cancelled"]].assign(movement="sale")
    sales["movement_id"] = "sale:" + sales["order_line_id"]
    sales = sales.rename(
        columns={
            "ordered_at": "occurred_at",
            "ordered_date": "occurred_date",
            "net_amount": "amount",
            "net_amount_reporting": "amount_reporting",
        }
    )
    given = fct_refund.assign(movement="refund", product_id=NOBODY)
    given["movement_id"] = "refund:" + given["refund_id"]
    given[["amount", "amount_reporting"]] *= -1
    given = given.rename(columns={"refunded_at": "occurred_at", "refunded_date": "occurred_date"})
    columns = [
        "movement_id",
        "movement",
        "order_id",
        "product_id",
        "customer_id",
        "channel",
        "service_id",
        "occurred_at",
        "occurred_date",
        "currency",
        "amount",
        "amount_reporting",
    ]
    return pd.concat([sales[columns], given[columns]], ignore_index=True)


@dg.asset
def fct_customer(fct_order: pd.DataFrame) -> pd.DataFrame:
    bought = fct_order[~fct_order["is_cancelled"] & fct_order["customer_id"].notna()]
    first = bought.sort_values(["ordered_at", "order_id"]).drop_duplicates("customer_id")
    days = bought[["customer_id", "ordered_date"]].drop_duplicates().sort_values("ordered_date")
    second = days.groupby("customer_id").nth(1).set_index("customer_id")["ordered_date"]
    frame = first[["customer_id", "channel", "service_id", "ordered_at", "ordered_date"]].rename(
        columns={"ordered_at": "first_ordered_at", "ordered_date": "first_ordered_date"}
    )
    frame["second_purchase_date"] = frame["customer_id"].map(second)
    frame["purchase_days"] = frame["customer_id"].map(days.groupby("customer_id").size())
    return frame


@dg.asset
def fct_session(sessions: pd.DataFrame) -> pd.DataFrame:
    return sessions.assign(service_id="storefront")


@dg.asset
def fct_cart(carts: pd.DataFrame) -> pd.DataFrame:
    return carts.assign(service_id="checkout", is_empty=carts["items"] == 0)


@dg.asset
def fct_checkout(checkouts: pd.DataFrame) -> pd.DataFrame:
    return checkouts.assign(service_id="checkout", is_completed=checkouts["completed_at"].notna())


@dg.asset
def fct_survey_response(survey_answers: pd.DataFrame) -> pd.DataFrame:
    return survey_answers


@dg.asset
def fct_outage(outages: pd.DataFrame) -> pd.DataFrame:
    return outages.assign(duration_seconds=seconds(outages["started_at"], outages["ended_at"]))


@dg.asset
def fct_incident(incidents: pd.DataFrame, deployments: pd.DataFrame) -> pd.DataFrame:
    """Attributed to the deployment that the record names, else to the latest one of the service in the window."""
    live = deployments[(deployments["result"] == "success") & (deployments["environment"] == "production")]
    live = live[live["service_id"] != NOBODY].sort_values(["finished_at", "deployment_id"])
    before = pd.merge_asof(
        incidents.sort_values("opened_at"),
        live[["service_id", "finished_at", "deployment_id"]],
        left_on="opened_at",
        right_on="finished_at",
        by="service_id",
    )
    hours = before["service_id"].map({"erp": 48, "data_platform": 48}).fillna(24)
    near = (before["opened_at"] - before["finished_at"]) <= pd.to_timedelta(hours, unit="h")
    ends = deployments.set_index("deployment_id")["finished_at"]
    named = before["named_id"].where(before["named_id"].isin(ends.index))
    latest = before["deployment_id"].where(near)
    before["deployment_id"] = named.fillna(latest)
    before["attribution_method"] = np.select(
        [named.notna(), latest.notna()], ["explicit", "same_service_window"], "unattributed"
    )
    before["resolution_seconds"] = seconds(before["opened_at"], before["resolved_at"])
    before["restoration_seconds"] = seconds(before["impact_started_at"], before["restored_at"])
    before["recovery_seconds"] = seconds(before["deployment_id"].map(ends), before["resolved_at"])
    for name in ("opened", "restored", "resolved"):
        before[f"{name}_date"] = local_day(before[f"{name}_at"])
    return before.drop(columns=["finished_at", "named_id"])


@dg.asset
def fct_deployment(deployments: pd.DataFrame, fct_incident: pd.DataFrame) -> pd.DataFrame:
    frame = deployments.sort_values(["finished_at", "deployment_id"])
    frame["finished_date"] = local_day(frame["finished_at"])
    success = frame[frame["result"] == "success"].groupby(["scope", "repository", "environment"])
    frame["previous_success_id"] = success["deployment_id"].shift()
    frame["is_baseline"] = success.cumcount().reindex(frame.index) == 0
    frame["is_production_success"] = (frame["result"] == "success") & (frame["environment"] == "production")
    caused = fct_incident.groupby("deployment_id").size()
    frame["attributed_incidents"] = frame["deployment_id"].map(caused).fillna(0).astype(int)
    frame["is_failed_change"] = frame["attributed_incidents"] > 0
    return frame


@dg.asset
def fct_change(changes: pd.DataFrame, deployment_commits: pd.DataFrame, fct_deployment: pd.DataFrame) -> pd.DataFrame:
    frame = changes[changes["merged_at"].notna()].copy()
    live = fct_deployment[fct_deployment["is_production_success"]]
    brought = (
        frame[["change_id", "repository", "merge_commit_sha"]]
        .merge(deployment_commits[["deployment_id", "commit_sha"]], left_on="merge_commit_sha", right_on="commit_sha")
        .merge(live, on=["deployment_id", "repository"])
    )
    brought["began_at"] = brought["started_at"].fillna(brought["finished_at"])
    first = (
        brought[~brought["is_baseline"]]
        .sort_values(["began_at", "finished_at", "deployment_id"])
        .drop_duplicates("change_id")
        .set_index("change_id")
    )
    frame["deployment_id"] = frame["change_id"].map(first["deployment_id"])
    frame["deployed_at"] = frame["change_id"].map(first["finished_at"])
    in_baseline = frame["change_id"].isin(brought.loc[brought["is_baseline"], "change_id"])
    frame["undeployed_reason"] = np.select(
        [frame["deployment_id"].notna(), in_baseline], [None, "before_baseline"], "not_deployed"
    )
    frame["merged_date"], frame["deployed_date"] = local_day(frame["merged_at"]), local_day(frame["deployed_at"])
    frame["coding_seconds"] = seconds(frame["first_commit_at"], frame["created_at"])
    frame["pickup_seconds"] = seconds(frame["created_at"], frame["first_review_at"])
    frame["review_seconds"] = seconds(frame["first_review_at"], frame["merged_at"])
    frame["merge_to_deploy_seconds"] = seconds(frame["merged_at"], frame["deployed_at"])
    frame["lead_time_seconds"] = seconds(frame["first_commit_at"], frame["deployed_at"])
    return frame


@dg.asset
def fct_service_day(
    place: Place,
    outages: pd.DataFrame,
    incidents: pd.DataFrame,
    deployments: pd.DataFrame,
    dim_service: pd.DataFrame,
    dim_date: pd.DataFrame,
) -> pd.DataFrame:
    """Agreed and lost seconds per service and day; overlaps are merged, maintenance is neither."""
    evidence = [outages["started_at"], incidents["opened_at"], deployments["finished_at"]]
    first = min(local_day(clock).min() for clock in evidence)
    days = dim_date[dim_date["date"].between(first, place.day)][["date", "utc_start", "utc_end"]]
    frame = dim_service.dropna(subset=["agreed_seconds_per_day"]).merge(days, how="cross")
    frame = frame[frame["date"] >= frame["launched_on"]]
    length = (frame["utc_end"] - frame["utc_start"]).dt.total_seconds()
    promised = frame["agreed_seconds_per_day"]
    frame["promised"] = np.where(promised >= 86400, length, np.minimum(promised, length))
    horizon = days["utc_end"].max()
    lasting = outages[outages["started_at"] < horizon].copy()
    lasting["ended_at"] = lasting["ended_at"].fillna(horizon).clip(upper=horizon)
    lost = _lost_seconds(lasting, days)
    planned = _lost_seconds(lasting[lasting["is_planned"]], days)
    keys = pd.MultiIndex.from_frame(frame[["service_id", "date"]])
    planned_seconds = planned.reindex(keys, fill_value=0).to_numpy()
    unplanned = lost.reindex(keys, fill_value=0).to_numpy() - planned_seconds
    frame["agreed_seconds"] = (frame["promised"] - planned_seconds).clip(lower=0)
    frame["downtime_seconds"] = np.minimum(unplanned, frame["agreed_seconds"])
    begun = outages[~outages["is_planned"]].groupby(["service_id", "started_date"]).size()
    frame["outages"] = begun.reindex(keys, fill_value=0).to_numpy()
    frame = frame.rename(columns={"date": "service_date"})
    return frame[["service_id", "service_date", "agreed_seconds", "downtime_seconds", "outages"]]


def _lost_seconds(outages: pd.DataFrame, days: pd.DataFrame) -> pd.Series:
    merged = []
    for service, group in outages.sort_values("started_at").groupby("service_id"):
        reached = group["ended_at"].cummax().shift()
        island = (group["started_at"] > reached).cumsum()
        spans = group.groupby(island).agg(started_at=("started_at", "min"), ended_at=("ended_at", "max"))
        merged.append(spans.assign(service_id=service))
    each = pd.concat(merged).merge(days, how="cross")
    each = each[(each["utc_start"] < each["ended_at"]) & (each["utc_end"] > each["started_at"])]
    start, end = each[["started_at", "utc_start"]].max(axis=1), each[["ended_at", "utc_end"]].min(axis=1)
    return (end - start).dt.total_seconds().groupby([each["service_id"], each["date"]]).sum()


@dg.asset
def kpi_value(
    place: Place,
    dim_date: pd.DataFrame,
    dim_service: pd.DataFrame,
    bridge_service_value_stream: pd.DataFrame,
    fct_order: pd.DataFrame,
    fct_revenue: pd.DataFrame,
    fct_customer: pd.DataFrame,
    fct_session: pd.DataFrame,
    fct_cart: pd.DataFrame,
    fct_checkout: pd.DataFrame,
    fct_survey_response: pd.DataFrame,
    fct_incident: pd.DataFrame,
    fct_deployment: pd.DataFrame,
    fct_change: pd.DataFrame,
    fct_service_day: pd.DataFrame,
) -> pd.DataFrame:
    facts = pandas_kpis.Facts(
        fct_order,
        fct_revenue,
        fct_customer,
        fct_session,
        fct_cart,
        fct_checkout,
        fct_survey_response,
        fct_incident,
        fct_deployment,
        fct_change,
        fct_service_day,
    )
    members = pandas_kpis.Members(dim_service, bridge_service_value_stream)
    return pandas_kpis.kpi_values(facts, members, dim_date, place.day, place.targets())


def main(company: Path, out: Path, as_of: str) -> None:
    out.unlink(missing_ok=True)
    dg.materialize(
        dg.load_assets_from_current_module(),
        resources={
            "io_manager": DuckDBPandasIOManager(database=str(out), schema="main"),
            "place": Place(company=str(company), as_of=as_of),
        },
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
