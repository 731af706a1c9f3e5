"""Warehouses of tests as copies of files that are written once.

Creating tables, definitions and a calendar takes longer than most tests take otherwise; copying a file does not.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Hashable, Sequence
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

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


def copy_of(file: Path, *, threads: int | None = None, allowed: Sequence[Path] = ()) -> DuckDBEngine:
    """Open a copy of a warehouse that is closed; nothing is left of the copy when its engine is closed."""
    copied = Path(shutil.copyfile(file, _new_file()))
    engine = DuckDBEngine.open(copied, threads=threads, allowed=allowed)
    copied.unlink()
    return engine


def _new_file() -> Path:
    return Path(_FOLDER.name) / f"{next(_NUMBERS)}.duckdb"
