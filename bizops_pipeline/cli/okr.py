"""How objectives look in a terminal: a tree with bars of progress against pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from rich.text import Text

from bizops_pipeline.answers.goals import NO_OBJECTIVES, KeyResultLine, ObjectiveNode
from bizops_pipeline.answers.scorecard import ShownPublication
from bizops_pipeline.cli.sheet import Column, Sheet
from bizops_pipeline.cli.terminal import ABOUT_BARS, bar, coloured, terminal
from bizops_pipeline.display import percent

LIGHTS = {"green": "green", "amber": "yellow", "red": "red"}

COLUMNS = (
    Column("objective, key result", narrowest=21),
    Column("| expected", dropped=5, about=ABOUT_BARS),
    Column("", right=True),
    Column("now", right=True),
    Column("target", right=True),
    Column("forecast", right=True, dropped=3),
    Column("status"),
    Column(
        "source",
        dropped=2,
        about="source: measured by a KPI or reported by a person; of an objective the weight that KPIs measure",
    ),
    Column("data", dropped=1, about="data: day of the latest value, yellow when older than two cycles"),
    Column(
        "says",
        dropped=4,
        about="says: light of the latest status report, ! when greener than what was measured on the report's day",
    ),
)


def print_goals(objectives: Sequence[ObjectiveNode], shown: ShownPublication, *, ids: bool = False) -> None:
    """Print trees of objectives: each with its score, then its key results, then the objectives below it.

    With `ids` they are named by id instead of title.
    """
    screen = terminal()
    screen.print(f"[bold]{shown.company}[/bold]   as of {shown.as_of}")
    for purpose in filter(None, (shown.vision, shown.mission)):
        screen.print(Text(purpose, style="italic"))
    if not objectives:
        screen.print(f"No objectives; {NO_OBJECTIVES}.")
        return
    # An id on two lines cannot be copied.
    sheet = Sheet((Column(COLUMNS[0].name), *COLUMNS[1:]) if ids else COLUMNS)
    for objective in objectives:
        _add_objective(sheet, objective, 0, shown.as_of, ids)
        sheet.end_section()
    sheet.print(screen)
    for name, each in (found for objective in objectives for found in _reported(objective)):
        if each.greener_since:
            said = f"reported {each.reported_light} while it is {_words(each.status)}, since {each.greener_since}"
            screen.print(Text.assemble((name, "bold"), f" is {said}."))


def _add_objective(sheet: Sheet, objective: ObjectiveNode, depth: int, today: date, ids: bool) -> None:
    grade = f"final: {objective.grade}" if objective.is_final and objective.grade else objective.grade or ""
    sheet.add(
        Text(objective.objective_id if ids else objective.title, style="bold"),
        bar(objective.score, objective.expected_score),
        Text(percent(objective.score, ""), style="bold"),
        f"to {_day(objective.period_to, today)}",
        grade,
        "",
        coloured(objective.status),
        "" if objective.hard_data_share is None else f"{percent(objective.hard_data_share)} KPIs",
        "",
        _light(objective),
        indent=depth,
    )
    for line in objective.key_results:
        _add_key_result(sheet, line, depth + 1, today, ids)
    for child in objective.objectives:
        _add_objective(sheet, child, depth + 1, today, ids)


def _add_key_result(sheet: Sheet, line: KeyResultLine, depth: int, today: date, ids: bool) -> None:
    sheet.add(
        line.key_result_id if ids else line.title,
        bar(line.progress, line.expected_progress),
        percent(line.progress, ""),
        line.current_shown,
        line.target_shown,
        line.forecast_shown,
        coloured(line.status),
        line.source,
        Text("none" if line.data_on is None else _day(line.data_on, today), style="" if line.is_fresh else "yellow"),
        _light(line),
        indent=depth,
    )


def _reported(objective: ObjectiveNode) -> Iterator[tuple[str, KeyResultLine | ObjectiveNode]]:
    """Yield an objective and everything below it, each with its name."""
    yield objective.objective_id, objective
    for line in objective.key_results:
        yield line.key_result_id, line
    for child in objective.objectives:
        yield from _reported(child)


def _words(status: str) -> str:
    return status.replace("_", " ")


def _day(day: date, today: date) -> str:
    """Return a day, without the year in the year of the as-of date."""
    return f"{day:%m-%d}" if day.year == today.year else str(day)


def _light(reported: KeyResultLine | ObjectiveNode) -> Text:
    """Return the light of the latest report, marked where it is greener than what was measured on its day."""
    light = reported.reported_light
    if light is None:
        return Text("")
    return Text(f"{light} !" if reported.greener_since else light, style=LIGHTS[light])
