"""Bringing arriving rows into a raw table: which are new, changed, known, superseded, and which vanished.

Everything is one statement per step over all files of a load. The winner among rows of one key is the highest
by the `keep` columns, then by file, then by the order in which versions of that file came: it depends on what
arrived, not on the order or the batches in which it did.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.columns import keep_columns
from bizops_pipeline.landing.raw import RawTable, canonical_text
from bizops_pipeline.landing.scan import ARRIVING, FILES, numbered_rows
from bizops_pipeline.naming import CHANGE_SEQUENCE, literal, quoted
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

_DAY_FIRST = r"^\s*[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}"
CANDIDATES, LOSERS, MET = "arriving_candidate", "arriving_loser", "arriving_met"


@dataclass(frozen=True, slots=True)
class Counts:
    """What became of the parsed rows of one file."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deduplicated: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of the rows per file number, and how many stored rows vanished."""

    counts: Mapping[int, Counts]
    removed: int


def apply(
    engine: Engine,
    table: SourceTable,
    raw: RawTable,
    columns: list[str],
    run: Run,
    *,
    vanishing: Collection[str] | None,
) -> Applied:
    """Insert, replace and remove raw rows so that they are what arrived says; call inside a transaction.

    Rows of the files `vanishing` that did not arrive again are removed; None stands for all files. Raises
    SourceError when a full replacement falls below the table's floor.
    """
    _check_versions(engine, table)
    is_empty = not engine.scalar(f"select 1 from {raw.qualified} limit 1")
    rows = _Rows(engine, table, columns, run)
    may_repeat = bool(table.load.key) and table.load.mode != "append"
    if is_empty or not (may_repeat or vanishing is None or vanishing):
        return Applied(_insert_all(engine, table, raw, rows, may_repeat=may_repeat), 0)
    _find_candidates(engine, table, raw, rows)
    counts = _count(engine)
    removed = _remove_vanished(engine, table, raw, run, vanishing)
    _replace(engine, raw, rows, run)
    engine.execute(f"drop table temp.{CANDIDATES}")
    return Applied(counts, removed)


class _Rows:
    """SQL for raw rows from the arriving ones."""

    def __init__(self, engine: Engine, table: SourceTable, columns: list[str], run: Run) -> None:
        self.source, self.position = numbered_rows(engine)
        self.engine, self.table, self.columns, self.run = engine, table, columns, run

    @property
    def key(self) -> str:
        """Row key: the declared key's values trimmed and in composed form; without them file and row.

        A row with an incomplete key is known by its content; staging will set it aside.
        """
        key = self.table.load.key if self.table.load.mode != "append" else ()
        if not key:
            return f"f.origin || '#' || {self.position}"
        kinds = {name.lower(): kind for name, kind in self.engine.describe(f"select * from {ARRIVING}")}
        texts = [canonical_text(f"a.{quoted(name)}", kinds[name.lower()]) for name in key]
        parts = [f"nullif(nfc_normalize(trim({text})), '')" for text in texts]
        if len(parts) > 1:
            parts = [f"replace(replace({part}, '\\', '\\\\'), '|', '\\|')" for part in parts]
        return f"coalesce({' || chr(124) || '.join(parts)}, '?' || md5({content('a', self.columns)}))"

    def query(self, condition: str = "true") -> str:
        """Return the select of the raw rows of the arriving rows (`a`) that satisfy a condition."""
        own = "".join(f"a.{quoted(name)}, " for name in self.columns)
        provenance = {
            "_row_key": self.key,
            "_source": literal(self.table.source),
            "_source_table": literal(self.table.name),
            "_file": "f.origin",
            "_row": self.position,
            "_loaded_at": f"timestamp {literal(_utc(self.run))}",
            "_run_id": literal(self.run.id),
            CHANGE_SEQUENCE: str(self.run.sequence),
        }
        listed = ", ".join(f"{value} as {quoted(name)}" for name, value in provenance.items())
        return f"select {own}{listed} from {self.source} where {condition}"


def content(alias: str, columns: Iterable[str]) -> str:
    """SQL for name and value of every column that has one, so that a column added later changes nothing."""
    parts = [f"{literal(name.lower() + '=')} || {alias}.{quoted(name)}" for name in sorted(columns, key=str.lower)]
    return f"concat_ws(chr(30), {', '.join(parts)})" if parts else "''"


def _utc(run: Run) -> str:
    moment = run.started_at
    naive = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    return naive.isoformat(sep=" ")


