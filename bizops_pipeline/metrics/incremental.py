"""Which business days of a fact must be computed again, and remembering that they were.

A pass recomputes the days of rows that were written or removed since it last looked. A pass that depends on
the business clock also recomputes the days that the clock passed; when the clock went back, all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.tables import METRIC_CLOCK, METRIC_PART, METRIC_PERIOD, STATE_TABLES
from bizops_pipeline.naming import fingerprint, literal, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

DIRTY, DIRTY_PERIOD = "dirty_day", "dirty_period"
TABLES = (DIRTY, DIRTY_PERIOD)
"""Temporary tables of a pass: days and periods that it computes again."""

LAYOUT = "1"
"""Changes when the passes compute something else from the same definitions."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a pass has to do: everything, or the days in the temporary table `dirty_day`, or nothing."""

    everything: bool
    any: bool

    def days(self, column: str) -> str:
        """Return the SQL condition that limits a day column to what must be computed."""
        return "" if self.everything else f"and {column} in (select day from {DIRTY})"


@dataclass(frozen=True, slots=True)
class Consumer:
    """A pass as a reader of changes."""

    id: str
    fingerprint: str

    @classmethod
    def of(cls, pass_id: str, *definition: str) -> Consumer:
        """Name the consumer of a pass; another definition makes it start over."""
        stored = repr([table.columns for table in STATE_TABLES])
        return cls(f"metrics:{pass_id}", fingerprint(LAYOUT, stored, *definition))


def since(engine: Engine, consumer: Consumer, run: Run, entities: Iterable[Table]) -> int | None:
    """Return the sequence after which changes are new to a pass; None when it must compute everything."""
    if run.full or not all(entity.tracks_changes for entity in entities):
        return None
    return changes.seen(engine, consumer.id, consumer.fingerprint)


def changed_days(engine: Engine, queries: Iterable[str]) -> Work:
    """Collect the days that some queries return in `dirty_day`."""
    union = " union ".join(f"select cast(day as date) as day from ({query}) as changed" for query in queries)
    engine.execute(
        f"create or replace temp table {DIRTY} as select distinct day from ({union}) as days where day is not null"
    )
    return Work(False, bool(engine.scalar(f"select 1 from {DIRTY} limit 1")))


def fact_days(entity: Table, day: str, after: int) -> str:
    """Return a query for the days of changed rows of a fact."""
    return changes.changed_rows(entity, f"{quoted(day)} as day", after)


def clock_days(first: date, last: date) -> str:
    """Return a query for the days from the first to the last."""
    first_day, last_day = literal(first.isoformat()), literal(last.isoformat())
    return f"select date as day from core.dim_date where date between date {first_day} and date {last_day}"


def last_as_of(engine: Engine, consumer: Consumer) -> date | None:
    """Return the as-of date up to which a pass has counted records; None when it never did."""
    found = engine.scalar(f"select as_of from {METRIC_CLOCK.qualified} where consumer = ?", (consumer.id,))
    return found if isinstance(found, date) else None


def clock_read(uses_as_of: bool, run: Run) -> str:
    """Return the as-of date where a definition reads it, to be part of its fingerprint: another day, other results."""
    return run.as_of.isoformat() if uses_as_of else ""


def passed_days(previous: date | None, as_of: date, *, before: int = 0) -> list[str] | None:
    """Return queries for the days that the clock passed, and `before` days earlier; None when it went back."""
    if previous is None or previous > as_of:
        return None
    if previous == as_of:
        return []
    return [clock_days(previous + timedelta(days=1 - before), as_of)]


def remember(engine: Engine, consumer: Consumer, run: Run, *, clock: bool = False) -> None:
    """Mark a pass as up to date, and the mart as not; call in the transaction of its write."""
    forget_mart(engine)
    changes.mark_seen(engine, consumer.id, consumer.fingerprint, run)
    if clock:
        engine.execute(f"delete from {METRIC_CLOCK.qualified} where consumer = ?", (consumer.id,))
        engine.insert(METRIC_CLOCK, [{"consumer": consumer.id, "as_of": run.as_of}])


def forget_mart(engine: Engine) -> None:
    """Have the mart written anew; call in the transaction of whatever makes it differ."""
    engine.execute(f"delete from {CONSUMED.qualified} where consumer = ?", (KPI_VALUE.id,))


def forget(engine: Engine, pass_ids: Iterable[str]) -> None:
    """Drop the results and the memory of passes that no KPI needs any more."""
    kept = ", ".join(literal(id) for id in sorted(pass_ids)) or "''"
    consumers = ", ".join(literal(f"metrics:{id}") for id in sorted(pass_ids)) or "''"
    for table in (METRIC_PART, METRIC_PERIOD):
        engine.execute(f"delete from {table.qualified} where pass_id not in ({kept})")
    engine.execute(f"delete from {METRIC_CLOCK.qualified} where consumer not in ({consumers})")
    engine.execute(
        f"delete from {CONSUMED.qualified} where consumer like 'metrics:%' and consumer not in ({consumers})"
    )
