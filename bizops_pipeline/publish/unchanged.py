"""What a new publication takes over from the one before: its layout, and the rows of tables that have the same.

Each table is marked with a hash of its rows and the database with a hash of its layout, that is of all but the rows;
both stand in the manifest. What is taken over is copied: a publication shares no file with another one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import fingerprint
from bizops_pipeline.warehouse.engine import Engine

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Earlier:
    """The publication before: its folder, the entry of its database, and the entries of its tables by name."""

    folder: Path
    database: Mapping[str, Any]
    tables: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, folder: Path | None) -> Earlier | None:
        """Return what a publication says of itself; None without one, or where it cannot be read."""
        if folder is None:
            return None
        try:
            manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            return cls(folder, manifest["database"], {each["name"]: each for each in manifest["tables"]})
        except (OSError, ValueError, KeyError):
            return None

    def holds(self, layout: str) -> bool:
        """Tell whether the database has a layout and is as it was written."""
        return self.database.get("layout") == layout and self._is_intact(self.database)

    def unchanged(self, marks: Mapping[str, str]) -> frozenset[str]:
        """Return the tables with the same mark, whose rows are to be taken over."""
        return frozenset(name for name, mark in marks.items() if self.tables.get(name, {}).get("content") == mark)

    def copy_database(self, target: Path) -> None:
        """Copy the database."""
        shutil.copyfile(self.folder / self.database["file"], target)

    def copy_table(self, name: str, target: Path) -> bool:
        """Copy a table's Parquet file, if it is there as it was written; tell whether it was."""
        entry = self.tables[name]
        if "file" not in entry or not self._is_intact(entry):
            return False
        shutil.copyfile(self.folder / entry["file"], target)
        return True

    def _is_intact(self, entry: Mapping[str, Any]) -> bool:
        file = self.folder / entry["file"]
        return file.is_file() and fingerprint_of(file) == {name: entry[name] for name in ("bytes", "sha256")}


def fingerprint_of(file: Path) -> dict[str, Any]:
    """Return size and hash of a file, as the manifest states them."""
    with file.open("rb") as content:
        return {"bytes": file.stat().st_size, "sha256": hashlib.file_digest(content, "sha256").hexdigest()}


def layout_mark(engine: Engine, tables: Iterable[Table], views: Mapping[Table, str], *settings: str) -> str:
    """Return a hash of all that a published database holds but the rows, and of the engine that wrote it."""
    declared = [_declared(table) for table in tables]
    declared += [f"{_declared(view)} {query}" for view, query in views.items()]
    return fingerprint(str(engine.scalar("select version()")), *settings, *declared)


def _declared(table: Table) -> str:
    return f"{table!r} {[column.meaning for column in table.columns]}"
