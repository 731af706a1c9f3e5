"""The company's calendar, value streams, teams and services, and how services serve value streams."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import SIDE, VALID_TO, dimension
from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, instant, integer, seconds, text

DIM_DATE = dimension(
    "dim_date",
    "one row per calendar day",
    "The company's calendar: ISO and fiscal periods, the UTC span of each local day and of its business hours. The "
    "business seconds between two instants are those before the later one less those before the earlier one, each "
    "`business_seconds_before` of its day and what has passed of the day's span.",
    ("date",),
    day("date", "Calendar day in the company's time zone.", required=True),
    day("week_start", "First day of its week, by the company's week start.", required=True),
    day("month_start", "First day of its month.", required=True),
    day("quarter_start", "First day of its calendar quarter.", required=True),
    day("year_start", "First day of its calendar year.", required=True),
    integer("iso_year", "ISO year."),
    integer("iso_week", "ISO week number."),
    integer("day_of_week", "ISO day of the week, Monday 1."),
    integer("fiscal_year", "Fiscal year, named by the calendar year it ends in."),
    integer("fiscal_quarter", "Fiscal quarter, 1 to 4."),
    instant("utc_start", "UTC instant at which the day begins."),
    instant("utc_end", "UTC instant at which the next day begins."),
    flag("is_weekend", "Saturday or Sunday."),
    flag("is_holiday", "A holiday by the entity `holiday`."),
    flag("is_business_day", "A day of `business_hours` that is no holiday."),
    instant("business_utc_start", "UTC instant at which business hours begin; on other days that of the day."),
    instant("business_utc_end", "UTC instant at which business hours end; on other days that at which the day begins."),
    seconds("business_seconds", "Length of the day's business hours; 0 when there are none."),
    seconds("business_seconds_before", "Business seconds of all earlier days of the calendar."),
)

DIM_VALUE_STREAM = dimension(
    "dim_value_stream",
    "one row per value stream",
    "Value streams from the company's catalogue, with `unallocated` for what reaches none.",
    ("value_stream_id",),
    text("value_stream_id", "Value stream key.", required=True),
    text("name", "Name."),
    text("customer", "Whom it serves."),
    text("owner_business", "Owner on the business side."),
    text("owner_it", "Owner on the IT side."),
    text("value_domain", "Focus: value_creation, risk_mitigation or resource_optimization."),
)

DIM_STAGE = dimension(
    "dim_stage",
    "one row per value stream and stage",
    "Stages of value streams in their order.",
    ("value_stream_id", "stage_id"),
    text("value_stream_id", "Value stream.", required=True),
    text("stage_id", "Stage key inside the value stream.", required=True),
    text("name", "Name."),
    integer("position", "Order, from 1."),
    text("kind", "active or wait."),
)

DIM_TEAM = dimension(
    "dim_team",
    "one row per team",
    "Teams on the business and the IT side.",
    ("team_id",),
    text("team_id", "Team key.", required=True),
    text("name", "Name."),
    SIDE,
)

DIM_SERVICE = dimension(
    "dim_service",
    "one row per service",
    "Services (products) that the business runs on, with `unallocated`.",
    ("service_id",),
    text("service_id", "Service key.", required=True),
    text("name", "Name."),
    text("tier", "Criticality tier."),
    text("team_id", "Team that owns it; `unallocated` when none.", required=True),
    day("launched_on", "First day in service."),
    integer("agreed_seconds_per_day", "Seconds of service promised per day."),
)

BRIDGE_SERVICE_VALUE_STREAM = dimension(
    "bridge_service_value_stream",
    "one row per service, value stream and validity interval",
    "How much of a service serves which value stream; the weights of a service at one day sum to 1.",
    ("service_id", "value_stream_id", "valid_from"),
    text("service_id", "Service.", required=True),
    text("value_stream_id", "Value stream.", required=True),
    Column("weight", Type.WEIGHT, "Share of the service, 0 to 1.", required=True),
    day("valid_from", "First day on which the share holds.", required=True),
    VALID_TO,
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_DATE,
    DIM_VALUE_STREAM,
    DIM_STAGE,
    DIM_TEAM,
    DIM_SERVICE,
    BRIDGE_SERVICE_VALUE_STREAM,
)
FACTS: tuple[Table, ...] = ()
