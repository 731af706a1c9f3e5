"""Writing tables so that a re-run changes nothing and readers can follow what changed.

A tracked table keeps, per row, the sequence of the refresh that last wrote it, and a table of before-images
with the rows that were replaced or removed. A consumer remembers the sequence up to which it has seen its
inputs (`state.consumed`), so a kill between two steps loses nothing: the next refresh sees both changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.registry import hardly_repeats
from bizops_pipeline.contracts.table import Column, Table
from bizops_pipeline.errors import ContractError
from bizops_pipeline.naming import CHANGE_SEQUENCE, STATE, quoted
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

_ROW_ID = "_stored_row"
"""Where in the stored table a row of a temporary copy lies."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: rows added, rows removed or replaced, and rows in the table afterwards."""

    inserted: int
    deleted: int
    total: int

    @property
    def changed(self) -> bool:
        """Whether any row differs from before."""
        return bool(self.inserted or self.deleted)


@dataclass(frozen=True, slots=True)
class Restriction:
    """Part of a table that a write replaces: rows whose `column` is among the values of `keys_table."key"`."""

    column: str
    keys_table: str

    def condition(self, alias: str) -> str:
        """Return the SQL condition for a table alias; NULL keys match a NULL in the list."""
        return (
            f"exists (select 1 from {self.keys_table} as wanted "
            f'where wanted."key" is not distinct from {alias}.{quoted(self.column)})'
        )


def before_table(table: Table) -> str:
    """Return the qualified name of the before-images of a tracked table."""
    return f"{STATE}.{quoted(f'before__{table.schema}__{table.name}')}"


def stored_columns(table: Table, extra: tuple[Column, ...] = ()) -> tuple[Column, ...]:
    """Return the columns of the stored table: declared, extra (provenance) and system ones."""
    return (*table.columns, *extra, *table.system_columns)


def ensure(engine: Engine, table: Table, extra: tuple[Column, ...] = ()) -> None:
    """Create schema, table and before-images from the contract where they are missing.

    A stored table whose columns differ from the contract was written by another version: it is dropped with
    the memory of its consumer, so that it is built anew.
    """
    ensure_all(engine, [(table, extra)])


def ensure_all(engine: Engine, tables: Iterable[tuple[Table, tuple[Column, ...]]]) -> None:
    """Do what `ensure` does for several tables, each with its extra columns."""
    there = engine.tables()
    for table, extra in tables:
        _ensure(engine, table, extra, there)


def _ensure(engine: Engine, table: Table, extra: tuple[Column, ...], there: frozenset[str]) -> None:
    columns = stored_columns(table, extra)
    if table.id in there:
        stored = engine.describe(f"select * from {table.qualified}")
        if stored == [(column.name, str(column.type)) for column in columns]:
            return
        engine.execute(f"drop table {table.qualified}")
        if CONSUMED.id in there:
            engine.execute(f"delete from {CONSUMED.qualified} where consumer = ?", (table.id,))
    engine.execute(f"create schema if not exists {table.schema}")
    declared = ", ".join(
        engine.declaration(column.name, str(column.type), hardly_repeats=hardly_repeats(table, column))
        for column in columns
    )
    engine.execute(f"create table {table.qualified} ({declared})")
    if table.tracks_changes:
        engine.execute(f"create schema if not exists {STATE}")
        engine.execute(f"create or replace table {before_table(table)} ({declared})")


def check_returns_contract(engine: Engine, table: Table, query: str) -> None:
    """Raise ContractError unless a query returns exactly the columns and types its table declares."""
    found = dict(engine.describe(query))
    wanted = {column.name: str(column.type) for column in table.model_columns}
    complaints = [f"lacks column {name} {kind}" for name, kind in wanted.items() if name not in found]
    complaints += [f"returns undeclared column {name}" for name in found if name not in wanted]
    complaints += [
        f"column {name} is {found[name]}, declared {kind}"
        for name, kind in wanted.items()
        if name in found and found[name] != kind
    ]
    if complaints:
        raise ContractError(f"the query for {table.id} " + "; ".join(complaints))


