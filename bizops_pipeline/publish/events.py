"""Which times of its records show that a source is alive, for freshness and for what was collected."""

from __future__ import annotations

from bizops_pipeline.catalogue.models import SourceTable

EVENT_COLUMNS: dict[str, str | None] = {
    "customer": None,
    "product": None,
    "order": "ordered_at",
    "order_line": "ordered_at",
    "refund": "refunded_at",
    "session": "started_at",
    "cart": "created_at",
    "checkout": "started_at",
    "holiday": None,
    "incident": "opened_at",
    "incident_review": None,
    "problem": None,
    "outage": None,
    "status_check": "checked_at",
    "change_request": "opened_at",
    "resource_usage": "measured_at",
    "slo": None,
    "slo_measurement": "measured_at",
    "ticket": "opened_at",
    "ticket_pause": None,
    "sla": None,
    "vulnerability": None,
    "risk": None,
    "control_test": None,
    "change": "created_at",
    "commit": "authored_at",
    "deployment": "finished_at",
    "deployment_commit": None,
    "pipeline_run": "started_at",
    "survey_response": "answered_at",
    "employee": None,
    "team_member": None,
    "payment": "attempted_at",
    "shipment": "shipped_at",
    "subscription": None,
    "social_post": "posted_at",
    "public_indicator": "indicator_date",
    "ai_use_case": None,
    "model": None,
    "model_version": None,
    "model_kpi_link": None,
    "model_usage": "used_at",
    "model_seat": None,
    "model_monitor": "monitored_on",
    "model_feedback": "reviewed_at",
    "model_cost": "cost_on",
    "model_artifact": None,
    "experiment": "observed_on",
    "model_plan": None,
    "fx_rate": "rate_date",
    "gl_cost": "posted_on",
    "budget": None,
    "forecast": "made_on",
    "cloud_cost": "charge_period_start",
    "vendor": None,
    "contract": None,
    "purchase_order_line": "ordered_on",
    "receipt": "received_on",
    "invoice": "invoiced_on",
    "work_item": "created_at",
    "entity_map": None,
    "item_mark": None,
    "status_history": "entered_at",
    "worklog": "worked_on",
    "initiative": None,
    "assessment": "assessed_on",
    "checkin": "checked_in_at",
    "status_report": "reported_at",
}
"""The time by which an entity's records show that a source is alive.

None for master data and for events whose absence is no sign of trouble: nothing new may have happened.
"""


def dated_entities(table: SourceTable) -> list[str]:
    """Return the entities of a source table whose records carry such a time."""
    return [name for name, entity in table.entities.items() if EVENT_COLUMNS[name] in entity.map]
