"""The landing folder: immutable files that hold what a source gave, each with a manifest.

A file goes through temp file, fsync, rename, then its manifest the same way, then fsync of the folder. So a
landed file without manifest is the remains of a crash: it is removed and extracted again. One whose manifest
is there but which the warehouse has not booked is loaded at the next start (`pending`).

Landing may hold personal data: the folder is readable by its owner alone and has its own retention. Columns
that the catalogue drops or hashes are landed as they came and stop on the way into `raw`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.durable import flush
from bizops_pipeline.errors import SourceError
from bizops_pipeline.failpoints import failpoint

Kind = Literal["csv", "ndjson", "parquet"]
Extent = Literal["file", "increment", "table"]

TEMPORARY = ".tmp"
SYNCS = 16
"""Files whose way to the disk is waited for at once."""
_ID = re.compile(r"^(?P<number>\d{8})-[0-9a-f]{12}$")


@dataclass(frozen=True, slots=True)
class Landed:
    """One landing file as its manifest describes it.

    `extent` says what its rows are: the whole of a `file`, an `increment` of a table, or the whole `table`.
    Files extracted together as the content of one table share `batch`, and `batch_files` is their number.
    """

    extract_id: str
    source: str
    table: str
    origin: str
    """File (relative to the company's folder), table or query it came from."""
    path: Path
    kind: Kind
    sha256: str
    """Hash of the landed bytes."""
    bytes: int
    records: int
    """Physical records, counted without the engine; without the header."""
    header: tuple[str, ...]
    extracted_at: datetime
    extent: Extent
    types: tuple[str, ...] = ()
    """Types of the columns, for kinds that have types."""
    cursor_in: str | None = None
    cursor_out: str | None = None
    batch: str = ""
    batch_files: int = 1
    delimiter: str = ","
    quote: str = '"'
    may_lose_digits: bool = True
    """Whether JSON lines may hold numbers with more digits than a number of the engine keeps."""
    read_as: str = ""
    """Hash of what the catalogue declared about how the source is read."""
    origin_sha256: str = ""
    """Hash of the source's own bytes; differs from `sha256` where landing normalised them."""
    origin_bytes: int = 0
    origin_modified: int = 0
    """Modification time of the source file in nanoseconds."""

    @property
    def number(self) -> int:
        """Position in the order in which the table's files landed."""
        return int(self.extract_id.rsplit("-", 2)[1])


_FIELDS = tuple(field.name for field in fields(Landed))


class LandingStore:
    """The landing files of all source tables below one folder."""

    def __init__(self, root: Path, restored: Path | None = None) -> None:
        self.root = root
        self.restored = restored or root.parent / "restored"
        """Where databases are restored from dumps."""

    def folder(self, table: SourceTable) -> Path:
        """Return the folder of a source table, made where it is missing, readable by its owner alone."""
        folder = self.root / table.source / table.name
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            for part in (self.root, folder.parent, folder):
                part.chmod(0o700)
        return folder

    def manifests(self, table: SourceTable) -> list[Landed]:
        """Return what has landed of a table, in order."""
        folder = self.root / table.source / table.name
        if not folder.is_dir():
            return []
        return [read_manifest(path) for path in sorted(folder.glob("*.json"))]

    def pending(self, table: SourceTable, loaded: Collection[str]) -> list[Landed]:
        """Return what has landed but is not among the booked extract ids, in order.

        A table that is replaced as a whole is loaded from its latest complete batch or not at all.
        """
        if table.load.mode != "replace":
            paths = (self.root / table.source / table.name).glob("*.json")
            waiting = [path for path in paths if _id_of(table, path.stem) not in loaded]
            return [read_manifest(path) for path in sorted(waiting)]
        batch = latest_batch(self.manifests(table))
        return batch if any(item.extract_id not in loaded for item in batch) else []

    def sweep(self, table: SourceTable) -> None:
        """Remove what a crash left behind: temporary files, and landed files without manifest."""
        folder = self.root / table.source / table.name
        if not folder.is_dir():
            return
        names = set(os.listdir(folder))
        for name in names:
            if name.endswith(TEMPORARY) or f"{name.split('.')[0]}.json" not in names:
                (folder / name).unlink()

    @contextmanager
    def temporary(self, table: SourceTable) -> Iterator[Path]:
        """Offer a path to write a landing file to; what is still there afterwards is removed."""
        with self.temporaries(table) as offer:
            yield offer()

    @contextmanager
    def temporaries(self, table: SourceTable) -> Iterator[Callable[[], Path]]:
        """Offer paths to write landing files to, as many as are asked for."""
        folder = self.folder(table)
        offered: list[Path] = []

        def offer() -> Path:
            offered.append(folder / f"incoming-{os.getpid()}-{len(offered)}{TEMPORARY}")
            return offered[-1]

        try:
            yield offer
        finally:
            for path in offered:
                path.unlink(missing_ok=True)

    def accept(self, table: SourceTable, drafts: Sequence[tuple[Landed, str]]) -> list[Landed]:
        """Make the files at the drafts' paths landing files: each gets its id, its name and its manifest.

        A draft comes with the ending of its file's name. Files are made durable side by side, because waiting
        for the disk file by file would take longer than reading them.
        """
        if not drafts:
            return []
        folder = self.folder(table)
        failpoint("landed_tmp")
        first = self._next_number(folder)
        landed = []
        for number, (draft, suffix) in enumerate(drafts, first):
            name = f"{number:08d}-{draft.sha256[:12]}"
            landed.append(replace(draft, extract_id=_id_of(table, name), path=folder / f"{name}{suffix}"))
        _make_durable([(draft.path, item.path) for (draft, _), item in zip(drafts, landed, strict=True)])
        failpoint("landed")
        manifests = []
        for item in landed:
            manifest = folder / f"{item.extract_id.rsplit('.', 1)[1].split('-', 1)[1]}.json"
            temporary = manifest.with_name(manifest.name + TEMPORARY)
            temporary.write_text(_to_json(item), encoding="utf-8")
            manifests.append((temporary, manifest))
        failpoint("manifest_tmp")
        _make_durable(manifests)
        flush(folder)
        failpoint("manifest")
        return landed

    @staticmethod
    def _next_number(folder: Path) -> int:
        numbers = [int(found["number"]) for path in folder.glob("*.json") if (found := _ID.match(path.stem))]
        return max(numbers, default=0) + 1


def _id_of(table: SourceTable, name: str) -> str:
    """Return the extract id of the landing file of a name, which has no ending."""
    return f"{table.source}.{table.name}-{name}"


def latest_batch(landed: list[Landed]) -> list[Landed]:
    """Return the files of the latest complete batch; those of a batch that a crash cut short do not count."""
    batches: dict[str, list[Landed]] = {}
    for item in landed:
        batches.setdefault(item.batch, []).append(item)
    complete = [batch for batch in batches.values() if len(batch) == batch[0].batch_files]
    return max(complete, key=lambda batch: batch[-1].number, default=[])


def require_intact(landed: Landed) -> None:
    """Raise SourceError unless a landing file holds what its manifest says."""
    try:
        with landed.path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() == landed.sha256:
                return
        found = "does not hold what was landed"
    except OSError as error:
        found = f"cannot be read: {error.strerror}"
    raise SourceError(
        f"source {landed.source}, table {landed.table}: {landed.path} {found}. Put it back from a backup; or remove it "
        f"and its manifest, then {landed.origin} is extracted again as far as the source still has it. "
        "Nothing was loaded."
    )


def read_manifest(path: Path) -> Landed:
    """Return the landing file that a manifest describes."""
    try:
        stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        values = {name: stored[name] for name in _FIELDS if name in stored}
        values["path"] = path.parent / stored["path"]
        values["header"], values["types"] = tuple(stored["header"]), tuple(stored["types"])
        values["extracted_at"] = datetime.fromisoformat(stored["extracted_at"])
        return Landed(**values)
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(
            f"{path} is not a landing manifest ({error}). Remove it and its data file to extract them again."
        ) from error


def _to_json(landed: Landed) -> str:
    values = {name: getattr(landed, name) for name in _FIELDS}
    values |= {"path": landed.path.name, "extracted_at": landed.extracted_at.isoformat()}
    # One line per field; the standard library's own indentation is several times slower.
    lines = (f' "{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in values.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _make_durable(moves: Sequence[tuple[Path, Path]]) -> None:
    """Bring files to the disk, then give them their final names."""
    sources = [source for source, _ in moves]
    if len(sources) == 1:
        flush(sources[0])
    else:
        with ThreadPoolExecutor(min(len(sources), SYNCS)) as pool:
            list(pool.map(flush, sources))
    for source, target in moves:
        source.chmod(0o600)
        source.rename(target)
