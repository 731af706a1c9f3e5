"""How results look in a terminal: the scorecard and query results, with rich tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bizops_pipeline.metrics.availability import Availability
from bizops_pipeline.publish.last_run import LastRun
from bizops_pipeline.publish.scorecard import KeyResultStanding, KpiStanding, Scorecard

COLOURS = {
    "fresh": "green",
    "on_target": "green",
    "on_track": "green",
    "ahead": "green",
    "achieved": "green",
    "late": "yellow",
    "warning": "yellow",
    "behind": "yellow",
    "stale": "red",
    "missing": "red",
    "off_target": "red",
    "at_risk": "red",
    "missed": "red",
}
AVAILABLE = {"on": "green", "possible": "cyan", "missing": "yellow"}
ARROWS = {"better": ("▲", "green"), "worse": ("▼", "red"), "same": ("=", ""), "higher": ("▲", ""), "lower": ("▼", "")}
DOMAINS = {
    "value_creation": "Value creation",
    "risk_mitigation": "Risk mitigation",
    "resource_optimization": "Resource optimization",
}
BAR_CELLS = 14
PAGE_WIDTH = 124


def print_scorecard(card: Scorecard, last: LastRun | None) -> None:
    """Print the scorecard: runs, data, KPIs by value domain, key results by objective."""
    console = terminal()
    shown = card.last_run
    console.print(f"[bold]{shown.company}[/bold]   as of {shown.as_of}   build {shown.build_id}")
    console.print(f"published {shown.published_at:%Y-%m-%d %H:%M} UTC")
    if last and last.succeeded:
        console.print(f"last refresh {last.finished_at} UTC succeeded\n")
    elif last:
        console.print(f"[red]last refresh {last.finished_at} UTC published nothing[/red]")
        for reason in last.reasons:
            console.print(Text(f"  {reason}", style="red"))
        console.print()
    _print_data(console, card)
    _print_kpis(console, card.kpis)
    _print_key_results(console, card.key_results)


def print_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print query results as a table."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row))
    terminal().print(table)


def print_availability(kpis: Sequence[Availability]) -> None:
    """Print the library by value domain: what is on, what could be, and what the rest lacks."""
    console = terminal()
    for domain, title in (*DOMAINS.items(), (None, "No value domain")):
        members = [each for each in kpis if each.kpi.value_domain == domain]
        if not members:
            continue
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title=title, title_justify="left")
        table.add_column("KPI", no_wrap=True, min_width=26)
        table.add_column("what it is", overflow="fold", max_width=44)
        table.add_column("state", no_wrap=True)
        table.add_column("needs an entity", overflow="fold")
        for each in members:
            needs = Text(", ").join(_need(need, need in each.missing) for need in each.needs)
            table.add_row(each.kpi.id, each.kpi.label or "", Text(each.state, style=AVAILABLE[each.state]), needs)
        console.print(table)
    counts = Counter(each.state for each in kpis)
    console.print(f"{counts['on']} on, {counts['possible']} more are possible, {counts['missing']} lack what is red.")
    console.print("Switch one on in catalogue/kpis/*.yaml:  - {id: <KPI>, use: library}")


def _need(entities: Sequence[str], is_missing: bool) -> Text:
    return Text(" or ".join(entities), style="red" if is_missing else "")


def terminal(width: int = PAGE_WIDTH) -> Console:
    """Return the console of this terminal; piped output gets a fixed width."""
    console = Console(highlight=False)
    # Piped output has no width of its own; 80 columns would fold every table.
    return console if console.is_terminal else Console(highlight=False, width=width)


def _print_data(console: Console, card: Scorecard) -> None:
    states = {(each.source, each.source_table): each for each in card.freshness}
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title="Data", title_justify="left")
    table.add_column("source", no_wrap=True, max_width=26)
    table.add_column("entity", no_wrap=True, max_width=17)
    table.add_column("fresh", no_wrap=True, min_width=7)
    for name in ("records", "kept", "set aside", "double", "rejected"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len("set aside"))
    table.add_column("reason", no_wrap=True, max_width=14)
    for each in card.quality:
        age = states.get((each.source, each.source_table))
        table.add_row(
            f"{each.source}.{each.source_table}" if each.source != each.source_table else each.source,
            each.entity,
            _coloured(age.status if age else "missing"),
            f"{each.rows_in:,}",
            f"{each.rows_kept:,}",
            _bad(each.rows_quarantined),
            f"{each.rows_deduplicated:,}",
            _bad(each.rows_rejected),
            each.top_reason or "",
        )
    console.print(table)


def _print_kpis(console: Console, kpis: Sequence[KpiStanding]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title="KPIs, latest complete period", title_justify="left")
    table.add_column("KPI", no_wrap=True, max_width=44)
    table.add_column("period", no_wrap=True)
    for name in ("value", "trend", "target"):
        table.add_column(name, justify="right")
    for name in ("status", "grade"):
        table.add_column(name)
    domain = None
    for kpi in kpis:
        if kpi.value_domain != domain:
            domain = kpi.value_domain
            table.add_row(Text(DOMAINS.get(domain or "", "Other"), style="bold"))
        arrow, colour = ARROWS.get(kpi.trend or "", ("", ""))
        shown = kpi.shown if kpi.value is not None else f"none ({kpi.null_reason})"
        table.add_row(
            f"  {kpi.label}",
            period(kpi.grain, kpi.period_start) + (" *" if kpi.is_provisional else ""),
            shown,
            Text(arrow, style=colour),
            kpi.target_shown,
            _coloured(kpi.status),
            kpi.grade or "",
        )
    console.print(table)
    if any(kpi.is_provisional for kpi in kpis):
        console.print("* provisional: late records may still change it\n")


def _print_key_results(console: Console, key_results: Sequence[KeyResultStanding]) -> None:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), title="Objectives and key results", title_justify="left")
    table.add_column("key result", no_wrap=True, max_width=32)
    table.add_column("| expected", no_wrap=True, min_width=BAR_CELLS)
    table.add_column("", justify="right", no_wrap=True, min_width=4)
    for name in ("now", "target", "forecast"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len("240,000 EUR"))
    table.add_column("status", no_wrap=True, min_width=len("not started"))
    table.add_column("source", no_wrap=True, min_width=len("reported"))
    objective = None
    for each in key_results:
        if each.objective_id != objective:
            objective = each.objective_id
            table.add_section()
            table.add_row(Text(each.objective, style="bold"), f"to {each.due_on}")
        table.add_row(
            f"  {each.title or each.key_result_id}",
            bar(each.progress, each.expected_progress),
            "" if each.progress is None else f"{each.progress:.0%}",
            each.current_shown,
            each.target_shown,
            each.forecast_shown,
            _coloured(each.status),
            each.source,
        )
    console.print(table)


def period(grain: str, start: date) -> str:
    """Return a period as people write it: 2026-09-30, 2026-W40, 2026-09, 2026-Q3, 2026."""
    year, week, _ = start.isocalendar()
    written = {
        "day": start.isoformat(),
        "week": f"{year}-W{week:02}",
        "month": f"{start:%Y-%m}",
        "quarter": f"{start.year}-Q{(start.month + 2) // 3}",
        "year": str(start.year),
    }
    return written.get(grain, f"since {start}")


def bar(progress: float | None, expected: float | None) -> str:
    """Return a bar of progress with a mark where progress was expected to be by now."""
    if progress is None:
        return "no data".ljust(BAR_CELLS)
    filled = round(min(max(progress, 0.0), 1.0) * BAR_CELLS)
    cells = ["█" if place < filled else "·" for place in range(BAR_CELLS)]
    if expected is not None:
        cells[min(int(min(max(expected, 0.0), 1.0) * BAR_CELLS), BAR_CELLS - 1)] = "|"
    return "".join(cells)


def _coloured(status: str) -> Text:
    return Text(status.replace("_", " "), style=COLOURS.get(status, ""))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def _bad(count: int) -> Text:
    return Text(f"{count:,}", style="yellow" if count else "")
