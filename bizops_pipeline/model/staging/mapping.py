"""The catalogue's map of one source table to one entity, as a query over the raw table.

The query gives each raw row its entity columns, its origin and, in `_broken`, the first record rule that
it breaks. It is built in steps, innermost first: what the source says (`given`), times as a clock showed
them (`read`), values of the column's type (`typed`), what could not be understood (`judged`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlglot import exp, parse_one

from bizops_pipeline.catalogue import expressions
from bizops_pipeline.catalogue.models import ColumnMap, EntityMap, Lookup, Service, ValueMap
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.table import Column, Table, Type
from bizops_pipeline.model.staging import conversion, losses
from bizops_pipeline.model.staging.conversion import Conventions
from bizops_pipeline.naming import UNALLOCATED, literal, quoted
from bizops_pipeline.quality.record_rules import first_broken, record_rules, unreadable

SERVICE_REFERENCE = "dim_service.service_id"
BROKEN = "_broken"

Describe = Callable[[str], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Given:
    """What a source says of one column.

    `value` is SQL over the raw columns. `lost` is SQL over the raw columns and the value, for the text that
    could not be understood; `complaint` is what to say of it. `join` brings in a list that `value` needs.
    """

    value: str
    complaint: str
    lost: str | None = None
    join: str | None = None


def given_column(name: str) -> str:
    """Return the column that holds what the source says of entity column `name`."""
    return quoted(f"_given__{name}")


def given(column: Column, mapped: ColumnMap, services: tuple[Service, ...], conventions: Conventions) -> Given:
    """Return what a source says of a column, from its entry in the map."""
    if isinstance(mapped, ValueMap):
        return _translated(column, mapped)
    if isinstance(mapped, Lookup):
        return _looked_up(column, _compiled(mapped.by), mapped.otherwise, services)
    if isinstance(mapped, str):
        expression = _compiled(mapped)
        if column.references == SERVICE_REFERENCE:
            return _looked_up(column, expression, UNALLOCATED, services)
        return _expressed(column, expression, conventions)
    return Given(_constant(mapped), _not_a(column))


def query(
    table: Table,
    map: EntityMap,
    rows: str,
    services: tuple[Service, ...],
    conventions: Conventions,
    describe: Describe,
) -> str:
    """Return the query that maps and judges the raw rows which the query `rows` gives.

    `describe` names the columns and types of a query; the conversion depends on the type of what is given.
    """
    entries = {
        column.name: given(column, map.map[column.name], services, conventions)
        for column in table.columns
        if column.name in map.map
    }
    said = _say(rows, entries)
    naturals = dict(describe(said))
    read = _read(table, said, entries, naturals)
    converted = _convert(table, read, entries, naturals, conventions)
    return _judge(table, converted, entries)


def _say(rows: str, entries: dict[str, Given]) -> str:
    values = "".join(f", {entry.value} as {given_column(name)}" for name, entry in entries.items())
    joins = " ".join(entry.join for entry in entries.values() if entry.join)
    return f"select source_row.*{values} from ({rows}) as source_row {joins}"


def _read(table: Table, said: str, entries: dict[str, Given], naturals: dict[str, str]) -> str:
    columns = _system()
    for name, entry in entries.items():
        value, natural = given_column(name), _natural(naturals, name)
        columns.append(value)
        if entry.lost:
            columns.append(f"{entry.lost} as {_lost_column(name)}")
        if table.column(name).type is Type.TIMESTAMP:
            columns.append(f"{conversion.naive(value, natural)} as {_local_column(name)}")
    return f"select {', '.join(columns)} from ({said}) as said"


def _convert(
    table: Table, read: str, entries: dict[str, Given], naturals: dict[str, str], conventions: Conventions
) -> str:
    columns = _system()
    for column in table.columns:
        name = column.name
        if name not in entries:
            columns.append(f"{_absent(column)} as {quoted(name)}")
            continue
        value, natural = given_column(name), _natural(naturals, name)
        sql = conversion.typed(table, column, value, _local_column(name), natural, conventions)
        columns += [f"{sql} as {quoted(name)}", value]
        if entries[name].lost:
            columns.append(_lost_column(name))
    return f"select {', '.join(columns)} from ({read}) as read_row"


def _judge(table: Table, converted: str, entries: dict[str, Given]) -> str:
    columns = _system() + [quoted(name) for name in table.column_names]
    complaints = {}
    for name, entry in entries.items():
        value = given_column(name)
        cases = [f"when {_lost_column(name)} is not null then {_lost_column(name)}"] if entry.lost else []
        if table.column(name).type is not Type.TEXT:
            text = conversion.as_text(value)
            cases.append(f"when {quoted(name)} is null and {conversion.present(value)} then {text}")
        if cases:
            columns.append(f"case {' '.join(cases)} end as {unreadable(name)}")
            complaints[name] = entry.complaint
    kept = ", ".join(quoted(column.name) for column in (*ORIGIN, *table.columns))
    broken = first_broken(record_rules(table, complaints))
    listed = ", ".join(columns)
    return f"select {kept}, {broken} as {BROKEN} from (select {listed} from ({converted}) as typed) as judged_row"


def _system() -> list[str]:
    """Return what goes along: the columns that name the raw row, and one that a record rule reads."""
    return [quoted(name) for name in (*(column.name for column in ORIGIN), "_loaded_at")]


def _natural(naturals: dict[str, str], name: str) -> str:
    return naturals[f"_given__{name}"]


def _lost_column(name: str) -> str:
    return quoted(f"_lost__{name}")


def _local_column(name: str) -> str:
    return quoted(f"_local__{name}")


def _absent(column: Column) -> str:
    if column.references == SERVICE_REFERENCE:
        return literal(UNALLOCATED)
    return f"cast(null as {column.type})"


def _constant(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _not_a(column: Column) -> str:
    return f"is not a {column.type}"


def _compiled(expression: str) -> exp.Expr:
    return parse_one(expressions.compile_mapping(expression), read="duckdb")


def _expressed(column: Column, expression: exp.Expr, conventions: Conventions) -> Given:
    if column.type is Type.TIMESTAMP and losses.is_cast_to_timestamp(expression):
        # The conversion reads the text itself, and with it the offset that a cast would drop.
        expression = expression.this
    if losses.is_epoch(expression):
        expression = exp.cast(expression, exp.DType.TIMESTAMPTZ)
    if conventions.decimal != ".":
        expression = losses.with_decimal_mark(expression, conventions.decimal)
    lost = losses.lost_text(expression, given_column(column.name))
    return Given(losses.sql(expression), _not_a(column), lost)


def _translated(column: Column, mapped: ValueMap) -> Given:
    source = losses.sql(_compiled(mapped.from_))
    text = f"trim({conversion.as_text(source)})"
    cases = []
    for value, meaning in mapped.values.items():
        same = f"{text} = {literal(value.strip())}" if value.strip() else f"not {conversion.present(source)}"
        cases.append(f"when {same} then {literal(meaning)}")
    match mapped.otherwise:
        case "keep":
            otherwise = text
        case "quarantine" | "null":
            otherwise = "cast(null as varchar)"
        case other:
            otherwise = literal(other)
    value = f"case {' '.join(cases)} else {otherwise} end" if cases else otherwise
    if mapped.otherwise != "quarantine":
        return Given(value, _not_a(column))
    lost = f"case when {given_column(column.name)} is null and {conversion.present(source)} then {text} end"
    return Given(value, f"is not one of the values that {column.name} is mapped from", lost)


def _looked_up(column: Column, expression: exp.Expr, otherwise: str, services: tuple[Service, ...]) -> Given:
    source = losses.sql(expression)
    complaint = "is not a service of the organisation, by id, name or alias"
    member, join = "cast(null as varchar)", None
    names = service_names(services)
    if names:
        name, member = quoted(f"_name__{column.name}"), quoted(f"_member__{column.name}")
        listed = ", ".join(f"({literal(key)}, {literal(value)})" for key, value in sorted(names.items()))
        alias = quoted(f"_services__{column.name}")
        join = f"left join (values {listed}) as {alias}({name}, {member}) on {name} = {conversion.name_of(source)}"
    if otherwise == "quarantine":
        lost = f"case when {given_column(column.name)} is null then coalesce({conversion.as_text(source)}, '') end"
        return Given(member, complaint, lost, join)
    return Given(f"coalesce({member}, {literal(otherwise)})", complaint, None, join)


def service_names(services: Iterable[Service]) -> dict[str, str]:
    """Return every name by which a service may be called, as `conversion.name_of` writes it, with its id.

    An id counts before a name, a name before an alias.
    """
    listed = list(services)
    found: dict[str, str] = {UNALLOCATED: UNALLOCATED}
    ways: tuple[Callable[[Service], Iterable[str]], ...] = (
        lambda service: (service.id,),
        lambda service: (service.name,) if service.name else (),
        lambda service: service.aliases,
    )
    for names_of in ways:
        for service in listed:
            for name in names_of(service):
                found.setdefault(unicodedata.normalize("NFC", name.strip()).lower(), service.id)
    return found
