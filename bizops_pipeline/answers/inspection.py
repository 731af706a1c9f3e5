"""Looking into the warehouse itself, for what a publication leaves out: facts, staging, raw rows, files.

DuckDB lets one process have a file that anybody writes to, so whoever looks takes the writer's lock for as long:
while a refresh runs the answer is WarehouseBusy with its name, and a refresh that starts meanwhile waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bizops_pipeline.errors import UsageError
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.duckdb import DuckDBEngine, connect, lock_down
from bizops_pipeline.warehouse.lock import writer_lock


@contextmanager
def inspected(paths: StatePaths) -> Iterator[DuckDBEngine]:
    """Open the warehouse for reading and hand out its engine.

    Raises:
        UsageError: There is no warehouse yet.
        StateError: The warehouse is damaged.
        WarehouseBusy: A refresh runs, or another program has the file open; the message names it.
    """
    if not paths.warehouse.is_file():
        raise UsageError(
            f"there is no warehouse in {paths.root} yet; run `bizops refresh` with the same --company and --state first"
        )
    with writer_lock(paths.lock, "a look into the warehouse (bizops explain)"):
        connection = connect(paths.warehouse, read_only=True)
        lock_down(connection, allowed=(), temp=None)
        engine = DuckDBEngine(connection)
        try:
            yield engine
        finally:
            engine.close()
