"""Incidents, outages, and the service time they cost."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import SERVICE, fact
from bizops_pipeline.contracts.table import Table, business_date, day, flag, instant, integer, seconds, text

FCT_INCIDENT = fact(
    "fct_incident",
    "one row per incident",
    "Incidents with their clocks and the deployment they are attributed to.",
    text("incident_id", "Incident.", required=True),
    SERVICE,
    text("priority", "P1 to P5."),
    text("status", "open, resolved, closed or cancelled."),
    text("vendor_id", "Vendor."),
    instant("impact_started_at", "When users were first affected."),
    instant("opened_at", "Record created.", required=True),
    business_date("opened_at"),
    instant("acknowledged_at", "Taken on."),
    instant("restored_at", "Service worked again."),
    business_date("restored_at"),
    instant("resolved_at", "Cause dealt with."),
    business_date("resolved_at"),
    flag("sla_met", "Whether its service-level target was kept."),
    text("deployment_id", "Deployment it is attributed to."),
    text("attribution_method", "explicit, same_service_window or unattributed.", required=True),
    seconds("resolution_seconds", "Resolved less opened."),
    seconds("restoration_seconds", "Restored less impact start; impact start missing: NULL."),
    seconds("recovery_seconds", "Resolved less end of the causing deployment; negative or unattributed: NULL."),
)

FCT_OUTAGE = fact(
    "fct_outage",
    "one row per outage",
    "Outages as recorded; overlaps are merged in fct_service_day.",
    text("outage_id", "Outage.", required=True),
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
    "incident or deployment is on record, or from its launch when that is later; none without a source of outages.",
    text("service_day_id", "Service and day.", required=True),
    SERVICE,
    day("service_date", "Business day.", required=True),
    seconds("agreed_seconds", "Agreed service time of the day."),
    seconds("downtime_seconds", "Unplanned downtime inside it, overlaps merged."),
    integer("outages", "Unplanned outages that began that day."),
)

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = (
    FCT_INCIDENT,
    FCT_OUTAGE,
    FCT_SERVICE_DAY,
)
