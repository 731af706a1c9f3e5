"""marts.data_collection: what each source table brought, month by month, and whether days are missing in between.

A month of files that nobody sent shows in no balance, and freshness looks at the latest event alone. What is missing is
told by the table's own habit: a source that rests at weekends, or that has a record now and then, lacks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts.data import DATA_COLLECTION
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table, Type, day, instant, text
from bizops_pipeline.contracts.vocabulary import CADENCE_DAYS
from bizops_pipeline.display import counted
from bizops_pipeline.model.definitions import values_query
from bizops_pipeline.naming import date_literal, fingerprint, literal, quoted
from bizops_pipeline.publish.events import EVENT_COLUMNS, dated_entities
from bizops_pipeline.quality.checks import CheckResult, judged
from bizops_pipeline.queries import query_file
from bizops_pipeline.warehouse.changes import Written, check_returns_contract, ensure_all, replace_if_new, seen
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.time_zone import business_date
from bizops_pipeline.warehouse.versions import ABSENT, versions

GAPS = f"gaps:{DATA_COLLECTION.name}"
"""Id of the check that names the days that are missing."""

IMPROBABLE = "0.0000001"
"""How improbable empty days in a row are before they count as missing: one in ten million.

Days are not independent, a company closes for days in a row. At one in ten thousand eight empty days would be missing
in a table of five days a week, less than a closed week between two weekends; at this it takes 13, and three in a table
that had records on every day of a year.
"""

EVENT = Table(
    "temp",
    "event",
    "one row per record and entity that it is mapped to",
    (),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        instant("event_at", "When it was."),
        day("event_on", "Its day, for events that have no time of day."),
        text("record", "Key of the record, in tables that are mapped to several entities."),
    ),
    "Events of all sources.",
)

EXPECTED = Table(
    "temp",
    "expected_collection",
    "one row per source table with events",
    ("source", "source_table"),
    (
        text("source", "Source.", required=True),
        text("source_table", "Table or file set.", required=True),
        day("due_on", "Latest day whose records should have arrived; NULL when nothing more is expected."),
    ),
    "Until when each source table should have brought records.",
)

COLLECTED_DAY = "collected_day"
"""Temporary table: the number of records per source table and day."""

_LACKING = f"""
with month_of_table as (
    select *, max(last_on) over (partition by source, source_table) as ended_on
    from {DATA_COLLECTION.qualified}
)
select source, source_table, missing_from, missing_to, missing_days
from month_of_table
where missing_days > 0 and missing_from < ended_on
order by source, source_table, month
"""
"""Months with missing days; not those after the last record, of which freshness tells."""


def write_data_collection(engine: Engine, company: Company, run: Run) -> Written:
    """Write marts.data_collection: one row per source table and month; nothing while no record and day is new."""
    ensure_all(engine, [(table, ()) for table in (CONSUMED, DIM_DATE, DATA_COLLECTION)])
    entities = sorted({entity for table in company.source_tables for entity in dated_entities(table)})
    state = versions(engine, [DIM_DATE, *(ENTITIES[name] for name in entities)])
    events = [_events(company, name) for name in entities if state[ENTITIES[name].id] != ABSENT]
    collected = _collected_days(events, company.settings.time_zone, run.as_of)
    expected = values_query(EXPECTED, list(_expected(company, run.as_of)))
    sql = query_file(__package__, DATA_COLLECTION.name, run.as_of).replace("$improbable", IMPROBABLE)
    mark = fingerprint(sql, collected, expected, *state.values())
    query = f"select collection.*, {literal(run.id)} as run_id from ({sql}) as collection"
    with engine.transaction():
        is_new = run.full or seen(engine, DATA_COLLECTION.id, mark) is None
        if is_new:
            engine.execute(f"create or replace temp table {EXPECTED.name} as {expected}")
            engine.execute(f"create or replace temp table {COLLECTED_DAY} as {collected}")
            check_returns_contract(engine, DATA_COLLECTION, query)
        written = replace_if_new(engine, DATA_COLLECTION, query, mark, run)
        if is_new:
            engine.execute(f"drop table {EXPECTED.name}")
            engine.execute(f"drop table {COLLECTED_DAY}")
    return written


def check_collection(engine: Engine) -> list[CheckResult]:
    """Return whether days are missing between the first and the last record of a source table, and name them."""
    gaps = [
        gap
        for _, months in groupby(engine.dicts(_LACKING), key=lambda row: (row["source"], row["source_table"]))
        for gap in _joined(months)
    ]
    named = ", ".join(f"{gap['source']}.{gap['source_table']} {gap['first']} to {gap['last']}" for gap in gaps)
    observed = f"{counted(len(gaps), 'gap')} in what sources brought" + (f" ({named})" if gaps else "")
    expected = "records on days on which the table's habit makes them all but certain"
    return [judged(GAPS, DATA_COLLECTION.id, "warn", not gaps, observed=observed, expected=expected, sample=gaps)]


def _joined(months: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gaps of a table: what ends with a month and goes on with the next is one."""
    gaps: list[dict[str, Any]] = []
    for row in months:
        if gaps and gaps[-1]["last"] + timedelta(days=1) == row["missing_from"]:
            gaps[-1]["last"] = row["missing_to"]
            gaps[-1]["days"] += row["missing_days"]
        else:
            names = {name: row[name] for name in ("source", "source_table")}
            gaps.append({**names, "first": row["missing_from"], "last": row["missing_to"], "days": row["missing_days"]})
    return gaps


def _expected(company: Company, as_of: date) -> Iterator[dict[str, Any]]:
    for table in company.source_tables:
        if dated_entities(table):
            days = CADENCE_DAYS[table.cadence]
            # The data of a day arrives on the next.
            due_on = as_of - timedelta(days=days + 1) if days is not None else None
            yield {"source": table.source, "source_table": table.name, "due_on": due_on}


def _events(company: Company, name: str) -> str:
    """Return the query for the events of an entity; of a table with several entities it names the records."""
    entity, column = ENTITIES[name], quoted(EVENT_COLUMNS[name] or "")
    is_day = entity.column(EVENT_COLUMNS[name] or "").type == Type.DATE
    event_at, event_on = ("cast(null as timestamp)", column) if is_day else (column, "cast(null as date)")
    shared = [table for table in company.source_tables if name in table.entities and len(dated_entities(table)) > 1]
    cases = " ".join(
        f"when _source = {literal(table.source)} and _source_table = {literal(table.name)} then _row_key"
        for table in shared
    )
    record = f"case {cases} end" if cases else "cast(null as varchar)"
    return (
        f"select _source as source, _source_table as source_table, {event_at} as event_at, {event_on} as event_on, "
        f"{record} as record from {entity.qualified} where {column} is not null"
    )


def _collected_days(events: list[str], time_zone: str, as_of: date) -> str:
    """Return the query for the records per source table and day, up to the as-of date."""
    listed = "\n    union all\n    ".join([values_query(EVENT, []), *events])
    return (
        f"with event as (\n    {listed}\n),\nplaced as (\n"
        f"    select source, source_table, coalesce(event_on, {business_date('event_at', time_zone)}) as day, record\n"
        "    from event\n)\n"
        "select source, source_table, day,\n"
        "    count(distinct record) + count(*) filter (where record is null) as records\n"
        f"from placed\nwhere day <= {date_literal(as_of)}\ngroup by source, source_table, day"
    )