def _insert_all(
    engine: Engine, table: SourceTable, raw: RawTable, rows: _Rows, *, may_repeat: bool
) -> dict[int, Counts]:
    """Insert rows none of which meets a stored one, but for all but the winner of each key that repeats."""
    engine.execute(
        f"create or replace temp table {CANDIDATES} as select row_key as _row_key from "
        f"(select {rows.key} as row_key from {rows.source}) as keys group by row_key having count(*) > 1"
        if may_repeat
        else f"create or replace temp table {CANDIDATES} (_row_key varchar)"
    )
    condition = "true"
    losers: dict[int, int] = {}
    if engine.scalar(f"select 1 from {CANDIDATES} limit 1"):
        kept, ranks = _ranks(table)
        order = ", ".join(f"{name} desc" for name in (*kept, "_file", "_number", "_row"))
        engine.execute(
            f"create or replace temp table {LOSERS} as select _id, _number from (select a.rowid as _id, a._number, "
            f"f.origin as _file, {rows.position} as _row, {rows.key} as _row_key{ranks} from {rows.source} "
            f"where {rows.key} in (select _row_key from {CANDIDATES})) as repeated "
            f"qualify row_number() over (partition by _row_key order by {order}) > 1"
        )
        losers = dict(engine.rows(f"select _number, count(*) from {LOSERS} group by _number"))
        condition = f"a.rowid not in (select _id from {LOSERS})"
    engine.execute(f"insert into {raw.qualified} by name {rows.query(condition)}")
    engine.execute(f"drop table if exists temp.{LOSERS}")
    engine.execute(f"drop table temp.{CANDIDATES}")
    parsed = engine.rows(f"select _number, parsed from {FILES}")
    lost = [(number, count, losers.get(number, 0)) for number, count in parsed]
    return {number: Counts(inserted=count - less, deduplicated=less) for number, count, less in lost}


def _check_versions(engine: Engine, table: SourceTable) -> None:
    """Raise SourceError when a column that tells versions apart has days which do not sort by age."""
    for name in keep_columns(table) if table.load.mode == "merge" else ():
        value = f"{quoted(name)}::varchar"
        found = engine.scalar(f"select min({value}) from {ARRIVING} where regexp_matches({value}, '{_DAY_FIRST}')")
        if found:
            raise SourceError(
                f"source {table.source}, table {table.name} ({table.file}): `keep` compares {name}, whose values such "
                f"as {found!r} do not sort by age; load with `mode: append` and map `updated_at`, by which staging "
                "keeps the latest. Nothing was loaded."
            )


def _ranks(table: SourceTable) -> tuple[list[str], str]:
    """Return the names of the values that decide between rows of a key, and SQL that selects them."""
    keep = keep_columns(table) if table.load.mode == "merge" else ()
    ranks = [f", {_rank(f'a.{quoted(name)}')} as _keep_{index}" for index, name in enumerate(keep)]
    return [f"_keep_{index}" for index in range(len(keep))], "".join(ranks)


def _find_candidates(engine: Engine, table: SourceTable, raw: RawTable, rows: _Rows) -> None:
    """Fill the table of candidates: each arriving row's identity and its fate."""
    kept, ranks = _ranks(table)
    stored = raw.columns(engine)
    engine.execute(
        f"create or replace temp table {CANDIDATES} as select a.rowid as _id, a._number, f.origin as _file, "
        f"{rows.position} as _row, {rows.key} as _row_key, {_arriving_hash(stored, rows.columns)} as content{ranks}, "
        "'inserted' as fate "
        f"from {rows.source}"
    )
    repeated = engine.scalar(f"select 1 from {CANDIDATES} group by _row_key having count(*) > 1 limit 1")
    if repeated:
        order = ", ".join(f"{name} desc" for name in (*kept, "_file", "_number", "_row"))
        engine.execute(
            f"update {CANDIDATES} set fate = 'deduplicated' where _id in (select _id from {CANDIDATES} "
            f"where _row_key in (select _row_key from {CANDIDATES} group by _row_key having count(*) > 1) "
            f"qualify row_number() over (partition by _row_key order by {order}) > 1)"
        )
    wins = "true"
    if table.load.mode == "merge":
        new = ", ".join(f"c.{name}" for name in (*kept, "_file"))
        old = ", ".join([*(_rank(f"r.{quoted(name)}") for name in keep_columns(table)), "r._file"])
        wins = f"row({new}) >= row({old})"
    # By row id: looking for keys reads one column of the stored table, and the rest of the rows found. The hash is
    # only ever compared between two versions of one key, so a change goes unseen once in 2^64 changes.
    engine.execute(
        f"create or replace temp table {MET} as select r.rowid as _stored from {raw.qualified} as r "
        f"join {CANDIDATES} as c on c._row_key = r._row_key where c.fate <> 'deduplicated'"
    )
    stored_hash = _hash(f"r.{quoted(name)}" for name in stored)
    engine.execute(
        f"update {CANDIDATES} as c set fate = case when c.content = {stored_hash} then 'unchanged' "
        f"when {wins} then 'updated' else 'outdated' end "
        f"from (select * from {raw.qualified} where rowid in (select _stored from {MET})) as r "
        "where r._row_key = c._row_key and c.fate <> 'deduplicated'"
    )
    engine.execute(f"drop table temp.{MET}")
    if table.load.mode == "merge":
        # The same content in a later file: the row stays as it is, but ties are decided by the later file.
        engine.execute(
            f"update {raw.qualified} as r set _file = c._file, _row = c._row from {CANDIDATES} as c "
            "where c._row_key = r._row_key and c.fate = 'unchanged' and c._file > r._file"
        )


