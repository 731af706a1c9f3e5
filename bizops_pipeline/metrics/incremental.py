"""Which business days of a fact must be computed again, and remembering that they were.

A pass recomputes the days of rows that were written or removed since it last looked. A pass that depends on
the business clock also recomputes the days that the clock passed; when the clock went back, all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.core.organisation import DIM_DATE
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.tables import METRIC_CLOCK, METRIC_PART, METRIC_PERIOD, STATE_TABLES
from bizops_pipeline.naming import date_literal, fingerprint, literal, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

DIRTY, DIRTY_PERIOD = "dirty_day", "dirty_period"
TABLES = (DIRTY, DIRTY_PERIOD)
"""Temporary tables of a build: days that each pass computes again, and periods that a pass computes again."""

LAYOUT = "4"
"""Changes when the passes compute something else from the same definitions."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a pass has to do: everything, or its days in the temporary table `dirty_day`, or nothing."""

    everything: bool
    any: bool
    pass_id: str = ""

    def days(self, column: str) -> str:
        """Return the SQL condition that limits a day column to what must be computed."""
        if self.everything:
            return ""
        return f"and {column} in (select day from {DIRTY} where pass_id = {literal(self.pass_id)})"


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


class Memory:
    """What passes have seen of their facts, read once for a build and stored at its end in the same transaction."""

    def __init__(self, engine: Engine, run: Run) -> None:
        self.run = run
        self.weeks = str(engine.scalar(f"select min(day_of_week) from {DIM_DATE.qualified} where date = week_start"))
        """The day on which weeks begin, for fingerprints of passes that store results by period."""
        self._engine = engine
        seen = f"select consumer, sequence, fingerprint from {CONSUMED.qualified} where consumer like 'metrics:%'"
        self._seen = {consumer: (sequence, mark) for consumer, sequence, mark in engine.rows(seen)}
        self._clocks: dict[str, date] = dict(engine.rows(f"select consumer, as_of from {METRIC_CLOCK.qualified}"))
        self._news: dict[tuple[str, int], bool] = {}
        self._done: dict[str, str] = {}
        engine.execute(f"create or replace temp table {DIRTY} (pass_id varchar, day date)")

    def work(
        self,
        pass_id: str,
        consumer: Consumer,
        facts: Iterable[tuple[Table, str]],
        matched: Callable[[int], list[str]] = lambda after: [],
        clock: Callable[[date | None], list[str] | None] = lambda previous: [],
    ) -> Work:
        """Return what a pass has to do; the days go to `dirty_day`.

        `facts` are the facts that it reads with the day of each that it groups by, '' for none. `matched` gives
        further queries for days that rows changed after a sequence concern, `clock` those for days that the clock
        passed since an as-of date, None when it went back.
        """
        facts = list(facts)
        sequence, mark = self._seen.get(consumer.id, (0, ""))
        passed = clock(self._clocks.get(consumer.id))
        is_known = mark == consumer.fingerprint and all(fact.tracks_changes for fact, _ in facts)
        if self.run.full or not is_known or passed is None:
            return Work(True, True, pass_id)
        queries = list(passed)
        if any(self._has_news(fact, sequence) for fact, _ in facts):
            queries += [fact_days(fact, day, sequence) for fact, day in facts if day]
            queries += matched(sequence)
        return self._collect(pass_id, queries) if queries else Work(False, False, pass_id)

    def remember(self, consumer: Consumer) -> None:
        """Note that a pass is up to date."""
        self._done[consumer.id] = consumer.fingerprint

    def store(self, pass_ids: Iterable[str]) -> None:
        """Store what was noted; drop the results and the memory of passes that no KPI needs any more."""
        kept = sorted(pass_ids)
        gone = (self._seen.keys() | self._clocks.keys()) - {f"metrics:{id}" for id in kept} - {KPI_VALUE.id}
        if gone:
            listed = ", ".join(literal(id) for id in kept) or "''"
            for table in (METRIC_PART, METRIC_PERIOD):
                self._engine.execute(f"delete from {table.qualified} where pass_id not in ({listed})")
        stale = ", ".join(literal(consumer) for consumer in sorted(gone | self._done.keys()))
        if stale:
            self._engine.execute(f"delete from {CONSUMED.qualified} where consumer in ({stale})")
            self._engine.execute(f"delete from {METRIC_CLOCK.qualified} where consumer in ({stale})")
        rows = [{"consumer": id, "sequence": self.run.sequence, "fingerprint": mark} for id, mark in self._done.items()]
        self._engine.insert(CONSUMED, rows)
        self._engine.insert(METRIC_CLOCK, [{"consumer": id, "as_of": self.run.as_of} for id in self._done])

    def _has_news(self, fact: Table, after: int) -> bool:
        if (fact.id, after) not in self._news:
            self._news[fact.id, after] = changes.has_changes(self._engine, fact, after)
        return self._news[fact.id, after]

    def _collect(self, pass_id: str, queries: Iterable[str]) -> Work:
        union = " union ".join(f"select cast(day as date) as day from ({query}) as changed" for query in queries)
        own = literal(pass_id)
        days = f"select distinct {own}, day from ({union}) as days where day is not null"
        self._engine.execute(f"insert into {DIRTY} (pass_id, day) {days}")
        return Work(False, bool(self._engine.scalar(f"select 1 from {DIRTY} where pass_id = {own} limit 1")), pass_id)


def fact_days(entity: Table, day: str, after: int) -> str:
    """Return a query for the days of changed rows of a fact."""
    return changes.changed_rows(entity, f"{quoted(day)} as day", after)


def clock_days(first: date, last: date) -> str:
    """Return a query for the days from the first to the last."""
    return f"select date as day from core.dim_date where date between {date_literal(first)} and {date_literal(last)}"


def last_as_of(engine: Engine, consumer_id: str) -> date | None:
    """Return the as-of date up to which a consumer has counted records; None when it never did."""
    found = engine.scalar(f"select as_of from {METRIC_CLOCK.qualified} where consumer = ?", (consumer_id,))
    return found if isinstance(found, date) else None


def set_clock(engine: Engine, consumer_id: str, as_of: date) -> None:
    """Remember the as-of date up to which a consumer has counted records."""
    engine.execute(f"delete from {METRIC_CLOCK.qualified} where consumer = ?", (consumer_id,))
    engine.insert(METRIC_CLOCK, [{"consumer": consumer_id, "as_of": as_of}])


def clock_read(uses_as_of: bool, run: Run) -> str:
    """Return the as-of date where a definition reads it, to be part of its fingerprint: another day, other results."""
    return run.as_of.isoformat() if uses_as_of else ""


def passed_days(previous: date | None, as_of: date) -> list[str] | None:
    """Return queries for the days that the clock passed; None when it went back."""
    if previous is None or previous > as_of:
        return None
    if previous == as_of:
        return []
    return [clock_days(previous + timedelta(days=1), as_of)]


def clear_whole(engine: Engine, state: Table, works: Sequence[Work]) -> str:
    """Remove the rows of passes that compute everything again; return the SQL list of the others' ids, '' for none."""
    whole = ", ".join(literal(work.pass_id) for work in works if work.everything)
    if whole:
        engine.execute(f"delete from {state.qualified} where pass_id in ({whole})")
    return ", ".join(literal(work.pass_id) for work in works if not work.everything)


def forget_mart(engine: Engine) -> None:
    """Have the whole mart written anew."""
    engine.execute(f"delete from {CONSUMED.qualified} where consumer = ?", (KPI_VALUE.id,))
