"""What Dagster adds per asset: the same small functions called in a loop, as one step, and as a step each.

Every function writes a small table to DuckDB, so the difference is Dagster's own: events, their storage in SQLite as
the pipeline's instance keeps them, and metadata. The pipeline puts many assets into few steps.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.process import measure
from benchmarks.table import table

WAYS = {
    "a loop": "loop",
    "assets of one step, events forgotten": "forgotten",
    "assets of one step": "together",
    "assets of one step, a check each": "checked",
    "a step per asset": "apart",
}


@dataclass(frozen=True, slots=True)
class Overhead:
    """Seconds and CPU seconds inside the process that the functions took in each way, imports not counted."""

    assets: int
    seconds: dict[str, tuple[float, float]]


def run(assets: int, folder: Path) -> Overhead:
    seconds = {}
    for label, way in WAYS.items():
        command = [sys.executable, "-m", "benchmarks.small_assets", way, str(assets), str(folder / way)]
        done = measure(command, folder / f"{way}.log")
        if not done.finished:
            raise SystemExit(f"{label} failed:\n{done.output[-3000:]}")
        wall, cpu = done.output.split()[-2:]
        seconds[label] = (float(wall), float(cpu))
    return Overhead(assets, seconds)


def report(found: Overhead) -> str:
    plain = found.seconds["a loop"]
    rows = []
    for label, taken in found.seconds.items():
        added = [f"{1000 * (each - alone) / found.assets:.0f}" for each, alone in zip(taken, plain, strict=True)]
        rows.append([label, *(f"{each:.2f}" for each in taken), *(added if label != "a loop" else ["", ""])])
    shown = table(["", "s", "CPU s", "added ms per asset", "added CPU ms per asset"], rows)
    return f"### Dagster's own time, {found.assets} small assets in one process\n\n{shown}"
