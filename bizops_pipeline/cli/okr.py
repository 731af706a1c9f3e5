"""How objectives look in a terminal: a tree with bars of progress against pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich import box
from rich.table import Table
from rich.text import Text

from bizops_pipeline.cli.terminal import BAR_CELLS, COLOURS, bar, terminal
from bizops_pipeline.publish.goals import KeyResultLine, ObjectiveNode

LIGHTS = {"green": "green", "amber": "yellow", "red": "red"}
INDENT = "  "
PIPED_WIDTH = 142
OTHER_COLUMNS = 104
"""Width of everything but the titles, which get what is left."""


def print_goals(objectives: Sequence[ObjectiveNode]) -> None:
    """Print trees of objectives: each with its score, then its key results, then the objectives below it."""
    screen = terminal(PIPED_WIDTH)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("objective, key result", no_wrap=True, width=max(20, min(44, screen.width - OTHER_COLUMNS)))
    table.add_column("| expected", no_wrap=True, min_width=BAR_CELLS)
    table.add_column("", justify="right", no_wrap=True, min_width=4)
    for name in ("now", "target", "forecast"):
        table.add_column(name, justify="right", no_wrap=True, max_width=11)
    table.add_column("status", no_wrap=True, min_width=len("not started"))
    table.add_column("source", no_wrap=True, min_width=len("reported"))
    table.add_column("data", no_wrap=True, min_width=len("09-30"))
    table.add_column("says", no_wrap=True, min_width=len("green !"))
    for objective in objectives:
        _add_objective(table, objective, 0)
        table.add_section()
    screen.print(table)
    for name, each in (found for objective in objectives for found in _reported(objective)):
        if each.greener_since:
            said = f"reported {each.reported_light} while it is {_words(each.status)}, since {each.greener_since}"
            screen.print(Text.assemble((name, "bold"), f" is {said}."))
    if not objectives:
        screen.print("There are no objectives.")


def _add_objective(table: Table, objective: ObjectiveNode, depth: int) -> None:
    share = "" if objective.score is None else f"{objective.score:.0%}"
    grade = f"final: {objective.grade}" if objective.is_final and objective.grade else objective.grade or ""
    table.add_row(
        Text(f"{INDENT * depth}{objective.title}", style="bold"),
        bar(objective.score, objective.expected_score),
        Text(share, style="bold"),
        f"to {objective.period_to:%m-%d}",
        grade,
        "",
        _status(objective.status),
        "" if objective.hard_data_share is None else f"{objective.hard_data_share:.0%} hard",
        "",
        _light(objective),
    )
    for line in objective.key_results:
        _add_key_result(table, line, depth + 1)
    for child in objective.objectives:
        _add_objective(table, child, depth + 1)


def _add_key_result(table: Table, line: KeyResultLine, depth: int) -> None:
    table.add_row(
        f"{INDENT * depth}{line.title}",
        bar(line.progress, line.expected_progress),
        "" if line.progress is None else f"{line.progress:.0%}",
        line.current_shown,
        line.target_shown,
        line.forecast_shown,
        _status(line.status),
        line.source,
        _age(line.data_on, line.is_fresh),
        _light(line),
    )


def _reported(objective: ObjectiveNode) -> Iterator[tuple[str, KeyResultLine | ObjectiveNode]]:
    """Yield an objective and everything below it, each with its name."""
    yield objective.objective_id, objective
    for line in objective.key_results:
        yield line.key_result_id, line
    for child in objective.objectives:
        yield from _reported(child)


def _status(status: str) -> Text:
    return Text(_words(status), style=COLOURS.get(status, ""))


def _words(status: str) -> str:
    return status.replace("_", " ")


def _age(data_on: date | None, is_fresh: bool) -> Text:
    if data_on is None:
        return Text("none", style="" if is_fresh else "yellow")
    return Text(f"{data_on:%m-%d}", style="" if is_fresh else "yellow")


def _light(reported: KeyResultLine | ObjectiveNode) -> Text:
    """Return the light of the latest report, marked where it is greener than what is measured."""
    light = reported.reported_light
    if light is None:
        return Text("")
    return Text(f"{light} !" if reported.greener_since else light, style=LIGHTS[light])
