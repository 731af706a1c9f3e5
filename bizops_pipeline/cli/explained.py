"""How an explained value looks in a terminal: from the number down to rows, files and checks."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bizops_pipeline.answers.evidence import Checked, Evidence, FactRecords
from bizops_pipeline.answers.explanation import Explanation
from bizops_pipeline.cli.terminal import COLOURS, print_named, terminal
from bizops_pipeline.display import ABSENT, counted

FILES_SHOWN = 12
BETTER = {"up": "more is better", "down": "less is better", "band": "best inside its band"}
NAMES = 13
"""Cells of the names before what is said of a value."""
MEANS_OF_GRADES = "   (A to D, the quality of the data behind it)"
GRADES = {"A": "green", "B": "yellow", "C": "red", "D": "red"}


def print_explanation(explained: Explanation, evidence: Evidence | None, missing: str | None, *, sql: bool) -> None:
    """Print a value with what the publication says of it, then what the warehouse says, or why that is missing."""
    console = terminal()
    _print_value(console, explained)
    _print_meaning(console, explained)
    _print_parts(console, explained)
    if evidence is None:
        console.print(Text(f"\nRows, files and checks are left out: {missing}", style="yellow"))
        return
    if evidence.note:
        console.print(Text(f"\n{evidence.note}", style="yellow"))
    _print_again(console, explained, evidence, sql=sql)
    for fact in evidence.facts:
        _print_fact(console, fact)
    _print_checks(console, evidence.checks)


def _print_value(console: Console, explained: Explanation) -> None:
    row = explained.stored
    whose = "the whole company" if row["scope_type"] == "company" else f"{row['scope_type']} {row['scope_id']}"
    cut = "" if row["dimensions"] == "{}" else f", {row['dimensions']}"
    console.print(f"[bold]{explained.meaning.label}[/bold] ({explained.kpi_id}) of {whose}{cut}")
    state = "running" if not row["is_complete"] else "provisional" if row["is_provisional"] else "final"
    console.print(f"{row['grain']} {row['period_start']} to {row['period_end']}, {state}; as of {row['data_as_of']}")
    console.print()
    console.print(Text.assemble(("  value        ", ""), (explained.shown, "bold"), f"   {_plain(row['value'])}"))
    if explained.why_null:
        console.print(Text(f"  no value     {row['null_reason']}: {explained.why_null}", style="yellow"))
    if row["numerator"] is not None or row["denominator"] is not None:
        below = "" if row["denominator"] is None else f" / {_plain(row['denominator'])}"
        console.print(f"  made of      {_plain(row['numerator'])}{below}")
    if row["n"] is not None:
        console.print(f"  records      {row['n']:,}")
    if row["target"] is not None:
        status = Text(row["status"], style=COLOURS.get(row["status"], ""))
        console.print(Text.assemble(f"  target       {explained.target_shown}   ", status))
    console.print(f"  before       {explained.previous_shown}   a year ago {explained.year_ago_shown}")
    grade = row["quality_grade"] or "-"
    console.print(Text.assemble("  grade        ", Text(grade, style=GRADES.get(grade, "")), MEANS_OF_GRADES))
    for change in explained.restated:
        old, new = _plain(change["old_value"]), _plain(change["new_value"])
        console.print(f"  restated     {change['noticed_on']}: {old} became {new} by {change['cause']}")
        if change["inputs"]:
            console.print(f"               {change['inputs']}")


def _print_meaning(console: Console, explained: Explanation) -> None:
    meaning = explained.meaning
    console.print("\n[bold]Definition[/bold]")
    lines = {
        "formula": meaning.formula or meaning.description,
        "type": f"{meaning.type}, in {meaning.unit}, {BETTER.get(meaning.direction, 'neither is better')}",
        "version": f"{meaning.version}, {meaning.file or 'the library'}",
        "counts from": str(meaning.counts_from or ""),
        "owner": meaning.owner,
        "source": meaning.citation,
    }
    print_named(console, ((name, text) for name, text in lines.items() if text), NAMES)


def _print_parts(console: Console, explained: Explanation) -> None:
    if not explained.parts:
        return
    console.print("\n[bold]Put together from[/bold]")
    for part in explained.parts:
        reason = f"   {part.null_reason}" if part.null_reason else ""
        days = f", {part.days}" if part.days else ""
        console.print(Text(f"  {part.kpi_id:<28} {part.shown:>16}   {part.label}{days}{reason}"))


def _print_again(console: Console, explained: Explanation, evidence: Evidence, *, sql: bool) -> None:
    console.print(f"\n[bold]Once more from {evidence.again.read_from}[/bold]")
    stored, again = explained.stored["value"], evidence.again.value
    if stored is None:
        said = f"  {_plain(again)}; no value was published" if again is not None else "  no value either"
        console.print(Text(said))
    elif evidence.agrees:
        console.print(Text(f"  {_plain(again)}: the same", style="green"))
    else:
        console.print(Text(f"  {_plain(again)} and not {_plain(stored)}", style="red"))
    if sql:
        for query in (*evidence.again.queries, *(query for part in evidence.again.parts for query in part.queries)):
            console.print(Text(f"\n{query}", style="dim"))


def _print_fact(console: Console, fact: FactRecords) -> None:
    console.print(f"\n[bold]{fact.fact}[/bold]   {counted(fact.records, 'record')}")
    samples = (", ".join(f"{name} {value}" for name, value in row.items()) for row in fact.sample)
    print_named(console, (("e.g.", sample) for sample in samples))
    if fact.files:
        table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for name in ("source", "file", "rows", "from row", "to row"):
            table.add_column(name, justify="left" if name in ("source", "file") else "right", overflow="fold")
        for each in fact.files[:FILES_SHOWN]:
            source = each.source if each.source == each.source_table else f"{each.source}.{each.source_table}"
            table.add_row(source, each.file, f"{each.rows:,}", f"{each.first_row:,}", f"{each.last_row:,}")
        console.print(table)
    if len(fact.files) > FILES_SHOWN:
        console.print(f"  and {len(fact.files) - FILES_SHOWN} more files; --json lists them all")
    if fact.traced < fact.records:
        rest = fact.records - fact.traced
        console.print(f"  {rest:,} of them have no row of their own in a source; made of {_listed(fact.entities)}")


def _print_checks(console: Console, checks: Checked) -> None:
    console.print("\n[bold]Checks upstream[/bold]")
    console.print(f"  {checks.passed} passed on {checks.tables} tables, {len(checks.not_passed)} did not")
    bad = (
        (each.severity, Text(f"{each.check_id}: {each.observed}", style="red" if each.blocks else "yellow"))
        for each in checks.not_passed
    )
    print_named(console, bad)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "the catalogue"


def _plain(value: float | Decimal | None) -> str:
    if value is None:
        return ABSENT
    if isinstance(value, float):
        return f"{value:,.9g}"
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
