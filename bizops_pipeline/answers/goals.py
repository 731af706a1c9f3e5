"""The tree of objectives with their key results, as the last publication has them; how it looks is not decided here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.catalogue.suggestion import suggestion
from bizops_pipeline.display import key_result_shown
from bizops_pipeline.errors import UsageError
from bizops_pipeline.warehouse.engine import Engine

NO_OBJECTIVES = "there are none yet: they are defined in catalogue/okrs/*.yaml"


@dataclass(frozen=True, slots=True)
class KeyResultLine:
    """A key result on its latest day; progress and expected progress are 0..1, `*_shown` is for people."""

    key_result_id: str
    objective_id: str
    title: str
    status: str
    progress: float | None
    expected_progress: float | None
    gap: float | None
    current_shown: str
    target_shown: str
    forecast_shown: str
    target_reached_on: date | None
    due_on: date
    source: str
    data_on: date | None
    data_age_days: int | None
    is_fresh: bool
    reported_light: str | None
    """Light of the latest status report on it."""
    greener_since: date | None
    """Since when reports are greener than what was measured on their days; None when the latest is not."""
    supports_id: str | None
    is_supported: bool
    confidence: float | None
    null_reason: str | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class ObjectiveNode:
    """An objective on its latest day with what is below it."""

    objective_id: str
    title: str
    level: str
    kind: str
    value_stream_id: str | None
    owner_business: str | None
    owner_it: str | None
    period_from: date
    period_to: date
    as_of: date
    status: str
    score: float | None
    expected_score: float | None
    gap: float | None
    coverage: float | None
    hard_data_share: float | None
    grade: str | None
    is_final: bool
    weakest_key_result_id: str | None
    reported_light: str | None
    """Light of the latest status report on it as a whole."""
    greener_since: date | None
    key_results: tuple[KeyResultLine, ...]
    objectives: tuple[ObjectiveNode, ...]


def read_goals(database: Path, objective_id: str | None = None) -> tuple[ObjectiveNode, ...]:
    """Return the objectives that have none above them, or the one that is asked for, each with its tree.

    Raises UsageError when there is no objective of that id.
    """
    engine = read_only(database)
    try:
        objectives = engine.dicts(_OBJECTIVES)
        lines = tuple(_key_results(engine))
    finally:
        engine.close()
    known = {row["objective_id"] for row in objectives}
    if objective_id is not None and objective_id not in known:
        raise UsageError(_unknown(objective_id, known, lines))
    if objective_id is not None:
        roots = [row for row in objectives if row["objective_id"] == objective_id]
    else:
        roots = [row for row in objectives if row["parent_id"] not in known]
    return tuple(_node(row, objectives, lines) for row in roots)


def _unknown(id: str, known: Collection[str], lines: Sequence[KeyResultLine]) -> str:
    for line in lines:
        if line.key_result_id == id:
            return f"`{id}` is a key result of objective `{line.objective_id}`; see `bizops explain okr {id}`"
    published = f"those published are {', '.join(sorted(known))}" if known else NO_OBJECTIVES
    return f"there is no objective `{id}`; {suggestion(id, known, published)}"


def _node(row: dict[str, Any], objectives: Sequence[dict[str, Any]], lines: Sequence[KeyResultLine]) -> ObjectiveNode:
    id = row["objective_id"]
    fields = {name: value for name, value in row.items() if name != "parent_id"}
    return ObjectiveNode(
        **fields,
        key_results=tuple(line for line in lines if line.objective_id == id),
        objectives=tuple(_node(each, objectives, lines) for each in objectives if each["parent_id"] == id),
    )


def _key_results(engine: Engine) -> Iterator[KeyResultLine]:
    currency = str(engine.scalar("select reporting_currency from marts.publication"))
    for row in engine.dicts(_KEY_RESULTS):
        yield KeyResultLine(**key_result_shown(row, currency))


_OBJECTIVES = """
select
    definition.objective_id, definition.title, definition.level, definition.kind, definition.value_stream_id,
    definition.owner_business, definition.owner_it, definition.period_from, definition.period_to, latest.as_of,
    latest.status, latest.score, latest.expected_score, latest.gap, latest.coverage, latest.hard_data_share,
    coalesce(latest.final_grade, latest.grade) as grade, latest.is_final, latest.weakest_key_result_id,
    reports.reported_light, reports.greener_since, definition.parent_id
from marts.dim_objective as definition
inner join (
    select *
    from marts.okr_objective
    qualify row_number() over (partition by objective_id order by as_of desc) = 1
) as latest on latest.objective_id = definition.objective_id
left join marts.status_gap as reports
    on reports.objective_id = definition.objective_id and reports.subject = 'objective' and reports.is_latest
order by definition.period_from, definition.objective_id
"""

_KEY_RESULTS = """
with progress as (
    select *
    from marts.okr_progress
    qualify row_number() over (partition by key_result_id order by as_of desc) = 1
),

reports as (
    select key_result_id, reported_light, greener_since
    from marts.status_gap
    where is_latest and key_result_id is not null
)

select
    progress.key_result_id, progress.objective_id, key_result.title, progress.status, progress.progress,
    progress.expected_progress, progress.gap, progress.current_value, progress.target, progress.upper_bound,
    progress.forecast_value,
    progress.target_reached_on, key_result.due_on, progress.source, progress.data_on, progress.data_age_days,
    progress.is_fresh, reports.reported_light, reports.greener_since, key_result.supports_id,
    coalesce(support.is_supported, false) as is_supported, progress.confidence, progress.null_reason,
    progress.quality_grade as grade, key_result.type, catalogue.unit
from progress
inner join marts.dim_key_result as key_result on key_result.key_result_id = progress.key_result_id
left join marts.metric_catalogue as catalogue on catalogue.kpi_id = key_result.kpi_id
left join marts.key_result_support as support on support.key_result_id = progress.key_result_id
left join reports on reports.key_result_id = progress.key_result_id
order by key_result.weight desc nulls last, progress.key_result_id
"""
