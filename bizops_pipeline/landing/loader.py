"""The loader: landed files become raw rows in one transaction with their rejects, books, checks and cursor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.errors import SourceError
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.landing import account, reload, scan
from bizops_pipeline.landing.apply import Applied, Counts, apply, check_floor
from bizops_pipeline.landing.columns import columns_of_load, missing_columns
from bizops_pipeline.landing.personal import NOTHING_WITHHELD, Withheld, withheld
from bizops_pipeline.landing.plan import Plan, plan
from bizops_pipeline.landing.raw import NO_DRIFT, Drift, RawTable, fit, raw_of
from bizops_pipeline.landing.store import Landed, LandingStore, require_intact
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a load did, in rows; `removed` are stored rows that vanished, `total` is what raw holds afterwards."""

    files: int = 0
    rows_in: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    deduplicated: int = 0
    rejected: int = 0
    removed: int = 0
    total: int | None = None
    drift: Drift = NO_DRIFT
    withheld: Withheld = NOTHING_WITHHELD
    """Personal columns that were left out or hashed."""
    is_anew: bool = False
    """Whether raw was emptied first and loaded from all of landing."""

    @property
    def changed(self) -> bool:
        """Whether raw differs from before."""
        return bool(self.inserted or self.updated or self.removed)


def pending(engine: Engine, table: SourceTable, landing: LandingStore) -> list[Landed]:
    """Return what has landed of a table but is not loaded: what an extraction just brought and what a crash left."""
    return landing.pending(table, account.loaded_extracts(engine, table))


def load(
    engine: Engine,
    table: SourceTable,
    landed: Sequence[Landed],
    run: Run,
    hash_key: str,
    *,
    needed: Collection[str] = (),
    anew: bool = False,
) -> LoadResult:
    """Take landed files into the table's raw table; all of it or, on any error, nothing.

    Modes: append keys rows by file and row, merge by the declared key, replace makes raw equal to the latest
    batch. Personal columns are left out or hashed with `hash_key` on the way. Raises SourceError when a file is
    not as it was landed, the physical records do not all come out as rows or rejects, a column among `needed` is
    missing, or a replacement falls below its floor. Records over the threshold that could not be parsed are no
    error here: a check on the share of bad records refuses publication then. With `anew` the raw table is emptied
    first, and `landed` is all that the table has in landing. The system tables must be there.
    """
    if not landed:
        return LoadResult()
    todo = plan(table, landed, {} if anew else account.booked_files(engine, table))
    for item in todo.read:
        # What was landed a moment ago is as it was landed.
        if item.extracted_at.replace(tzinfo=None) < run.started_at:
            require_intact(item)
    try:
        with engine.transaction():
            before = reload.forget(engine, table, raw_of(table), run) if anew else 0
            result = replace(_load(engine, table, todo, landed, run, hash_key, needed), is_anew=anew)
            if before and table.load.mode == "replace":
                check_floor(table, before, result.inserted)
            failpoint("before_commit")
    finally:
        scan.discard(engine)
    failpoint("after_commit")
    return result


def _load(
    engine: Engine,
    table: SourceTable,
    todo: Plan,
    landed: Sequence[Landed],
    run: Run,
    hash_key: str,
    needed: Collection[str],
) -> LoadResult:
    raw = raw_of(table)
    columns, hidden = scan.read(engine, table, todo.read, hash_key)
    arriving = {name: kind for name, kind in engine.describe(f"select * from {scan.ARRIVING}") if name in columns}
    drift = _fit(engine, table, raw, arriving, needed)
    applied = apply(engine, table, raw, columns, run, vanishing=todo.vanishing)
    failpoint("raw_inserted")
    entries = _entries(engine, todo, applied)
    account.book(engine, table, run, entries, hidden)
    account.book_rejects(engine, table)
    account.mark_current(engine, table, sorted(landed, key=lambda item: item.number))
    account.mark_superseded(engine, todo.superseded)
    reload.remember(engine, table, (*raw.columns(engine), *hidden.dropped), hash_key, run)
    account.move_cursor(engine, table, run, sorted(landed, key=lambda item: item.number))
    if drift:
        account.warn_of_drift(engine, table, run, drift)
    failpoint("audited")
    return LoadResult(
        files=len(entries),
        rows_in=sum(records for _, records, _, _ in entries),
        inserted=sum(counts.inserted for *_, counts in entries),
        updated=sum(counts.updated for *_, counts in entries),
        unchanged=sum(counts.unchanged for *_, counts in entries),
        deduplicated=sum(counts.deduplicated for *_, counts in entries),
        rejected=sum(rejected for _, _, rejected, _ in entries),
        removed=applied.removed,
        total=int(engine.scalar(f"select count(*) from {raw.qualified}")),
        drift=drift,
        withheld=hidden,
    )


def _fit(engine: Engine, table: SourceTable, raw: RawTable, arriving: dict[str, str], needed: Collection[str]) -> Drift:
    varied = () if raw.exists(engine) else scan.varied_columns(engine, arriving)
    drift = fit(engine, raw, arriving, varied)
    scan.fit_to(engine, raw.columns(engine), columns_of_load(table))
    named = (*needed, *columns_of_load(table))
    wanted = set(named) - set(withheld(table, named).dropped)
    missing = missing_columns(raw.columns(engine), wanted, table) if arriving else []
    if missing:
        raise SourceError(
            f"source {table.source}, table {table.name} ({table.file}): columns are missing: {', '.join(missing)}; "
            f"found {', '.join(arriving)}. Correct the source or the mapping. Nothing was loaded."
        )
    return drift


def _entries(engine: Engine, todo: Plan, applied: Applied) -> list[tuple[Landed, int, int, Counts]]:
    """Return per extract: landed file, records, rejected records, fate of the rest."""
    known = engine.rows(f"select _number, records, rejected from {scan.FILES}") if todo.read else []
    entries = [
        (todo.read[number], int(records), int(rejected), applied.counts.get(number, Counts()))
        for number, records, rejected in sorted(known)
    ]
    entries += [(item, item.records, 0, Counts(deduplicated=item.records)) for item in todo.superseded]
    for item, rejected in todo.repeated:
        entries.append((item, item.records, rejected, Counts(unchanged=item.records - rejected)))
    return entries
