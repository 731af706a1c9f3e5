"""Where one row counts: from its line in a file over staging and facts to services, value streams, KPIs and goals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from bizops_pipeline.answers.evidence import origins
from bizops_pipeline.answers.shares import ServiceShare, service_shares, streams_reached
from bizops_pipeline.catalogue.models import Company, KeyResult
from bizops_pipeline.catalogue.suggestion import suggestion
from bizops_pipeline.contracts.audit import QUARANTINE_RECORD, RUN
from bizops_pipeline.contracts.core import CORE_TABLES, FACTS
from bizops_pipeline.contracts.core.work import FCT_INITIATIVE
from bizops_pipeline.contracts.marts import MARTS as MART_TABLES
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.staging.steering import CHECKIN, STATUS_REPORT
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.contracts.vocabulary import dimensions_of, scope_of
from bizops_pipeline.errors import UsageError
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.facts import facts_of_kpis
from bizops_pipeline.metrics.records import records_behind
from bizops_pipeline.model.render import main_date
from bizops_pipeline.naming import CORE, MARTS, RAW, STAGING, literal, quoted, raw_table
from bizops_pipeline.okr.tree import Tree
from bizops_pipeline.warehouse.engine import Engine

PREFIX = "^[a-z_]+:"
"""With what the keys of a fact begin that is made of several entities: `refund:RF001246`."""

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
    """What a record became in a fact, and where it counts.

    That is one row mostly; of a booking of effort it is one for each service that shares it, of a budget one a day.
    """

    fact: str
    key: str
    """Key of the row, of several the first."""
    rows: int
    day: date | None
    last_day: date | None
    services: tuple[ServiceShare, ...]
    """Services with their shares of the record on the first day."""
    value_streams: tuple[tuple[str, float], ...]
    """Value streams that it reaches through them, with their shares of the record."""
    initiative_id: str | None
    kpis: tuple[str, ...]
    """KPIs that count it, in whatever period."""


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


@dataclass(frozen=True, slots=True)
class _Place:
    """The rows of a fact in which the SQL expression `named` is `value`."""

    fact: Table
    named: str
    value: str


def explain_row(engine: Engine, company: Company, table: str, key: str) -> Trail:
    """Return where a row counts; the engine is a warehouse that nobody writes to meanwhile.

    `table` is an entity (`incident`, `staging.incident`), a fact (`fct_incident`) or a raw table (`raw.itsm`, whose
    keys are those of `_row_key`). Raises UsageError when there is no such table or row.
    """
    kind, name = _table(company, table)
    as_of = engine.scalar(f"select as_of from {RUN.qualified} order by sequence desc limit 1")
    staged = list(_staged(engine, kind, name, key))
    reading = _readers(company)
    facts: list[FactRow] = []
    goals = list(_told(engine, company, staged))
    for place in _places(kind, name, key, staged):
        rows = _rows(engine, place)
        if rows:
            fact = _fact_row(engine, company, place, rows, reading.get(place.fact.name, ()), as_of)
            facts.append(fact)
            goals += _goals(engine, company, fact, place, as_of)
    if not staged and not facts:
        raise UsageError(_missing(engine, kind, name, key))
    return Trail(f"{kind}.{name}", key, tuple(staged), tuple(facts), tuple(dict.fromkeys(goals)))


def _table(company: Company, given: str) -> tuple[str, str]:
    """Return schema and name of a table as people write it."""
    schema, _, name = given.rpartition(".")
    raw = {raw_table(each.source, each.name) for each in company.source_tables}
    places = {STAGING: set(ENTITIES), CORE: set(CORE_TABLES), RAW: raw}
    for place, names in places.items():
        if schema in ("", place) and name in names:
            return place, name
    if given.removeprefix(f"{MARTS}.") in MART_TABLES:
        raise UsageError(
            f"`{given}` is computed, its rows come from no source; see `bizops explain kpi` and `explain okr`"
        )
    known = [*ENTITIES, *CORE_TABLES, *(f"{RAW}.{one}" for one in sorted(raw))]
    usual = "name an entity (incident), a fact (fct_incident) or raw.<table>"
    raise UsageError(f"there is no table `{given}`; {suggestion(given, known, suggestion(name, known, usual))}")


def _missing(engine: Engine, kind: str, name: str, key: str) -> str:
    """Return why there is no such row: nothing feeds the table, it was set aside, or its keys look otherwise."""
    if kind == RAW:
        table, column = f"{RAW}.{quoted(name)}", "_row_key"
    else:
        contract = ENTITIES[name] if kind == STAGING else CORE_TABLES[name]
        table, column = contract.qualified, contract.key[0]
    example = engine.scalar(f"select min({_text(column)}) from {table}") if engine.exists(kind, name) else None
    said = f"{kind}.{name} has no row `{key}`"
    asides = engine.rows(
        f"select entity, file, row_number, reason from {QUARANTINE_RECORD.qualified} "
        "where (row_key = ? or original like ?) and (? or entity = ?) order by entity, file, row_number limit 1",
        (key, f'%"{key}"%', kind != STAGING, name),
    )
    for entity, file, row, reason in asides:
        return f"{said}; row {row} of {file} names it and was set aside from staging.{entity}: {reason}"
    if example is None:
        return f"{kind}.{name} has no rows: no source brings any, or none of them could be kept"
    return f"{said}; its keys look like `{example}`"


def _staged(engine: Engine, kind: str, name: str, key: str) -> Iterator[StagingRow]:
    """Yield the rows of entities that a row is, or is made of."""
    if kind == RAW:
        wanted = [(entity, "_row_key", key) for entity in ENTITIES]
    elif kind == STAGING:
        wanted = [(name, ENTITIES[name].key[0], key)]
    else:
        wanted = list(_records_of(engine, CORE_TABLES[name], key))
    for entity, column, value in wanted:
        table = ENTITIES[entity]
        if not engine.exists(table.schema, table.name):
            continue
        rows = engine.rows(
            f"select {quoted(table.key[0])}, _source, _source_table, _row_key from {table.qualified} "
            f"where {_text(column)} = ?",
            (value,),
        )
        for own_key, source, source_table, row_key in rows:
            if kind == RAW and raw_table(source, source_table) != name:
                continue
            raw = f"{RAW}.{quoted(raw_table(source, source_table))}"
            for file, number in engine.rows(f"select _file, _row from {raw} where _row_key = ?", (row_key,)):
                yield StagingRow(entity, str(own_key), RawRow(source, source_table, file, number, row_key))


def _records_of(engine: Engine, fact: Table, key: str) -> Iterator[tuple[str, str, str]]:
    """Yield entity, column and value of the records that a row of a fact may be made of."""
    if not engine.exists(fact.schema, fact.name):
        return
    for entity, column in origins(fact):
        query = f"select {_record(fact, entity, column)} from {fact.qualified} where {_text(fact.key[0])} = ?"
        value = engine.scalar(query, (key,))
        if value is not None:
            yield entity, column, value


def _places(kind: str, name: str, key: str, staged: list[StagingRow]) -> Iterator[_Place]:
    """Yield where a row is found again: itself when it is one of core, else in every fact that its record is in."""
    if kind == CORE:
        yield _Place(CORE_TABLES[name], _text(CORE_TABLES[name].key[0]), key)
        return
    for fact in FACTS:
        made_of = dict(origins(fact))
        for row in staged:
            if row.entity in made_of:
                yield _Place(fact, _record(fact, row.entity, made_of[row.entity]), row.key)


def _record(fact: Table, entity: str, column: str) -> str:
    """Return the SQL of the key that the record of an entity has in the rows of a fact made of it."""
    if fact.has(column):
        return _text(column)
    if fact.has("item_type") and fact.has("item_id"):
        return f"case when item_type = {literal(entity)} then item_id end"
    return f"regexp_replace({_text(fact.key[0])}, {literal(PREFIX)}, '')"


def _rows(engine: Engine, place: _Place) -> list[dict[str, Any]]:
    if not engine.exists(place.fact.schema, place.fact.name):
        return []
    order = ", ".join(quoted(column) for column in place.fact.key)
    query = f"select * from {place.fact.qualified} where {place.named} = ? order by {order}"
    return engine.dicts(query, (place.value,))


def _text(column: str) -> str:
    return f"cast({quoted(column)} as varchar)"


def _fact_row(
    engine: Engine,
    company: Company,
    place: _Place,
    rows: list[dict[str, Any]],
    readers: tuple[str, ...],
    as_of: date,
) -> FactRow:
    fact = place.fact
    column = main_date(fact) or next((each.name for each in fact.columns if each.type == Type.DATE), None)
    days = sorted(row[column] for row in rows if column and row[column] is not None)
    first = days[0] if days else None
    shares = service_shares(engine, fact, rows, first)
    return FactRow(
        fact.id,
        str(rows[0][fact.key[0]]),
        len(rows),
        first,
        days[-1] if days else None,
        shares,
        streams_reached(shares),
        rows[0].get("initiative_id"),
        tuple(id for id in readers if _counts(engine, company, id, EVER, place, as_of)),
    )


def _readers(company: Company) -> dict[str, tuple[str, ...]]:
    """Return the KPIs with values that read each fact."""
    shown = {kpi.id for kpi in company.shown_kpis}
    found: dict[str, list[str]] = {}
    for id, facts in facts_of_kpis(company.kpis).items():
        for fact in facts if id in shown else ():
            found.setdefault(fact, []).append(id)
    return {fact: tuple(kpis) for fact, kpis in found.items()}


def _goals(engine: Engine, company: Company, fact: FactRow, place: _Place, as_of: date) -> Iterator[Goal]:
    """Yield the goals of a row: what its initiative serves, the key results that count it, else its value streams'."""
    tree = Tree(company)
    served = _served(engine, fact)
    found = []
    if served in tree.objectives:
        found.append(_goal(tree, str(served), None, f"initiative {fact.initiative_id or fact.key} serves it"))
    for id, (objective, result) in tree.key_results.items():
        if result.kpi in fact.kpis:
            cut = _cut(result, result.start or objective.period.from_, result.due or objective.period.to)
            if cut.first and cut.first <= as_of and _counts(engine, company, str(result.kpi), cut, place, as_of):
                found.append(_goal(tree, objective.id, id, f"{result.kpi} counts it"))
    yield from found or _of_value_streams(tree, fact)


