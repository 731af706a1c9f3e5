"""Whether references name known members, rows reach a service, amounts have a rate, and shares of items make sense.

A fact that is as it was when this was last judged, with all that it refers to, is not counted again: what was found
then counts and is told again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.audit import CHECK_RESULT, CONSUMED, RUN
from bizops_pipeline.contracts.core import CORE_TABLES, FACTS
from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.table import Column, Item, Table
from bizops_pipeline.naming import CORE, NONE, UNALLOCATED, fingerprint, literal, quoted
from bizops_pipeline.quality.checks import SAMPLE_ROWS, CheckResult, attempt, judged, latest_results
from bizops_pipeline.warehouse.changes import ensure, mark_seen
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.versions import versions

ORPHANS, UNALLOCATED_ROWS, UNRATED = "orphans:", "unallocated:", "unrated:"
"""With what the ids of the checks of facts begin."""
SHARES = f"shares:{BRIDGE_ITEM_SERVICE.name}"
"""Id of the check of the weights by which items belong to services."""

_CONSUMER = "references:"


@dataclass(frozen=True, slots=True)
class Check:
    """One check of a table: what it counts, the other tables that it reads, and how it is judged."""

    id: str
    table: Table
    query: str
    reads: tuple[Table, ...]
    judge: Callable[[Engine], CheckResult]


def check_references(engine: Engine, company: Company, run: Run) -> list[CheckResult]:
    """Return unknown references, rows without a service and without a rate of every fact, and wrong shares of items."""
    ensure(engine, CONSUMED)
    checks = [*_of_facts(company), _shares()]
    marks = _marks(engine, checks)
    known = {} if run.full else _known_marks(engine)
    unchanged = {table for table, mark in marks.items() if known.get(table) == mark}
    judged_before = {result.check_id: result for result in _earlier(engine, unchanged) if result.outcome != "error"}
    results = [
        judged_before[check.id].carried_forward()
        if check.id in judged_before
        else attempt(check.id, check.table.id, "warn", partial(check.judge, engine))
        for check in checks
    ]
    with engine.transaction():
        for table in marks.keys() - unchanged:
            mark_seen(engine, _CONSUMER + table, marks[table], run)
    return results


def _marks(engine: Engine, checks: Iterable[Check]) -> dict[str, str]:
    """Return a hash of all that decides the results of a table's checks, by table."""
    listed = list(checks)
    state = versions(engine, [table for check in listed for table in (check.table, *check.reads)])
    decided: dict[str, list[str]] = {}
    for check in listed:
        parts = [check.query, *(state[table.id] for table in (check.table, *check.reads))]
        decided.setdefault(check.table.id, []).extend(parts)
    return {table: fingerprint(*parts) for table, parts in decided.items()}


def _known_marks(engine: Engine) -> dict[str, str]:
    """Return the marks of the tables whose checks were judged and put on record in the state that the mark says."""
    if not engine.exists(CHECK_RESULT.schema, CHECK_RESULT.name):
        return {}
    # A refresh that is killed in between has left its marks and no results: then those on record are older.
    recorded = (
        f"select max(sequence) from {RUN.qualified} "
        f"where run_id in (select run_id from {CHECK_RESULT.qualified} where check_id = {literal(SHARES)})"
    )
    rows = engine.rows(
        f"select consumer, fingerprint from {CONSUMED.qualified} "
        f"where consumer like {literal(_CONSUMER + '%')} and sequence <= ({recorded})"
    )
    return {consumer.removeprefix(_CONSUMER): mark for consumer, mark in rows}


def _earlier(engine: Engine, tables: Collection[str]) -> list[CheckResult]:
    kinds = (ORPHANS, UNALLOCATED_ROWS, UNRATED, SHARES)
    return [result for kind in kinds for result in latest_results(engine, tables, kind)]


def _of_facts(company: Company) -> Iterator[Check]:
    for fact in FACTS:
        yield from (_orphans(fact, column) for column in fact.columns if column.references)
        if fact.has("service_id"):
            yield _unallocated(company, fact)
        if fact.has("exchange_rate"):
            yield _unrated(fact)


