"""Where everything stands now: every KPI in its latest period, every value domain, what a unit of output costs."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.kpi import KPI_VALUE, METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.vocabulary import GRADE, IS_COMPLETE, PERIOD_END, PERIOD_START, RUN, mart
from bizops_pipeline.contracts.table import Column, Table, Type, integer, number, text

RECENT = 12
"""Periods of a sparkline."""

KPI_SCORECARD = mart(
    "kpi_scorecard",
    "one row per KPI, scope and dimensions",
    "Where every KPI stands: its latest complete period at the grain that says most to people (month, else week, "
    "quarter, day, year, all), with target, change and trend.",
    ("kpi_id", "scope_type", "scope_id", "dimensions"),
    *(KPI_VALUE.column(name) for name in ("kpi_id", "scope_type", "scope_id", "dimensions")),
    *(METRIC_CATALOGUE.column(name) for name in ("label", "unit", "direction", "value_domain", "layer", "owner")),
    *(KPI_VALUE.column(name) for name in "grain period_start period_end value target warn status".split()),
    text("band", "Class of performance that the value is in, such as elite; NULL where the KPI has none."),
    *(KPI_VALUE.column(name) for name in ("null_reason", "is_provisional")),
    number("target_gap", "value less target, of a band less its lower bound; NULL without one of them."),
    KPI_VALUE.column("previous_value"),
    number("change", "value less previous_value."),
    text("change_meaning", "better, worse or same than the period before; higher or lower where neither is good."),
    KPI_VALUE.column("year_ago_value"),
    number(
        "trend_slope",
        "Median of the slopes between all pairs of the last periods with a value (Theil and Sen), per period; NULL "
        "with fewer than four.",
    ),
    number("trend_strength", "Pairs that rise less pairs that fall, as a share of all (Kendall's tau), -1 to 1."),
    text(
        "trend",
        "improving, worsening or steady; rising or falling where neither is good; steady below 0.5 of strength.",
    ),
    integer("trend_periods", f"Periods with a value among the last {RECENT}.", required=True),
    text("recent_values", f"JSON array of the last {RECENT} values, oldest first, null where there is none."),
    GRADE,
    RUN,
    KPI_VALUE.column("data_as_of"),
)

VALUE_DOMAIN = mart(
    "value_domain",
    "one row per value domain, company or value stream, grain and period",
    "How the KPIs of each value domain stand to their targets, each KPI counted once, without dimensions.",
    ("value_domain", "scope_type", "scope_id", "grain", "period_start"),
    text("value_domain", "value_creation, risk_mitigation or resource_optimization.", required=True),
    text("scope_type", "company or value_stream.", required=True, allowed=("company", "value_stream")),
    text("scope_id", "Member of the scope.", required=True),
    text("grain", "week, month, quarter or year.", required=True),
    PERIOD_START,
    PERIOD_END,
    IS_COMPLETE,
    integer("kpis", "KPIs with a row.", required=True),
    integer("with_target", "Those with a value and a target.", required=True),
    integer("on_target", "Those on target.", required=True),
    integer("warning", "Those between target and warning.", required=True),
    integer("off_target", "Those off target.", required=True),
    integer("without_value", "Those without a value.", required=True),
    number("score", "(on_target + warning / 2) / with_target, 0..1; NULL without a target."),
    text(
        "best_kpi_id",
        "KPI that is furthest on the good side of its target, in shares of the target; bands and targets of 0 have "
        "no such share.",
    ),
    number("best_gap", "How far, as a share of the target."),
    text("worst_kpi_id", "KPI that is furthest on the bad side of its target, or least on the good one."),
    number("worst_gap", "How far, as a share of the target; negative on the bad side."),
    text("worst_grade", "Worst quality grade among the KPIs."),
    RUN,
)

UNIT_COST = mart(
    "unit_cost",
    "one row per company, service or value stream, unit, grain and period",
    "What technology costs per unit of output: cost that reaches a service, over what the service did. Costs of "
    "different units are the same money and are never added.",
    ("scope_type", "scope_id", "unit", "grain", "period_start"),
    text("scope_type", "company, service or value_stream.", required=True),
    text("scope_id", "Member of the scope.", required=True),
    text("unit", "order (not cancelled), session, ticket or deployment (to production, successful).", required=True),
    text("grain", "month, quarter or year.", required=True),
    PERIOD_START,
    PERIOD_END,
    IS_COMPLETE,
    Column("allocated_cost", Type.COMPONENT, "Technology cost that reaches a service, in the reporting currency."),
    Column("units", Type.COMPONENT, "Units; shares of them for value streams.", required=True),
    number("unit_cost", "allocated_cost / units; NULL without either."),
    text("null_reason", "Why it is NULL: source_missing (no cost at all), no_events (no cost in the period)."),
    RUN,
)

MARTS: tuple[Table, ...] = (KPI_SCORECARD, VALUE_DOMAIN, UNIT_COST)
