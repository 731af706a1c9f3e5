"""A table that fits its screen: closer columns first, then long names on several lines, then without some columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich import box
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

INDENT = 2
GAPS = (2, 1)
"""Cells between two columns where there is room, and where there is not."""
EDGES = 2
"""Cells beside the outer columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `dropped` says in which order columns give way, 0 never; `narrowest` is set where text may wrap.

    `about` says below the sheet what the column shows, when it is shown.
    """

    name: str
    right: bool = False
    dropped: int = 0
    narrowest: int | None = None
    about: str = ""


@dataclass(slots=True)
class Sheet:
    """Rows under columns; the first column may be indented."""

    columns: tuple[Column, ...]
    title: str | None = None
    rows: list[tuple[int, tuple[Text, ...]]] = field(default_factory=list)
    ends: set[int] = field(default_factory=set)

    def add(self, *cells: Text | str, indent: int = 0) -> None:
        """Add a row; cells that are left out at its end are empty."""
        texts = [cell if isinstance(cell, Text) else Text(cell) for cell in cells]
        self.rows.append((indent, (*texts, *(Text() for _ in self.columns[len(texts) :]))))

    def end_section(self) -> None:
        """Leave a line free after the last row."""
        self.ends.add(len(self.rows) - 1)

    def print(self, console: Console, notes: Sequence[str] = ()) -> None:
        """Print what fits, and below it notes and what is to be said about the columns."""
        gap, widths = self._layout(console.width)
        shown = list(widths)
        table = Table(
            box=box.SIMPLE_HEAD, padding=(0, gap - 1, 0, 0), pad_edge=False, title=self.title, title_justify="left"
        )
        for place in shown:
            column = self.columns[place]
            table.add_column(
                column.name,
                justify="right" if column.right else "left",
                no_wrap=column.narrowest is None,
                width=widths[place],
            )
        for number, (indent, cells) in enumerate(self.rows):
            named: list[RenderableType] = [cells[place] for place in shown]
            named[0] = Padding(cells[shown[0]], (0, 0, 0, INDENT * indent))
            table.add_row(*named, end_section=number in self.ends)
        console.print(table)
        left_out = [column.name for place, column in enumerate(self.columns) if place not in shown]
        if left_out:
            console.print(Text(f"A wider screen also shows: {', '.join(left_out)}.", style="dim"))
        said = [*notes, *(self.columns[place].about for place in shown if self.columns[place].about)]
        if said:
            console.print(Text("\n".join(said), style="dim"))

    def _layout(self, width: int) -> tuple[int, dict[int, int]]:
        """Return the cells between columns, and the widths of the columns that fit."""
        shown = list(range(len(self.columns)))
        giving_way = sorted(
            (place for place in shown if self.columns[place].dropped), key=lambda place: self.columns[place].dropped
        )
        while True:
            for gap in GAPS:
                spare = width - EDGES - sum(self._narrowest(place) + gap for place in shown)
                if spare >= 0 or (not giving_way and gap == GAPS[-1]):
                    return gap, self._widths(shown, max(spare, 0))
            shown.remove(giving_way.pop(0))

    def _widths(self, shown: list[int], spare: int) -> dict[int, int]:
        """Return the widths of columns, what is to spare given to those with text that wraps, from the left."""
        widths = {}
        for place in shown:
            more = min(spare, self._longest(place) - self._narrowest(place))
            widths[place] = self._narrowest(place) + more
            spare -= more
        return widths

    def _narrowest(self, place: int) -> int:
        """Return the width that a column cannot do without."""
        narrowest = self.columns[place].narrowest
        return self._longest(place) if narrowest is None else min(self._longest(place), narrowest)

    def _longest(self, place: int) -> int:
        """Return the width of the widest cell of a column."""
        widths = [indent * INDENT * (place == 0) + cells[place].cell_len for indent, cells in self.rows]
        return max([cell_len(self.columns[place].name), *widths])
