"""Tables of text, the same on a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Returns a Markdown table whose columns are aligned; all but the first hold numbers."""
    widths = [max(len(row[n]) for row in [header, *rows]) for n in range(len(header))]
    lines = [_line(header, widths), "|" + "|".join(_rule(n, width) for n, width in enumerate(widths)) + "|"]
    return "\n".join([*lines, *(_line(row, widths) for row in rows)])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = zip(cells, widths, strict=True)
    return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]) + " |"


def _rule(position: int, width: int) -> str:
    return "-" * (width + 2) if position == 0 else "-" * (width + 1) + ":"
