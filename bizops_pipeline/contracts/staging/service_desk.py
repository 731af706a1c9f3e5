"""Tickets of the service desk, their clocks, and the service levels agreed for them."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import ORIGINAL_STATUS, SERVICE, UPDATED, entity, not_before
from bizops_pipeline.contracts.table import Table, day, flag, instant, integer, text

TICKET = entity(
    "ticket",
    "one row per ticket",
    "What people ask the service desk for, with its clocks.",
    text("ticket_id", "Ticket key.", required=True),
    SERVICE,
    text("kind", "Conformed kind.", allowed=("incident", "request", "question")),
    text("original_kind", "Kind in the source's own words."),
    text("priority", "Conformed priority, P1 the most urgent.", allowed=("P1", "P2", "P3", "P4", "P5")),
    text("status", "Conformed status.", allowed=("open", "waiting", "resolved", "closed", "cancelled")),
    ORIGINAL_STATUS,
    flag("is_internal", "Whether an employee asked; false: a customer."),
    flag("blocks_work", "Whether the employee could not work while waiting."),
    instant("opened_at", "When it was recorded.", required=True),
    instant("first_response_at", "When someone first answered."),
    instant("first_resolved_at", "When it was resolved for the first time; NULL: the only time is resolved_at."),
    instant("resolved_at", "When it was resolved, the last time if it came back; NULL while open."),
    instant("reopened_at", "When it was first opened again."),
    integer("contacts", "Contacts that it took.", minimum=0),
    integer(
        "paused_seconds",
        "Business seconds in which the clock stood still, where the source has no `ticket_pause`.",
        minimum=0,
    ),
    text("sla_id", "Service level agreed for it."),
    integer("sla_target_seconds", "Time to resolve that was agreed, where the ticket itself says it.", minimum=1),
    text("vendor_id", "Vendor who works on it."),
    UPDATED,
    rules=(
        not_before("opened_at", "first_response_at"),
        not_before("opened_at", "resolved_at"),
        not_before("opened_at", "first_resolved_at"),
        not_before("first_resolved_at", "reopened_at"),
    ),
)

TICKET_PAUSE = entity(
    "ticket_pause",
    "one row per ticket and pause",
    "Times in which the clock of a ticket stood still, for example while its requester was asked something.",
    text("ticket_pause_id", "Key: ticket and pause.", required=True),
    text("ticket_id", "Ticket.", required=True),
    instant("paused_at", "Start of the pause.", required=True),
    instant("resumed_at", "End of the pause; NULL while it lasts."),
    rules=(not_before("paused_at", "resumed_at"),),
)

SLA = entity(
    "sla",
    "one row per service level and the day from which it holds",
    "Times to resolve that were agreed, with a vendor or inside the company.",
    text("sla_version_id", "Key: service level and day.", required=True),
    text("sla_id", "Service level.", required=True),
    text("name", "Name."),
    text("vendor_id", "Vendor who agreed to it."),
    integer("target_seconds", "Time to resolve.", required=True, minimum=1),
    text("clock", "What counts: business hours (the default) or all hours.", allowed=("business", "calendar")),
    day("valid_from", "First day on which it holds for new tickets; NULL: always."),
)

ENTITIES: tuple[Table, ...] = (
    TICKET,
    TICKET_PAUSE,
    SLA,
)
