"""Warehouses of tests as copies of files that are written once, in one instance of the engine.

Creating tables, definitions and a calendar takes longer than most tests take otherwise; copying a file does not. An
instance of the engine takes 30 ms to start; attaching a file to one that runs does not. What an instance is locked
down to is for the tests that say so: they open their own.
"""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Callable, Hashable, Sequence
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import duckdb

from bizops_pipeline.warehouse.duckdb import DuckDBEngine

_FOLDER = TemporaryDirectory(prefix="bizops-warehouses-")
_NUMBERS = count(1)
_written: dict[Hashable, Path] = {}


def written_once(key: Hashable, write: Callable[[DuckDBEngine], object], start: Path | None = None) -> Path:
    """Return the file of a key, which `write` filled when it was asked for first; it may go on from another file."""
    if key not in _written:
        file = _new_file()
        if start is not None:
            shutil.copyfile(start, file)
        engine = DuckDBEngine.open(file)
        write(engine)
        engine.close()
        _written[key] = file
    return _written[key]


def copy_of(file: Path, *, threads: int = 1, allowed: Sequence[Path] = ()) -> DuckDBEngine:
    """Open a copy of a warehouse that is closed; nothing is left of the copy when its engine is closed."""
    copied = Path(shutil.copyfile(file, _new_file()))
    if threads == 1 and not allowed:
        engine = _attached(copied)
    else:
        engine = DuckDBEngine.open(copied, threads=threads, allowed=allowed)
    copied.unlink()
    return engine


def empty_warehouse() -> DuckDBEngine:
    """Open a warehouse in memory with nothing in it."""
    return _attached(":memory:")


def _new_file() -> Path:
    return Path(_FOLDER.name) / f"{next(_NUMBERS)}.duckdb"


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    connection.execute("set global TimeZone = 'UTC'")
    return connection


def _attached(database: Path | str) -> DuckDBEngine:
    name = f"warehouse_{next(_NUMBERS)}"
    _instance().execute(f"attach '{database}' as {name}")
    engine = DuckDBEngine(cast(duckdb.DuckDBPyConnection, _Connection(_instance().cursor(), name)))
    weakref.finalize(engine, _instance().execute, f"detach {name}")
    return engine


class _Connection:
    """A connection to one database of the instance, as are its cursors."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str) -> None:
        connection.execute(f"use {name}")
        self._connection, self._name = connection, name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> _Connection:
        return _Connection(self._connection.cursor(), self._name)
