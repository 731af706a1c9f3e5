"""How the chain below an objective, and the trail of a row up to objectives, look in a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from bizops_pipeline.answers.chain import KeyResultChain, ObjectiveChain
from bizops_pipeline.answers.evidence import FactRecords
from bizops_pipeline.answers.trail import FactRow, Goal, Trail
from bizops_pipeline.cli.terminal import bar, coloured, print_named, terminal
from bizops_pipeline.display import counted, percent

FILES_SHOWN = 4
CHECKINS_SHOWN = 3
KPIS_SHOWN = 8


def print_chain(chain: ObjectiveChain, missing: str | None) -> None:
    """Print an objective down to files; `missing` says why the rows and files are left out."""
    console = terminal()
    node = chain.objective
    tree = Tree(Text.assemble((node.title, "bold"), f" ({node.objective_id})   ", coloured(node.status)))
    if chain.above:
        tree.add(f"serves {' → '.join(chain.above)}")
    score = "none yet" if node.score is None else f"{percent(node.score)}, {percent(node.expected_score or 0)} expected"
    tree.add(f"score {score} on {node.as_of}; weakest: {node.weakest_key_result_id or 'none'}")
    for each in chain.key_results:
        _add_key_result(tree, each)
    console.print(tree)
    _print_missing(console, missing)


def print_trail(trail: Trail) -> None:
    """Print where a row comes from and where it counts."""
    console = terminal()
    console.print(f"[bold]{trail.table}[/bold] {trail.key}")
    print_named(console, _steps(trail))


def _steps(trail: Trail) -> Iterator[tuple[str, str]]:
    """Yield the steps from the file up to goals, each with what it is."""
    for staged in trail.staging:
        source = f"{staged.raw.source}.{staged.raw.source_table}"
        yield "file", f"{staged.raw.file}, row {staged.raw.row:,} (source {source})"
        yield "entity", f"staging.{staged.entity} {staged.key}"
    for fact in trail.facts:
        yield "fact", f"{fact.fact} {fact.key}{_when(fact)}"
        for service in fact.services:
            share = f" {percent(service.weight)}" if len(fact.services) > 1 else ""
            yield "service", f"{service.service_id}{share}, for {_streams(service.value_streams)}"
        if len(fact.services) > 1:
            yield "reaches", _streams(fact.value_streams)
        if fact.initiative_id and fact.initiative_id != fact.key:
            yield "for", f"initiative {fact.initiative_id}"
        shown = ", ".join(fact.kpis[:KPIS_SHOWN])
        more = f" and {len(fact.kpis) - KPIS_SHOWN} more" if len(fact.kpis) > KPIS_SHOWN else ""
        yield "KPIs", f"{shown or 'none'}{more}"
    if not trail.facts:
        yield "fact", "none: no fact keeps it as a row of its own"
    if not trail.goals:
        yield "goals", "none: it reaches no objective that runs on its day"
    for goal in trail.goals:
        yield "goal", f"{_path(goal)}   ({goal.because})"


def _add_key_result(tree: Tree, chain: KeyResultChain) -> None:
    line = chain.line
    branch = tree.add(Text.assemble((line.title, "bold"), f" ({line.key_result_id})   ", coloured(line.status)))
    share = percent(line.progress, "none")
    branch.add(f"{bar(line.progress, line.expected_progress)} {share}, now {line.current_shown} to {line.target_shown}")
    if chain.supported_by:
        branch.add(f"supported by {', '.join(chain.supported_by)}")
    if chain.explained is not None:
        row = chain.explained.stored
        parts = "" if row["denominator"] is None else f" = {_plain(row['numerator'])} / {_plain(row['denominator'])}"
        records = "" if row["n"] is None else f", {counted(row['n'], 'record')}"
        whose = row["scope_id"] if row["dimensions"] == "{}" else f"{row['scope_id']} {row['dimensions']}"
        when = f"{row['grain']} {row['period_start']} to {row['period_end']}"
        value = branch.add(f"{row['kpi_id']} of {whose}, {when}: {chain.explained.shown}{parts}{records}")
        for part in chain.explained.parts:
            days = f", {part.days}" if part.days else ""
            value.add(f"made of {part.kpi_id}: {part.shown}{days}")
        for fact in chain.facts:
            _add_fact(value, fact)
    elif line.source == "reported":
        for checkin in chain.checkins[:CHECKINS_SHOWN]:
            where = f"{checkin.file}, row {checkin.row:,}"
            branch.add(f"reported {checkin.checked_in_at:%Y-%m-%d}: {_plain(checkin.value)} in {where}")
        if len(chain.checkins) > CHECKINS_SHOWN:
            branch.add(f"and {len(chain.checkins) - CHECKINS_SHOWN} earlier check-ins")
    else:
        branch.add(f"no value yet: {line.null_reason or 'its catalogue says so'}")


def _add_fact(branch: Tree, fact: FactRecords) -> None:
    leaf = branch.add(f"{fact.fact}: {counted(fact.records, 'record')}")
    for each in fact.files[:FILES_SHOWN]:
        leaf.add(Text(f"{each.source}.{each.source_table}: {counted(each.rows, 'row')} of {each.file}"))
    if len(fact.files) > FILES_SHOWN:
        leaf.add(f"and {len(fact.files) - FILES_SHOWN} more files")
    if fact.traced < fact.records:
        leaf.add(f"made of {', '.join(fact.entities) or 'the catalogue'}")


def _print_missing(console: Console, missing: str | None) -> None:
    if missing:
        console.print(Text(f"\nRows and files are left out: {missing}", style="yellow"))


def _when(fact: FactRow) -> str:
    if fact.rows == 1 or fact.day == fact.last_day:
        rows = "" if fact.rows == 1 else f" and {fact.rows - 1} more"
        return f"{rows}, {fact.day}" if fact.day else rows
    return f" and {fact.rows - 1} more, {fact.day} to {fact.last_day}"


def _streams(weights: Sequence[tuple[str, float]]) -> str:
    return ", ".join(f"{stream} {percent(weight)}" for stream, weight in weights) or "no value stream"


def _path(goal: Goal) -> str:
    first = [goal.key_result_id] if goal.key_result_id else []
    return " → ".join([*first, goal.objective_id, *goal.above])


def _plain(value: Decimal) -> str:
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
