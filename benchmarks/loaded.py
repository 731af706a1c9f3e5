"""How long imports take: run the pipeline and note which modules it loaded, or load just those.

python -m benchmarks.loaded note MODULES.json refresh --company DIR
python -m benchmarks.loaded load MODULES.json
"""

from __future__ import annotations

import contextlib
import importlib
import json
import sys
from pathlib import Path


def note(file: Path, arguments: list[str]) -> None:
    """Runs the command line and writes the names of all modules that are loaded at its end."""
    from bizops_pipeline.cli.main import main

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
        note(Path(path), rest)
    else:
        load(Path(path))
