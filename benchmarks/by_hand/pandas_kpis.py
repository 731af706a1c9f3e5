"""Every KPI at every grain from frames of facts: daily parts summed up to periods, medians from the records."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

COMPANY = "harbour_home"
EVERY = ("day", "week", "month", "quarter", "year", "all")
FROM_WEEK, FROM_MONTH = EVERY[1:], EVERY[2:]
STREAMS = ("company", "value_stream")
DELIVERY = ("company", "value_stream", "team", "service")
KEY = ["scope_type", "scope_id", "dimensions"]
ALWAYS = pd.Timestamp("1900-01-01")
DAY = pd.Timedelta(days=1)


@dataclass(frozen=True)
class Facts:
    order: pd.DataFrame
    revenue: pd.DataFrame
    customer: pd.DataFrame
    session: pd.DataFrame
    cart: pd.DataFrame
    checkout: pd.DataFrame
    survey: pd.DataFrame
    incident: pd.DataFrame
    deployment: pd.DataFrame
    change: pd.DataFrame
    service_day: pd.DataFrame


@dataclass(frozen=True)
class Members:
    service: pd.DataFrame
    bridge: pd.DataFrame

    def of(self, frame: pd.DataFrame, scopes: Iterable[str], dimensions: Iterable[str] = ()) -> pd.DataFrame:
        """Gives every row with `day` and `service_id` to each of its members, with a weight."""
        parts = []
        for scope in scopes:
            if scope == "company":
                part = frame.assign(scope_id=COMPANY, weight=1.0)
            elif scope == "vendor":
                part = frame.assign(scope_id="(none)", weight=1.0)
            elif scope == "service":
                part = frame.assign(scope_id=frame["service_id"], weight=1.0)
            elif scope == "team":
                team = self.service.set_index("service_id")["team_id"]
                part = frame.assign(scope_id=frame["service_id"].map(team), weight=1.0)
            else:
                part = frame.merge(self.bridge, on="service_id")
                part = part[(part["day"] >= part["valid_from"]) & (part["day"] < part["valid_to"])]
                part = part.drop(columns=["valid_from", "valid_to"]).rename(columns={"value_stream_id": "scope_id"})
            parts.append(part.assign(scope_type=scope, dimensions="{}"))
        for name in dimensions:
            member = '{"' + name + '":"' + frame[name].fillna("(none)") + '"}'
            parts.append(frame.assign(scope_type="company", scope_id=COMPANY, dimensions=member, weight=1.0))
        return pd.concat(parts, ignore_index=True)


class Calendar:
    def __init__(self, dim_date: pd.DataFrame, as_of: pd.Timestamp):
        days = dim_date[dim_date["date"] <= as_of]
        self.as_of = as_of
        self.closed = days["utc_end"].max()
        self.starts = {
            grain: pd.Series(days[f"{grain}_start"].to_numpy(), index=days["date"])
            for grain in ("week", "month", "quarter", "year")
        }
        self.starts["day"] = pd.Series(days["date"].to_numpy(), index=days["date"])
        self.starts["all"] = pd.Series(ALWAYS, index=days["date"])

    def of(self, days: pd.Series, grain: str) -> pd.Series:
        return days.map(self.starts[grain])

    def periods(self, grain: str, first: pd.Timestamp) -> pd.DataFrame:
        starts = self.starts[grain]
        starts = starts[starts.index >= first]
        last = starts.index.to_series().groupby(starts.to_numpy()).max()
        begin = last.index.to_series()
        end = {
            "week": begin + 6 * DAY,
            "month": begin + pd.offsets.MonthEnd(1),
            "quarter": begin + pd.offsets.QuarterEnd(1),
            "year": begin + pd.offsets.YearEnd(1),
        }.get(grain, last)
        return pd.DataFrame({"period_start": last.index, "last_day": last.to_numpy(), "period_end": end.to_numpy()})


def kpi_values(
    facts: Facts, members: Members, dim_date: pd.DataFrame, as_of: pd.Timestamp, targets: pd.DataFrame
) -> pd.DataFrame:
    calendar = Calendar(dim_date, as_of)
    tables = [*_commerce(facts, members, calendar), *_operations(facts, members, calendar)]
    tables.append(_arpu(tables))
    values = pd.concat(tables, ignore_index=True)
    return _compared(_judged(values, targets), as_of)


def _commerce(facts: Facts, members: Members, calendar: Calendar) -> list[pd.DataFrame]:
    sold = facts.order[~facts.order["is_cancelled"]].assign(day=lambda frame: frame["ordered_date"], one=1)
    rated = sold[sold["net_amount_reporting"].notna()]
    revenue = facts.revenue.assign(day=facts.revenue["occurred_date"], one=facts.revenue["amount_reporting"].notna())
    buyers = sold[sold["customer_id"].notna()]
    answers = facts.survey.assign(day=facts.survey["answered_date"], one=1, top=facts.survey["is_top_two"])
    shop = answers[(answers["kind"] == "csat") & (answers["subject"] == "shop")]
    checkouts = facts.checkout.assign(day=facts.checkout["started_date"], one=1, lost=~facts.checkout["is_completed"])
    customers = facts.customer.assign(
        day=facts.customer["first_ordered_date"],
        one=1,
        again=facts.customer["second_purchase_date"] <= calendar.as_of,
        service_id="unallocated",
    )
    visits = _converted(facts.session, facts.order, "session_id", "started", calendar.closed)
    carts = _converted(facts.cart[~facts.cart["is_empty"]], facts.order, "cart_id", "created", calendar.closed)
    carts["lost"] = ~carts["is_converted"]
    orders = _parts(members, sold, "one", None, STREAMS, ["channel"])
    money = _parts(members, revenue, "amount_reporting", None, STREAMS, ["channel"], count="one")
    average = pd.concat([money.assign(n=0), orders.assign(denominator=orders["numerator"], numerator=0.0)])
    daily = members.of(buyers, STREAMS, ["channel"]).drop_duplicates([*KEY, "day", "customer_id"])
    active = daily.groupby([*KEY, "day"], as_index=False).agg(numerator=("customer_id", "size"))
    active = active.assign(denominator=np.nan, n=active["numerator"])
    converted = _parts(members, visits, "is_converted", "one", STREAMS, ["channel", "device"])
    repeated = _parts(members, customers, "again", "one", ["company"], ["channel"])
    roll = _Roll(calendar)
    return [
        roll.up("orders", orders, EVERY, "count"),
        roll.up("net_revenue", money, EVERY, "sum"),
        roll.up("aov", average, EVERY),
        roll.up("active_customers", active, EVERY, "per_day", first=facts.order["ordered_date"].min()),
        roll.up("conversion_rate", converted, EVERY),
        roll.up("cart_abandonment", _parts(members, carts, "lost", "one", STREAMS, ["channel"]), EVERY),
        roll.up("checkout_abandonment", _parts(members, checkouts, "lost", "one", STREAMS), EVERY),
        roll.up(
            "refund_rate",
            _parts(members, rated, "refunded_amount_reporting", "net_amount_reporting", STREAMS, ["channel"]),
            FROM_WEEK,
        ),
        roll.up("repeat_purchase_rate", repeated, FROM_MONTH),
        roll.up("csat", _parts(members, shop, "top", "one", STREAMS, ["channel"]), FROM_WEEK, least=30),
        roll.up(
            "it_satisfaction",
            _parts(members, answers[answers["subject"] == "it"], "top", "one", ["company", "service"]),
            FROM_MONTH,
            least=30,
        ),
    ]


def _operations(facts: Facts, members: Members, calendar: Calendar) -> list[pd.DataFrame]:
    roll = _Roll(calendar)
    runs = facts.deployment[facts.deployment["is_production_success"]]
    runs = runs.assign(day=runs["finished_date"], one=1, repair=runs["reason"].isin(["fix", "rollback"]))
    up = facts.service_day.assign(
        day=facts.service_day["service_date"],
        available=facts.service_day["agreed_seconds"] - facts.service_day["downtime_seconds"],
    )
    incidents = facts.incident
    resolved = incidents.assign(
        day=incidents["resolved_date"],
        one=incidents["resolution_seconds"].notna(),
        has_sla=incidents["sla_met"].notna(),
    ).dropna(subset=["day"])
    restored = incidents.assign(day=incidents["restored_date"]).dropna(subset=["day"])
    critical = incidents[incidents["priority"] == "P1"].assign(day=incidents["opened_date"], one=1)
    merged = facts.change.assign(day=facts.change["merged_date"])
    deployed = facts.change.assign(day=facts.change["deployed_date"]).dropna(subset=["day"])
    medians = [
        ("coding_time", merged, "coding_seconds", []),
        ("pickup_time", merged, "pickup_seconds", []),
        ("review_time", merged, "review_seconds", []),
        ("merge_to_deploy", deployed, "merge_to_deploy_seconds", []),
        ("lead_time_for_changes", deployed, "lead_time_seconds", []),
        ("failed_deploy_recovery", resolved, "recovery_seconds", []),
        ("mttr_resolve_median", resolved, "resolution_seconds", ["priority"]),
        ("mttr_restore", restored, "restoration_seconds", ["priority"]),
    ]
    frequency = _parts(members, runs, "one", None, DELIVERY)
    return [
        roll.up("deployment_frequency", frequency, EVERY, "per_day", first=facts.deployment["finished_date"].min()),
        roll.up("change_failure_rate", _parts(members, runs, "is_failed_change", "one", DELIVERY), FROM_WEEK),
        roll.up("rework_rate", _parts(members, runs, "repair", "one", DELIVERY), FROM_MONTH),
        roll.up("availability", _parts(members, up, "available", "agreed_seconds", DELIVERY), EVERY),
        roll.up(
            "mttr_resolve",
            _parts(members, resolved, "resolution_seconds", "one", DELIVERY, ["priority"]),
            FROM_WEEK,
            divided_by=3600,
        ),
        roll.up(
            "sla_compliance",
            _parts(members, resolved, "sla_met", "has_sla", [*DELIVERY, "vendor"], ["priority"]),
            FROM_WEEK,
        ),
        roll.up("critical_incidents", _parts(members, critical, "one", None, ["company"]), ["month"], "count"),
        roll.stock("open_incidents", _open(members, incidents), ["day", "week", "month"]),
        *(roll.median(id, members.of(frame, DELIVERY, cut), column) for id, frame, column, cut in medians),
    ]


def _converted(base: pd.DataFrame, order: pd.DataFrame, key: str, event: str, closed: pd.Timestamp) -> pd.DataFrame:
    """Marks visits or carts that an order followed within a day; those that still may convert are left out."""
    base = base.assign(day=base[f"{event}_date"], one=1)
    base = base[base[f"{event}_at"] + DAY < closed]
    pairs = base[[key, f"{event}_at"]].merge(order.loc[order[key].notna(), [key, "ordered_at"]], on=key)
    wait = pairs["ordered_at"] - pairs[f"{event}_at"]
    return base.assign(is_converted=base[key].isin(pairs.loc[(wait >= 0 * DAY) & (wait <= DAY), key]))


def _parts(
    members: Members,
    frame: pd.DataFrame,
    numerator: str,
    denominator: str | None,
    scopes: Iterable[str],
    dimensions: Iterable[str] = (),
    count: str | None = None,
) -> pd.DataFrame:
    """Sums numerator, denominator and records up per member and day."""
    slim = pd.DataFrame({"day": frame["day"], "service_id": frame["service_id"]})
    slim["numerator"] = frame[numerator].astype(float)
    slim["denominator"] = frame[denominator].astype(float) if denominator else np.nan
    slim["n"] = frame[count or denominator or numerator].notna() if not count else frame[count]
    if denominator in ("one", "has_sla"):
        slim["n"] = frame[denominator]
    dimensions = list(dimensions)
    for name in dimensions:
        slim[name] = frame[name]
    keys = ["day", "service_id", *dimensions]
    daily = slim.groupby(keys, dropna=False, as_index=False)[["numerator", "denominator", "n"]].sum(min_count=1)
    daily = members.of(daily[daily["day"].notna()], scopes, dimensions)
    for name in ("numerator", "denominator"):
        daily[name] = daily[name] * daily["weight"]
    return daily.groupby([*KEY, "day"], as_index=False)[["numerator", "denominator", "n"]].sum(min_count=1)


def _open(members: Members, incidents: pd.DataFrame) -> pd.DataFrame:
    lasting = incidents[incidents["resolved_date"].isna() | (incidents["resolved_date"] > incidents["opened_date"])]
    came = lasting.assign(day=lasting["opened_date"], change=1.0)
    went = lasting[lasting["resolved_date"].notna()]
    went = went.assign(day=went["resolved_date"], change=-1.0)
    return _parts(members, pd.concat([came, went]), "change", None, ["company", "service"])


class _Roll:
    """Sums daily parts up to periods and fills those that nothing happened in."""

    def __init__(self, calendar: Calendar):
        self._calendar = calendar

    def up(
        self,
        id: str,
        parts: pd.DataFrame,
        grains: Iterable[str],
        kind: str = "ratio",
        least: int | None = None,
        divided_by: int = 1,
        first: pd.Timestamp | None = None,
    ) -> pd.DataFrame:
        parts = parts[parts["day"] <= self._calendar.as_of]
        tables = []
        for grain in grains:
            sums = parts.assign(period_start=self._calendar.of(parts["day"], grain))
            sums = sums.groupby([*KEY, "period_start"])[["numerator", "denominator", "n"]].sum(min_count=1)
            table = self._filled(sums, parts, grain)
            table["n"] = table["n"].fillna(0)
            if kind != "sum":
                table["numerator"] = table["numerator"].fillna(0)
            if kind == "per_day":
                began = table["period_start"].clip(lower=first)
                table["denominator"] = (table["last_day"] - began).dt.days + 1
            if kind in ("ratio", "per_day"):
                table["value"] = table["numerator"] / table["denominator"].replace(0, np.nan) / divided_by
            else:
                table["value"] = table["numerator"]
            if least is not None:
                table["value"] = table["value"].where(table["denominator"] >= least)
            tables.append(table)
        return pd.concat(tables, ignore_index=True).assign(kpi_id=id)

    def stock(self, id: str, parts: pd.DataFrame, grains: Iterable[str]) -> pd.DataFrame:
        parts = parts[parts["day"] <= self._calendar.as_of]
        days = pd.date_range(parts["day"].min(), self._calendar.as_of, name="day")
        wide = parts.pivot(index=KEY, columns="day", values="numerator").reindex(columns=days).fillna(0)
        stock = wide.cumsum(axis=1).stack().rename("numerator").reset_index()
        tables = []
        for grain in grains:
            table = stock.assign(period_start=self._calendar.of(stock["day"], grain))
            table = table.sort_values("day").drop_duplicates([*KEY, "period_start"], keep="last")
            periods = self._calendar.periods(grain, parts["day"].min())
            tables.append(table.merge(periods, on="period_start").assign(grain=grain, first_day=parts["day"].min()))
        table = pd.concat(tables, ignore_index=True)
        return table.drop(columns=["day"]).assign(kpi_id=id, value=table["numerator"], denominator=np.nan, n=np.nan)

    def median(self, id: str, placed: pd.DataFrame, column: str) -> pd.DataFrame:
        placed = placed[placed[column].notna() & (placed["day"] <= self._calendar.as_of)]
        tables = []
        for grain in FROM_WEEK:
            periods = placed.assign(period_start=self._calendar.of(placed["day"], grain))
            found = periods.groupby([*KEY, "period_start"])[column].agg(value="median", n="size")
            table = self._filled(found, placed, grain)
            table["value"], table["n"] = table["value"] / 3600, table["n"].fillna(0)
            tables.append(table.assign(numerator=np.nan, denominator=np.nan))
        return pd.concat(tables, ignore_index=True).assign(kpi_id=id)

    def _filled(self, found: pd.DataFrame, parts: pd.DataFrame, grain: str) -> pd.DataFrame:
        first = parts["day"].min()
        periods = self._calendar.periods(grain, first)
        spine = parts[KEY].drop_duplicates().merge(periods, how="cross")
        return spine.merge(found.reset_index(), on=[*KEY, "period_start"], how="left").assign(
            grain=grain, first_day=first
        )


def _arpu(tables: list[pd.DataFrame]) -> pd.DataFrame:
    by_id = {table["kpi_id"].iloc[0]: table for table in tables}
    revenue, buyers = by_id["net_revenue"], by_id["active_customers"]
    buyers = buyers[[*KEY, "grain", "period_start", "value", "n"]].rename(columns={"value": "buyers", "n": "bought"})
    table = revenue[revenue["grain"] != "day"].merge(buyers, on=[*KEY, "grain", "period_start"], how="left")
    table["denominator"], table["n"] = table["buyers"].replace(0, np.nan), table["bought"].fillna(0)
    table["value"] = table["numerator"].fillna(0) / table["denominator"]
    return table.drop(columns=["buyers", "bought"]).assign(kpi_id="arpu")


def _judged(values: pd.DataFrame, targets: pd.DataFrame) -> pd.DataFrame:
    """Adds the target that holds at the end of each period: the most particular one, then the latest."""
    values = values.assign(target=np.nan, warn=np.nan, status="no_target")
    order = targets.assign(strength=targets["where"].map(len)).sort_values(["strength", "from"])
    for target in order.to_dict("records"):
        holds = (values["kpi_id"] == target["kpi_id"]) & (values["period_end"] >= pd.Timestamp(target["from"]))
        if "service" in target["where"]:
            holds &= (values["scope_type"] == "service") & (values["scope_id"] == target["where"]["service"])
        if "channel" in target["where"]:
            holds &= values["dimensions"] == '{"channel":"' + target["where"]["channel"] + '"}'
        values.loc[holds, ["target", "warn"]] = target["value"], target["warn"]
    sign = np.where(values["warn"] > values["target"], -1, 1)
    reached = sign * (values["value"] - values["target"]) >= 0
    nearly = sign * (values["value"] - values["warn"]) >= 0
    values["status"] = np.select(
        [values["value"].isna(), values["target"].isna(), reached, nearly],
        ["no_value", "no_target", "on_target", "warning"],
        "off_target",
    )
    return values


def _compared(values: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Adds the value of the period before and of the same period a year before."""
    series = ["kpi_id", *KEY, "grain"]
    values = values.sort_values("period_start", kind="stable")
    values["previous_value"] = values.groupby(series)["value"].shift()
    weekly = values["grain"] == "week"
    values["year_ago_start"] = (values["period_start"] - pd.DateOffset(years=1)).where(
        ~weekly, values["period_start"] - 364 * DAY
    )
    earlier = values[[*series, "period_start", "value"]].rename(
        columns={"period_start": "year_ago_start", "value": "year_ago_value"}
    )
    values = values.merge(earlier, on=[*series, "year_ago_start"], how="left")
    everything = values["grain"] == "all"
    values["year_ago_value"] = values["year_ago_value"].mask(everything)
    values["period_start"] = values["period_start"].mask(everything, values["first_day"])
    values["is_complete"] = values["period_end"] <= as_of
    return values[
        [
            *["kpi_id", *KEY, "grain", "period_start", "period_end", "value", "numerator", "denominator", "n"],
            *["target", "warn", "status", "is_complete", "previous_value", "year_ago_value"],
        ]
    ]
