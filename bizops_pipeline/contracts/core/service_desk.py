"""Tickets of the service desk, their clocks, and the service levels agreed for them."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import SERVICE, VALID_TO, conformed, fact, tracked_dimension
from bizops_pipeline.contracts.table import Table, business_date, day, flag, instant, integer, seconds, text

DIM_SLA = tracked_dimension(
    "dim_sla",
    "one row per service level and span of days on which it holds",
    "Times to resolve that were agreed, with a vendor or inside the company.",
    ("sla_id", "valid_from"),
    text("sla_id", "Service level.", required=True),
    text("name", "Name."),
    text("vendor_id", "Vendor who agreed to it."),
    seconds("target_seconds", "Time to resolve.", required=True),
    text("clock", "What counts: business (hours) or calendar (all hours).", required=True),
    day("valid_from", "First day on which it holds.", required=True),
    VALID_TO,
)

FCT_TICKET = fact(
    "fct_ticket",
    "one row per ticket",
    "Tickets with their clocks; those in business seconds stop outside business hours, on holidays and in pauses.",
    text("ticket_id", "Ticket.", required=True),
    SERVICE,
    text("kind", "What it asks for.", allowed=conformed("ticket", "kind")),
    text("priority", "How urgent, P1 the most.", allowed=conformed("ticket", "priority")),
    text("status", "Conformed status.", allowed=conformed("ticket", "status")),
    text("vendor_id", "Vendor who works on it, or who agreed to its service level."),
    flag("is_internal", "Whether an employee asked."),
    flag("blocks_work", "Whether the employee could not work while waiting."),
    instant("opened_at", "Recorded.", required=True),
    business_date("opened_at"),
    instant("first_response_at", "First answered."),
    instant("first_resolved_at", "Resolved for the first time."),
    business_date("first_resolved_at"),
    instant("resolved_at", "Resolved, the last time if it came back; NULL while open."),
    business_date("resolved_at"),
    instant("reopened_at", "First opened again."),
    business_date("reopened_at"),
    integer("contacts", "Contacts that it took."),
    flag(
        "is_first_contact_resolution",
        "Resolved at the first contact and not opened again; NULL while open or when contacts are not known.",
    ),
    seconds("response_business_seconds", "Business seconds between opened and first answered."),
    seconds("paused_business_seconds", "Business seconds in which the clock stood still before it was resolved."),
    seconds("resolution_seconds", "Resolved less opened, pauses included."),
    seconds("resolution_business_seconds", "Business seconds between opened and resolved, pauses taken out."),
    text("sla_id", "Service level agreed for it."),
    text("sla_clock", "Which hours its target counts; NULL without a target.", allowed=conformed("sla", "clock")),
    seconds("sla_target_seconds", "Time to resolve that was agreed."),
    flag("sla_met", "Whether it was resolved in that time by that clock; NULL while open or without a target."),
)

DIMENSIONS: tuple[Table, ...] = (DIM_SLA,)
FACTS: tuple[Table, ...] = (FCT_TICKET,)
