"""The build of all KPI values: bring the parts up to date, roll them up, write the mart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import CONSUMED, RUN
from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_MEMBER, BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_DATE, DIM_SERVICE
from bizops_pipeline.contracts.marts import history
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import MetricError
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.metrics import (
    components,
    conversion,
    incremental,
    measures,
    nonadditive,
    parts,
    restatement,
    rollup,
    stock,
    touched,
    values,
    versions,
)
from bizops_pipeline.metrics.availability import unmet_needs
from bizops_pipeline.metrics.beginnings import begun
from bizops_pipeline.metrics.context import Context
from bizops_pipeline.metrics.incremental import Memory, Work
from bizops_pipeline.metrics.parts import Grouped
from bizops_pipeline.metrics.placement import placement
from bizops_pipeline.metrics.plan import Plan, plan
from bizops_pipeline.metrics.tables import STATE_TABLES
from bizops_pipeline.naming import STATE, date_literal, fingerprint, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.memory import ensure_memory
from bizops_pipeline.warehouse.run import Run


@dataclass(frozen=True, slots=True)
class MetricsResult:
    """What a build did: its rows and KPIs in the mart, how many passes over facts were needed, final values changed.

    Rows of KPIs that other steps compute are not among them.
    """

    rows: int
    kpis: int
    passes: int
    passes_run: int
    rows_by_kpi: dict[str, int]
    restated: int = 0
    """Final values that changed, see marts.restatement."""


def build(engine: Engine, company: Company, run: Run) -> MetricsResult:
    """Fill `marts.kpi_value` for all KPIs of a company, from records up to `run.as_of`.

    Facts are read only where they changed since the last build, and of the mart only those rows are written that
    something changed for, unless `run.full`. One transaction holds the parts and the mart.
    """
    planned = plan(begun(company))
    with engine.transaction():
        _ensure(engine, planned, run)
        redefined = versions.follow(engine, company, run)
        first_days, missing = _first_days(engine, planned, run.as_of)
        first = min((day for day in first_days.values() if day), default=run.as_of)
        rollup.make_calendar(engine, first, run.as_of)
        done = _refresh(engine, planned, company.settings.id, run)
        failpoint("measured")
        context = Context(planned, run.as_of, first_days, missing | unmet_needs(company))
        restated = _write(engine, context, company, run, done, redefined)
        _drop_temporary(engine)
    ours = {definition.kpi.id for definition in planned.definitions}
    found = engine.rows("select kpi_id, count(*) from marts.kpi_value group by kpi_id order by kpi_id")
    counted = {kpi: rows for kpi, rows in found if kpi in ours}
    passes_run = sum(work.any for work in done.values())
    kpis = len(ours.intersection(kpi.id for kpi in company.kpis))
    return MetricsResult(sum(counted.values()), kpis, len(done), passes_run, counted, restated)


def _write(
    engine: Engine,
    context: Context,
    company: Company,
    run: Run,
    done: Mapping[str, Work],
    redefined: Mapping[str, str],
) -> int:
    """Bring the mart up to date with the parts; return how many final values changed."""
    mark = _mart_fingerprint(engine, context, company, run)
    previous = _written_as_of(engine, mark, run)
    if previous == run.as_of and not any(work.any for work in done.values()):
        return 0
    rollup.roll_up(engine, company.settings.id, run.as_of)
    partial = touched.partial_kpis(engine, context.plan, done)
    if previous is None:
        rollup.sum_up(engine, rollup.totals_sql())
    else:
        context = replace(context, partial=partial)
        touched.touch(engine, context.plan, partial, previous, run.as_of)
        rollup.sum_up(engine, touched.totals_sql(context.plan, partial))
    components.build(engine, context)
    since = engine.scalar(f"select sequence from {CONSUMED.qualified} where consumer = ?", (KPI_VALUE.id,)) or 0
    values.write(engine, values.statements(context, run), context, run, everything=previous is None)
    restated = restatement.note(engine, context.plan, run, since, redefined)
    changes.mark_seen(engine, KPI_VALUE.id, mark, run)
    incremental.set_clock(engine, KPI_VALUE.id, run.as_of)
    return restated


def _mart_fingerprint(engine: Engine, context: Context, company: Company, run: Run) -> str:
    """Return the hash of all that decides the mart besides the parts and the day: not who computed it, and when."""
    anyone = replace(run, id="", as_of=date.max)
    context = replace(context, as_of=date.max)
    calendar = engine.rows(f"select count(*), min(date), max(date), max(utc_end) from {DIM_DATE.qualified}")
    return fingerprint(
        incremental.LAYOUT,
        repr((KPI_VALUE.columns, calendar, company.settings, context.first_days, sorted(context.missing))),
        rollup.totals_sql(),
        *components.statements(context.plan.definitions, context),
        *components.parameters_sql(context).values(),
        *values.statements(context, anyone).values(),
    )


def _written_as_of(engine: Engine, mark: str, run: Run) -> date | None:
    """Return the as-of date of the stored mart; None when all of it must be written."""
    has_rows = engine.scalar(f"select 1 from {KPI_VALUE.qualified} limit 1")
    if run.full or not has_rows or changes.seen(engine, KPI_VALUE.id, mark) is None:
        return None
    previous = incremental.last_as_of(engine, KPI_VALUE.id)
    return previous if previous and previous <= run.as_of else None


def _drop_temporary(engine: Engine) -> None:
    """Give the memory of the build's temporary tables back."""
    for name in (
        *rollup.TABLES,
        *values.TABLES,
        *components.TABLES,
        *parts.TABLES,
        *incremental.TABLES,
        touched.TOUCHED,
    ):
        engine.execute(f"drop table if exists {name}")


