"""What whoever named something that is not there may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

MOST, LISTED = 3, 20
"""Names that are suggested, and that are listed where none is like the given one."""

ALIKE = 0.65
"""Likeness from which a name is taken for a slip: `crit` for `critical` has 0.67, `pieces` for `percent` 0.62."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a wrong one was probably meant to be."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=ALIKE)), None)


def one_of(name: str, known: Collection[str], what: str = "one of") -> str:
    """Return what would be right instead of an unknown name: the nearest known one, or the list of them."""
    match = nearest(name, known)
    if match is not None:
        return f"did you mean `{match}`?"
    names = sorted(known)
    if not names:
        return f"{what}: none is defined"
    shown = ", ".join(f"`{known_name}`" for known_name in names[:LISTED])
    return f"{what}: {shown}" + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


def suggestion(given: str, known: Iterable[str], otherwise: str) -> str:
    """Return which known names contain the given one or are like it, or another hint when none is."""
    names = list(known)
    containing = [name for name in names if given and given in name]
    near = list(dict.fromkeys([*containing, *difflib.get_close_matches(given, names, MOST, ALIKE)]))[:MOST]
    return f"did you mean {', '.join(near)}?" if near else otherwise
