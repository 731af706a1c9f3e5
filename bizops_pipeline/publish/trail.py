"""Where one row counts: from its line in a file over staging and facts to services, value streams, KPIs and goals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bizops_pipeline.catalogue.models import Company, KeyResult
from bizops_pipeline.contracts.audit import RUN
from bizops_pipeline.contracts.core import CORE_TABLES, FACTS
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM
from bizops_pipeline.contracts.core.work import FCT_INITIATIVE
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.errors import UsageError
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.facts import facts_of_kpis
from bizops_pipeline.metrics.records import records_behind
from bizops_pipeline.model.render import main_date
from bizops_pipeline.naming import CORE, RAW, STAGING, quoted, raw_table
from bizops_pipeline.okr.tree import Tree
from bizops_pipeline.publish.chain import SCOPES
from bizops_pipeline.publish.evidence import origins
from bizops_pipeline.warehouse.engine import Engine

EVER = Cut("all", first=date.min)
"""All values of a KPI of the whole company."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as a source gave it."""

    source: str
    source_table: str
    file: str
    row: int
    row_key: str


@dataclass(frozen=True, slots=True)
class StagingRow:
    """A row of an entity and the raw row that it comes from."""

    entity: str
    key: str
    raw: RawRow


@dataclass(frozen=True, slots=True)
class FactRow:
    """A row of a fact and where it counts."""

    fact: str
    key: str
    day: date | None
    service_id: str | None
    value_streams: tuple[tuple[str, float], ...]
    """Value streams of the service on the day, with their weights."""
    initiative_id: str | None
    kpis: tuple[str, ...]
    """KPIs that count the row, in whatever period."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A key result, or an objective as a whole, that a row leads to, with the objectives above."""

    objective_id: str
    key_result_id: str | None
    because: str
    above: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Trail:
    """Everything that one row leads to."""

    table: str
    key: str
    staging: tuple[StagingRow, ...]
    facts: tuple[FactRow, ...]
    goals: tuple[Goal, ...]


def explain_row(engine: Engine, company: Company, table: str, key: str) -> Trail:
    """Return where a row counts; the engine is a warehouse that nobody writes to meanwhile.

    `table` is an entity (`incident`, `staging.incident`), a fact (`fct_incident`) or a raw table (`raw.itsm`, whose
    keys are those of `_row_key`). Raises UsageError when there is no such table or row.
    """
    kind, name = _table(company, table)
    staged = list(_staged(engine, kind, name, key))
    as_of = engine.scalar(f"select as_of from {RUN.qualified} order by sequence desc limit 1")
    facts = list(_facts(engine, company, kind, name, key, staged, as_of))
    if not staged and not facts:
        raise UsageError(f"{kind}.{name} has no row `{key}` that is kept; see quarantine with `marts.data_issue`")
    goals = list(dict.fromkeys(goal for fact in facts for goal in _goals(engine, company, fact, as_of)))
    return Trail(f"{kind}.{name}", key, tuple(staged), tuple(facts), tuple(goals))


def _table(company: Company, given: str) -> tuple[str, str]:
    """Return schema and name of a table as people write it."""
    schema, _, name = given.rpartition(".")
    raw = {raw_table(each.source, each.name) for each in company.source_tables}
    places = {STAGING: set(ENTITIES), CORE: set(CORE_TABLES), RAW: raw}
    for place, names in places.items():
        if schema in ("", place) and name in names:
            return place, name
    raise UsageError(f"there is no table `{given}`; name an entity (incident), a fact (fct_incident) or raw.<table>")


def _staged(engine: Engine, kind: str, name: str, key: str) -> Iterator[StagingRow]:
    """Yield the rows of entities that a row is, or is made of."""
    if kind == RAW:
        wanted = [(entity, "_row_key", key) for entity in ENTITIES]
    elif kind == STAGING:
        wanted = [(name, ENTITIES[name].key[0], key)]
    else:
        # A fact made of several entities says which before a colon: `refund:RF001246`.
        own = key.partition(":")[2] or key
        wanted = [(entity, column, own) for entity, column in origins(CORE_TABLES[name])]
    for entity, column, value in wanted:
        table = ENTITIES[entity]
        if not engine.exists(table.schema, table.name):
            continue
        rows = engine.rows(
            f"select {quoted(table.key[0])}, _source, _source_table, _row_key from {table.qualified} "
            f"where cast({quoted(column)} as varchar) = ?",
            (value,),
        )
        for own_key, source, source_table, row_key in rows:
            if kind == RAW and raw_table(source, source_table) != name:
                continue
            raw = f"{RAW}.{quoted(raw_table(source, source_table))}"
            for file, number in engine.rows(f"select _file, _row from {raw} where _row_key = ?", (row_key,)):
                yield StagingRow(entity, str(own_key), RawRow(source, source_table, file, number, row_key))


