"""Loading a table anew from landing, because the catalogue declares its reading or loading in another way than before.

What a raw table was loaded with is kept beside it. Nothing is lost on the way: what landing no longer has cannot be
loaded anew, and is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.contracts.audit import EXTRACT, LOADING, REJECT
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.raw import RawTable
from bizops_pipeline.landing.reading import Loading, loading_as_declared
from bizops_pipeline.landing.store import Landed
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


def known_loading(engine: Engine, table: SourceTable) -> Loading | None:
    """Return how a raw table was loaded; None for one that was not."""
    found = engine.rows(
        f"select definition, columns, treatment from {LOADING.qualified} where source = ? and source_table = ?",
        (table.source, table.name),
    )
    return Loading(found[0][0], tuple(json.loads(found[0][1])), found[0][2]) if found else None


def is_loaded_otherwise(engine: Engine, table: SourceTable, hash_key: str) -> bool:
    """Tell whether a raw table was loaded in another way than the catalogue declares now."""
    known = known_loading(engine, table)
    return known is not None and known != loading_as_declared(table, known.columns, hash_key)


def remember(engine: Engine, table: SourceTable, columns: Iterable[str], hash_key: str, run: Run) -> None:
    """Keep how a raw table is loaded, with the columns of this load added to those known."""
    known = known_loading(engine, table)
    names = {name.lower(): name for name in (*columns, *(known.columns if known else ()))}
    now = loading_as_declared(table, names.values(), hash_key)
    if now == known:
        return
    engine.execute(f"delete from {LOADING.qualified} where source = ? and source_table = ?", (table.source, table.name))
    row = {
        "source": table.source,
        "source_table": table.name,
        "definition": now.definition,
        "columns": json.dumps(now.columns, ensure_ascii=False),
        "treatment": now.treatment,
        "run_id": run.id,
    }
    engine.insert(LOADING, [row])


def forget(engine: Engine, table: SourceTable, raw: RawTable, run: Run) -> int:
    """Empty a raw table with its books, so that all of landing is to be loaded, and return how many rows it had.

    Staging is told of every row.
    """
    of_table = ("where source = ? and source_table = ?", (table.source, table.name))
    for book in (EXTRACT, REJECT, LOADING):
        engine.execute(f"delete from {book.qualified} {of_table[0]}", of_table[1])
    if not raw.exists(engine):
        return 0
    rows = int(engine.scalar(f"select count(*) from {raw.qualified}"))
    engine.execute(f"insert into {raw.gone} select _row_key, {run.sequence} from {raw.qualified}")
    engine.execute(f"drop table {raw.qualified}")
    return rows


def check_complete(engine: Engine, table: SourceTable, landed: Sequence[Landed]) -> None:
    """Raise SourceError when landing lacks what a table was loaded from: loading it anew would lose those rows."""
    lost = _lost(engine, table, landed) if table.load.mode != "replace" else []
    if lost:
        raise SourceError(
            f"source {table.source}, table {table.name} ({table.file}): it was loaded in another way than the "
            f"catalogue declares now, and of what it has to be loaded from again {len(lost)} landing files are gone, "
            f"the first that of {lost[0]}. Put them back, take the change back, or do without their rows: "
            f"`bizops refresh --reload {table.source}.{table.name}`. Nothing was loaded."
        )


def _lost(engine: Engine, table: SourceTable, landed: Sequence[Landed]) -> list[str]:
    """Return the files of booked extracts that are gone and that nothing which landed since stands for."""
    booked = engine.rows(
        f"select extract_id, file from {EXTRACT.qualified} where source = ? and source_table = ? "
        "and (is_current or ?) order by extract_id",
        # Rows that only an earlier version of a file had stay where rows are merged.
        (table.source, table.name, table.load.mode == "merge"),
    )
    known, there = {extract_id for extract_id, _ in booked}, {item.extract_id for item in landed}
    new = [item for item in landed if item.extract_id not in known]
    whole = {item.origin for item in new if not item.cursor_in}
    from_start = any(item.extent == "increment" and not item.cursor_in for item in new)
    return [file for extract_id, file in booked if not (extract_id in there or file in whole or from_start)]
