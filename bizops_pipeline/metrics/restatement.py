"""Final values that become others: noticed where the mart is written, with the inputs that changed meanwhile.

`remember` looks at the final rows that are about to be replaced, `note` compares them with what replaced them. Both
run in the transaction of the mart, so that what is noted is what readers will see. Finding the causes costs
something only where a final value changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from bizops_pipeline.catalogue.dependencies import references
from bizops_pipeline.contracts.audit import EXTRACT, RUN
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_SERVICE
from bizops_pipeline.contracts.marts.history import METRIC_VERSION, RESTATEMENT
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.plan import Plan
from bizops_pipeline.metrics.scopes import BySet
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.naming import STAGING, date_literal, literal, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

FINAL, RESTATED, CAUSE = "kpi_final", "kpi_restated", "kpi_restated_by"
TABLES = (FINAL, RESTATED, CAUSE)
"""Temporary tables of a build: final rows that are replaced, those that became others, and why."""

ROUNDING = 1e-9
"""Share of a value below which two are the same."""

FILES_NAMED = 5
_KEY = ", ".join(KPI_VALUE.key)
_SAME_KEY = " and ".join(f"new.{name} = old.{name}" for name in KPI_VALUE.key)


def remember(engine: Engine, conditions: Iterable[str], as_of: date) -> None:
    """Copy the final rows that meet one of some conditions on `stored`; grain `all` is never final.

    Values of periods that are not final on the as-of date are not restated but computed for an earlier day.
    """
    columns = f"{_KEY}, period_end, value, null_reason, data_as_of"
    engine.execute(
        f"create or replace temp table {FINAL} as select {columns} from {KPI_VALUE.qualified} as stored where false"
    )
    for condition in conditions:
        engine.execute(
            f"insert into {FINAL} select {columns} from {KPI_VALUE.qualified} as stored "
            f"where not is_provisional and grain <> 'all' and data_as_of <= {date_literal(as_of)} "
            f"and ({condition})"
        )


def note(engine: Engine, planned: Plan, run: Run, since: int, redefined: Mapping[str, str]) -> int:
    """Add what became of the remembered rows to marts.restatement; return how many changed.

    `since` is the refresh that wrote the mart before, `redefined` says what changed in the definitions of KPIs.
    """
    sets = sorted({by for one in planned.definitions for by in one.by})
    engine.execute(f"create or replace temp table {RESTATED} as\n{restated_sql(sets)}")
    found = engine.rows(f"select distinct kpi_id, period_start, period_end, scope_type from {RESTATED}")
    if not found:
        return 0
    causes = _Causes(engine, planned, since, redefined)
    engine.execute(
        f"create or replace temp table {CAUSE} (kpi_id varchar, period_start date, period_end date, "
        "scope_type varchar, cause varchar, inputs varchar, sources varchar, files varchar)"
    )
    for kpi_id, first, last, scope in found:
        engine.execute(
            f"insert into {CAUSE} values (?, ?, ?, ?, ?, ?, ?, ?)",
            (kpi_id, first, last, scope, *causes.of(kpi_id, first, last, scope)),
        )
    engine.execute(f"delete from {RESTATEMENT.qualified} where number = ?", (run.sequence,))
    listed = ", ".join(quoted(name) for name in RESTATEMENT.column_names)
    engine.execute(f"insert into {RESTATEMENT.qualified} ({listed})\n{noted_sql(run)}")
    return int(engine.scalar(f"select count(*) from {RESTATED}"))


def restated_sql(sets: Iterable[BySet]) -> str:
    """Return the query for remembered rows that became others, or vanished though their KPI still has such rows."""
    shapes = ", ".join(f"({literal(by.id)}, {literal(by.scope)}, {literal(_shape(by))})" for by in sets)
    return f"""with shape as (
    select * from (values {shapes or "('', '', '')"}) as listed(by_id, scope_type, dimensions)
),
still as (
    select distinct about.kpi_id, shown.grain, shape.scope_type, shape.dimensions
    from kpi_shown as shown
    join kpi_about as about on about.kpi_number = shown.kpi_number
    join shape on shape.by_id = shown.by_id
)
select old.*, new.value as new_value, new.null_reason as new_null_reason
from {FINAL} as old
left join {KPI_VALUE.qualified} as new on {_SAME_KEY} and new.period_end = old.period_end
where (
        (old.value is null) <> (new.value is null)
        or abs(old.value - new.value) > {ROUNDING} * greatest(abs(old.value), abs(new.value))
    )
    and (
        new.kpi_id is not null
        or exists (
            select 1 from still
            where still.kpi_id = old.kpi_id and still.grain = old.grain and still.scope_type = old.scope_type
                and old.dimensions like still.dimensions
        )
    )"""


def _shape(by: BySet) -> str:
    """Return the LIKE pattern of the dimensions of a set; `_` in a name matches itself too."""
    return "{" + ",".join(f'"{name}":"%"' for name in by.dimensions) + "}"


def noted_sql(run: Run) -> str:
    """Return the query for the new rows of marts.restatement.

    A value is final since the first refresh after its period was settled, unless it was restated since, or the KPI
    began to mean what it does later than that.
    """
    return f"""with settled as (
    select old.data_as_of, min(refresh.sequence) as sequence
    from (select distinct data_as_of from {RESTATED}) as old
    join {RUN.qualified} as refresh
        on refresh.as_of >= old.data_as_of and refresh.sequence < {run.sequence} and refresh.status = 'published'
    group by old.data_as_of
),
earlier as (
    select {_KEY}, max(number) as sequence
    from {RESTATEMENT.qualified}
    group by {_KEY}
),
began as (
    select kpi_id, min(kpi_version) as kpi_version, max(first_sequence) as sequence
    from {METRIC_VERSION.qualified}
    where first_sequence < {run.sequence}
    group by kpi_id
),
current_version as (
    select kpi_id, max(kpi_version) as kpi_version
    from {METRIC_VERSION.qualified}
    where valid_to is null
    group by kpi_id
),
dated as (
    select old.*, version.kpi_version as version_now,
        greatest(coalesce(settled.sequence, 0), coalesce(new.sequence, 0), coalesce(began.sequence, 0)) as sequence
    from {RESTATED} as old
    left join settled on settled.data_as_of = old.data_as_of
    left join earlier as new on {_SAME_KEY}
    left join began on began.kpi_id = old.kpi_id
    left join current_version as version on version.kpi_id = old.kpi_id
)
select {", ".join(f"old.{name}" for name in KPI_VALUE.key)}, old.period_end,
    cast({run.sequence} as bigint) as number, old.version_now as kpi_version,
    old.value as old_value, old.new_value, old.new_value - old.value as change,
    old.null_reason as old_null_reason, old.new_null_reason,
    refresh.as_of as final_since, refresh.run_id as final_run_id,
    {date_literal(run.as_of)} as noticed_on,
    why.cause, why.inputs, why.sources, why.files, {literal(run.id)} as run_id
