"""Weekly changes of KPIs, aligned on the calendar: one table of leading and one of following series per scope."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bizops_pipeline.insight.correlation import Series, differences
from bizops_pipeline.warehouse.engine import Engine

Values = Mapping[str, Sequence[tuple[date, float]]]

_VALUES = """
select scope_type, scope_id, kpi_id, period_start, value
from marts.kpi_value
where grain = 'week' and is_complete and dimensions = '{}' and value is not null
    and scope_type in ('company', 'value_stream')
order by scope_type, scope_id, kpi_id, period_start
"""


@dataclass(frozen=True, slots=True)
class WeeklyChanges:
    """The changes of a scope's KPIs from week to week; position 0 is that of `first_week`, unknown ones are NaN."""

    scope_type: str
    scope_id: str
    first_week: date
    leader_ids: tuple[str, ...]
    leaders: Series
    follower_ids: tuple[str, ...]
    followers: Series

    def week(self, position: int) -> date:
        """Return the first day of the week at a position."""
        return self.first_week + timedelta(weeks=position)


def weekly_changes(engine: Engine, leaders: Sequence[str], followers: Sequence[str]) -> Iterator[WeeklyChanges]:
    """Yield the changes of the named KPIs for the company and every value stream that has some of both."""
    for (scope_type, scope_id), values in _read(engine).items():
        leading = tuple(id for id in leaders if id in values)
        following = tuple(id for id in followers if id in values)
        if not (leading and following):
            continue
        first = min(values[id][0][0] for id in (*leading, *following))
        last = max(values[id][-1][0] for id in (*leading, *following))
        weeks = (last - first).days // 7 + 1
        yield WeeklyChanges(
            scope_type,
            scope_id,
            first + timedelta(weeks=1),  # a difference belongs to the later of its two weeks
            leading,
            _changes(values, leading, first, weeks),
            following,
            _changes(values, following, first, weeks),
        )


def _read(engine: Engine) -> dict[tuple[str, str], dict[str, list[tuple[date, float]]]]:
    found: dict[tuple[str, str], dict[str, list[tuple[date, float]]]] = {}
    for scope_type, scope_id, kpi_id, week, value in engine.rows(_VALUES):
        found.setdefault((scope_type, scope_id), {}).setdefault(kpi_id, []).append((week, value))
    return found


def _changes(values: Values, ids: Sequence[str], first: date, weeks: int) -> Series:
    table = np.full((len(ids), weeks), np.nan)
    for row, id in enumerate(ids):
        for week, value in values[id]:
            table[row, (week - first).days // 7] = value
    return differences(table)
