"""A refresh of the example company by this pipeline, by a script of one's own, and by pandas in Dagster assets.

Each is a process of its own, started cold, one after the other. The pipeline first refreshes everything as of a
day, then the next day after the sources grew by one, then once more with nothing new. The others know no
increments: they do all of it again every day. All three do the part of the company that the alternatives cover; at
the end the pipeline refreshes the whole company, for what its KPIs cost.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from benchmarks import company, kpi_step
from benchmarks.compare import Agreement, agreement, company_months
from benchmarks.kpi_step import Step
from benchmarks.process import Measured, measure

LAST = date(2026, 9, 30)
BEFORE = LAST - timedelta(days=1)
BY_HAND = Path(__file__).parent / "by_hand"
PANDAS_LIMIT = 1800.0
"""Seconds after which the pandas assets are stopped."""


@dataclass
class Result:
    """What the ways took at one scale, and whether they gave the same values."""

    scale: float
    input_bytes: int
    measured: dict[str, Measured] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)
    """What the KPI step of each refresh took."""


FULL, NEXT, AGAIN = "this pipeline, everything", "this pipeline, the next day", "this pipeline, nothing new"
WHOLE = "this pipeline, everything of the whole company"
HAND, HAND_NEXT = "DuckDB by hand", "DuckDB by hand, the next day"
PANDAS = "pandas in Dagster assets"


def run(scale: float, workspace: Path, skip: Iterable[str]) -> Result:
    """Measures all ways at a scale; `skip` names ways to leave out (`pandas`, `by_hand`, `whole`)."""
    cache, folder = workspace / "extracts", workspace / f"{scale:g}x"
    before, after = company.extracts(cache, scale, BEFORE), company.extracts(cache, scale, LAST)
    shutil.rmtree(folder, ignore_errors=True)
    place = folder / "company"
    company.make_company(place, before, whole=False)
    result = Result(scale, company.size(place / "extracts"))
    bench = _Bench(result, place, folder)
    if "by_hand" not in skip:
        bench.by_hand(HAND, BEFORE)
    if "pandas" not in skip:
        bench.pandas(BEFORE)
    bench.refresh(FULL, BEFORE)
    bench.compare(HAND, folder / "by-hand.duckdb")
    bench.compare(PANDAS, folder / "pandas.duckdb")
    company.grow(place, after)
    if "by_hand" not in skip:
        bench.by_hand(HAND_NEXT, LAST)
    bench.refresh(NEXT, LAST)
    bench.compare(HAND_NEXT, folder / "by-hand.duckdb")
    bench.refresh(AGAIN, LAST)
    if "whole" not in skip:
        company.make_company(folder / "whole", after, whole=True)
        _Bench(result, folder / "whole", folder).refresh(WHOLE, LAST, needed=False)
    return result


def imports_of(name: str) -> str:
    """Returns the name under which the imports of a refresh are measured."""
    return f"{name}: imports alone"


class _Bench:
    """Runs the ways over one company and keeps what they took."""

    def __init__(self, result: Result, place: Path, folder: Path):
        self._result, self._place, self._folder = result, place, folder

    def refresh(self, name: str, as_of: date, *, needed: bool = True) -> None:
        modules, kpis = self._folder / "modules.json", self._folder / "kpi-step.json"
        arguments = [str(modules), str(kpis), "refresh", "--company", str(self._place), "--as-of", as_of.isoformat()]
        done = self._measure(name, [sys.executable, "-m", "benchmarks.loaded", "note", *arguments])
        if not done.finished:
            if needed:
                raise SystemExit(f"{name} failed:\n{done.output[-3000:]}")
            self._result.left_out[name] = f"did not finish: exit code {done.code}"
            return
        self._result.steps[name] = kpi_step.read(kpis)
        self._measure(imports_of(name), [sys.executable, "-m", "benchmarks.loaded", "load", str(modules)])

    def by_hand(self, name: str, as_of: date) -> None:
        script = [str(BY_HAND / "duckdb_script.py"), str(self._place)]
        done = self._measure(name, [sys.executable, *script, str(self._folder / "by-hand.duckdb"), as_of.isoformat()])
        if not done.finished:
            raise SystemExit(f"{name} failed:\n{done.output[-3000:]}")

    def pandas(self, as_of: date) -> None:
        if not measure([sys.executable, "-c", "import dagster_duckdb_pandas"], self._folder / "import.log").finished:
            self._result.left_out[PANDAS] = "needs `pip install --no-deps -r benchmarks/requirements.txt`"
            return
        script = [str(BY_HAND / "pandas_assets.py"), str(self._place), str(self._folder / "pandas.duckdb")]
        done = self._measure(PANDAS, [sys.executable, *script, as_of.isoformat()], PANDAS_LIMIT)
        if not done.finished:
            why = f"stopped after {PANDAS_LIMIT:.0f} s" if done.code is None else f"exit code {done.code}"
            self._result.left_out[PANDAS] = f"did not finish: {why}"

    def compare(self, name: str, database: Path) -> None:
        if name not in self._result.measured or not self._result.measured[name].finished:
            return
        published = self._place / ".bizops" / "published" / "current" / "bizops.duckdb"
        ours = company_months(published, "marts.kpi_value")
        self._result.agreements[name] = agreement(ours, company_months(database, "kpi_value"))

    def _measure(self, name: str, command: list[str], limit: float | None = None) -> Measured:
        log = self._folder / "logs" / f"{len(self._result.measured)}.log"
        done = measure(command, log, limit)
        print(f"  {name}: {done.wall:.1f} s", file=sys.stderr, flush=True)
        self._result.measured[name] = done
        return done
