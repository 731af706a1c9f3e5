"""The example company at a scale, as it stood on a day: made once per scale, then copied."""

from __future__ import annotations

import filecmp
import hashlib
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

from benchmarks.part import write_part
from benchmarks.process import ROOT, environment

RETAILER = ROOT / "data" / "retailer"
GENERATOR = ROOT / "data" / "retailer_generator"
EXTRACT = re.compile(r"extracts/([\w./*-]+)")
"""How a source names its extracts."""


def extracts(cache: Path, scale: float, day: date) -> Path:
    """Returns the extracts of a day, made if they are not there yet: web shop files by day, the ERP as a database."""
    made = cache / f"{scale:g}x-{day}-{_fingerprint()}"
    if not (made / "planted.json").exists():
        shutil.rmtree(made, ignore_errors=True)
        arguments = ["--scale", f"{scale:g}", "--until", day.isoformat(), "--split", "day", "--erp", "database"]
        # A process of its own: what it needs of memory must not count for the processes that are measured.
        subprocess.run(
            [sys.executable, "-m", "retailer_generator", str(made), *arguments],
            env=environment(),
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return made / "extracts"


def make_company(folder: Path, source: Path, *, whole: bool) -> None:
    """Writes the example company, whole or the part that is compared, with other extracts into a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copyfile(RETAILER / "bizops.yaml", folder / "bizops.yaml")
    if whole:
        for name in ("catalogue", "sources"):
            shutil.copytree(RETAILER / name, folder / name)
    else:
        write_part(RETAILER, folder)
    erp = folder / "sources" / "erp.yaml"
    # The database is there, so there is no dump to restore it from.
    lines = [line for line in erp.read_text().splitlines(keepends=True) if "restore_from:" not in line]
    erp.write_text("".join(lines))
    grow(folder, source)


def grow(folder: Path, source: Path) -> None:
    """Makes a company's extracts those of a later day: those that it reads, where they changed."""
    for file in _read_files(folder, source):
        target = folder / "extracts" / file.relative_to(source)
        if not target.exists() or not filecmp.cmp(file, target, shallow=False):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)


def _read_files(folder: Path, source: Path) -> list[Path]:
    """Returns the extracts that a company's sources name, as a path or within the address of a database."""
    named = (EXTRACT.findall(file.read_text()) for file in (folder / "sources").glob("*.yaml"))
    return sorted({path for patterns in named for pattern in patterns for path in source.glob(pattern)})


def size(folder: Path) -> int:
    """Returns the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _fingerprint() -> str:
    sources = sorted(GENERATOR.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:10]
