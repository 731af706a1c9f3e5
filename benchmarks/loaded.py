"""A refresh in this process that notes what its KPI step took and which modules it loaded, or loading just those.

python -m benchmarks.loaded note MODULES.json KPIS.json refresh --company DIR
python -m benchmarks.loaded load MODULES.json
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path

from benchmarks import kpi_step


def note(file: Path, kpis: Path, arguments: list[str]) -> None:
    """Runs the command line, watches its KPI step and writes the names of all modules that are loaded at its end."""
    from bizops_pipeline.cli.main import main

    kpi_step.watch(kpis)
    sys.argv = ["bizops", *arguments]
    try:
        main()
    finally:
        file.write_text(json.dumps([name for name in sys.modules if not name.startswith("__m")]))


def load(file: Path) -> None:
    """Imports the modules of a list in its order; some can only be loaded by their own packages."""
    for name in json.loads(file.read_text()):
        with contextlib.suppress(Exception):
            importlib.import_module(name)


if __name__ == "__main__":
    _, what, path, *rest = sys.argv
    if what == "note":
        note(Path(path), Path(rest[0]), rest[1:])
    else:
        load(Path(path))
