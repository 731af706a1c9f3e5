"""What whoever named something that is not there may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

MOST = 3


def suggestion(given: str, known: Iterable[str], otherwise: str) -> str:
    """Return which known names are like the given one, or another hint when none is."""
    names = list(known)
    containing = [name for name in names if given and given in name]
    near = list(dict.fromkeys([*containing, *difflib.get_close_matches(given, names, MOST)]))[:MOST]
    return f"did you mean {', '.join(near)}?" if near else otherwise
