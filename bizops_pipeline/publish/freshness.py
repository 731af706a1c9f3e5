"""marts.data_freshness: how old each source's data is on the as-of date, by the cadence it promised.

Age counts from the latest event in the data, not from the time of loading: a file that comes every day with
last month's records is stale. So the answer is the same whenever and however often the pipeline ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.resources import files

from bizops_pipeline.catalogue.models import Cadence, Company, SourceTable
from bizops_pipeline.contracts.marts.data import DATA_FRESHNESS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table, Type, day, flag, instant, integer, text
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

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

CADENCE_DAYS: dict[Cadence, int | None] = {
    "hourly": 1,
    "daily": 1,
    "weekly": 7,
    "monthly": 31,
    "quarterly": 92,
    "yearly": 366,
    "once": None,
}
"""Days between two arrivals; None when nothing more is expected."""

EXPECTED = Table(
    "temp",
    "expected_source_table",
    "one row per source table",
    ("source", "source_table"),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        text("cadence", "Expected arrival.", required=True),
        integer("cadence_days", "Days between two arrivals; NULL when nothing more is expected."),
        flag("has_events", "Whether its records carry times of events.", required=True),
    ),
    "What the catalogue expects of each source table.",
)

LATEST_EVENT = Table(
    "temp",
    "latest_event",
    "one row per source table and entity with events",
    (),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        instant("latest_event_at", "Latest event not after the as-of date."),
        day("latest_event_on", "Its day, for events that have no time of day."),
    ),
    "The latest event of each source table.",
)


def write_data_freshness(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.data_freshness: one row per source table."""
    ensure(engine, DATA_FRESHNESS)
    expected = [
        {
            "source": table.source,
            "source_table": table.name,
            "cadence": table.cadence,
            "cadence_days": CADENCE_DAYS[table.cadence],
            "has_events": has_events(table),
        }
        for table in company.source_tables
    ]
    latest = " union all ".join([values_query(LATEST_EVENT, []), *_latest_events(engine, company, run.as_of)])
    with engine.transaction():
        engine.execute(f"create or replace temp table {EXPECTED.name} as {values_query(EXPECTED, expected)}")
        engine.execute(f"create or replace temp table {LATEST_EVENT.name} as {latest}")
        query = f"select freshness.*, {literal(run.id)} as run_id from ({_query(run.as_of)}) as freshness"
        check_returns_contract(engine, DATA_FRESHNESS, query)
        written = replace(engine, DATA_FRESHNESS, query, run)
        engine.execute(f"drop table {EXPECTED.name}")
        engine.execute(f"drop table {LATEST_EVENT.name}")
    return written


def _query(as_of: date) -> str:
    query = files(__package__).joinpath("sql", "data_freshness.sql").read_text(encoding="utf-8")
    return query.replace("$as_of", f"cast({literal(as_of.isoformat())} as date)")


def _latest_events(engine: Engine, company: Company, as_of: date) -> Iterator[str]:
    entities = sorted({entity for table in company.source_tables for entity in table.entities})
    for name in entities:
        entity, column = ENTITIES[name], EVENT_COLUMNS[name]
        if column and engine.exists(entity.schema, entity.name):
            yield _latest_event(entity, column, as_of)


def _latest_event(entity: Table, column: str, as_of: date) -> str:
    """Return the query for an entity's latest event per source table; a source may be ahead of the as-of date."""
    day_of = f"cast({literal(as_of.isoformat())} as date)"
    if entity.column(column).type == Type.DATE:
        event, dated = f"cast(max({quoted(column)}) as timestamp)", f"max({quoted(column)})"
        known = f"{quoted(column)} <= {day_of}"
    else:
        event, dated = f"max({quoted(column)})", "cast(null as date)"
        known = f"{quoted(column)} < (select max(utc_end) from core.dim_date where date = {day_of})"
    return (
        f"select _source as source, _source_table as source_table, {event} as latest_event_at, "
        f"{dated} as latest_event_on from {entity.qualified} where {known} group by _source, _source_table"
    )


def has_events(table: SourceTable) -> bool:
    """Tell whether a source table's records carry times by which its age can be told."""
    return any(EVENT_COLUMNS[name] in entity.map for name, entity in table.entities.items())
