"""One entity's staging table, kept equal to what its raw rows say.

A build looks at the raw rows that changed since the last one, and again at the stored rows of every entity
key that those touch; the result is the same as if all had been built anew. Data, quarantine, superseded rows,
balance and the memory of what was seen change in one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN, PROVENANCE, QUARANTINE_RECORD, STAGING_BALANCE
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import SourceError
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.landing.columns import missing_columns, read_columns
from bizops_pipeline.landing.raw import raw_of
from bizops_pipeline.model.staging import conversion, mapping
from bizops_pipeline.model.staging.conversion import Conventions
from bizops_pipeline.naming import CHANGE_SEQUENCE, fingerprint, literal, quoted
from bizops_pipeline.quality.balance import (
    Balance,
    count,
    superseded_table,
    tables_of,
)
from bizops_pipeline.quality.record_rules import BETWEEN
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Restriction, Written
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

RULES_VERSION = "3"
"""Raised when the meaning of a map or of a record rule changes in the code, so that all rows are read again."""

_TEMPORARY = ("judged_rows", "touched_rows", "affected_keys", "candidate_rows", "losing_rows")
_IDENTITY = ("_source", "_source_table", "_row_key")

_GOOD = f"judged_rows where {mapping.BROKEN} is null"
_STORED_AND_NEW = "candidate_rows where true"
"""Where the rows come from of which one per key is kept, in a full build and in one of what changed."""


@dataclass(frozen=True, slots=True)
class StagingResult:
    """What a build did: raw rows it read, what changed in staging, and the balance of each source table."""

    entity: str
    read: int
    written: Written
    balances: tuple[Balance, ...]

    @property
    def kept(self) -> int:
        """Rows in staging."""
        return sum(balance.kept for balance in self.balances)

    @property
    def quarantined(self) -> int:
        """Rows set aside."""
        return sum(balance.quarantined for balance in self.balances)

    @property
    def deduplicated(self) -> int:
        """Rows superseded by another of their key."""
        return sum(balance.deduplicated for balance in self.balances)

    @property
    def changed(self) -> bool:
        """Whether any row of staging differs from before."""
        return self.written.changed


def build(engine: Engine, company: Company, entity: str, run: Run) -> StagingResult:
    """Bring `staging.<entity>` and all that goes with it up to date with raw, in one transaction.

    Raises SourceError when a source lacks a column that the map reads, or has it in a type that the map's
    expression cannot take.
    """
    table = ENTITIES[entity]
    there = engine.tables()
    sources = [source for source in tables_of(company, entity) if raw_of(source).id in there]
    followed = [(source, name) for source in sources for name in _followed(source, there)]
    definition = _fingerprint(company, table)
    with engine.transaction():
        _ensure(engine, table, there)
        since = None if run.full else changes.seen(engine, table.id, definition)
        if since is not None and not _has_news(engine, followed, since):
            return _unchanged(engine, table)
        read, broken = _judge(engine, company, table, sources, since)
        if since is None:
            _all_again(engine, table)
            candidates, restriction = _GOOD, None
        else:
            _touched_again(engine, table, followed, since)
            candidates, restriction = _STORED_AND_NEW, Restriction(table.key[0], "affected_keys")
        if broken:
            _set_aside(engine, table, sources, run)
        failpoint("quarantined")
        winners = _winners(table, candidates, _supersede(engine, table, candidates))
        written = changes.replace(engine, table, winners, run, restriction=restriction, extra=ORIGIN, is_stored=True)
        balances = _balance(engine, company, entity, run)
        changes.mark_seen(engine, table.id, definition, run)
        _drop_temporary(engine)
        failpoint("staged")
    return StagingResult(entity, read, written, tuple(balances))


def _ensure(engine: Engine, table: Table, there: frozenset[str]) -> None:
    # The session looks after the system's own tables; here they are only made where there was none.
    system = [(each, ()) for each in (CONSUMED, QUARANTINE_RECORD, STAGING_BALANCE) if each.id not in there]
    changes.ensure_all(engine, [*system, (table, ORIGIN), (superseded_table(table), ORIGIN)])


def _fingerprint(company: Company, table: Table) -> str:
    """Return a hash of all that decides what a raw row becomes."""
    parts = [RULES_VERSION, repr(table), company.settings.time_zone]
    for source in tables_of(company, table.name):
        parts += [source.source, source.name, source.entities[table.name].model_dump_json(), _decimal(source)]
    if any(column.references == mapping.SERVICE_REFERENCE for column in table.columns):
        parts += [repr(sorted(mapping.service_names(company.organisation.services).items()))]
    return fingerprint(*parts)


def _decimal(source: SourceTable) -> str:
    return getattr(source.connector, "decimal", ".")


def _followed(source: SourceTable, there: frozenset[str]) -> list[str]:
    """Return the tables that tell which raw rows came, changed or went."""
    raw = raw_of(source)
    return [raw.qualified, raw.gone] if raw.gone_id in there else [raw.qualified]


def _has_news(engine: Engine, followed: list[tuple[SourceTable, str]], since: int) -> bool:
    return any(
        engine.scalar(f"select 1 from {name} where {quoted(CHANGE_SEQUENCE)} > {since} limit 1") for _, name in followed
    )


def _unchanged(engine: Engine, table: Table) -> StagingResult:
    """Return the result of a build that had nothing to do, with the balances of the last one that had."""
    names = "source, source_table, entity, raw_rows, kept, quarantined, deduplicated"
    balances = engine.rows(
        f"select {names} from {STAGING_BALANCE.qualified} where entity = ? order by source, source_table", (table.name,)
    )
    total = int(engine.scalar(f"select count(*) from {table.qualified}"))
    return StagingResult(table.name, 0, Written(0, 0, total), tuple(Balance(*row) for row in balances))


def _judge(
    engine: Engine, company: Company, table: Table, sources: list[SourceTable], since: int | None
) -> tuple[int, int]:
    """Make `judged_rows`: the rows to read, mapped, with the rule each breaks. Return how many, and how many broken."""
    queries = [_mapped(engine, company, table, source, since) for source in sources]
    if not queries:
        declared = [f"cast(null as {column.type}) as {quoted(column.name)}" for column in (*table.columns, *ORIGIN)]
        queries = [f"select {', '.join(declared)}, cast(null as varchar) as {mapping.BROKEN} where false"]
    names = ", ".join([*_columns(table), mapping.BROKEN])
    union = " union all ".join(f"select {names} from ({query}) as mapped" for query in queries)
    engine.execute(f"create or replace temp table judged_rows as {union}")
    read, broken = engine.rows(f"select count(*), count({mapping.BROKEN}) from judged_rows")[0]
    return int(read), int(broken)


def _mapped(engine: Engine, company: Company, table: Table, source: SourceTable, since: int | None) -> str:
    map = source.entities[table.name]
    raw = raw_of(source).qualified
    known = {name.lower() for name, _ in engine.describe(f"select * from {raw}")}
    unknown = missing_columns(known, set[str]().union(*(read_columns(mapped) for mapped in map.map.values())), source)
    where = f"{source.file}: {source.source}.{source.name} as {table.name}"
    if unknown:
        system = {column.name for column in PROVENANCE} | {CHANGE_SEQUENCE}
        has = ", ".join(sorted(known - system)) or "none, for no record could be parsed: look into audit.reject"
        raise SourceError(f"{where}: columns are missing: {', '.join(unknown)}; the source has {has}")
    conventions = Conventions(map.time_zone or company.settings.time_zone, company.settings.time_zone, _decimal(source))
    rows = f"select * from {raw}" + ("" if since is None else f" where {quoted(CHANGE_SEQUENCE)} > {since}")
    try:
        return mapping.query(table, map, rows, company.organisation.services, conventions, engine.describe)
    except Exception as error:
        raise SourceError(f"{where}: the map does not fit the types of the source's columns: {error}") from error


def _columns(table: Table) -> list[str]:
    return [quoted(column.name) for column in (*table.columns, *ORIGIN)]


def _same_row(left: str, right: str) -> str:
    return " and ".join(f"{left}.{name} = {right}.{name}" for name in _IDENTITY)


def _belongs(source: SourceTable) -> str:
    return f"_source = {literal(source.source)} and _source_table = {literal(source.name)}"


def _good(table: Table) -> str:
    return f"select {', '.join(_columns(table))} from {_GOOD}"


def _all_again(engine: Engine, table: Table) -> None:
    """Forget what was known of the entity."""
    engine.execute(f"delete from {QUARANTINE_RECORD.qualified} where entity = ?", (table.name,))
    engine.execute(f"delete from {superseded_table(table).qualified}")


def _touched_again(engine: Engine, table: Table, followed: list[tuple[SourceTable, str]], since: int) -> None:
    """Forget what was known of the raw rows that came, changed or went.

    Makes `affected_keys`, the entity keys whose row has to be found anew, and `candidate_rows`, their good rows,
    new and stored ones.
    """
    sources = list({(source.source, source.name): source for source, _ in followed}.values())
    touched = " union ".join(
        f"select {literal(source.source)} as _source, {literal(source.name)} as _source_table, _row_key "
        f"from {name} where {quoted(CHANGE_SEQUENCE)} > {since}"
        for source, name in followed
    )
    engine.execute(f"create or replace temp table touched_rows as {touched}")
    engine.execute(
        f"delete from {QUARANTINE_RECORD.qualified} as bad where entity = ? and exists (select 1 "
        "from touched_rows as touched where touched._source = bad.source "
        "and touched._source_table = bad.source_table and touched._row_key = bad.row_key)",
        (table.name,),
    )
    key, listed = quoted(table.key[0]), ", ".join(_columns(table))
    stored_in = (table.qualified, superseded_table(table).qualified)
    keys = " union ".join(
        f"select {key} from {name} where {_belongs(source)} "
        f"and _row_key in (select _row_key from touched_rows where {_belongs(source)})"
        for name in stored_in
        for source in sources
    )
    engine.execute(
        f'create or replace temp table affected_keys as select {key} as "key" '
        f"from ({keys} union select {key} from ({_good(table)}) as good) as keys"
    )
    is_wanted = f'{key} in (select "key" from affected_keys)'
    was_touched = f"exists (select 1 from touched_rows as touched where {_same_row('touched', 'stored')})"
    # By row id: looking for keys reads one column of the stored table, and the rest of the few rows found.
    rest = " ".join(
        f"union all select {listed} from {name} as stored "
        f"where rowid in (select rowid from {name} where {is_wanted}) and not {was_touched}"
        for name in stored_in
    )
    engine.execute(f"create or replace temp table candidate_rows as {_good(table)} {rest}")
    engine.execute(f"delete from {superseded_table(table).qualified} where {is_wanted}")


def _set_aside(engine: Engine, table: Table, sources: list[SourceTable], run: Run) -> None:
    """Put the bad rows into quarantine, each with the rule, the reason and the record as the source gave it."""
    system = {column.name for column in PROVENANCE} | {CHANGE_SEQUENCE}
    for source in sources:
        raw = raw_of(source).qualified
        own = [name for name, _ in engine.describe(f"select * from {raw}") if name not in system]
        rule_ends = f"position({literal(BETWEEN)} in bad.{mapping.BROKEN})"
        engine.execute(
            f"insert into {QUARANTINE_RECORD.qualified} (entity, source, source_table, row_key, file, row_number, "
            "rule, reason, original, loaded_at, run_id) "
            f"select {literal(table.name)}, bad._source, bad._source_table, bad._row_key, "
            f"original._file, original._row, left(bad.{mapping.BROKEN}, {rule_ends} - 1), "
            f"substring(bad.{mapping.BROKEN}, {rule_ends} + {len(BETWEEN)}), "
            f"{conversion.as_json('original', own)}, original._loaded_at, {literal(run.id)} "
            f"from judged_rows as bad join {raw} as original on original._row_key = bad._row_key "
            f"where bad.{mapping.BROKEN} is not null and bad._source = {literal(source.source)} "
            f"and bad._source_table = {literal(source.name)}"
        )


def _supersede(engine: Engine, table: Table, candidates: str) -> bool:
    """Make `losing_rows`, the candidates that another of their key supersedes, and store them; tell if any do."""
    key, listed = quoted(table.key[0]), ", ".join(_columns(table))
    latest = [f"{quoted(name)} desc nulls last" for name in table.latest_by]
    # What the rows say decides before where they came from.
    order = ", ".join([*latest, *(f"{quoted(name)} nulls last" for name in table.column_names), *_IDENTITY])
    repeated = f"select {key} from {candidates} group by {key} having count(*) > 1"
    engine.execute(
        "create or replace temp table losing_rows as select id from ("
        f"select rowid as id, row_number() over (partition by {key} order by {order}) as place "
        f"from {candidates} and {key} in ({repeated})) as ranked where place > 1"
    )
    if not engine.scalar("select 1 from losing_rows limit 1"):
        return False
    engine.execute(
        f"insert into {superseded_table(table).qualified} ({listed}) "
        f"select {listed} from {candidates} and rowid in (select id from losing_rows)"
    )
    return True


def _winners(table: Table, candidates: str, any_lost: bool) -> str:
    query = f"select {', '.join(_columns(table))} from {candidates}"
    return f"{query} and rowid not in (select id from losing_rows)" if any_lost else query


def _balance(engine: Engine, company: Company, entity: str, run: Run) -> list[Balance]:
    balances = count(engine, company, entity)
    engine.execute(f"delete from {STAGING_BALANCE.qualified} where entity = ?", (entity,))
    engine.insert(
        STAGING_BALANCE,
        [
            {
                "source": balance.source,
                "source_table": balance.source_table,
                "entity": balance.entity,
                "raw_rows": balance.raw_rows,
                "kept": balance.kept,
                "quarantined": balance.quarantined,
                "deduplicated": balance.deduplicated,
                "run_id": run.id,
            }
            for balance in balances
        ],
    )
    return balances


def _drop_temporary(engine: Engine) -> None:
    for name in _TEMPORARY:
        engine.execute(f"drop table if exists temp.{name}")
