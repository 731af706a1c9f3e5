"""What the KPI step of a refresh takes, measured inside the refresh: in all, by pass over a fact, and by KPI.

The engine that `metrics.build` gets is wrapped, so that each statement is timed and put to whom it is for. A pass
that several KPIs are made of, and a statement that computes several KPIs, count in equal shares; what is done for all
of them at once counts by their rows.
"""

from __future__ import annotations

import json
import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.table import table

KPI_NUMBERS = re.compile(r"kpi_number (?:in \(|= )([\d, ]+)")
PASS = re.compile(r"'([^'\s]+)' as pass_id|pass_id = '([^']+)'|select distinct '([^']+)', day")
WRITTEN = re.compile(r"\b(?:into|from|temp table) ([\w.\"]+)")
TIMED = ("execute", "rows", "dicts", "scalar", "insert")
SHOWN = 12
"""Rows of a table of what costs most."""


@dataclass(frozen=True, slots=True)
class Step:
    """CPU seconds of one KPI step: `shared` is what was done for all KPIs at once, by the table it went to."""

    wall: float
    cpu: float
    rows: int
    passes: dict[str, float]
    computed: dict[str, float]
    shared: dict[str, float]
    kpis_of: dict[str, list[str]]
    rows_of: dict[str, int]

    @property
    def by_kpi(self) -> dict[str, tuple[float, float, float]]:
        """CPU seconds of each KPI: its shares of passes, of computing values, and of writing them."""
        in_passes: defaultdict[str, float] = defaultdict(float)
        for id, cpu in self.passes.items():
            for kpi in (users := self.kpis_of.get(id, [])):
                in_passes[kpi] += cpu / len(users)
        per_row = sum(self.shared.values()) / max(self.rows, 1)
        return {
            kpi: (in_passes[kpi], self.computed.get(kpi, 0), per_row * self.rows_of.get(kpi, 0))
            for kpi in {*in_passes, *self.computed, *self.rows_of}
        }


class TracedEngine:
    """An engine that hands everything on and adds up the CPU seconds of its statements by what they are for."""

    def __init__(self, engine: Any, names: Mapping[int, str]):
        self._engine = engine
        self._names = names
        self._pass: str | None = None
        self.pass_of: dict[str, str] = {}
        """Passes by the statements that compute them and do not name them."""
        self.passes: defaultdict[str, float] = defaultdict(float)
        self.computed: defaultdict[str, float] = defaultdict(float)
        self.shared: defaultdict[str, float] = defaultdict(float)

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)
        return self._timed(method) if name in TIMED else method

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(statement: Any, *given: Any) -> Any:
            started = time.process_time()
            try:
                return method(statement, *given)
            finally:
                self._count(str(statement), time.process_time() - started)

        return call

    def _count(self, statement: str, cpu: float) -> None:
        found = PASS.search(statement)
        if named := self.pass_of.get(statement) or (found and next(filter(None, found.groups()))):
            self._pass = named
        if listed := KPI_NUMBERS.search(statement):
            numbers = [int(number) for number in listed[1].split(",")]
            for number in numbers:
                self.computed[self._names[number]] += cpu / len(numbers)
        elif named or (self._pass and "temp table base as" in statement):
            self.passes[str(self._pass)] += cpu
        else:
            written = WRITTEN.search(statement)
            self.shared[written[1].strip('"') if written else "transaction"] += cpu


def watch(file: Path) -> None:
    """Makes the refresh of this process write what its KPI step took into a file."""
    from bizops_pipeline.defs import marts

    def watched(*given: Any) -> Any:
        done, step = timed_build(*given)
        file.write_text(json.dumps(asdict(step)))
        return done

    patch.object(marts, "build_metrics", watched).start()


def timed_build(engine: Any, company: Any, *given: Any) -> tuple[Any, Step]:
    """Builds the KPI values as the refresh does, and returns its result with what it took."""
    from bizops_pipeline.metrics import parts
    from bizops_pipeline.metrics.build import build
    from bizops_pipeline.metrics.plan import passes_of_kpis, plan

    planned = plan(company.kpis)
    traced = TracedEngine(engine, {one.number: one.kpi.id for one in planned.definitions})
    kpis_of: defaultdict[str, list[str]] = defaultdict(list)
    for kpi, ids in passes_of_kpis(planned).items():
        for id in ids:
            kpis_of[id].append(kpi)

    def measured_sql(one: parts.Grouped, slots: dict[str, int]) -> str:
        statement = write_measured(one, slots)
        traced.pass_of[statement] = one.work.pass_id
        return statement

    write_measured = parts.measured_sql
    wall, cpu = time.perf_counter(), time.process_time()
    with patch.object(parts, "measured_sql", measured_sql):
        done = build(traced, company, *given)
    taken = time.perf_counter() - wall, time.process_time() - cpu
    said = {one.id: f"{one.entity.name}.{one.day}, distinct a day" for one, _ in planned.daily}
    said |= {one.id: f"{one.base.entity.name}.{one.day}, converted" for one, _ in planned.conversions}
    passes = {said.get(id, id): cpu for id, cpu in traced.passes.items()}
    users = {said.get(id, id): kpis for id, kpis in kpis_of.items()}
    costs = passes, dict(traced.computed), dict(traced.shared)
    return done, Step(*taken, done.rows, *costs, users, done.rows_by_kpi)


def read(file: Path) -> Step:
    return Step(**json.loads(file.read_text()))


def costliest(step: Step) -> str:
    """Returns tables of the costliest KPIs, passes, and steps for all KPIs at once."""
    kpis = sorted(step.by_kpi.items(), key=lambda item: -sum(item[1]))
    passes = sorted(step.passes.items(), key=lambda item: -item[1])
    shared = sorted(step.shared.items(), key=lambda item: -item[1])
    in_all = [
        (f"{len(passes)} passes over facts", step.passes),
        ("values by KPI", step.computed),
        ("all KPIs at once", step.shared),
    ]
    known = sum(sum(part.values()) for _, part in in_all)
    return "\n\n".join(
        [
            table(
                ["part of the step", "CPU s", "share %"],
                [
                    *([name, *_of(sum(part.values()), step)] for name, part in in_all),
                    ["between statements", *_of(step.cpu - known, step)],
                    ["in all", *_of(step.cpu, step)],
                ],
            ),
            table(
                ["KPI", "CPU s", "share %", "of that passes", "values", "writing", "rows"],
                [
                    [id, *_of(sum(costs), step), *(f"{each:.2f}" for each in costs), f"{step.rows_of.get(id, 0):,}"]
                    for id, costs in kpis[:SHOWN]
                ],
            ),
            table(
                ["pass over a fact", "CPU s", "share %", "KPIs"],
                [[f"`{id}`", *_of(cpu, step), str(len(step.kpis_of.get(id, [])))] for id, cpu in passes[:SHOWN]],
            ),
            table(
                ["all KPIs at once, by table", "CPU s", "share %"],
                [[f"`{name}`", *_of(cpu, step)] for name, cpu in shared[:SHOWN]],
            ),
        ]
    )


def _of(cpu: float, step: Step) -> list[str]:
    return [f"{cpu:.2f}", f"{100 * cpu / step.cpu:.1f}"]
