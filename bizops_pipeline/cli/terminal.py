"""What all output to a terminal shares: its width, colours, periods and bars; the KPI library and query results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bizops_pipeline import display
from bizops_pipeline.metrics.availability import Availability

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
DOMAINS = {
    "value_creation": "Value creation",
    "risk_mitigation": "Risk mitigation",
    "resource_optimization": "Resource optimization",
}
BAR_CELLS = 14
ABOUT_BARS = "| in a bar: where progress is expected to be by now"
PAGE_WIDTH = 142


def print_named(console: Console, lines: Iterable[tuple[str, str | Text]], width: int = 0) -> None:
    """Print names with texts beside them; a text that is longer than the line goes on below its beginning."""
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, min_width=width)
    table.add_column(overflow="fold")
    for name, text in lines:
        table.add_row(Text(f"  {name}"), Text(text) if isinstance(text, str) else text)
    console.print(table)


def print_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print query results as a table."""
    table = Table(box=box.SIMPLE_HEAD)
    for name in names:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(_shown(value) for value in row))
    terminal().print(table)


def print_availability(kpis: Sequence[Availability], counts: Mapping[str, int]) -> None:
    """Print KPIs by value domain: what is on, what could be, and what the rest lacks; `counts` are of the library."""
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
    lack = f"{counts['missing']} lack an entity that they need"
    console.print(f"{counts['on']} on, {counts['possible']} more are possible, {lack}.")
    console.print("Switch one on in catalogue/kpis/*.yaml:  - {id: <KPI>, use: library}")


def _need(entities: Sequence[str], is_missing: bool) -> Text:
    named = " or ".join(entities)
    return Text(f"{named} (missing)", style="red") if is_missing else Text(named)


def terminal(width: int = PAGE_WIDTH) -> Console:
    """Return the console of this terminal; piped output gets a fixed width."""
    console = Console(highlight=False)
    # Piped output has no width of its own; 80 columns would fold every table.
    return console if console.is_terminal else Console(highlight=False, width=width)


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
    return display.bar(progress, BAR_CELLS, expected) or "no data".ljust(BAR_CELLS)


def coloured(status: str) -> Text:
    """Return a status in words and in its colour."""
    return Text(status.replace("_", " "), style=COLOURS.get(status, ""))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
