"""What lies behind a value in the warehouse: its records and their files, the checks on the way, and the value again.

The value is computed once more from the facts, so that whoever asks can see that it comes from these rows; that of a
KPI over key results or associations, which has no records of its own, from their mart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bizops_pipeline.answers.explanation import Explanation
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import RUN
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import UsageError
from bizops_pipeline.insight.kpis import ASSOCIATION
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.facts import facts_of_kpis
from bizops_pipeline.metrics.recompute import MARTS, Recomputed, recompute
from bizops_pipeline.metrics.records import Records, records_behind
from bizops_pipeline.model.lineage import lineage
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.naming import RAW, STAGING, quoted, raw_table
from bizops_pipeline.okr.kpis import OKR
from bizops_pipeline.quality.checks import CheckResult, results_of
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


@dataclass(frozen=True, slots=True)
class FileRows:
    """Rows of one file, or of one table of a database, that became records behind the value."""

    source: str
    source_table: str
    file: str
    rows: int
    first_row: int
    last_row: int


@dataclass(frozen=True, slots=True)
class FactRecords:
    """The records of one fact behind a value.

    `traced` of them were followed by their keys to rows of sources; records without a row of their own (a day of a
    budget, say) cannot be, and for those `entities` says what they are made of.
    """

    fact: str
    records: int
    traced: int
    entities: tuple[str, ...]
    files: tuple[FileRows, ...]
    sample: tuple[dict[str, Any], ...]
    query: str


@dataclass(frozen=True, slots=True)
class Checked:
    """The checks of the refresh on everything upstream of a value."""

    passed: int
    tables: int
    not_passed: tuple[CheckResult, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the warehouse says of a value; `note` warns when it holds another build than the publication."""

    again: Recomputed
    agrees: bool
    facts: tuple[FactRecords, ...]
    checks: Checked
    note: str | None


def evidence(engine: Engine, company: Company, explained: Explanation, samples: int = 3) -> Evidence:
    """Return what lies behind a value; the engine is a warehouse that nobody writes to meanwhile.

    Raises UsageError for a value that is suppressed.
    """
    if is_suppressed(company, explained):
        raise UsageError("the records behind a value that is suppressed are not shown")
    cut, as_of = explained.cut, explained.as_of
    again = recompute(engine, company, explained.kpi_id, cut, as_of)
    behind = records_behind(company, explained.kpi_id, cut, as_of)
    facts = facts_behind(engine, company, explained, samples)
    made_of = [each.fact for each in behind] or tables_in_mart(company, explained.kpi_id, cut)
    checks = _checks(engine, company, explained, made_of)
    agrees = again.agrees_with(explained.stored["value"])
    return Evidence(again, agrees, facts, checks, _note(engine, explained))


def facts_behind(engine: Engine, company: Company, explained: Explanation, samples: int = 3) -> tuple[FactRecords, ...]:
    """Return the records of each fact behind a value with their files; none behind one that is suppressed."""
    if is_suppressed(company, explained):
        return ()
    behind = records_behind(company, explained.kpi_id, explained.cut, explained.as_of)
    return tuple(_fact_records(engine, each, samples) for each in behind)


def is_suppressed(company: Company, explained: Explanation) -> bool:
    """Tell whether the KPI says nothing of a group as small as the value's."""
    return explained.stored["null_reason"] == "below_minimum" and company.kpi(explained.kpi_id).suppress


def upstream(tables: list[Table]) -> dict[str, Table]:
    """Return everything of core and staging that some tables are made of, themselves included, by id."""
    models = {model.table.id: model for model in in_build_order()}
    found: dict[str, Table] = {}
    waiting = list(tables)
    while waiting:
        table = waiting.pop()
        if table.id not in found:
            found[table.id] = table
            waiting += models[table.id].inputs if table.id in models else ()
    return found


def tables_in_mart(company: Company, kpi_id: str, cut: Cut) -> list[Table]:
    """Return what the mart that a KPI over a mart is computed from is made of; nothing for other KPIs.

    For a KPI over key results these are the facts of those KPIs that measure them, and check-ins; for an association
    the facts of the two KPIs.
    """
    kpi, of, reads = company.kpi(kpi_id), dict(cut.dimensions), facts_of_kpis(company.kpis)
    if kpi.type == ASSOCIATION:
        return [CORE_TABLES[fact] for id in of.values() for fact in reads[id]]
    results = [
        result
        for objective in (company.objectives if kpi.type == OKR else ())
        for result in objective.key_results
        if of.get("objective", objective.id) == objective.id and of.get("key_result", result.id) == result.id
    ]
    measured = [result.kpi for result in results if result.kpi and result.source != "reported"]
    facts = [CORE_TABLES[fact] for id in measured for fact in reads[id]]
    return [*facts, *([CHECKIN] if len(measured) < len(results) else [])]


