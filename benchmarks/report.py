"""What the measurements of a refresh say: tables, ratios, and how far the aims are reached."""

from __future__ import annotations

import json
from dataclasses import asdict

from benchmarks import kpi_step
from benchmarks.refresh import AGAIN, FULL, HAND, HAND_NEXT, NEXT, PANDAS, WHOLE, Result, imports_of
from benchmarks.table import table


def report(result: Result) -> str:
    """Returns tables and sentences on one scale."""
    parts = [
        f"### {result.scale:g} times the company: {result.input_bytes / 1e6:,.0f} MB of extracts",
        table(["", "wall s", "of that imports s", "CPU s", "peak memory MB"], _rows(result)),
        table(["ratio", "wall", "CPU"], _ratios(result)),
        table(["aim", "CPU", "reached"], _aims(result)),
    ]
    parts += [
        f"Company values by month, {FULL if name != HAND_NEXT else NEXT} against {name}: {found.sentence}."
        for name, found in result.agreements.items()
    ]
    parts += ["The KPI step alone:", table(["", "wall s", "CPU s", "rows", "/ DuckDB by hand, CPU"], _steps(result))]
    if WHOLE in result.steps:
        parts += [f"#### Where the KPI step of the whole company takes its time, {result.scale:g} times"]
        parts += [kpi_step.costliest(result.steps[WHOLE])]
    return "\n\n".join(parts)


def _rows(result: Result) -> list[list[str]]:
    rows = []
    for name in (FULL, NEXT, AGAIN, HAND, PANDAS, WHOLE):
        done = result.measured.get(name)
        if done is None or not done.finished:
            if name in result.left_out:
                rows.append([name, result.left_out[name], "", "", ""])
            continue
        loading = result.measured.get(imports_of(name))
        imports = f"{loading.wall:.1f}" if loading else ""
        rows.append([name, f"{done.wall:.1f}", imports, f"{done.cpu:.1f}", f"{done.peak_bytes / 1e6:,.0f}"])
    return rows


def _steps(result: Result) -> list[list[str]]:
    """Returns what the KPI steps took, beside the script's SQL for the same rows."""
    by_hand = _script_kpis(result)
    rows = [[HAND, *(f"{each:.1f}" for each in by_hand), "", ""]] if by_hand else []
    for name, step in result.steps.items():
        ratio = f"{step.cpu / by_hand[1]:.2f}" if by_hand and name != WHOLE else ""
        rows.append([name, f"{step.wall:.1f}", f"{step.cpu:.1f}", f"{step.rows:,}", ratio])
    return rows


def _script_kpis(result: Result) -> tuple[float, float] | None:
    """Returns the seconds and CPU seconds that the script printed of its KPIs alone."""
    done = result.measured.get(HAND)
    if done is None or not done.finished:
        return None
    wall, cpu = done.output.split()[-2:]
    return float(wall), float(cpu)


def _ratios(result: Result) -> list[list[str]]:
    """Returns what the measurements say in proportion, with and without the time that imports take."""
    compared = [
        ("everything / DuckDB by hand", FULL, HAND, True),
        ("everything, imports aside / DuckDB by hand", FULL, HAND, False),
        ("pandas / everything", PANDAS, FULL, True),
        ("the next day / DuckDB by hand", NEXT, HAND, True),
        ("the next day / everything", NEXT, FULL, True),
        ("the next day / everything, imports aside", NEXT, FULL, False),
    ]
    found = [(label, _ratio(result, above, below, imports)) for label, above, below, imports in compared]
    return [[label, *(f"{each:.2f}" for each in ratio)] for label, ratio in found if ratio]


def _ratio(result: Result, above: str, below: str, imports: bool = True) -> tuple[float, float] | None:
    """Returns the proportion of wall and CPU seconds; None when one of both was not measured to its end."""
    one, other = _seconds(result, above, imports), _seconds(result, below, imports)
    return (one[0] / other[0], one[1] / other[1]) if one and other else None


def _seconds(result: Result, name: str, imports: bool) -> tuple[float, float] | None:
    done, loading = result.measured.get(name), result.measured.get(imports_of(name))
    if done is None or not done.finished:
        return None
    return (done.wall, done.cpu) if imports or not loading else (done.wall - loading.wall, done.cpu - loading.cpu)


def _aims(result: Result) -> list[list[str]]:
    """Returns how far each aim is reached, by CPU seconds; they are set for 50 times the company."""
    by_hand = _script_kpis(result)
    kpis = result.steps[FULL].cpu / by_hand[1] if by_hand else None
    full, day, pandas = (_ratio(result, *pair) for pair in ((FULL, HAND), (NEXT, FULL), (PANDAS, FULL)))
    rows = [
        ("everything within 1.5 times DuckDB by hand", full and full[1], full and full[1] <= 1.5),
        ("KPIs alone within 2 times DuckDB by hand", kpis, kpis and kpis <= 2),
        ("the next day within 0.1 of everything", day and day[1], day and day[1] <= 0.1),
        ("pandas at least 5 times everything", pandas and pandas[1], pandas and pandas[1] >= 5),
    ]
    return [[aim, f"{ratio:.2f}", "yes" if reached else "no"] for aim, ratio, reached in rows if ratio is not None]


def differences(result: Result) -> str:
    """Returns the values that differ, a few of each KPI, for a closer look."""
    lines = []
    for name, found in result.agreements.items():
        seen: dict[str, int] = {}
        for (kpi, dimensions, month), ours, theirs in found.different:
            seen[kpi] = seen.get(kpi, 0) + 1
            if seen[kpi] <= 2:
                lines.append(f"  {name}: {kpi} {dimensions} {month}: {ours} here, {theirs} there")
        lines += [f"  {name}: {kpi} differs {count} times" for kpi, count in seen.items()]
    return "\n".join(lines)


def as_json(result: Result) -> str:
    """Returns the measurements as JSON, to keep them."""
    measured = {
        name: {"wall": done.wall, "cpu": done.cpu, "peak_bytes": done.peak_bytes, "code": done.code}
        for name, done in result.measured.items()
    }
    agreed = {name: {"equal": found.equal, "compared": found.compared} for name, found in result.agreements.items()}
    steps = {name: asdict(step) for name, step in result.steps.items()}
    return json.dumps({"scale": result.scale, "measured": measured, "agreed": agreed, "kpi_steps": steps}, indent=2)
