"""The scorecard: how fresh and sound the data is, and where KPIs and key results stand against their targets.

Reads a published database and nothing else; how it looks is the command line's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bizops_pipeline.answers.reading import read_only
from bizops_pipeline.display import display, display_target, key_result_shown
from bizops_pipeline.warehouse.engine import Engine


@dataclass(frozen=True, slots=True)
class ShownPublication:
    """The publication that the scorecard is about."""

    company: str
    build_id: str
    run_id: str
    as_of: date
    published_at: datetime
    time_zone: str
    reporting_currency: str
    vision: str | None
    mission: str | None


@dataclass(frozen=True, slots=True)
class SourceAge:
    """How old the data of a source table is."""

    source: str
    source_table: str
    status: str
    age_days: int | None
    cadence: str
    latest_event_at: datetime | None
    gaps: int
    """Months in which days are missing."""


@dataclass(frozen=True, slots=True)
class SourceQuality:
    """What became of the records of a source table as an entity."""

    source: str
    source_table: str
    entity: str
    rows_in: int
    rows_kept: int
    rows_quarantined: int
    rows_deduplicated: int
    rows_rejected: int
    is_balanced: bool
    top_reason: str | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class KpiStanding:
    """A KPI of the whole company in its latest complete period; `shown` and `target_shown` are for people."""

    kpi_id: str
    label: str
    value_domain: str | None
    grain: str
    period_start: date
    value: float | None
    shown: str
    target: float | None
    target_shown: str
    status: str
    null_reason: str | None
    trend: str | None
    """better, worse or same than the period before; higher or lower where no direction is good."""
    is_provisional: bool
    grade: str | None


@dataclass(frozen=True, slots=True)
class KeyResultStanding:
    """A key result on its latest day; progress and expected progress are 0..1."""

    key_result_id: str
    title: str
    objective_id: str
    objective: str
    status: str
    source: str
    progress: float | None
    expected_progress: float | None
    gap: float | None
    current_shown: str
    target_shown: str
    forecast_shown: str
    due_on: date
    confidence: float | None
    null_reason: str | None
    grade: str | None


@dataclass(frozen=True, slots=True)
class Scorecard:
    """Everything that `bizops status` shows."""

    publication: ShownPublication
    freshness: tuple[SourceAge, ...]
    quality: tuple[SourceQuality, ...]
    kpis: tuple[KpiStanding, ...]
    key_results: tuple[KeyResultStanding, ...]


def read_scorecard(database: Path) -> Scorecard:
    """Read the scorecard from a published database."""
    engine = read_only(database)
    try:
        shown = _publication(engine)
        return Scorecard(
            shown,
            tuple(SourceAge(**row) for row in engine.dicts(_FRESHNESS.format(collection=_collection(engine)))),
            tuple(SourceQuality(**row) for row in engine.dicts(_QUALITY)),
            tuple(_kpi(row, shown.reporting_currency) for row in engine.dicts(_KPIS)),
            tuple(_key_result(row, shown.reporting_currency) for row in engine.dicts(_KEY_RESULTS)),
        )
    finally:
        engine.close()


def read_publication(database: Path) -> ShownPublication:
    """Read from a published database what it is a publication of, and which refresh made it."""
    engine = read_only(database)
    try:
        return _publication(engine)
    finally:
        engine.close()


def _publication(engine: Engine) -> ShownPublication:
    rows = engine.dicts(
        "select company_name as company, build_id, run_id, as_of, published_at, time_zone, reporting_currency, "
        "vision, mission from marts.publication"
    )
    return ShownPublication(**rows[0])


def _collection(engine: Engine) -> str:
    """Return the source of gaps; a publication of an earlier version knows of none."""
    if engine.exists("marts", "data_collection"):
        return "marts.data_collection"
    return "(select source, source_table, 0 as missing_days from marts.data_freshness)"


def _kpi(row: dict[str, Any], currency: str) -> KpiStanding:
    unit, direction = row.pop("unit"), row.pop("direction")
    warn = row.pop("warn")
    upper = warn if direction == "band" else None
    return KpiStanding(
        **row,
        shown=display(row["value"], unit, currency),
        target_shown=display_target(row["target"], upper, unit, currency),
    )


def _key_result(row: dict[str, Any], currency: str) -> KeyResultStanding:
    return KeyResultStanding(**key_result_shown(row, currency))


_FRESHNESS = """
with lacking as (
    select source, source_table, count(*) as gaps
    from {collection}
    where missing_days > 0
    group by source, source_table
)
select
    freshness.source, freshness.source_table, status, age_days, cadence, latest_event_at, coalesce(gaps, 0) as gaps
from marts.data_freshness as freshness
left join lacking on lacking.source = freshness.source and lacking.source_table = freshness.source_table
order by case status when 'missing' then 1 when 'stale' then 2 when 'late' then 3 else 4 end,
    freshness.source, freshness.source_table
"""

_QUALITY = """
select
    source, source_table, entity, rows_in, rows_kept, rows_quarantined, rows_deduplicated, rows_rejected,
    is_balanced, top_reason, quality_grade as grade
from marts.data_quality
order by source, source_table, entity
"""

_KPIS = """
select
    kpi_id, label, unit, direction, value_domain, grain, period_start, value, target, warn, status, null_reason,
    change_meaning as trend, is_provisional, quality_grade as grade
from marts.kpi_scorecard
where scope_type = 'company' and dimensions = '{}'
order by value_domain nulls last, label, kpi_id
"""

_KEY_RESULTS = """
select
    latest.key_result_id,
    latest.title,
    latest.objective_id,
    objective.title as objective,
    latest.status,
    latest.source,
    latest.progress,
    latest.expected_progress,
    latest.gap,
    latest.type,
    catalogue.unit,
    latest.current_value,
    latest.target,
    latest.upper_bound,
    latest.forecast_value,
    latest.due_on,
    latest.confidence,
    latest.null_reason,
    latest.quality_grade as grade
from marts.okr_latest as latest
left join marts.dim_objective as objective on objective.objective_id = latest.objective_id
left join marts.metric_catalogue as catalogue on catalogue.kpi_id = latest.kpi_id
order by latest.due_on desc, objective.title, latest.key_result_id
"""
