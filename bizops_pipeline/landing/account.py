"""The books of a load: one row per extract that must balance, the rejects, the cursor, and the load's checks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.contracts.audit import CHECK_RESULT, CURSOR, EXTRACT, REJECT
from bizops_pipeline.landing.apply import Counts
from bizops_pipeline.landing.personal import Withheld
from bizops_pipeline.landing.plan import Booked
from bizops_pipeline.landing.raw import Drift, raw_of
from bizops_pipeline.landing.scan import FILES, REJECTS
from bizops_pipeline.landing.store import Landed
from bizops_pipeline.naming import literal
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


class Unbalanced(AssertionError):
    """Rows were lost or doubled on the way into raw: a fault of the pipeline, so nothing is loaded."""


def loaded_extracts(engine: Engine, table: SourceTable) -> set[str]:
    """Return the ids of the extracts of a table that are booked."""
    found = engine.rows(
        f"select extract_id from {EXTRACT.qualified} where source = ? and source_table = ?", (table.source, table.name)
    )
    return {row[0] for row in found}


def cursor_of(engine: Engine, table: SourceTable) -> str | None:
    """Return where the next incremental extraction of a table starts."""
    found: str | None = engine.scalar(
        f"select cursor from {CURSOR.qualified} where source = ? and source_table = ?", (table.source, table.name)
    )
    return found


def booked_files(engine: Engine, table: SourceTable) -> dict[str, Booked]:
    """Return the current content of each file of a table."""
    found = engine.rows(
        f"select file, extract_id, sha256, rejected from {EXTRACT.qualified} "
        "where source = ? and source_table = ? and is_current",
        (table.source, table.name),
    )
    return {row[0]: Booked(row[1], row[2], row[3]) for row in found}


def book(
    engine: Engine,
    table: SourceTable,
    run: Run,
    entries: Iterable[tuple[Landed, int, int, Counts]],
    withheld: Withheld,
) -> None:
    """Write one audit row per extract: its records, those rejected, what became of the rest, and what was withheld.

    Raises Unbalanced unless each adds up.
    """
    loaded_at = datetime.now(UTC).replace(tzinfo=None)
    rows = []
    for landed, records, rejected, counts in entries:
        total = counts.inserted + counts.updated + counts.unchanged + counts.deduplicated + rejected
        if total != records:
            raise Unbalanced(
                f"source {table.source}, table {table.name}, {landed.origin}: {records} records, but {counts} "
                f"and {rejected} rejected make {total}"
            )
        rows.append(
            {
                "extract_id": landed.extract_id,
                "run_id": run.id,
                "source": table.source,
                "source_table": table.name,
                "file": landed.origin,
                "sha256": landed.sha256,
                "cursor_in": landed.cursor_in,
                "cursor_out": landed.cursor_out,
                "rows_in": records,
                "inserted": counts.inserted,
                "updated": counts.updated,
                "unchanged": counts.unchanged,
                "deduplicated": counts.deduplicated,
                "rejected": rejected,
                "personal_columns": withheld.describe() or None,
                "is_current": True,
                "loaded_at": loaded_at,
            }
        )
    ids = [row["extract_id"] for row in rows]
    engine.execute(f"delete from {EXTRACT.qualified} where extract_id in (select unnest(?::varchar[]))", (ids,))
    engine.execute(f"delete from {REJECT.qualified} where extract_id in (select unnest(?::varchar[]))", (ids,))
    engine.insert(EXTRACT, rows)


def mark_current(engine: Engine, table: SourceTable, superseded_by: Iterable[Landed]) -> None:
    """Let the newest extract of each file be the current one; increments of a table all stay current."""
    whole = [landed for landed in superseded_by if landed.extent != "increment"]
    of_table = f"source = {literal(table.source)} and source_table = {literal(table.name)}"
    if not whole:
        return
    if table.load.mode == "replace":
        newest = ", ".join(literal(item.extract_id) for item in whole if item.batch == whole[-1].batch)
        engine.execute(f"update {EXTRACT.qualified} set is_current = extract_id in ({newest}) where {of_table}")
        return
    latest = {landed.origin: landed.extract_id for landed in whole}
    values = ", ".join(f"({literal(origin)}, {literal(id)})" for origin, id in latest.items())
    engine.execute(
        f"update {EXTRACT.qualified} as e set is_current = (e.extract_id = n.extract_id) "
        f"from (values {values}) as n(file, extract_id) where e.file = n.file and {of_table}"
    )


def mark_superseded(engine: Engine, superseded: Iterable[Landed]) -> None:
    """Let increments that count no more be current no more."""
    ids = ", ".join(literal(item.extract_id) for item in superseded if item.extent == "increment")
    if ids:
        engine.execute(f"update {EXTRACT.qualified} set is_current = false where extract_id in ({ids})")


def book_rejects(engine: Engine, table: SourceTable) -> None:
    """Keep the records that could not be parsed, with reason and line."""
    engine.execute(
        f"insert into {REJECT.qualified} (extract_id, source, source_table, file, line_number, reason, original) "
        f"select f.extract_id, {literal(table.source)}, {literal(table.name)}, f.origin, "
        f"r.line_number, r.reason, r.original from {REJECTS} as r join {FILES} as f on f._number = r._number"
    )


def move_cursor(engine: Engine, table: SourceTable, run: Run, landed: Iterable[Landed]) -> None:
    """Remember where the next incremental extraction starts."""
    cursors = [item.cursor_out for item in landed if item.cursor_out is not None]
    if not cursors:
        return
    engine.execute(f"delete from {CURSOR.qualified} where source = ? and source_table = ?", (table.source, table.name))
    row = {"source": table.source, "source_table": table.name, "cursor": cursors[-1], "run_id": run.id}
    engine.insert(CURSOR, [row])


def warn_of_drift(engine: Engine, table: SourceTable, run: Run, drift: Drift) -> None:
    """Record that the source's columns changed."""
    raw = raw_of(table)
    row = {
        "run_id": run.id,
        "check_id": f"load_columns__{raw.name}",
        "table_name": raw.id,
        "severity": "warn",
        "outcome": "failed",
        "observed": drift.describe(),
        "expected": "the columns of the loads before",
        "is_carried_forward": False,
        "checked_at": datetime.now(UTC).replace(tzinfo=None),
    }
    engine.execute(f"delete from {CHECK_RESULT.qualified} where run_id = ? and check_id = ?", (run.id, row["check_id"]))
    engine.insert(CHECK_RESULT, [row])
