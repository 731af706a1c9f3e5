"""How services run, fail and come back."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import SERVICE, UPDATED, entity, order
from bizops_pipeline.contracts.table import Table, flag, instant, text

INCIDENT = entity(
    "incident",
    "one row per incident",
    "Interruptions and degradations of a service, with their clocks.",
    text("incident_id", "Incident key.", required=True),
    SERVICE,
    text("priority", "Conformed priority, P1 the most urgent.", allowed=("P1", "P2", "P3", "P4", "P5")),
    text("original_priority", "Priority in the source's own words."),
    text("status", "Conformed status.", allowed=("open", "resolved", "closed", "cancelled")),
    text("original_status", "Status in the source's own words."),
    instant("impact_started_at", "When users were first affected."),
    instant("detected_at", "When monitoring or a person noticed."),
    instant("opened_at", "When the record was created.", required=True),
    instant("acknowledged_at", "When someone took it on."),
    instant("restored_at", "When the service worked again."),
    instant("resolved_at", "When the cause was dealt with; NULL while open."),
    flag("sla_met", "Whether the service-level target of the incident was kept."),
    text("caused_by_deployment_id", "Deployment that the record names as the cause."),
    text("vendor_id", "Vendor responsible for the service-level target."),
    UPDATED,
    rules=(
        order("opened_at", "resolved_at"),
        order("opened_at", "acknowledged_at"),
        order("impact_started_at", "restored_at"),
    ),
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
    rules=(order("started_at", "ended_at"),),
)

ENTITIES: tuple[Table, ...] = (
    INCIDENT,
    OUTAGE,
)