def _arriving_hash(stored: Mapping[str, str], arriving: Iterable[str]) -> str:
    """SQL for the hash of an arriving row as it would be stored: in the stored types, NULL in columns it lacks."""
    there = {name.lower() for name in arriving}
    return _hash(
        f"cast({f'a.{quoted(name)}' if name.lower() in there else 'null'} as {kind})" for name, kind in stored.items()
    )


def _hash(values: Iterable[str]) -> str:
    listed = ", ".join(values)
    return f"hash({listed})" if listed else "0"


def _rank(value: str) -> str:
    """SQL by which values compare: numbers as numbers, times as moments, else as text; nothing is lowest."""
    text = f"{value}::varchar"
    return (
        f"row(coalesce(try_cast({text} as double), '-infinity'::double), "
        f"coalesce(try_cast({text} as timestamptz), '-infinity'::timestamptz), coalesce({text}, ''))"
    )


def _count(engine: Engine) -> dict[int, Counts]:
    found = engine.rows(
        "select _number, count(*) filter (where fate = 'inserted'), count(*) filter (where fate = 'updated'), "
        "count(*) filter (where fate in ('unchanged', 'outdated')), count(*) filter (where fate = 'deduplicated') "
        f"from {CANDIDATES} group by _number"
    )
    return {row[0]: Counts(*row[1:]) for row in found}


def _remove_vanished(
    engine: Engine, table: SourceTable, raw: RawTable, run: Run, vanishing: Collection[str] | None
) -> int:
    if vanishing is not None and not vanishing:
        return 0
    scope = "true"
    if vanishing is not None:
        scope = f"r._file in ({', '.join(literal(name) for name in sorted(vanishing))})"
    vanished = f"{scope} and not exists (select 1 from {CANDIDATES} as c where c._row_key = r._row_key)"
    removed = int(engine.scalar(f"select count(*) from {raw.qualified} as r where {vanished}"))
    if vanishing is None:
        before = int(engine.scalar(f"select count(*) from {raw.qualified}"))
        after = int(engine.scalar(f"select count(*) from {CANDIDATES} where fate <> 'deduplicated'"))
        check_floor(table, before, after)
    if removed:
        engine.execute(
            f"insert into {raw.gone} select _row_key, {run.sequence} from {raw.qualified} as r where {vanished}"
        )
        engine.execute(f"delete from {raw.qualified} as r where {vanished}")
    return removed


def check_floor(table: SourceTable, before: int, after: int) -> None:
    """Raise SourceError when a table that is replaced as a whole would keep too few of its rows."""
    floor = max((value for value in (table.floor, *(e.floor for e in table.entities.values())) if value), default=0)
    if after < floor * before:
        raise SourceError(
            f"source {table.source}, table {table.name} ({table.file}): the full reload has {after:,} rows, under "
            f"{floor * 100:.0f} % of the {before:,} before; check the source, or lower `floor` if so few are right. "
            "Nothing was loaded."
        )


def _replace(engine: Engine, raw: RawTable, rows: _Rows, run: Run) -> None:
    updated = f"select _row_key from {CANDIDATES} where fate = 'updated'"
    if engine.scalar(f"{updated} limit 1"):
        engine.execute(f"insert into {raw.gone} select _row_key, {run.sequence} from ({updated}) as updated")
        engine.execute(f"delete from {raw.qualified} where _row_key in ({updated})")
    wins = "fate in ('inserted', 'updated')"
    # Either list says which rows to insert; the shorter one is the cheaper to look rows up in.
    if engine.scalar(f"select coalesce(sum(case when {wins} then 1 else -1 end), 0) from {CANDIDATES}") > 0:
        condition = f"a.rowid not in (select _id from {CANDIDATES} where not {wins})"
    else:
        condition = f"a.rowid in (select _id from {CANDIDATES} where {wins})"
    engine.execute(f"insert into {raw.qualified} by name {rows.query(condition)}")