def replace(
    engine: Engine,
    table: Table,
    query: str,
    run: Run,
    *,
    restriction: Restriction | None = None,
    extra: tuple[Column, ...] = (),
    is_stored: bool = False,
) -> Written:
    """Make a table (or the restricted part of it) equal to what a query returns, touching only rows that differ.

    `query` returns the declared columns (and `extra`) by name; `is_stored` says that it only picks rows of a
    temporary table, so that reading it again costs less than a copy of it. Raises ContractError when a key is NULL
    or repeated or a required column is NULL. Call inside a transaction.
    """
    columns = [column.name for column in (*table.columns, *extra)]
    if not engine.scalar(f"select 1 from {table.qualified} limit 1"):
        return _fill(engine, table, columns, query, run)
    listed = ", ".join(quoted(name) for name in columns)
    kind = "view" if is_stored else "table"
    engine.execute(f"create or replace temp {kind} new_rows as select {listed} from ({query}) as query")
    arrived = _check_rows(engine, table, "new_rows")
    if restriction:
        _copy_part(engine, table, listed, restriction)
    compared = "old_rows" if restriction else table.qualified
    deleted = _delete_stale(engine, table, columns, run, is_part=restriction is not None)
    # What is left of the old rows equals a new row each, so the others are the ones to insert.
    inserted = arrived - int(engine.scalar(f"select count(*) from {compared}"))
    if inserted:
        missing = f"from new_rows as new where not exists (select 1 from {compared} as old where {_same_key(table)})"
        engine.execute(_insert(table, columns, run, missing))
    engine.execute(f"drop {kind} new_rows")
    if restriction:
        engine.execute("drop table old_rows")
    return Written(inserted, deleted, int(engine.scalar(f"select count(*) from {table.qualified}")))


def replace_if_new(engine: Engine, table: Table, query: str, mark: str, run: Run) -> Written:
    """Do what `replace` does, unless the table was last written for the same mark: a hash of all that decides its rows.

    Call inside a transaction. A full refresh writes the table in any case.
    """
    if not run.full and seen(engine, table.id, mark) is not None:
        return Written(0, 0, int(engine.scalar(f"select count(*) from {table.qualified}")))
    written = replace(engine, table, query, run)
    mark_seen(engine, table.id, mark, run)
    return written


def changed_rows(table: Table, columns: str, since: int) -> str:
    """Return a query over rows written or removed after a sequence: new values and before-images."""
    condition = f"where {quoted(CHANGE_SEQUENCE)} > {since}"
    return (
        f"select {columns} from {table.qualified} {condition} "
        f"union all select {columns} from {before_table(table)} {condition}"
    )


def has_changes(engine: Engine, table: Table, since: int) -> bool:
    """Tell whether a tracked table changed after a sequence."""
    return bool(engine.scalar(f"select 1 from ({changed_rows(table, '1 as one', since)}) as changes limit 1"))


def seen(engine: Engine, consumer: str, fingerprint: str) -> int | None:
    """Return the sequence up to which a consumer has seen its inputs; None when it must start over."""
    found = engine.rows(f"select sequence, fingerprint from {CONSUMED.qualified} where consumer = ?", (consumer,))
    return int(found[0][0]) if found and found[0][1] == fingerprint else None


def mark_seen(engine: Engine, consumer: str, fingerprint: str, run: Run) -> None:
    """Remember that a consumer has seen everything up to this refresh; call in the transaction of its write."""
    engine.execute(f"delete from {CONSUMED.qualified} where consumer = ?", (consumer,))
    engine.insert(CONSUMED, [{"consumer": consumer, "sequence": run.sequence, "fingerprint": fingerprint}])


def _fill(engine: Engine, table: Table, columns: list[str], query: str, run: Run) -> Written:
    # Nothing to compare with: write once and check what was written; the caller's transaction takes it back.
    engine.execute(_insert(table, columns, run, f"from ({query}) as new"))
    total = _check_rows(engine, table, table.qualified)
    return Written(total, 0, total)


