"""How the last refresh ended, kept beside the publications: a refresh that published nothing leaves no other trace
that a reader could see.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bizops_pipeline.durable import flush
from bizops_pipeline.errors import StateError

FILE = "last_run.json"


@dataclass(frozen=True, slots=True)
class LastRun:
    """The end of a refresh; `reasons` say why it published nothing."""

    run_id: str
    finished_at: str
    succeeded: bool
    reasons: tuple[str, ...] = ()


def write_last_run(state: Path, last: LastRun) -> None:
    """Put the end of a refresh on record, replacing that of the one before."""
    temporary = state / f"{FILE}.tmp"
    temporary.write_text(json.dumps(asdict(last), indent=2), encoding="utf-8")
    flush(temporary)
    temporary.replace(state / FILE)


def read_last_run(state: Path) -> LastRun | None:
    """Return how the last refresh ended, None before the first; raises StateError where the file does not say so."""
    path = state / FILE
    if not path.exists():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return LastRun(found["run_id"], found["finished_at"], found["succeeded"], tuple(found["reasons"]))
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(
            f"{path} does not say how a refresh ended ({error}). Delete it; the next refresh writes it anew."
        ) from None
