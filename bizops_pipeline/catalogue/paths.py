"""Where a company's paths may lead: below its own folder, or below a folder that the environment names."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from bizops_pipeline.catalogue.documents import is_inside

_GLOB = frozenset("*?[")


def leaves_company(root: Path, text: str) -> str | None:
    """Return why a path or glob of a definition leads out of the company's folder, or None when it does not.

    A path that starts with `${NAME}` is taken from the environment and may be anywhere, but not climb up.
    """
    parts = PurePosixPath(text.replace("\\", "/")).parts
    if ".." in parts:
        return "climbs up by `..`"
    if text.startswith("${"):
        return None
    if not parts:
        return "is empty"
    if text.startswith(("/", "~", "\\")) or ":" in parts[0]:
        return "is absolute"
    fixed = root
    for part in parts:
        if _GLOB & set(part):
            break
        fixed = fixed / part
    return None if is_inside(root, fixed) else "follows a link out of the company's folder"


def sqlite_path(url: str) -> str | None:
    """Return the file that a SQLite URL names as it is written, or None for other databases or memory."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme.partition("+")[0] != "sqlite":
        return None
    path = rest.removeprefix("/").partition("?")[0]
    return path if path not in ("", ":memory:") else None
