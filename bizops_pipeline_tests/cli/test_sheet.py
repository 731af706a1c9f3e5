"""A table on screens of several widths: what gives way first, and that nothing is cut that is shown."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bizops_pipeline.cli.sheet import Column, Sheet


def sheet() -> Sheet:
    made = Sheet(
        (
            Column("goal", narrowest=10),
            Column("now", right=True),
            Column("source", dropped=1, about="source: who says so"),
            Column("says", dropped=2),
        )
    )
    made.add("Sell more to everybody", "9,999 EUR", "measured", "green !")
    made.add("Keep the shop up", "99.9 %", indent=1)
    return made


def printed(width: int, *notes: str) -> tuple[tuple[str, ...], list[str]]:
    """Return the columns that are shown on a screen and its lines."""
    screen = io.StringIO()
    sheet().print(Console(file=screen, width=width), notes)
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    return tuple(next(line for line in lines if line).split()), lines


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (120, ("goal", "now", "source", "says")),
        (56, ("goal", "now", "source", "says")),
        (40, ("goal", "now", "source", "says")),  # 10 + 9 + 8 + 7, a cell after each, and 2 at the edges
        (39, ("goal", "now", "says")),
        (31, ("goal", "now", "says")),
        (30, ("goal", "now")),
        (23, ("goal", "now")),
    ],
)
def test_columns_give_way_in_their_order_and_no_cell_is_cut(width: int, shown: tuple[str, ...]) -> None:
    columns, lines = printed(width)
    assert columns == shown
    text = "\n".join(lines)
    assert "…" not in text
    words = "Sell more to everybody Keep the shop up 9,999 EUR 99.9 %".split()
    assert all(word in text for word in words)
    for name, cell in (("source", "measured"), ("says", "green !")):
        assert (cell in text) is (name in shown)


def test_what_is_left_out_is_named() -> None:
    _, lines = printed(30)
    assert lines[-2:] == ["A wider screen also shows:", "source, says."]
    assert not any("wider" in line for line in printed(120)[1])


def test_what_a_column_shows_is_said_below_when_it_is_shown() -> None:
    assert printed(120, "a note")[1][-2:] == ["a note", "source: who says so"]
    assert printed(39, "a note")[1][-1] == "a note"


def test_text_on_several_lines_keeps_its_indentation() -> None:
    _, lines = printed(24)
    second = next(number for number, line in enumerate(lines) if "Keep" in line)
    assert lines[second].startswith("   Keep the")
    assert lines[second + 1] == "   shop up"


def test_a_section_ends_with_a_free_line() -> None:
    made = Sheet((Column("goal"),))
    for name in ("a", "b"):
        made.add(name)
        made.end_section()
    screen = io.StringIO()
    made.print(Console(file=screen, width=20))
    lines = [line.strip() for line in screen.getvalue().splitlines()]
    assert lines[lines.index("a") + 1] == ""