def _facts(
    engine: Engine, company: Company, kind: str, name: str, key: str, staged: list[StagingRow], as_of: date
) -> Iterator[FactRow]:
    reading = _readers(company)
    if kind == CORE:
        places = [(CORE_TABLES[name], key)]
    else:
        places = [
            (fact, value)
            for fact in FACTS
            if engine.exists(fact.schema, fact.name)
            for row in staged
            if (row.entity, ENTITIES[row.entity].key[0]) in set(origins(fact))
            for value in (row.key, f"{row.entity}:{row.key}")
        ]
    for fact, value in places:
        for row in engine.dicts(
            f"select * from {fact.qualified} where cast({quoted(fact.key[0])} as varchar) = ? limit 1", (value,)
        ):
            yield _fact_row(engine, company, fact, row, reading.get(fact.name, ()), as_of)


def _fact_row(
    engine: Engine, company: Company, fact: Table, row: dict[str, Any], readers: tuple[str, ...], as_of: date
) -> FactRow:
    column = main_date(fact) or next((each.name for each in fact.columns if each.type == Type.DATE), None)
    day = row[column] if column else None
    service, key = row.get("service_id"), str(row[fact.key[0]])
    kpis = tuple(id for id in readers if _counts(engine, company, id, EVER, fact, key, as_of))
    return FactRow(
        fact.id,
        key,
        day,
        service,
        tuple(_value_streams(engine, service, day)),
        row.get("initiative_id"),
        kpis,
    )


def _readers(company: Company) -> dict[str, tuple[str, ...]]:
    """Return the KPIs with values that read each fact."""
    shown = {kpi.id for kpi in company.shown_kpis}
    found: dict[str, list[str]] = {}
    for id, facts in facts_of_kpis(company.kpis).items():
        for fact in facts if id in shown else ():
            found.setdefault(fact, []).append(id)
    return {fact: tuple(kpis) for fact, kpis in found.items()}


def _value_streams(engine: Engine, service: str | None, day: date | None) -> Iterator[tuple[str, float]]:
    rows = engine.rows(
        f"select value_stream_id, weight from {BRIDGE_SERVICE_VALUE_STREAM.qualified} "
        "where service_id = ? and valid_from <= ? and valid_to > ? order by weight desc, value_stream_id",
        (service, day or date(9999, 12, 30), day or date(9999, 12, 30)),
    )
    return ((stream, float(weight)) for stream, weight in rows)


def _goals(engine: Engine, company: Company, fact: FactRow, as_of: date) -> Iterator[Goal]:
    """Yield the goals of a row: what its initiative serves, the key results that count it, else its value streams'."""
    tree = Tree(company)
    served = _served(engine, fact)
    found = []
    if served in tree.objectives:
        found.append(_goal(tree, str(served), None, f"initiative {fact.initiative_id or fact.key} serves it"))
    for id, (objective, result) in tree.key_results.items():
        if result.kpi in fact.kpis:
            cut = _cut(result, result.start or objective.period.from_, result.due or objective.period.to)
            if cut.first and cut.first <= as_of:
                table = CORE_TABLES[fact.fact.partition(".")[2]]
                if _counts(engine, company, str(result.kpi), cut, table, fact.key, as_of):
                    found.append(_goal(tree, objective.id, id, f"{result.kpi} counts it"))
    yield from found or _of_value_streams(tree, fact)


def _of_value_streams(tree: Tree, fact: FactRow) -> Iterator[Goal]:
    streams = {stream for stream, _ in fact.value_streams}
    for objective in tree.company.objectives:
        runs = fact.day is not None and objective.period.from_ <= fact.day <= objective.period.to
        if runs and objective.value_stream in streams:
            yield _goal(tree, objective.id, None, f"service {fact.service_id} serves {objective.value_stream}")


def _cut(result: KeyResult, start: date, due: date) -> Cut:
    """Return the part of a KPI that a key result is measured by, over all of its days."""
    scope, member = next(((name, result.where[name]) for name in SCOPES if name in result.where), ("company", None))
    dimensions = tuple(sorted((name, value) for name, value in result.where.items() if name not in SCOPES))
    return Cut("all", scope, member, dimensions, start, due)


def _counts(engine: Engine, company: Company, kpi: str, cut: Cut, fact: Table, key: str, as_of: date) -> bool:
    """Tell whether a KPI counts a row of a fact in a part of its values."""
    column = quoted(fact.key[0])
    return any(
        records.fact.id == fact.id
        and engine.scalar(f"select 1 from ({records.query}) as counted where cast({column} as varchar) = ?", (key,))
        for records in records_behind(company, kpi, cut, as_of)
    )


def _served(engine: Engine, fact: FactRow) -> str | None:
    initiative = fact.key if fact.fact == FCT_INITIATIVE.id else fact.initiative_id
    if initiative is None or not engine.exists(FCT_INITIATIVE.schema, FCT_INITIATIVE.name):
        return None
    query = f"select objective_id from {FCT_INITIATIVE.qualified} where initiative_id = ?"
    found: str | None = engine.scalar(query, (initiative,))
    return found


def _goal(tree: Tree, objective: str, key_result: str | None, because: str) -> Goal:
    return Goal(objective, key_result, because, tuple(each.id for each in tree.above(objective)[1:]))
