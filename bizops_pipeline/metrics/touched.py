"""Which rows of the mart a build computes again: of each KPI all, or only those of touched periods.

A period is touched when a day in it was computed again by a pass that the KPI reads, when the business date moved
into it, or while it is not settled; running periods, and the parts of earlier ones that they are compared with, are
touched whenever anything of the KPI is. The period after it and the one a year later show its value, so they are
touched too. A KPI is computed as a whole when one of its passes was, or when its members or its first day changed:
then rows appear or vanish everywhere. Whatever a KPI refers to is computed for the same periods.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bizops_pipeline.metrics.definitions import Definition
from bizops_pipeline.metrics.incremental import DIRTY, Work
from bizops_pipeline.metrics.plan import Plan, passes_of_kpis
from bizops_pipeline.metrics.rollup import DAY, DAY_PERIOD, EXTENT, GRAINS, MEMBER, PERIOD, TO_DATE_TOTALS
from bizops_pipeline.metrics.tables import EVER, METRIC_EXTENT
from bizops_pipeline.naming import date_literal, literal
from bizops_pipeline.warehouse.engine import Engine

TOUCHED = "kpi_touched"
"""Temporary table of a build: KPIs with the periods that are computed again."""

_MEMBERS = "source_id, by_id, scope_id, dimensions, first_day"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why periods of a KPI are computed again: days of a pass, with all later days for running totals."""

    pass_id: str
    is_running: bool


def partial_kpis(engine: Engine, planned: Plan, done: Mapping[str, Work]) -> frozenset[str]:
    """Return the KPIs of which only touched periods need to be computed; the parts must be rolled up before."""
    changed = _remember_extent(engine)
    known = set(engine.rows(f"select distinct source_id, by_id from {EXTENT} join {MEMBER} using (member_id)"))
    passes = passes_of_kpis(planned)
    whole = set()
    for definition in planned.definitions:
        id = definition.kpi.id
        sources = planned.sources[id]
        has_members = any((source, by.id) in known for source in sources for by in planned.by[id])
        computed = any(done[each].everything for each in passes[id])
        if computed or not has_members or not changed.isdisjoint(sources):
            whole.add(id)
    return frozenset(_ids(planned.definitions) - _with_references(planned, whole))


def touch(engine: Engine, planned: Plan, partial: frozenset[str], previous: date, as_of: date) -> None:
    """Collect the periods to compute again of each KPI in `partial` in the temporary table `kpi_touched`."""
    causes, lateness = _needs(planned)
    numbers = {one.kpi.id: one.number for one in planned.definitions if one.kpi.id in partial}
    listed = ["(cast(null as integer), '', false)"]
    listed += [
        f"({number}, {literal(cause.pass_id)}, {str(cause.is_running).lower()})"
        for id, number in numbers.items()
        for cause in sorted(causes[id], key=lambda cause: (cause.pass_id, cause.is_running))
    ]
    unsettled = ["(cast(null as integer), cast(null as date))"]
    for id, number in numbers.items():
        first = previous - timedelta(days=lateness[id]) if previous < as_of else date.max
        if previous < as_of or any(grain.endswith("to_date") for grain in planned.grains[id]):
            unsettled.append(f"({number}, {date_literal(first)})")
    engine.execute(f"create or replace temp table {TOUCHED} as\n{touched_sql(listed, unsettled, previous, as_of)}")


def touched_sql(causes: Iterable[str], unsettled: Iterable[str], previous: date, as_of: date) -> str:
    """Return the query for the touched periods from rows (KPI, pass, running) and (KPI, first unsettled day)."""
    return f"""with cause as (
    select * from (values {", ".join(causes)}) as listed(kpi_number, pass_id, is_running)
),
unsettled as (
    select * from (values {", ".join(unsettled)}) as listed(kpi_number, since)
),
dirty as (
    select cause.kpi_number, dirty.day
    from cause
    join {DIRTY} as dirty on dirty.pass_id = cause.pass_id
    where not cause.is_running
),
running as (
    select cause.kpi_number, min(dirty.day) as day
    from cause
    join {DIRTY} as dirty on dirty.pass_id = cause.pass_id
    where cause.is_running
    group by cause.kpi_number
),
changed as (
    select dirty.kpi_number, period.grain, period.period_start
    from dirty
    join {DAY_PERIOD} as period on period.day = dirty.day
    union
    select running.kpi_number, period.grain, period.period_start
    from running
    join {PERIOD} as period on period.last_day >= running.day
    union
    select unsettled.kpi_number, period.grain, period.period_start
    from unsettled
    join {PERIOD} as period
        on period.period_end >= unsettled.since or period.last_day > {date_literal(previous)}
        or period.last_day = {date_literal(as_of)} or period.grain like '%to_date'
)
select kpi_number, grain, period_start from changed
union
select changed.kpi_number, later.grain, later.period_start
from changed
join {PERIOD} as later on later.grain = changed.grain and later.previous_start = changed.period_start
union
select changed.kpi_number, later.grain, later.period_start
from changed
join {PERIOD} as later on later.grain = changed.grain and later.year_ago_start = changed.period_start"""