def _fact_records(engine: Engine, records: Records, samples: int) -> FactRecords:
    columns = ", ".join(quoted(name) for name in records.columns)
    order = ", ".join(quoted(name) for name in records.fact.key)
    count = int(engine.scalar(f"select count(*) from ({records.query}) as behind"))
    sample = engine.dicts(f"select {columns} from ({records.query}) as behind order by {order} limit {samples}")
    files, traced = _files(engine, records) if count else ([], 0)
    made_of = sorted(name for name in upstream([records.fact]) if name.startswith(f"{STAGING}."))
    return FactRecords(
        records.fact.id,
        count,
        traced,
        tuple(made_of),
        tuple(files),
        tuple(sample),
        records.query,
    )


def _files(engine: Engine, records: Records) -> tuple[list[FileRows], int]:
    """Follow records by their keys to the staging rows they are, and these to the rows of raw that name the file."""
    files: list[FileRows] = []
    traced = 0
    for entity, column in origins(records.fact):
        # A fact made of several entities says which before a colon: `refund:RF001246`.
        keys = f"select {quoted(records.fact.key[0])} as key from ({records.query}) as behind"
        keys = f"{keys} union select regexp_replace(key, '^[a-z_]+:', '') from ({keys}) as named"
        joined = (
            f"from ({keys}) as behind "
            f"join {ENTITIES[entity].qualified} as staged on staged.{quoted(column)} = behind.key"
        )
        sources = engine.rows(
            f"select staged._source, staged._source_table, count(distinct behind.key) {joined} "
            "group by staged._source, staged._source_table order by staged._source, staged._source_table"
        )
        for source, table, count in sources:
            traced += count
            found = engine.rows(
                f"select raw._file, count(*), min(raw._row), max(raw._row) {joined} "
                f"join {RAW}.{quoted(raw_table(source, table))} as raw on raw._row_key = staged._row_key "
                "where staged._source = ? and staged._source_table = ? group by raw._file order by raw._file",
                (source, table),
            )
            files += [FileRows(source, table, *row) for row in found]
    return files, traced


def origins(fact: Table) -> Iterator[tuple[str, str]]:
    """Yield the entities, each with its column, whose values the key of a fact has."""
    models = {model.table.id: model for model in in_build_order()}
    if len(fact.key) != 1:
        return
    seen: set[tuple[str, str]] = set()
    waiting = [(fact.id, fact.key[0])]
    while waiting:
        table, column = waiting.pop()
        if (table, column) in seen:
            continue
        seen.add((table, column))
        schema, _, name = table.partition(".")
        if schema == STAGING and ENTITIES[name].key == (column,):
            yield name, column
        elif table in models:
            waiting += lineage(models[table])[column]


def _checks(engine: Engine, company: Company, explained: Explanation, made_of: list[Table]) -> Checked:
    """Return the results of the publication's refresh for all tables upstream, and for the marts themselves."""
    tables = set(upstream(made_of)) | {KPI_VALUE.id, MARTS.get(explained.meaning.type, KPI_VALUE.id)}
    for source in company.source_tables:
        if any(ENTITIES[entity].id in tables for entity in source.entities):
            tables.add(f"{RAW}.{raw_table(source.source, source.name)}")
    started = engine.rows(f"select sequence, started_at from {RUN.qualified} where run_id = ?", (explained.run_id,))
    if not started:
        return Checked(0, 0, ())
    run = Run(explained.run_id, started[0][0], explained.as_of, started[0][1])
    results = [result for result in results_of(engine, run) if result.table_name in tables]
    outcomes = Counter(result.outcome for result in results)
    bad = tuple(result for result in results if result.outcome != "passed")
    return Checked(outcomes["passed"], len({result.table_name for result in results}), bad)


def _note(engine: Engine, explained: Explanation) -> str | None:
    latest = engine.rows(f"select run_id, as_of, status from {RUN.qualified} order by sequence desc limit 1")
    if not latest or latest[0][0] == explained.run_id:
        return None
    _, as_of, status = latest[0]
    return (
        f"The warehouse holds a later build (as of {as_of}, {status}) than the publication, so rows may have changed "
        "since the value was published."
    )
