"""How the scorecard looks in a terminal: data, KPIs by value domain, key results by objective."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from bizops_pipeline.answers.scorecard import KeyResultStanding, KpiStanding, Scorecard
from bizops_pipeline.cli.sheet import Column, Sheet
from bizops_pipeline.cli.terminal import ABOUT_BARS, DOMAINS, bar, coloured, period, terminal
from bizops_pipeline.display import ABSENT, percent
from bizops_pipeline.publish.last_run import LastRun

ARROWS = {"better": ("▲", "green"), "worse": ("▼", "red"), "same": ("=", ""), "higher": ("▲", ""), "lower": ("▼", "")}


def print_scorecard(card: Scorecard, last: LastRun | None) -> None:
    """Print the scorecard: runs, data, KPIs by value domain, key results by objective."""
    console = terminal()
    shown = card.publication
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


def _print_data(console: Console, card: Scorecard) -> None:
    states = {(each.source, each.source_table): each for each in card.freshness}
    has_gaps = any(each.gaps for each in card.freshness)
    sheet = Sheet(
        (
            Column("source"),
            Column("entity", dropped=1),
            Column("fresh"),
            *([Column("gaps", right=True, about="gaps: months in which days are missing")] if has_gaps else []),
            Column("records", right=True),
            Column("kept", right=True),
            Column("set aside", right=True, about="set aside: breaks a rule of its entity"),
            Column("double", right=True, dropped=4, about="double: another version of a record is kept"),
            Column("rejected", right=True, dropped=3, about="rejected: cannot be read at all"),
            Column("reason", dropped=2),
        ),
        "Data",
    )
    for each in card.quality:
        age = states.get((each.source, each.source_table))
        sheet.add(
            f"{each.source}.{each.source_table}" if each.source != each.source_table else each.source,
            each.entity,
            coloured(age.status if age else "missing"),
            *([_bad(age.gaps if age else 0)] if has_gaps else []),
            f"{each.rows_in:,}",
            f"{each.rows_kept:,}",
            _bad(each.rows_quarantined),
            f"{each.rows_deduplicated:,}",
            _bad(each.rows_rejected),
            each.top_reason or "",
        )
    sheet.print(console)
    console.print()


def _print_kpis(console: Console, kpis: Sequence[KpiStanding]) -> None:
    sheet = Sheet(
        (
            Column("KPI", narrowest=24),
            Column("period"),
            Column("value", right=True),
            Column("trend", dropped=2, about="▲ ▼ better or worse than the period before, or higher or lower"),
            Column("target", right=True),
            Column("status", narrowest=10),
            Column("grade", dropped=1, about="grade: A to D, the quality of the data behind it"),
        ),
        "KPIs, latest complete period",
    )
    domain = None
    for kpi in kpis:
        if kpi.value_domain != domain:
            domain = kpi.value_domain
            sheet.add(Text(DOMAINS.get(domain or "", "Other"), style="bold"))
        arrow, colour = ARROWS.get(kpi.trend or "", ("", ""))
        sheet.add(
            kpi.label,
            period(kpi.grain, kpi.period_start) + (" *" if kpi.is_provisional else ""),
            kpi.shown if kpi.value is not None else ABSENT,
            Text(arrow, style=colour),
            kpi.target_shown,
            coloured(kpi.status) if kpi.value is not None else f"none: {(kpi.null_reason or '').replace('_', ' ')}",
            kpi.grade or "",
            indent=1,
        )
    is_any_provisional = any(kpi.is_provisional for kpi in kpis)
    sheet.print(console, ["* provisional: late records may still change it"] if is_any_provisional else [])
    console.print()


def _print_key_results(console: Console, key_results: Sequence[KeyResultStanding]) -> None:
    sheet = Sheet(
        (
            Column("key result", narrowest=20),
            Column("| expected", about=ABOUT_BARS),
            Column("", right=True),
            Column("now", right=True),
            Column("target", right=True),
            Column("forecast", right=True, dropped=2),
            Column("status"),
            Column("source", dropped=1),
        ),
        "Objectives and key results",
    )
    objective = None
    for each in key_results:
        if each.objective_id != objective:
            if objective is not None:
                sheet.end_section()
            objective = each.objective_id
            sheet.add(Text(each.objective, style="bold"), f"to {each.due_on}")
        sheet.add(
            each.title or each.key_result_id,
            bar(each.progress, each.expected_progress),
            percent(each.progress, ""),
            each.current_shown,
            each.target_shown,
            each.forecast_shown,
            coloured(each.status),
            each.source,
            indent=1,
        )
    sheet.print(console)


def _bad(count: int) -> Text:
    return Text(f"{count:,}", style="yellow" if count else "")
