"""Finding a source's files: paths and globs inside their folder, nothing outside it, nothing half written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bizops_pipeline.catalogue.models import FilesConnector
from bizops_pipeline.catalogue.secrets import REFERENCE, resolve
from bizops_pipeline.errors import SourceError
from bizops_pipeline.sources.connector import Request

PARTIAL = (".part", ".partial", ".tmp", ".filepart", ".crdownload")
"""Endings of files that are still being written."""
HIDDEN = (".", "~$")
"""Beginnings of files that are nobody's data; the last is the mark of a workbook that someone has open."""


@dataclass(frozen=True, slots=True)
class Found:
    """A source file: its name relative to the folder it was looked for in, and its state when listed."""

    origin: str
    path: Path
    size: int
    modified: int


def find(request: Request, connector: FilesConnector) -> list[Found]:
    """Return the files that a connector's path names, sorted by name.

    Raises SourceError for a path that leads out of its folder, also by a symbolic link, for an unset variable
    and for a folder that is not there.
    """
    base, pattern = _base_and_pattern(request, connector.path)
    if not base.is_dir():
        raise request.error(f"the folder of {connector.path} does not exist")
    root = base.resolve()
    found = []
    for path in sorted(base.glob(pattern), key=lambda path: path.relative_to(base).as_posix()):
        origin = path.relative_to(base).as_posix()
        if path.name.lower().endswith(PARTIAL) or path.name.startswith(HIDDEN):
            continue
        if not path.resolve().is_relative_to(root):
            raise request.error("a link leads out of the source's folder; put the file itself there", origin)
        if path.is_file():
            size, modified = state(request, origin, path)
            found.append(Found(origin, path, size, modified))
    return found


def state(request: Request, origin: str, path: Path) -> tuple[int, int]:
    """Return size and modification time of a file in nanoseconds."""
    try:
        found = os.stat(path)
    except OSError as error:
        raise unreadable(request, origin, error) from error
    return found.st_size, found.st_mtime_ns


def unreadable(request: Request, origin: str, error: OSError) -> Exception:
    """Return what to raise for a file that the system does not hand out."""
    if isinstance(error, FileNotFoundError):
        return request.transient("the file disappeared while it was read; run again", origin)
    return request.error(f"the file cannot be read ({error.strerror or type(error).__name__})", origin)


def _base_and_pattern(request: Request, declared: str) -> tuple[Path, str]:
    match = REFERENCE.match(declared)
    if match:
        try:
            base = Path(resolve(match[0], request.environment))
        except SourceError as error:
            raise request.error(f"the folder of {declared} is not known: {error}") from None
        pattern = declared[match.end() :].lstrip("/")
    else:
        base, pattern = request.company_root, declared
    parts = PurePosixPath(pattern).parts
    if not pattern or PurePosixPath(pattern).is_absolute() or ".." in parts or REFERENCE.search(pattern):
        raise request.error(
            f"path {declared} must lie below the company's folder or below one `${{NAME}}` at its start, without `..`"
        )
    return base, pattern