def _ensure(engine: Engine, planned: Plan, run: Run) -> None:
    engine.execute(f"create schema if not exists {STATE}")
    changes.ensure(engine, CONSUMED)
    changes.ensure(engine, RUN)
    for table in history.MARTS:
        ensure_memory(engine, table)
    there = engine.tables()
    changes.ensure_all(engine, [(table, ()) for table in (*STATE_TABLES, KPI_VALUE, *_missing_inputs(planned, there))])
    if not all(table.id in there for table in STATE_TABLES):
        engine.execute(f"delete from {CONSUMED.qualified} where consumer like 'metrics:%'")
        incremental.forget_mart(engine)
    if not engine.scalar(f"select count(*) from {DIM_DATE.qualified} where date = {date_literal(run.as_of)}"):
        raise MetricError(f"{DIM_DATE.id} does not reach the as-of date {run.as_of}; build the calendar first")


def _missing_inputs(planned: Plan, there: frozenset[str]) -> list[Table]:
    of_members = (DIM_SERVICE, BRIDGE_SERVICE_VALUE_STREAM, BRIDGE_ITEM_SERVICE, BRIDGE_ITEM_MEMBER)
    return [each for each in (*planned.entities, DIM_DATE, *of_members) if each.id not in there]


def _first_days(
    engine: Engine, planned: Plan, as_of: date
) -> tuple[dict[tuple[str, str], date | None], frozenset[str]]:
    """Return the first day with data per fact and date column, and the facts that are empty."""
    known = f"(select min(date) from {DIM_DATE.qualified})"
    found: dict[tuple[str, str], date | None] = {}
    for entity, day in planned.times:
        column = quoted(day)
        found[entity.name, day] = engine.scalar(
            f"select min({column}) from {entity.qualified} "
            f"where {column} >= {known} and {column} <= {date_literal(as_of)}"
        )
    empty = [one.name for one in planned.entities if not engine.scalar(f"select 1 from {one.qualified} limit 1")]
    return found, frozenset(empty)


def _refresh(engine: Engine, planned: Plan, company_id: str, run: Run) -> dict[str, Work]:
    """Bring all passes up to date; return what each had to do."""
    placed = placement(engine, company_id)
    memory = Memory(engine, run)
    done: dict[str, Work] = {}
    grouped: list[Grouped | None] = []
    for one in planned.measure_passes:
        done[one.id], found = measures.group(one, placed, memory)
        grouped.append(found)
    for converting, sets in planned.conversions:
        done[converting.id], found = conversion.group(converting, sets, placed, memory)
        grouped.append(found)
    parts.store(engine, [each for each in grouped if each], placed)
    for daily, sets in planned.daily:
        done[daily.id] = measures.refresh_daily(engine, daily, sets, placed, memory)
    for period in planned.period_passes:
        done[period.id] = nonadditive.work_of(period, placed, memory)
    nonadditive.store(engine, [(one, done[one.id]) for one in planned.period_passes], placed, run.as_of)
    for standing in planned.stock_passes:
        done[standing.id] = stock.refresh(engine, standing, placed, memory)
    memory.store(done)
    return done
