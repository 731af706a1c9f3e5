"""From what passes measured to additive parts by member: one statement for each set of members, for all passes at once.

A pass groups its fact by day and columns; here its rows are kept as one row per measure, beside those of all other
passes, and given to the members of every set that needs them. Planning a statement takes longer than running it for
all but large facts, so their number counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.incremental import DIRTY, Work, clear_whole
from bizops_pipeline.metrics.placement import ITEM, ITEM_TYPE, Members, Placement
from bizops_pipeline.metrics.scopes import BySet
from bizops_pipeline.metrics.tables import METRIC_PART
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.engine import Engine

MEASURED, NEEDED = "metric_measured", "metric_needed"
"""Temporary tables of a build: measures per pass, day and columns, and the sets of members each is needed for."""

TABLES = (MEASURED, NEEDED)


@dataclass(frozen=True, slots=True)
class Grouped:
    """What a pass has to measure: `query` gives day, member_day, `columns`, and a_<id> and n_<id> of each measure."""

    work: Work
    query: str
    columns: tuple[str, ...]
    needs: tuple[tuple[BySet, tuple[str, ...]], ...]
    """Sets of members with the measures that each needs."""

    @property
    def measures(self) -> tuple[str, ...]:
        """All measures of the pass."""
        return tuple(dict.fromkeys(id for _, ids in self.needs for id in ids))


def store(engine: Engine, passes: Sequence[Grouped], placement: Placement) -> None:
    """Replace the stored parts of the days that passes compute again."""
    if not passes:
        return
    clear(engine, [one.work for one in passes])
    items = (ITEM_TYPE, ITEM) if placement.shares_items else ()
    columns = sorted({*items, *(name for one in passes for name in one.columns)})
    listed = "".join(f", {quoted(name)} varchar" for name in columns)
    engine.execute(
        f"create or replace temp table {MEASURED} "
        f"(slot integer, day date, member_day date{listed}, amount decimal(38,9), n bigint)"
    )
    slots: dict[tuple[str, str], int] = {}
    needed: defaultdict[BySet, list[str]] = defaultdict(list)
    for one in passes:
        slots |= {(one.work.pass_id, id): len(slots) + number for number, id in enumerate(one.measures)}
        engine.execute(measured_sql(one, {id: slots[one.work.pass_id, id] for id in one.measures}))
        for by, ids in one.needs:
            needed[by] += [
                f"({slots[one.work.pass_id, id]}, {literal(by.id)}, {literal(one.work.pass_id)}, {literal(id)})"
                for id in ids
            ]
    rows = ", ".join(row for each in needed.values() for row in each)
    engine.execute(
        f"create or replace temp table {NEEDED} as\n"
        f"select * from (values {rows}) as needed(slot, by_id, pass_id, measure_id)"
    )
    for by in sorted(needed):
        engine.execute(parts_sql(placement.members(by)))


def clear(engine: Engine, works: Sequence[Work]) -> None:
    """Remove the stored parts that are about to be computed again."""
    partly = clear_whole(engine, METRIC_PART, works)
    if partly:
        engine.execute(
            f"delete from {METRIC_PART.qualified} as part where pass_id in ({partly}) and exists ("
            f"select 1 from {DIRTY} as dirty where dirty.pass_id = part.pass_id and dirty.day = part.day)"
        )


def measured_sql(one: Grouped, slots: dict[str, int]) -> str:
    """Return the statement that keeps the measures of a pass, those with records behind them."""
    columns = "".join(f", {quoted(name)}" for name in one.columns)
    as_text = "".join(f", cast({quoted(name)} as varchar)" for name in one.columns)
    measures = "\nunion all\n".join(
        f"select {slot}, day, member_day{as_text}, a_{id}, n_{id} from grouped where n_{id} > 0"
        for id, slot in slots.items()
    )
    return (
        f"insert into {quoted(MEASURED)} (slot, day, member_day{columns}, amount, n)\n"
        f"with grouped as (\n{one.query}\n)\n{measures}"
    )


def parts_sql(members: Members) -> str:
    """Return the statement that gives what was measured to the members of a set: amounts weighted, records counted."""
    by, member = members.by, members.scope_id
    return (
        f"{insert_into(METRIC_PART)}\nwith placed as (\n"
        f"    select needed.pass_id, needed.measure_id, base.day, {member} as scope_id{by.dimension_columns()},\n"
        f"        sum({members.weighted('base.amount')}) as amount, sum(base.n) as n\n"
        f"    from {MEASURED} as base\n"
        f"    join {NEEDED} as needed on needed.slot = base.slot and needed.by_id = {literal(by.id)}\n"
        f"    {members.join}\n"
        f"    group by needed.pass_id, needed.measure_id, base.day, {member}{by.dimension_keys()}\n)\n"
        f"select pass_id, measure_id, {member_columns(by)}, day,\n"
        "    cast(amount as decimal(38,9)) as amount, cast(n as bigint) as n\nfrom placed"
    )


def insert_into(table: Table) -> str:
    """Return the head of an insert that names all columns of a table."""
    return f"insert into {table.qualified} ({', '.join(table.column_names)})"


def member_columns(by: BySet) -> str:
    """Return the SQL of the columns that name a member, from a scope_id and dimension columns."""
    return f"{literal(by.id)} as by_id, {literal(by.scope)} as scope_type, scope_id,\n    {by.json} as dimensions"
