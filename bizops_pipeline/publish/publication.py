"""Publishing: a new folder with everything readers need, made current at once and whole.

A publication is written under a temporary name, flushed to disk, renamed, and only then does the link
`current` move to it, by one atomic rename. Readers open `current/bizops.duckdb`, which is never written to
again; whoever has an older one open keeps it. A crash at any point leaves the link on a whole publication, and
the next one sweeps up what is left.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bizops_pipeline import __version__
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts import audit
from bizops_pipeline.durable import flush
from bizops_pipeline.errors import StateError
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.publish.gate import require_complete, require_passed
from bizops_pipeline.publish.snapshot import DATABASE, write_snapshot
from bizops_pipeline.publish.unchanged import MANIFEST, Earlier
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.session import utc_now

CURRENT, TEMPORARY = "current", ".tmp-"


@dataclass(frozen=True, slots=True)
class Publication:
    """A publication: its folder and the rows of each table; `is_new` unless it stood there already."""

    build_id: str
    folder: Path
    tables: dict[str, int]
    is_new: bool

    @property
    def database(self) -> Path:
        """The file that readers open."""
        return self.folder / DATABASE


def publish(
    engine: Engine, company: Company, run: Run, published: Path, *, required_checks: Iterable[str] = ()
) -> Publication:
    """Publish what a refresh built, or raise ChecksFailed with everything that speaks against it.

    The same build twice is published once. Call outside of a transaction: the engine writes to one database
    at a time. Raises StateError where `current` is not a link.
    """
    require_passed(engine, run, required_checks)
    require_complete(engine, company, run)
    published.mkdir(parents=True, exist_ok=True)
    _require_link(published / CURRENT)
    _sweep(published)
    folder = published / build_id(run)
    is_new = not folder.exists()
    if is_new:
        _write(engine, company, run, folder)
    failpoint("published_renamed")
    _make_current(folder)
    failpoint("swapped")
    manifest = read_manifest(folder)
    _record(engine, run, manifest)
    _prune(published, company.settings.publish.keep)
    return Publication(folder.name, folder, {each["name"]: each["rows"] for each in manifest["tables"]}, is_new)


def build_id(run: Run) -> str:
    """Return the name of a refresh's publication; names of one as-of date sort by the order of refreshes."""
    return f"{run.as_of.isoformat()}-{run.sequence:06d}-{run.id[:8]}"


def current(published: Path) -> Path | None:
    """Return the folder of the current publication with its link resolved, None before the first."""
    link = published / CURRENT
    return link.resolve() if link.exists() else None


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return what a publication says of itself."""
    manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return manifest


def _write(engine: Engine, company: Company, run: Run, folder: Path) -> None:
    temporary = folder.with_name(TEMPORARY + folder.name)
    temporary.mkdir()
    published_at = utc_now()
    try:
        earlier = Earlier.read(current(folder.parent))
        contents = write_snapshot(engine, company, run, temporary, folder.name, published_at, earlier)
        manifest = {
            "build_id": folder.name,
            "run_id": run.id,
            "as_of": run.as_of.isoformat(),
            "published_at": published_at.isoformat(),
            "code_version": __version__,
            "company": company.settings.id,
            **contents,
        }
        text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        (temporary / MANIFEST).write_text(text, encoding="utf-8")
        _flush_all(temporary)
        failpoint("published_tmp")
        temporary.rename(folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    flush(folder.parent)


def _require_link(link: Path) -> None:
    if link.exists() and not link.is_symlink():
        raise StateError(
            f"{link} is not a link, as after a copy that followed links, so no other publication can take its place. "
            "Delete it, and refresh again."
        )


def _make_current(folder: Path) -> None:
    link = folder.parent / CURRENT
    if current(folder.parent) == folder.resolve():
        return
    temporary = folder.parent / f"{TEMPORARY}{CURRENT}"
    temporary.symlink_to(folder.name, target_is_directory=True)
    os.replace(temporary, link)
    flush(folder.parent)


def _record(engine: Engine, run: Run, manifest: dict[str, Any]) -> None:
    table = audit.PUBLICATION
    ensure(engine, table)
    with engine.transaction():
        engine.execute(f"delete from {table.qualified} where build_id = ?", (manifest["build_id"],))
        row = {name: manifest[name] for name in ("build_id", "run_id", "as_of", "published_at")}
        rows = {each["name"]: each["rows"] for each in manifest["tables"]}
        engine.insert(table, [{**row, "tables": json.dumps(rows)}])


def _prune(published: Path, keep: int) -> None:
    """Delete all but the newest publications; never the current one, nor what is no publication."""
    standing = current(published)
    whole = [folder for folder in published.iterdir() if not folder.is_symlink() and Earlier.read(folder)]
    whole.sort(key=lambda folder: (read_manifest(folder)["published_at"], folder.name), reverse=True)
    for folder in whole[keep:]:
        if folder.resolve() != standing:
            # Renamed first, so that a crash half-way leaves nothing that looks like a publication.
            doomed = folder.with_name(TEMPORARY + folder.name)
            folder.rename(doomed)
            shutil.rmtree(doomed)


def _sweep(published: Path) -> None:
    """Remove what a crash left behind; there is one writer, so whatever is temporary is a remain."""
    for remain in published.glob(f"{TEMPORARY}*"):
        if remain.is_symlink() or remain.is_file():
            remain.unlink()
        else:
            shutil.rmtree(remain)


def _flush_all(folder: Path) -> None:
    """Bring a folder and everything below it to the disk, from the bottom up."""
    for parent, _, names in os.walk(folder, topdown=False):
        for name in names:
            flush(Path(parent, name))
        flush(Path(parent))