def _orphans(fact: Table, column: Column) -> Check:
    check_id = f"{ORPHANS}{fact.name}.{column.name}"
    dimension, _, member = (column.references or "").partition(".")
    target = CORE_TABLES[dimension]
    only = " and known.is_recorded" if target.has("is_recorded") else ""
    known = f"select 1 from {target.qualified} as known where known.{quoted(member)} = named.value{only}"
    # By value first: there are far fewer members than rows, and only they are looked for.
    unknown = (
        "select value, records, sum(records) over () as total_records, count(*) over () as total_values from "
        f"(select {quoted(column.name)} as value, count(*) as records from {fact.qualified} "
        f"where {quoted(column.name)} is not null group by {quoted(column.name)}) as named "
        f"where not exists ({known}) "
        f"order by records desc, value limit {SAMPLE_ROWS}"
    )
    expected = f"every {column.name} is in {CORE}.{dimension}"

    def judge(engine: Engine) -> CheckResult:
        nobody = ", ".join(map(literal, (UNALLOCATED, NONE)))
        named = f"select 1 from {target.qualified} as known where {quoted(member)} not in ({nobody}){only} limit 1"
        if not engine.scalar(named):
            observed = f"{CORE}.{dimension} has no source, so there is nothing to compare with"
            return judged(check_id, fact.id, "warn", True, observed=observed, expected=expected)
        found = engine.rows(unknown)
        rows, values = found[0][2:] if found else (0, 0)
        sample = [{"value": value, "records": records} for value, records, *_ in found]
        observed = f"{rows} rows name {values} unknown members"
        return judged(check_id, fact.id, "warn", not rows, observed=observed, expected=expected, sample=sample)

    return Check(check_id, fact, unknown, (target,), judge)


def _unallocated(company: Company, fact: Table) -> Check:
    """Count the rows that lead to no value stream: by no service, nor by naming one themselves."""
    check_id = f"{UNALLOCATED_ROWS}{fact.name}"
    names_stream = fact.has("value_stream_id")
    unreached = "service or value stream" if names_stream else "service"
    nowhere = f"service_id = {literal(UNALLOCATED)}" + (" and value_stream_id is null" if names_stream else "")
    only = f" and not {_is_mapped(fact.item)}" if fact.item else ""
    counted = f"select count(*), count(*) filter (where {nowhere}{only}) from {fact.qualified} as fact"

    def judge(engine: Engine) -> CheckResult:
        rows, lost = engine.rows(counted)[0]
        share = f" ({lost / rows * 100:.2f} %)" if rows else ""
        return judged(
            check_id,
            fact.id,
            "warn",
            not lost or not company.organisation.services,
            observed=f"{lost} of {rows} rows{share} reach no {unreached}",
            expected=f"every row reaches a {unreached}",
        )

    query = counted if company.organisation.services else f"{counted}, of which none has to"
    return Check(check_id, fact, query, (BRIDGE_ITEM_SERVICE,) if fact.item else (), judge)


def _unrated(fact: Table) -> Check:
    """Count the rows whose currency has no rate on their day: sums in the reporting currency leave them out."""
    check_id = f"{UNRATED}{fact.name}"
    amounts = [column.name for column in fact.columns if fact.has(f"{column.name}_reporting")]
    matters = " or ".join(f"{quoted(name)} <> 0" for name in amounts)
    unrated = (
        "select currency, records, sum(records) over () as total_records from "
        f"(select currency, count(*) as records from {fact.qualified} "
        f"where exchange_rate is null and ({matters}) group by currency) as unrated "
        f"order by records desc, currency limit {SAMPLE_ROWS}"
    )

    def judge(engine: Engine) -> CheckResult:
        found = engine.rows(unrated)
        rows = found[0][2] if found else 0
        return judged(
            check_id,
            fact.id,
            "warn",
            not rows,
            observed=f"{rows} rows have no exchange rate, so that they are missing in sums",
            expected="a rate of every currency on or before its first day (entity `fx_rate`)",
            sample=[{"currency": currency, "records": records} for currency, records, _ in found],
        )

    return Check(check_id, fact, unrated, (), judge)


def _is_mapped(item: Item) -> str:
    """Return the SQL condition that a row of a fact is an item with a share for a service."""
    return (
        f"exists (select 1 from {BRIDGE_ITEM_SERVICE.qualified} as share where share.item_type = {literal(item.type)} "
        f"and share.item_id = fact.{quoted(item.key)} and share.service_id <> {literal(UNALLOCATED)})"
    )


def _shares() -> Check:
    """Judge whether what sources say of the services of items sums to at most 1; of others nothing is believed."""
    invalid = f"from {BRIDGE_ITEM_SERVICE.qualified} where method = 'invalid'"

    def judge(engine: Engine) -> CheckResult:
        items = int(engine.scalar(f"select count(*) from (select distinct item_type, item_id {invalid}) as item"))
        sample = engine.dicts(
            f"select item_type, item_id, valid_from {invalid} "
            f"order by item_type, item_id, valid_from limit {SAMPLE_ROWS}"
        )
        return judged(
            SHARES,
            BRIDGE_ITEM_SERVICE.id,
            "warn",
            not items,
            observed=f"{items} items whose weights sum to more than 1, so that they are unallocated",
            expected="the weights of an item on a day sum to at most 1",
            sample=sample,
        )

    return Check(SHARES, BRIDGE_ITEM_SERVICE, invalid, (), judge)
