"""The open warehouse connection, dressed as the kind that SQLAlchemy and with it Great Expectations expect.

A second connection to the warehouse file is not possible while it is being written, and not wanted: checks
look at what the refresh has just committed. So SQLAlchemy's pool is given one connection object that stays
open whatever the pool does to it. Import it inside functions: the driver is slow to load.
"""

from __future__ import annotations

import atexit
import sys
from typing import Any

from duckdb_engine import ConnectionWrapper, CursorWrapper

from bizops_pipeline.warehouse.duckdb import told_of_signals


class InterruptibleCursor(CursorWrapper):
    """A cursor whose query a signal can end, and with it the refresh rather than one check."""

    def execute(self, *arguments: Any, **settings: Any) -> None:
        """Run a statement."""
        with told_of_signals():
            super().execute(*arguments, **settings)


class SharedConnection(ConnectionWrapper):
    """A connection whose every cursor is a DuckDB cursor of its own, and which nobody but its owner can close."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self._shared = connection

    def cursor(self) -> CursorWrapper:
        """Return an independent cursor: results of one are not lost when another one executes."""
        return InterruptibleCursor(self._shared.cursor(), self)

    def begin(self) -> None:
        """Do nothing; a transaction of the checks would be one of the refresh."""

    def close(self) -> None:
        """Leave the connection open; it belongs to the engine."""

    def commit(self) -> None:
        """Do nothing; checks write nothing."""

    def rollback(self) -> None:
        """Do nothing; checks write nothing."""


def release_driver_at_exit() -> None:
    """Empty the driver's modules when the interpreter ends.

    Great Expectations keeps types of the driver where the interpreter does not look for garbage; DuckDB would
    then print a page of leak warnings after the last line of every refresh.
    """
    atexit.register(_release_driver)


def _release_driver() -> None:
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "duckdb_engine":
            vars(module).clear()
