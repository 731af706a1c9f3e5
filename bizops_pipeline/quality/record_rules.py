"""From a contract to SQL conditions that tell a good record from a bad one.

The rules of a table are an ordered list; a record is set aside for the first rule it breaks, with a text that
names the column and the value. The SQL is portable and runs over the table's typed columns. What a source
said where it could not be understood stands beside them, in the column that `unreadable` names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one

from bizops_pipeline.contracts.table import Column, Table, Type
from bizops_pipeline.naming import STAGING, literal, quoted

EARLIEST, LATEST = "1990-01-01", "2100-01-01"
"""Instants and days outside are mistakes of the source: epoch 0, years 1900 and 9999."""

AHEAD_DAYS = 2
"""How far the clock of a source may be ahead: what happened cannot arrive before it happened."""

LONGEST_KEY = 1_000
SHOWN = 200
"""Characters of a value that a reason shows at most."""

BETWEEN = ": "
"""What separates the rule from the reason in the text that `first_broken` gives."""


@dataclass(frozen=True, slots=True)
class RecordRule:
    """A rule: `broken` is an SQL condition that is true for a bad record, `reason` an SQL text saying why."""

    id: str
    broken: str
    reason: str


def unreadable(name: str) -> str:
    """Return the column that holds what a source said where it could not be turned into column `name`."""
    return quoted(f"_unreadable__{name}")


def record_rules(table: Table, complaints: Mapping[str, str] | None = None) -> list[RecordRule]:
    """Return a table's rules in the order in which they are tried.

    `complaints` names the columns that have an `unreadable` column, with what to say of its value, for
    example `is not a TIMESTAMP`.
    """
    columns = table.columns
    rules = [
        _readable(column, (complaints or {})[column.name]) for column in columns if column.name in (complaints or {})
    ]
    rules += [_required(column) for column in columns if column.required or column.name in table.key]
    rules += [_short_enough(column) for column in columns if column.name in table.key and column.type is Type.TEXT]
    rules += [_allowed(column) for column in columns if column.allowed]
    for column in columns:
        rules += _within_bounds(column)
    rules += [_plausible(column) for column in columns if column.type in (Type.TIMESTAMP, Type.DATE)]
    rules += [_past(column) for column in columns if column.type is Type.TIMESTAMP and table.schema == STAGING]
    rules += [_relation(rule.id, rule.holds, rule.description) for rule in table.rules]
    return rules


def first_broken(rules: list[RecordRule]) -> str:
    """Return SQL for `<rule>: <reason>` of the first broken rule; NULL for a good record."""
    if not rules:
        return "cast(null as varchar)"
    branches = " ".join(
        f"when {rule.broken} then concat({literal(rule.id + BETWEEN)}, {rule.reason})" for rule in rules
    )
    return f"case {branches} end"


def _readable(column: Column, complaint: str) -> RecordRule:
    value = unreadable(column.name)
    reason = f"concat({literal(column.name + ': ')}, {_shown(value)}, {literal(' ' + complaint)})"
    return RecordRule(f"readable_{column.name}", f"{value} is not null", reason)


def _required(column: Column) -> RecordRule:
    reason = literal(f"{column.name} is missing")
    return RecordRule(f"required_{column.name}", f"{quoted(column.name)} is null", reason)


def _short_enough(column: Column) -> RecordRule:
    broken = f"length({quoted(column.name)}) > {LONGEST_KEY}"
    return RecordRule(f"length_{column.name}", broken, _said(column, f"is longer than {LONGEST_KEY} characters"))


def _allowed(column: Column) -> RecordRule:
    listed = ", ".join(literal(value) for value in column.allowed)
    reason = _said(column, f"is not one of {', '.join(column.allowed)}")
    return RecordRule(f"allowed_{column.name}", f"{quoted(column.name)} not in ({listed})", reason)


def _within_bounds(column: Column) -> Iterator[RecordRule]:
    bounds = (("minimum", "<", "below", column.minimum), ("maximum", ">", "above", column.maximum))
    for kind, sign, word, bound in bounds:
        if bound is not None:
            shown = f"{bound:.15g}"
            broken = f"{quoted(column.name)} {sign} {shown}"
            yield RecordRule(f"{kind}_{column.name}", broken, _said(column, f"is {word} {shown}"))


def _plausible(column: Column) -> RecordRule:
    name, kind = quoted(column.name), str(column.type).lower()
    broken = f"({name} < {kind} '{EARLIEST}' or {name} >= {kind} '{LATEST}')"
    return RecordRule(f"range_{column.name}", broken, _said(column, f"is not between {EARLIEST} and {LATEST}"))


def _past(column: Column) -> RecordRule:
    broken = f"{quoted(column.name)} > _loaded_at + interval '{AHEAD_DAYS}' day"
    return RecordRule(f"past_{column.name}", broken, _said(column, "is later than the day on which it arrived"))


def _relation(rule: str, holds: str, description: str) -> RecordRule:
    condition = parse_one(holds, read="duckdb")
    names = []
    for node in condition.find_all(exp.Column):
        node.this.set("quoted", True)
        if node.name not in names:
            names.append(node.name)
    values = ", ', ', ".join(f"{literal(name + ' = ')}, {_shown(quoted(name))}" for name in sorted(names))
    reason = f"concat({literal('not so: ' + description + ' ')}, {values})"
    return RecordRule(rule, f"not ({condition.sql(dialect='duckdb')})", reason)


def _said(column: Column, complaint: str) -> str:
    return f"concat({literal(column.name + ' = ')}, {_shown(quoted(column.name))}, {literal(' ' + complaint)})"


def _shown(value: str) -> str:
    """Return SQL for a value in a message: cut, and never NULL, which would make the whole message NULL."""
    return f"coalesce('''' || left(cast({value} as varchar), {SHOWN}) || '''', 'nothing')"
