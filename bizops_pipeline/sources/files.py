"""The files connector: which files are new, and landing each in the way of its format.

A file that is still known by name, size and modification time, or by its content, is not landed again unless it is
declared to be read in another way. A table that is replaced as a whole lands all of its files together as soon as one
of them differs.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path

from bizops_pipeline.catalogue.models import FilesConnector
from bizops_pipeline.catalogue.models.source import FileFormat
from bizops_pipeline.landing.store import Landed, latest_batch
from bizops_pipeline.sources.connector import Request
from bizops_pipeline.sources.paths import Found, find, state, unreadable
from bizops_pipeline.sources.tabular import land_parquet, land_xlsx
from bizops_pipeline.sources.text import land_text

LOG = logging.getLogger(__name__)
TOGETHER = 128
"""Files whose landing copies are made durable together."""


def extract_files(request: Request) -> list[Landed]:
    """See Connector."""
    connector = request.table.connector
    assert isinstance(connector, FilesConnector)
    found = find(request, connector)
    landed = request.landing.manifests(request.table)
    if not found:
        if request.table.required and not landed:
            raise request.error(
                f"no file matches {connector.path}; put one there, correct the path, or say `required: false`"
            )
        return []
    if request.table.load.mode == "replace":
        return _land_together(request, connector, found, landed)
    known = {item.origin: item for item in landed}
    return _land_each(request, connector, found, known)


def _land_each(
    request: Request, connector: FilesConnector, found: list[Found], known: dict[str, Landed]
) -> list[Landed]:
    """Land the files that are new or differ from what is known, a number of them at a time."""
    results = []
    changed = [file for file in found if not _looks_same(file, known.get(file.origin), request.read_as)]
    for start in range(0, len(changed), TOGETHER):
        with request.landing.temporaries(request.table) as offer:
            drafts = []
            for file in changed[start : start + TOGETHER]:
                drafted = _draft(request, connector, file, offer())
                before = known.get(file.origin)
                if drafted and not (before and _has_same(before, drafted[0].origin_sha256, request.read_as)):
                    drafts.append(drafted)
            results += request.landing.accept(request.table, drafts)
    return results


def _land_together(
    request: Request, connector: FilesConnector, found: list[Found], landed: list[Landed]
) -> list[Landed]:
    """Land all files as one batch unless they are, name by name, what the latest batch holds."""
    latest = {item.origin: item for item in latest_batch(landed)}
    if latest.keys() == {file.origin for file in found}:
        changed = [file for file in found if not _looks_same(file, latest[file.origin], request.read_as)]
        if all(_has_same(latest[file.origin], _hash(request, file), request.read_as) for file in changed):
            return []
    batch = str(max((item.number for item in landed), default=0) + 1)
    with request.landing.temporaries(request.table) as offer:
        drafts = []
        for file in found:
            drafted = _draft(request, connector, file, offer())
            if drafted is None:
                return []
            draft, suffix = drafted
            drafts.append((replace(draft, batch=batch, batch_files=len(found)), suffix))
        return request.landing.accept(request.table, drafts)


def _looks_same(file: Found, before: Landed | None, read_as: str) -> bool:
    known = (before.origin_bytes, before.origin_modified, before.read_as) if before else None
    return known == (file.size, file.modified, read_as)


def _has_same(before: Landed, sha256: str, read_as: str) -> bool:
    return (before.origin_sha256, before.read_as) == (sha256, read_as)


def _draft(request: Request, connector: FilesConnector, file: Found, target: Path) -> tuple[Landed, str] | None:
    """Write the landing copy of one file; None when the file is still being written."""
    format = connector.format_of(file.origin)
    if format is None:
        ending = Path(file.origin).suffix
        raise request.error(f"cannot tell the format from the ending {ending!r}; declare `format`", file.origin)
    try:
        drafted = _land(request, connector, file, format, target)
    except OSError as error:
        if error.errno is None:
            raise
        raise unreadable(request, file.origin, error) from error
    if state(request, file.origin, file.path) != (file.size, file.modified):
        LOG.warning("%s is still being written; it is left to the next refresh", file.origin)
        return None
    return drafted


def _land(
    request: Request, connector: FilesConnector, file: Found, format: FileFormat, target: Path
) -> tuple[Landed, str]:
    """Write the landing copy in the way of the file's format; return what it is and its ending."""
    match format:
        case "csv" | "ndjson":
            return land_text(request, connector, file, target)
        case "parquet":
            return land_parquet(request, connector, file, target)
        case "xlsx":
            return land_xlsx(request, connector, file, target)


def _hash(request: Request, file: Found) -> str:
    """Return the hash of a source file's bytes."""
    try:
        with file.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(request, file.origin, error) from error
