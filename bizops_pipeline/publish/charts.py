"""Small charts of the main KPIs as SVG: the last periods as a line, the target dashed, the latest value in words.

Written by hand: a chart of twelve points needs no library, and its text is the same for the same numbers.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from bizops_pipeline.display import display
from bizops_pipeline.warehouse.engine import Engine

WIDTH, HEIGHT = 240, 64
TOP, BOTTOM, SIDE = 24, 8, 6
COLOURS = {"on_target": "#1a7f37", "warning": "#9a6700", "off_target": "#cf222e"}
PLAIN = "#57606a"
MOST = 24
"""Charts shown; KPIs with a target go first, those off target before others."""

_MAIN = f"""
select kpi_id, label, unit, value, target, status, recent_values
from marts.kpi_scorecard
where scope_type = 'company' and dimensions = '{{}}' and grain in ('month', 'week', 'quarter')
order by case status
        when 'off_target' then 1 when 'warning' then 2 when 'on_target' then 3 when 'no_target' then 4 else 5
    end, layer nulls last, kpi_id
limit {MOST}
"""


@dataclass(frozen=True, slots=True)
class Series:
    """What a chart shows; `shown` is the latest value for people."""

    title: str
    values: tuple[float | None, ...]
    target: float | None
    status: str
    shown: str


def main_charts(engine: Engine, currency: str) -> str:
    """Return the charts of the main KPIs as Markdown, from marts.kpi_scorecard."""
    rows = engine.dicts(_MAIN)
    charts = [
        Series(
            row["label"] or row["kpi_id"],
            tuple(json.loads(row["recent_values"])),
            row["target"],
            row["status"],
            display(row["value"], row["unit"], currency),
        )
        for row in rows
    ]
    return "\n".join(f"![{_alternative(each)}]({data_uri(svg(each))})" for each in charts) or "no values"


def data_uri(image: str) -> str:
    """Return an SVG as an address that holds it."""
    return "data:image/svg+xml;base64," + base64.b64encode(image.encode()).decode()


def svg(series: Series) -> str:
    """Return a chart; a period without a value is a gap in the line."""
    colour = COLOURS.get(series.status, PLAIN)
    known = [value for value in (*series.values, series.target) if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 0.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'role="img" font-family="sans-serif" font-size="11">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="4" fill="#ffffff" stroke="#d0d7de"/>',
        f'<text x="{SIDE}" y="14" fill="#24292f">{escape(_short(series.title))}</text>',
        f'<text x="{WIDTH - SIDE}" y="14" text-anchor="end" font-weight="bold" fill="{colour}">'
        f"{escape(series.shown)}</text>",
    ]
    if series.target is not None:
        y = _height(series.target, low, high)
        parts.append(
            f'<line x1="{SIDE}" x2="{WIDTH - SIDE}" y1="{y}" y2="{y}" stroke="{PLAIN}" stroke-dasharray="3 3"/>'
        )
    points = _points(series.values, low, high)
    for run in points:
        listed = " ".join(f"{x},{y}" for x, y in run)
        parts.append(f'<polyline points="{listed}" fill="none" stroke="{colour}" stroke-width="2"/>')
    if points:
        x, y = points[-1][-1]
        parts.append(f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>')
    return "".join([*parts, "</svg>"])


def _points(values: Sequence[float | None], low: float, high: float) -> list[list[tuple[float, float]]]:
    """Return the points of each run of periods with values."""
    step = (WIDTH - 2 * SIDE) / max(len(values) - 1, 1)
    runs: list[list[tuple[float, float]]] = [[]]
    for place, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((round(SIDE + place * step, 1), _height(value, low, high)))
    return [run for run in runs if run]


def _height(value: float, low: float, high: float) -> float:
    share = 0.5 if high == low else (value - low) / (high - low)
    return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)


def _short(title: str) -> str:
    return title if len(title) <= 26 else f"{title[:25]}…"


def _alternative(series: Series) -> str:
    """Return the chart in words, without what would end the text of a Markdown image."""
    said = f"{series.title}: {series.shown}, {series.status.replace('_', ' ')}"
    return said.replace("[", "(").replace("]", ")")