def totals_sql(planned: Plan, partial: frozenset[str]) -> str:
    """Return the query for the parts of touched periods, and of all periods for KPIs that are computed as a whole."""
    whole = {id for one in planned.definitions if one.kpi.id not in partial for id in one.measure_ids}
    listed = ", ".join(literal(id) for id in sorted(whole)) or "null"
    key, sums = "measure_id, member_id", "sum(amount) as amount, sum(n) as n"
    starts = {"day": "day", "all": f"date '{EVER}'"}
    totals = [
        f"select {key}, {literal(grain)} as grain, {start} as period_start, {sums}\nfrom {DAY}\n"
        f"where {start} in (select period_start from wanted where grain = {literal(grain)}) or measure_id in ({listed})"
        f"\ngroup by {key}, {start}"
        for grain, start in ((grain, starts.get(grain, f"{grain}_start")) for grain in GRAINS)
    ]
    every = "\nunion all\n".join([*totals, TO_DATE_TOTALS])
    return (
        f"with wanted as (\n    select distinct grain, period_start from {TOUCHED}\n),\ntotal as (\n{every}\n)\n"
        f"select {key}, grain, period_start,\n"
        "    cast(amount as decimal(38,9)) as amount, cast(n as bigint) as n\nfrom total"
    )


def _remember_extent(engine: Engine) -> set[str]:
    """Store which members each source has and since when; return the sources of which that changed."""
    now = (
        "select extent.source_id, member.by_id, member.scope_id, member.dimensions, extent.first_day "
        f"from {EXTENT} as extent join {MEMBER} as member on member.member_id = extent.member_id"
    )
    stored = f"select {_MEMBERS} from {METRIC_EXTENT.qualified}"
    differing = f"select source_id from (({now} except {stored}) union all ({stored} except {now})) as differing"
    changed = {row[0] for row in engine.rows(f"select distinct source_id from ({differing}) as sources")}
    if changed:
        listed = ", ".join(literal(id) for id in sorted(changed))
        engine.execute(f"delete from {METRIC_EXTENT.qualified} where source_id in ({listed})")
        engine.execute(
            f"insert into {METRIC_EXTENT.qualified} ({_MEMBERS}) "
            f"select {_MEMBERS} from ({now}) as now where source_id in ({listed})"
        )
    return changed


def _needs(planned: Plan) -> tuple[dict[str, set[Cause]], dict[str, int]]:
    """Return per KPI the causes and the days of lateness: its own, and of those that refer to it."""
    passes = passes_of_kpis(planned)
    causes = {
        one.kpi.id: {
            Cause(pass_id, is_running) for pass_id in passes[one.kpi.id] for is_running in [_is_running(planned, one)]
        }
        for one in planned.definitions
    }
    lateness = {one.kpi.id: one.lateness for one in planned.definitions}
    for one in reversed(planned.definitions):
        for other in one.references:
            causes[other] |= causes[one.kpi.id]
            lateness[other] = max(lateness[other], lateness[one.kpi.id])
    return causes, lateness


def _is_running(planned: Plan, definition: Definition) -> bool:
    """Tell whether a KPI, or one that it refers to, sums up over more than the period."""
    by_id = {one.kpi.id: one for one in planned.definitions}
    return bool(definition.running) or any(_is_running(planned, by_id[other]) for other in definition.references)


def _with_references(planned: Plan, chosen: set[str]) -> set[str]:
    """Add the KPIs that refer to a chosen one, then those that any of them refers to."""
    found = set(chosen)
    for definition in planned.definitions:
        if not found.isdisjoint(definition.references):
            found.add(definition.kpi.id)
    for definition in reversed(planned.definitions):
        if definition.kpi.id in found:
            found.update(definition.references)
    return found


def _ids(definitions: Iterable[Definition]) -> set[str]:
    return {definition.kpi.id for definition in definitions}
