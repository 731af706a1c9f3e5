"""Conversions: base records that an event with the same key follows within a window.

A base counts once its window is over by the end of the as-of date, whether it converted or not: counting the
early conversions alone would flatter young periods. Counts are additive per business day of the base. Where bases and
events are records of one fact by one time, such as orders that an order follows, none is its own event; by two times
it may be, as a ticket that is resolved and then reopened.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

from bizops_pipeline.metrics import incremental
from bizops_pipeline.metrics.definitions import SECONDS, Conversion
from bizops_pipeline.metrics.expressions import at, uses_as_of
from bizops_pipeline.metrics.incremental import Consumer, Memory, Work
from bizops_pipeline.metrics.parts import Grouped
from bizops_pipeline.metrics.placement import Placement
from bizops_pipeline.metrics.scopes import BySet
from bizops_pipeline.naming import date_literal, quoted
from bizops_pipeline.warehouse import changes


def group(one: Conversion, sets: Sequence[BySet], placement: Placement, memory: Memory) -> tuple[Work, Grouped | None]:
    """Say what daily counts of a conversion have to be computed, and how, where there are any."""
    as_of = memory.run.as_of
    clock = incremental.clock_read(uses_as_of(one.base.condition, one.event.condition), memory.run)
    base = one.base.entity
    consumer = Consumer.of(one.id, placement.mark(base), repr((one, sets)), clock)
    work = memory.work(
        one.id,
        consumer,
        [*placement.read(base, one.day), (one.event.entity, "")],
        matched=lambda after: [_days_of_events(one, after), *placement.moved(base, one.day, after)],
        clock=lambda previous: _closed_days(one, previous, as_of),
    )
    if not work.any:
        return work, None
    memory.remember(consumer)
    columns = placement.columns(sorted(set().union(*(by.base for by in sets))), sets, base)
    needs = tuple((by, (one.converted, one.closed, one.open)) for by in sets)
    return work, Grouped(work, grouped_sql(one, columns, placement, work, as_of), columns, needs)


def grouped_sql(one: Conversion, columns: Sequence[str], placement: Placement, work: Work, as_of: date) -> str:
    """Return the query that counts converted, closed and open bases per day and columns."""
    listed = "".join(f", {quoted(name)}" for name in columns)
    of_base = "".join(f", base.{quoted(name)}" for name in columns)
    key, match, day = quoted(one.base.entity.key[0]), quoted(one.match), quoted(one.day)
    started, happened = quoted(one.base.time), quoted(one.event.time)
    length = f"interval {one.seconds} second"
    event_key = f"{key} as event_key, " if one.is_of_itself else ""
    another = " and event.event_key <> base.base_key" if one.is_of_itself else ""
    base_only = f" and ({at(one.base.condition, as_of)})" if one.base.condition else ""
    event_only = f" and ({at(one.event.condition, as_of)})" if one.event.condition else ""
    source = placement.source(one.base.entity, one.day, columns)
    base = f"from {source} as fact\n    where {day} is not null{base_only} {work.days(day)}"
    counted = ",\n    ".join(
        f"cast(sum({name}) as decimal(38,9)) as a_{id}, sum({name}) as n_{id}"
        for name, id in (("converted", one.converted), ("closed", one.closed), ("still_open", one.open))
    )
    return (
        "with clock as (\n"
        f"    select utc_end from core.dim_date where date = {date_literal(as_of)}\n),\n"
        "started as (\n"
        f"    select {day} as day{listed}, {started} + {length} as closes_at\n    {base}\n),\n"
        "base as (\n"
        f"    select {key} as base_key, {match} as match_key, {started} as started_at, {day} as day{listed}\n"
        f"    {base} and {started} + {length} < (select utc_end from clock)\n),\n"
        "event as (\n"
        f"    select {event_key}{match} as match_key, {happened} as happened_at\n"
        f"    from {one.event.entity.qualified} as fact\n"
        # Implied by the join; said here it keeps the many earlier events out of it.
        f"    where {match} is not null and {happened} >= (select min(started_at) from base){event_only}\n),\n"
        "converted as (\n"
        f"    select distinct base.base_key, base.day{of_base}\n    from base\n    join event\n"
        "        on event.match_key = base.match_key and event.happened_at >= base.started_at\n"
        f"        and event.happened_at <= base.started_at + {length}{another}\n"
        "),\n"
        "counted as (\n"
        f"    select day{listed}, 0 as converted,\n"
        "        count(*) filter (where closes_at < utc_end) as closed,\n"
        "        count(*) filter (where closes_at >= utc_end) as still_open\n"
        f"    from started\n    cross join clock\n    group by day{listed}\n"
        "    union all\n"
        f"    select day{listed}, count(*), 0, 0\n    from converted\n    group by day{listed}\n)\n"
        f"select day, day as member_day{listed},\n    {counted}\nfrom counted\ngroup by day{listed}"
    )


def _days_of_events(one: Conversion, after: int) -> str:
    """Return the query for the days of the bases that changed events may follow."""
    match, day = quoted(one.match), quoted(one.day)
    return (
        f"select base.{day} as day from {one.base.entity.qualified} as base "
        f"join ({changes.changed_rows(one.event.entity, match, after)}) as event on event.{match} = base.{match}"
    )


def _closed_days(one: Conversion, previous: date | None, as_of: date) -> list[str] | None:
    """Return queries for the days that the clock passed, and for those whose windows it closed."""
    passed = incremental.passed_days(previous, as_of)
    if not passed or previous is None:
        return passed
    # Windows that the clock closed began their length before the days it passed, to the hour.
    days = one.seconds / SECONDS["d"]
    first, last = previous - timedelta(days=math.ceil(days)), as_of - timedelta(days=max(math.floor(days) - 1, 0))
    return [*passed, incremental.clock_days(first, last)]
