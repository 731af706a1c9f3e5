"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks import overhead, refresh, report

PACKAGES = ("bizops-pipeline", "duckdb", "dagster", "dagster-duckdb-pandas", "pandas", "pyarrow")


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure this pipeline beside the alternatives.")
    parser.add_argument("what", nargs="?", choices=["all", "refresh", "overhead"], default="all")
    parser.add_argument("--scale", type=float, nargs="+", default=[1.0, 10.0], help="sizes of the company (1 10)")
    parser.add_argument(
        "--skip", nargs="+", choices=["pandas", "by_hand", "whole"], default=[], help="ways to leave out"
    )
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where to work and keep everything")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the report there")
    parser.add_argument("--assets", type=int, default=60, help="assets of the overhead's measurement (60)")
    given = parser.parse_args()
    workspace = (given.keep or Path(tempfile.gettempdir()) / "bizops-benchmarks").resolve()
    parts = [f"{date.today()}, {machine()}\n\n{versions()}"]
    print(parts[0], flush=True)
    if given.what in ("all", "refresh"):
        for scale in given.scale:
            result = refresh.run(scale, workspace, given.skip)
            parts.append(report.report(result))
            print(f"\n{parts[-1]}\n{report.differences(result)}", flush=True)
            (workspace / f"{scale:g}x" / "measured.json").write_text(report.as_json(result))
    if given.what in ("all", "overhead"):
        parts.append(overhead.report(overhead.run(given.assets, workspace / "overhead")))
        print(f"\n{parts[-1]}", flush=True)
    if given.markdown:
        introduction = (Path(__file__).parent / "introduction.md").read_text()
        given.markdown.write_text("\n\n".join([introduction.strip(), "## The last run", *parts]) + "\n")


def machine() -> str:
    """Returns cores, memory and how busy it is, nothing that tells whose machine it is."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    others = f"{os.getloadavg()[0]:.1f} processes running beforehand"
    return f"{os.cpu_count()} cores, {memory / 2**30:.0f} GB of memory, {others}, Python {platform.python_version()}"


def versions() -> str:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} not installed")
    return ", ".join(found)


if __name__ == "__main__":
    main()
