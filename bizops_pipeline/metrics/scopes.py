"""What values are cut by: a scope (company, service, team, value stream, vendor) and dimensions of the fact."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.contracts.vocabulary import SCOPE_COLUMN
from bizops_pipeline.errors import MetricError
from bizops_pipeline.naming import NONE, literal, quoted

SHARED_SCOPES = ("service", "team", "value_stream")
"""Scopes of which an item of several services has several members."""


@dataclass(frozen=True, slots=True, order=True)
class BySet:
    """One entry of a KPI's `by`: at most one scope, and dimension columns in alphabetical order."""

    scope: str
    dimensions: tuple[str, ...]

    @property
    def id(self) -> str:
        """Name of the set in the compiler's tables."""
        return ",".join((self.scope, *self.dimensions))

    @property
    def base(self) -> frozenset[str]:
        """Columns of the fact by which records are grouped before they are given to members."""
        scope = {SCOPE_COLUMN[self.scope]} if self.scope != "company" else set()
        return frozenset(scope | set(self.dimensions))

    @property
    def is_weighted(self) -> bool:
        """Whether a record may belong to several members, by weight."""
        return self.scope == "value_stream"

    def dimension_columns(self, alias: str = "base") -> str:
        """Return the SQL to select the members of the dimensions under the names of their columns, after a comma."""
        return "".join(f", {named(f'{alias}.{quoted(name)}')} as {quoted(name)}" for name in self.dimensions)

    def dimension_keys(self, alias: str = "base") -> str:
        """Return the SQL to group by the members of the dimensions, after a comma."""
        return "".join(f", {named(f'{alias}.{quoted(name)}')}" for name in self.dimensions)

    @property
    def json(self) -> str:
        """Return the SQL of the canonical JSON of the dimension columns."""
        if not self.dimensions:
            return "'{}'"
        pairs = [f"'{json.dumps(name)}:\"', {_escaped(name)}, '\"'" for name in self.dimensions]
        return "concat('{', " + ", ',', ".join(pairs) + ", '}')"


def named(column: str) -> str:
    """Return the SQL of the member that a value of a dimension stands for, which NULL and the text `(none)` share."""
    return f"coalesce(cast({column} as varchar), {literal(NONE)})"


def by_set(names: Iterable[str], entity: Table | None, owner: str) -> BySet:
    """Return the set for an entry of `by`; raises MetricError when the entity cannot be cut by it."""
    names = tuple(names)
    scopes = [name for name in names if name in SCOPE_COLUMN]
    if len(scopes) > 1:
        raise MetricError(f"{owner}: by [{', '.join(names)}] has more than one scope ({', '.join(scopes)})")
    dimensions = tuple(sorted({name for name in names if name not in SCOPE_COLUMN and name != "company"}))
    found = BySet(scopes[0] if scopes else "company", dimensions)
    if entity is not None:
        check_has(entity, found, owner)
    return found


def check_has(entity: Table, by: BySet, owner: str) -> None:
    """Raise MetricError unless a fact has the columns of a set."""
    for column in sorted(by.base):
        if not entity.has(column):
            raise MetricError(f"{owner}: {entity.name} has no column {column}, so it cannot be cut by {by.id}")


def _escaped(column: str) -> str:
    sql = named(quoted(column))
    for plain, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r"), ("\t", "\\t")):
        sql = f"replace({sql}, '{plain}', '{escape}')"
    return sql