def _insert(table: Table, columns: list[str], run: Run, source: str) -> str:
    target = ", ".join(quoted(name) for name in columns)
    selected = ", ".join(f"new.{quoted(name)}" for name in columns)
    if table.tracks_changes:
        target += f", {quoted(CHANGE_SEQUENCE)}"
        selected += f", {run.sequence}"
    return f"insert into {table.qualified} ({target}) select {selected} {source}"


def _check_rows(engine: Engine, table: Table, rows: str) -> int:
    """Raise ContractError unless some rows have all that is required of them and a key each; return their number."""
    required = sorted({*table.key, *(column.name for column in table.columns if column.required)})
    nulls = [f"count(*) - count({quoted(name)})" for name in required]
    # A key of one column is counted in the same scan; the general way costs a scan of its own.
    keys = f"count(distinct {quoted(table.key[0])})" if len(table.key) == 1 else "null"
    total, distinct, *counts = engine.rows(f"select {', '.join(['count(*)', keys, *nulls])} from {rows}")[0]
    for name, count in zip(required, counts, strict=True):
        if count:
            raise ContractError(f"{table.id}: {count} rows without {name}, which its contract requires")
    if distinct != total:
        key = ", ".join(quoted(name) for name in table.key)
        repeated = engine.rows(f"select {key} from {rows} group by {key} having count(*) > 1 limit 3")
        if repeated:
            raise ContractError(f"{table.id}: key ({', '.join(table.key)}) is not unique, for example {repeated}")
    return int(total)


def _same_key(table: Table) -> str:
    return " and ".join(f"old.{quoted(name)} = new.{quoted(name)}" for name in table.key)


def _copy_part(engine: Engine, table: Table, listed: str, restriction: Restriction) -> None:
    """Copy the stored rows that a restricted write may touch, so that the rest of it looks at few rows.

    A row whose key comes with the new rows is among them wherever it lies: it may have moved into the restriction.
    They are found by their row ids, which reads one or two columns of the stored table; the rest is read of the
    few rows found.
    """
    if table.key == (restriction.column,):
        key = quoted(restriction.column)
        found = (
            f"select rowid from {table.qualified} "
            f'where {key} in (select "key" from {restriction.keys_table} union select {key} from new_rows)'
        )
    else:
        found = (
            f"select rowid from {table.qualified} as old where {restriction.condition('old')} "
            f"union select rowid from {table.qualified} as old "
            f"where exists (select 1 from new_rows as new where {_same_key(table)})"
        )
    engine.execute(
        f"create or replace temp table old_rows as select {listed}, rowid as {_ROW_ID} from {table.qualified} "
        f"where rowid in ({found})"
    )


def _delete_stale(engine: Engine, table: Table, columns: list[str], run: Run, *, is_part: bool) -> int:
    """Delete the stored rows (of a part: those in `old_rows`) that the new rows lack, keeping their images."""
    listed = ", ".join(quoted(name) for name in columns)
    others = [name for name in columns if name not in table.key]
    same = " and ".join(
        [
            _same_key(table),
            *(f"old.{quoted(name)} is not distinct from new.{quoted(name)}" for name in others),
        ]
    )
    compared, id = ("old_rows", _ROW_ID) if is_part else (table.qualified, "rowid")
    engine.execute(
        f"create or replace temp table stale_rows as select {listed}, {id} as {_ROW_ID} from {compared} as old "
        f"where not exists (select 1 from new_rows as new where {same})"
    )
    deleted = int(engine.scalar("select count(*) from stale_rows"))
    if deleted and table.tracks_changes:
        engine.execute(
            f"insert into {before_table(table)} ({listed}, {quoted(CHANGE_SEQUENCE)}) "
            f"select {listed}, {run.sequence} from stale_rows"
        )
    if deleted:
        gone = f"(select {_ROW_ID} from stale_rows)"
        engine.execute(f"delete from {table.qualified} where rowid in {gone}")
        if is_part:
            engine.execute(f"delete from old_rows where {_ROW_ID} in {gone}")
    engine.execute("drop table stale_rows")
    return deleted
