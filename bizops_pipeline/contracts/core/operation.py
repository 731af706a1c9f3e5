"""Incidents and their causes, outages and the service time they cost, changes, usage and service-level objectives."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import (
    SERVICE,
    SIDE,
    VALID_TO,
    conformed,
    fact,
    item_of,
    tracked_dimension,
)
from bizops_pipeline.contracts.table import (
    Column,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    seconds,
    text,
)


def _quantity(name: str, description: str) -> Column:
    return Column(name, Type.QUANTITY, description)


DIM_SLO = tracked_dimension(
    "dim_slo",
    "one row per service-level objective and span of days on which one of its goals holds",
    "Service-level objectives with their goals.",
    ("slo_id", "valid_from"),
    text("slo_id", "Objective.", required=True),
    SERVICE,
    text("name", "Name."),
    Column("goal", Type.WEIGHT, "Share of good events that is promised.", required=True),
    integer("window_days", "Length of the window in which it is to be kept."),
    day("valid_from", "First day on which the goal holds.", required=True),
    VALID_TO,
)

FCT_INCIDENT = fact(
    "fct_incident",
    "one row per incident",
    "Incidents with their clocks, their root cause and the deployment they are attributed to.",
    text("incident_id", "Incident.", required=True),
    SERVICE,
    text("priority", "How urgent, P1 the most.", allowed=conformed("incident", "priority")),
    text(
        "severity",
        "How grave, S1 the most; of it or of its review.",
        allowed=conformed("incident", "severity"),
    ),
    text("status", "Conformed status.", allowed=conformed("incident", "status")),
    text("vendor_id", "Vendor."),
    text("problem_id", "Problem that is its root cause."),
    integer("users_affected", "Employees who could not work as usual."),
    instant("impact_started_at", "When users were first affected."),
    instant("detected_at", "When monitoring or a person noticed."),
    instant("opened_at", "Record created.", required=True),
    business_date("opened_at"),
    instant("acknowledged_at", "Taken on."),
    instant("restored_at", "Service worked again."),
    business_date("restored_at"),
    instant("resolved_at", "Cause dealt with."),
    business_date("resolved_at"),
    instant("reopened_at", "First opened again."),
    flag("sla_met", "Whether its service-level target was kept."),
    text("deployment_id", "Deployment it is attributed to."),
    text(
        "attribution_method",
        "How the deployment was found.",
        required=True,
        allowed=("explicit", "same_service_window", "unattributed"),
    ),
    seconds("detection_seconds", "Detected less impact start; negative or impact start missing: NULL."),
    seconds("acknowledgement_seconds", "Acknowledged less opened."),
    seconds("resolution_seconds", "Resolved less opened."),
    seconds("resolution_business_seconds", "Business seconds between opened and resolved."),
    seconds("restoration_seconds", "Restored less impact start; impact start missing: NULL."),
    seconds("recovery_seconds", "Resolved less end of the causing deployment; negative or unattributed: NULL."),
    item=item_of("incident"),
)

FCT_PROBLEM = fact(
    "fct_problem",
    "one row per problem",
    "Root causes of incidents, from their record to their removal.",
    text("problem_id", "Problem.", required=True),
    SERVICE,
    text("title", "What it is."),
    text("status", "Conformed status.", allowed=conformed("problem", "status")),
    instant("opened_at", "Recorded.", required=True),
    business_date("opened_at"),
    instant("resolved_at", "Cause removed; NULL while it is not."),
    business_date("resolved_at"),
)

FCT_OUTAGE = fact(
    "fct_outage",
    "one row per outage",
    "Outages as recorded, and as the results of monitors imply; overlaps are merged in fct_service_day.",
    text("outage_id", "Outage; `status_check:` and its first failed result where a monitor saw it.", required=True),
    SERVICE,
    flag("is_planned", "Announced maintenance.", required=True),
    instant("started_at", "Start.", required=True),
    business_date("started_at"),
    instant("ended_at", "End; NULL while it lasts."),
    text("incident_id", "Incident."),
    seconds("duration_seconds", "End less start."),
)

FCT_SERVICE_DAY = fact(
    "fct_service_day",
    "one row per service and day",
    "Agreed and lost service time per day; overlapping outages are merged, maintenance is not agreed time. Every "
    "service with agreed hours has a row for every day to the as-of date, from the first day on which any outage, "
    "result of a monitor, incident or deployment is on record, or from its launch when that is later; one that a "
    "monitor watches from its first result. No rows without a source of outages.",
    text("service_day_id", "Service and day.", required=True),
    SERVICE,
    day("service_date", "Business day.", required=True),
    seconds("agreed_seconds", "Agreed service time of the day."),
    seconds("downtime_seconds", "Unplanned downtime inside it, overlaps merged."),
    integer("outages", "Unplanned outages that began that day."),
)

FCT_PRODUCTIVITY_LOSS = fact(
    "fct_productivity_loss",
    "one row per service, day and cause",
    "Working time of employees lost to IT, inside business hours: employees affected times the duration of incidents, "
    "where incidents of one service overlap those of the largest, and the wait for tickets that block work.",
    text("productivity_loss_id", "Service, day and cause.", required=True),
    SERVICE,
    day("service_date", "Business day.", required=True),
    text("cause", "What kept people from work.", required=True, allowed=("incident", "ticket")),
    seconds("lost_seconds", "Working time lost.", required=True),
)

FCT_WORKING_TIME = fact(
    "fct_working_time",
    "one row per team, side and business day",
    "Working time of employees to the as-of date: their shares of a full-time job times the business hours of the day.",
    text("working_time_id", "Team, side and day.", required=True),
    text("team_id", "Team; `unallocated` when none is known.", required=True, references="dim_team.team_id"),
    SIDE,
    day("service_date", "Business day.", required=True),
    seconds("worked_seconds", "Working time.", required=True),
)

FCT_CHANGE_REQUEST = fact(
    "fct_change_request",
    "one row per change request",
    "Changes under change management and how they ended.",
    text("change_request_id", "Change request.", required=True),
    SERVICE,
    text("type", "Conformed type.", required=True, allowed=conformed("change_request", "type")),
    text("outcome", "How it ended; NULL before it is closed.", allowed=conformed("change_request", "outcome")),
    instant("opened_at", "Requested.", required=True),
    business_date("opened_at"),
    instant("closed_at", "Closed; NULL while open."),
    business_date("closed_at"),
    flag("is_successful", "Whether it was carried out and stayed; NULL while open or when cancelled."),
)

FCT_RESOURCE_USAGE = fact(
    "fct_resource_usage",
    "one row per service and interval",
    "What services used and served; means are kept as sums over time, so that they add up.",
    text("resource_usage_id", "Service and interval.", required=True),
    SERVICE,
    instant("measured_at", "Start of the interval.", required=True),
    business_date("measured_at"),
    _quantity("cpu_used_core_seconds", "Cores used times length of the interval."),
    _quantity("cpu_available_core_seconds", "Cores there were times length of the interval."),
    _quantity("memory_used_gib_seconds", "Memory used, GiB, times length of the interval."),
    _quantity("memory_available_gib_seconds", "Memory there was, GiB, times length of the interval."),
    integer("requests", "Requests served."),
    integer("errors", "Requests that failed."),
    integer("slow_requests", "Requests that took longer than agreed."),
)

FCT_SLO_MEASUREMENT = fact(
    "fct_slo_measurement",
    "one row per measurement of a service-level objective",
    "Good and bad events with the bad ones that the goal of the day allowed.",
    text("slo_measurement_id", "Measurement.", required=True),
    text("slo_id", "Objective.", required=True),
    SERVICE,
    instant("measured_at", "Start of the time measured.", required=True),
    business_date("measured_at"),
    Column("goal", Type.WEIGHT, "Goal of the day; NULL when none is known."),
    integer("valid_events", "Events that count.", required=True),
    integer("good_events", "Good ones.", required=True),
    integer("bad_events", "Others.", required=True),
    _quantity("allowed_bad_events", "Error budget: valid events times what the goal leaves; 0 for a goal of 1."),
)

DIMENSIONS: tuple[Table, ...] = (DIM_SLO,)
FACTS: tuple[Table, ...] = (
    FCT_INCIDENT,
    FCT_PROBLEM,
    FCT_OUTAGE,
    FCT_SERVICE_DAY,
    FCT_PRODUCTIVITY_LOSS,
    FCT_WORKING_TIME,
    FCT_CHANGE_REQUEST,
    FCT_RESOURCE_USAGE,
    FCT_SLO_MEASUREMENT,
)
