"""Which state stored tables are in: equal versions, equal rows. To tell so costs far less than to read the rows."""

from __future__ import annotations

from collections.abc import Iterable

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import CHANGE_SEQUENCE, literal, quoted
from bizops_pipeline.warehouse.changes import before_table
from bizops_pipeline.warehouse.engine import Engine

ABSENT = "absent"
"""The version of a table that is not there."""


def versions(engine: Engine, tables: Iterable[Table]) -> dict[str, str]:
    """Return the version of each table by `schema.name`; ask when the refresh has written what it writes to them.

    A table that tracks changes tells how many rows it has and which refreshes were the last to write and to replace
    any; of others the rows are read.
    """
    there = engine.tables()
    listed = list(dict.fromkeys(tables))
    found = {table.id: ABSENT for table in listed}
    stored = [table for table in listed if table.id in there]
    found |= _tracked(engine, [table for table in stored if table.tracks_changes])
    return found | {table.id: engine.content(table)[0] for table in stored if not table.tracks_changes}


def _tracked(engine: Engine, tables: list[Table]) -> dict[str, str]:
    last = f"count(*) as number, max({quoted(CHANGE_SEQUENCE)}) as last"
    counts = [
        f"select {literal(table.id)} as id, {place} as place, {last} from {stored}"
        for table in tables
        for place, stored in enumerate((table.qualified, before_table(table)))
    ]
    rows = engine.rows(f"{' union all '.join(counts)} order by id, place") if counts else []
    found: dict[str, str] = {}
    for id, _, number, sequence in rows:
        found[id] = f"{found.get(id, '')} {number} rows, refresh {sequence}"
    return found
