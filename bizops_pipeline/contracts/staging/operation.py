"""How services run, fail, come back and are changed, and what was promised of them."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import ORIGINAL_STATUS, SERVICE, UPDATED, entity, not_before, quantity
from bizops_pipeline.contracts.table import Column, Rule, Table, Type, day, flag, instant, integer, text

_SEVERITY = text("severity", "Conformed severity of the effect, S1 the worst.", allowed=("S1", "S2", "S3", "S4", "S5"))
_USERS_AFFECTED = integer("users_affected", "Employees who could not work as usual.", minimum=0)

INCIDENT = entity(
    "incident",
    "one row per incident",
    "Interruptions and degradations of a service, with their clocks.",
    text("incident_id", "Incident key.", required=True),
    SERVICE,
    text("priority", "Conformed priority, P1 the most urgent.", allowed=("P1", "P2", "P3", "P4", "P5")),
    text("original_priority", "Priority in the source's own words."),
    _SEVERITY,
    text("status", "Conformed status.", allowed=("open", "resolved", "closed", "cancelled")),
    ORIGINAL_STATUS,
    instant("impact_started_at", "When users were first affected."),
    instant("detected_at", "When monitoring or a person noticed."),
    instant("opened_at", "When the record was created.", required=True),
    instant("acknowledged_at", "When someone took it on."),
    instant("restored_at", "When the service worked again."),
    instant("resolved_at", "When the cause was dealt with; NULL while open."),
    instant("reopened_at", "When it was first opened again."),
    flag("sla_met", "Whether the service-level target of the incident was kept."),
    _USERS_AFFECTED,
    text("problem_id", "Problem that is its root cause."),
    text("caused_by_deployment_id", "Deployment that the record names as the cause."),
    text("vendor_id", "Vendor responsible for the service-level target."),
    UPDATED,
    rules=(
        not_before("opened_at", "resolved_at"),
        not_before("opened_at", "acknowledged_at"),
        not_before("impact_started_at", "restored_at"),
    ),
)

INCIDENT_REVIEW = entity(
    "incident_review",
    "one row per incident that was reviewed",
    "What a review found out after an incident; the incident's own record goes first where it says the same.",
    text("incident_id", "Incident reviewed.", required=True),
    _SEVERITY,
    _USERS_AFFECTED,
    text("problem_id", "Problem that is its root cause."),
    UPDATED,
)

PROBLEM = entity(
    "problem",
    "one row per problem",
    "Root causes of incidents.",
    text("problem_id", "Problem key.", required=True),
    SERVICE,
    text("title", "What it is."),
    text("status", "Conformed status.", allowed=("open", "known_error", "resolved")),
    ORIGINAL_STATUS,
    instant("opened_at", "When it was recorded.", required=True),
    instant("resolved_at", "When the cause was removed; NULL while it is not."),
    UPDATED,
    rules=(not_before("opened_at", "resolved_at"),),
)

OUTAGE = entity(
    "outage",
    "one row per outage",
    "Times in which a service was not available.",
    text("outage_id", "Outage key.", required=True),
    SERVICE,
    instant("started_at", "Start of the outage.", required=True),
    instant("ended_at", "End of the outage; NULL while it lasts."),
    flag("is_planned", "Whether it was announced maintenance.", required=True),
    text("incident_id", "Incident it belongs to."),
    rules=(not_before("started_at", "ended_at"),),
)

STATUS_CHECK = entity(
    "status_check",
    "one row per result of a monitor",
    "What an uptime monitor saw; a state lasts until the next result, and unplanned outages follow from the rest.",
    text("status_check_id", "Key of the result.", required=True),
    SERVICE,
    instant("checked_at", "When it was seen.", required=True),
    flag("is_up", "Whether the service answered as it should.", required=True),
)

CHANGE_REQUEST = entity(
    "change_request",
    "one row per change request",
    "Changes to services as change management controls them.",
    text("change_request_id", "Change request key.", required=True),
    SERVICE,
    text("type", "Conformed type.", required=True, allowed=("standard", "normal", "emergency")),
    text("original_type", "Type in the source's own words."),
    text(
        "outcome",
        "Conformed outcome; NULL before it is closed.",
        allowed=("successful", "rolled_back", "failed", "cancelled"),
    ),
    text("original_outcome", "Outcome in the source's own words."),
    instant("opened_at", "When it was requested.", required=True),
    instant("closed_at", "When it was closed; NULL while it is open."),
    UPDATED,
    rules=(not_before("opened_at", "closed_at"),),
)

RESOURCE_USAGE = entity(
    "resource_usage",
    "one row per service and interval, usually an hour",
    "What a service used and served in an interval, means over it where they are not counts.",
    text("resource_usage_id", "Key: service and interval.", required=True),
    SERVICE,
    instant("measured_at", "Start of the interval.", required=True),
    integer("interval_seconds", "Length of the interval.", required=True, minimum=1),
    quantity("cpu_used_cores", "Cores used.", minimum=0),
    quantity("cpu_available_cores", "Cores there were.", minimum=0),
    quantity("memory_used_gib", "Memory used, GiB.", minimum=0),
    quantity("memory_available_gib", "Memory there was, GiB.", minimum=0),
    integer("requests", "Requests served.", minimum=0),
    integer("errors", "Requests that failed.", minimum=0),
    integer("slow_requests", "Requests that took longer than agreed.", minimum=0),
    rules=(
        Rule("errors_among_requests", "errors <= requests", "No more errors than requests."),
        Rule("slow_among_requests", "slow_requests <= requests", "No more slow requests than requests."),
        Rule("cpu_within_available", "cpu_used_cores <= cpu_available_cores", "No more cores used than there are."),
        Rule(
            "memory_within_available",
            "memory_used_gib <= memory_available_gib",
            "No more memory used than there is.",
        ),
    ),
)

SLO = entity(
    "slo",
    "one row per service-level objective and the day from which its goal holds",
    "Service-level objectives with their goals, which may change.",
    text("slo_version_id", "Key: objective and day.", required=True),
    text("slo_id", "Objective.", required=True),
    SERVICE,
    text("name", "Name."),
    Column("goal", Type.WEIGHT, "Share of good events that is promised.", required=True, minimum=0, maximum=1),
    integer("window_days", "Length of the window in which it is to be kept.", minimum=1),
    day("valid_from", "First day on which the goal holds; NULL: always."),
)

SLO_MEASUREMENT = entity(
    "slo_measurement",
    "one row per service-level objective and day or part of one",
    "Events that an objective counts, and the good ones among them.",
    text("slo_measurement_id", "Key: objective and time.", required=True),
    text("slo_id", "Objective.", required=True),
    instant("measured_at", "Start of the time measured.", required=True),
    integer("valid_events", "Events that count.", required=True, minimum=0),
    integer("good_events", "Events among them that were as promised.", required=True, minimum=0),
    rules=(Rule("good_among_valid", "good_events <= valid_events", "No more good events than valid ones."),),
)

ENTITIES: tuple[Table, ...] = (
    INCIDENT,
    INCIDENT_REVIEW,
    PROBLEM,
    OUTAGE,
    STATUS_CHECK,
    CHANGE_REQUEST,
    RESOURCE_USAGE,
    SLO,
    SLO_MEASUREMENT,
)