from dated as old
join {CAUSE} as why
    on why.kpi_id = old.kpi_id and why.period_start = old.period_start and why.period_end = old.period_end
    and why.scope_type = old.scope_type
left join {RUN.qualified} as refresh on refresh.sequence = old.sequence"""


@dataclass
class _Causes:
    """What changed since a refresh, looked up once per fact and kept."""

    engine: Engine
    planned: Plan
    since: int
    redefined: Mapping[str, str]

    def __post_init__(self) -> None:
        self._days: dict[tuple[str, str], dict[date | None, int]] = {}
        self._sources: dict[str, dict[tuple[str, str], int]] = {}
        self._named_files: dict[tuple[tuple[str, str], ...], str | None] = {}

    def of(self, kpi_id: str, first: date, last: date, scope: str) -> tuple[str, str | None, str | None, str | None]:
        """Return cause, inputs, sources and files for the values of a KPI in a period."""
        concerned = {id: text for id, text in self.redefined.items() if id in self._referred(kpi_id)}
        reads = self._reads(kpi_id)
        running = any(self.planned_by_id[id].running for id in self._referred(kpi_id))
        inside = {
            fact.name: rows
            for fact, day in reads
            if (rows := self._changed(fact, day, None if running else first, last))
        }
        facts = inside or {fact.name: rows for fact, day in reads if (rows := self._changed(fact, day, None, None))}
        sources = self._upstream(sorted(facts))
        told = ", ".join(f"{name} ({rows} rows)" for name, rows in sorted(facts.items())) or None
        named = ", ".join(f"{_named(*table)} ({rows} rows)" for table, rows in sorted(sources.items())) or None
        if concerned:
            fields = "; ".join(f"{id}: {text}" for id, text in sorted(concerned.items()))
            return "definition", fields, named, self._files(sources)
        if inside:
            return "data", told, named, self._files(sources)
        if scope in ("team", "value_stream") and self._is_reorganised:
            return "organisation", None, None, None
        return ("data" if facts else "calculation"), told, named, self._files(sources)

    @cached_property
    def planned_by_id(self) -> dict[str, Any]:
        return {one.kpi.id: one for one in self.planned.definitions}

    @cached_property
    def _is_reorganised(self) -> bool:
        tables = (DIM_SERVICE, BRIDGE_SERVICE_VALUE_STREAM)
        return any(table.tracks_changes and changes.has_changes(self.engine, table, self.since) for table in tables)

    def _referred(self, kpi_id: str) -> set[str]:
        found, waiting = set[str](), [kpi_id]
        while waiting:
            id = waiting.pop()
            if id not in found:
                found.add(id)
                waiting += [other for _, other in references(self.planned_by_id[id].kpi)]
        return found

    def _reads(self, kpi_id: str) -> list[tuple[Table, str]]:
        """Return the facts that a KPI reads with the days by which it reads them."""
        facts = self.planned_by_id[kpi_id].entities
        return [(fact, day) for fact, day in self._times if fact.name in facts]

    @cached_property
    def _times(self) -> tuple[tuple[Table, str], ...]:
        return self.planned.times

    def _changed(self, fact: Table, day: str, first: date | None, last: date | None) -> int:
        if (fact.name, day) not in self._days:
            rows = changes.changed_rows(fact, f"{quoted(day)} as day", self.since)
            counted = f"select day, count(*) from ({rows}) as changed group by day"
            tracked = fact.tracks_changes and self.engine.exists(fact.schema, fact.name)
            self._days[fact.name, day] = dict(self.engine.rows(counted)) if tracked else {}
        found = self._days[fact.name, day]
        return sum(
            rows
            for changed, rows in found.items()
            if last is None or (changed is not None and changed <= last and (first is None or changed >= first))
        )

    def _upstream(self, facts: Iterable[str]) -> dict[tuple[str, str], int]:
        found: dict[tuple[str, str], int] = {}
        for fact in facts:
            if fact not in self._sources:
                self._sources[fact] = dict(self._changed_sources(fact))
            found |= self._sources[fact]
        return found

    def _changed_sources(self, fact: str) -> Iterator[tuple[tuple[str, str], int]]:
        models = {model.table.id: model for model in in_build_order()}
        waiting, seen = [f"core.{fact}"], set[str]()
        while waiting:
            id = waiting.pop()
            if id in seen:
                continue
            seen.add(id)
            for table in models[id].inputs if id in models else ():
                waiting.append(table.id)
                if table.schema == STAGING and table.id not in seen and self.engine.exists(STAGING, table.name):
                    rows = changes.changed_rows(table, "_source, _source_table", self.since)
                    grouped = (
                        f"select _source, _source_table, count(*) from ({rows}) as changed "
                        "group by _source, _source_table"
                    )
                    yield from (((source, name), count) for source, name, count in self.engine.rows(grouped))

    def _files(self, sources: Iterable[tuple[str, str]]) -> str | None:
        key = tuple(sources)
        if key not in self._named_files:
            self._named_files[key] = self._look_up_files(key)
        return self._named_files[key]

    def _look_up_files(self, sources: Iterable[tuple[str, str]]) -> str | None:
        listed = ", ".join(f"({literal(source)}, {literal(table)})" for source, table in sources)
        if not listed or not self.engine.exists(EXTRACT.schema, EXTRACT.name):
            return None
        names = self.engine.rows(
            f"select distinct loaded.source, loaded.source_table, loaded.file from {EXTRACT.qualified} as loaded "
            f"join {RUN.qualified} as refresh on refresh.run_id = loaded.run_id "
            f"where refresh.sequence > {self.since} and (loaded.source, loaded.source_table) in ({listed}) "
            "order by 1, 2, 3"
        )
        shown = [f"{_named(source, table)}: {file}" for source, table, file in names[:FILES_NAMED]]
        more = [f"and {len(names) - FILES_NAMED} more"] if len(names) > FILES_NAMED else []
        return "; ".join([*shown, *more]) or None


def _named(source: str, table: str) -> str:
    return source if source == table else f"{source}.{table}"
