"""marts.data_freshness: how old each source's data is on the as-of date, by the cadence it promised.

Age counts from the latest event in the data, not from the time of loading: a file that comes every day with
last month's records is stale. So the answer is the same whenever and however often the pipeline ran.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.data import DATA_FRESHNESS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table, Type, day, flag, instant, integer, text
from bizops_pipeline.contracts.vocabulary import CADENCE_DAYS
from bizops_pipeline.display import counted
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import date_literal, literal, quoted
from bizops_pipeline.publish.events import EVENT_COLUMNS, dated_entities
from bizops_pipeline.quality.checks import CheckResult, judged
from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure, replace
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

FRESH = f"fresh:{DATA_FRESHNESS.name}"
"""Id of the check that names the sources that are not fresh."""

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

_NOT_FRESH = f"""
select source, source_table, status, cadence, latest_event_at
from {DATA_FRESHNESS.qualified}
where status <> 'fresh'
order by case status when 'missing' then 1 when 'stale' then 2 else 3 end, source, source_table
"""

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
            "has_events": bool(dated_entities(table)),
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
    return query_file(__package__, DATA_FRESHNESS.name, as_of)


def _latest_events(engine: Engine, company: Company, as_of: date) -> Iterator[str]:
    entities = sorted({entity for table in company.source_tables for entity in table.entities})
    for name in entities:
        entity, column = ENTITIES[name], EVENT_COLUMNS[name]
        if column and engine.exists(entity.schema, entity.name):
            yield _latest_event(entity, column, as_of)


def _latest_event(entity: Table, column: str, as_of: date) -> str:
    """Return the query for an entity's latest event per source table; a source may be ahead of the as-of date."""
    day_of = date_literal(as_of)
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


def check_freshness(engine: Engine) -> list[CheckResult]:
    """Return whether every source table is as recent as its cadence promised; all that are not are named."""
    old = engine.dicts(_NOT_FRESH)
    named = ", ".join(_told(**row) for row in old)
    observed = f"{counted(len(old), 'source table')} not fresh" + (f" ({named})" if old else "")
    expected = "a latest event not older than the cadence and a day"
    return [judged(FRESH, DATA_FRESHNESS.id, "warn", not old, observed=observed, expected=expected, sample=old)]


def _told(source: str, source_table: str, status: str, cadence: str, latest_event_at: datetime | None) -> str:
    since = f"nothing since {latest_event_at:%Y-%m-%d}" if latest_event_at else "nothing yet"
    return f"{source}.{source_table} {status}: {cadence}, {since}"