def _told(engine: Engine, company: Company, staged: list[StagingRow]) -> Iterator[Goal]:
    """Yield the goals that people speak of themselves: by a check-in on a key result, a report on an objective."""
    tree = Tree(company)
    for row in staged:
        for entity in (each for each in (CHECKIN, STATUS_REPORT) if each.name == row.entity):
            query = f"select * from {entity.qualified} where {_text(entity.key[0])} = ?"
            for found in engine.dicts(query, (row.key,)):
                because = f"the {row.entity.replace('_', ' ')} is on it"
                id = found["key_result_id"]
                if id in tree.key_results:
                    yield _goal(tree, tree.key_results[id][0].id, id, because)
                elif found.get("objective_id") in tree.objectives:
                    yield _goal(tree, found["objective_id"], None, because)


def _of_value_streams(tree: Tree, fact: FactRow) -> Iterator[Goal]:
    serving: dict[str, str] = {}
    for service in fact.services:
        for stream, _ in service.value_streams:
            serving.setdefault(stream, service.service_id)
    for objective in tree.company.objectives:
        runs = fact.day is not None and objective.period.from_ <= fact.day <= objective.period.to
        if runs and objective.value_stream in serving:
            because = f"service {serving[objective.value_stream]} serves {objective.value_stream}"
            yield _goal(tree, objective.id, None, because)


def _cut(result: KeyResult, start: date, due: date) -> Cut:
    """Return the part of a KPI that a key result is measured by, over all of its days."""
    scope, member = scope_of(result.where) or ("company", None)
    dimensions = tuple(sorted(dimensions_of(result.where).items()))
    return Cut("all", scope, member, dimensions, start, due)


def _counts(engine: Engine, company: Company, kpi: str, cut: Cut, place: _Place, as_of: date) -> bool:
    """Tell whether a KPI counts a record in a part of its values, on any day of it."""
    return any(
        records.fact.id == place.fact.id
        and engine.scalar(f"select 1 from ({records.query}) as counted where {place.named} = ? limit 1", (place.value,))
        for records in records_behind(company, kpi, cut, as_of, of_every_day=True)
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
