"""A part of a KPI's values as SQL: one member of a scope, one value of each dimension, one period.

For whoever computes a value once more from the facts. The build itself cuts all members at once (`scopes`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_SERVICE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.scopes import NONE
from bizops_pipeline.metrics.tables import EVER
from bizops_pipeline.naming import UNALLOCATED, literal, quoted

WEIGHT = "_weight"
"""Column with the share of a record that belongs to the value stream."""

_START = {"day": "calendar.date", "all": f"date '{EVER}'"}


@dataclass(frozen=True, slots=True)
class Cut:
    """Whose values: by default the whole company in all periods of a grain; with `first` and `last` those days."""

    grain: str
    scope_type: str = "company"
    scope_id: str | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    first: date | None = None
    last: date | None = None

    @property
    def start(self) -> str:
        """The SQL of the first day of the period that a calendar day falls into."""
        if self.first:
            return f"date {literal(self.first.isoformat())}"
        return _START.get(self.grain, f"calendar.{self.grain}_start")

    @property
    def is_weighted(self) -> bool:
        """Whether a record belongs to the member by a share of it."""
        return self.scope_type == "value_stream"

    def within(self, column: str = "calendar.date") -> str:
        """Return the SQL that limits a day column to the period, with a leading `and`; nothing for all periods."""
        if not (self.first and self.last):
            return ""
        return f" and {column} between date {literal(self.first.isoformat())} and date {literal(self.last.isoformat())}"

    def without(self, dimensions: Collection[str]) -> Cut:
        """Return the cut for all values of some dimensions together."""
        return replace(self, dimensions=tuple(pair for pair in self.dimensions if pair[0] not in dimensions))

    def source(self, entity: Table, day: str) -> str:
        """Return the SQL of the records of a fact that belong to the cut, in whatever period; `day` decides by
        which shares they belong to value streams.
        """
        join, conditions = self._scope(day)
        conditions += [
            f"coalesce(cast(fact.{quoted(name)} as varchar), {literal(NONE)}) = {literal(value)}"
            for name, value in self.dimensions
        ]
        if not conditions:
            return entity.qualified
        weight = f", coalesce(stream.weight, 1) as {WEIGHT}" if self.is_weighted else ""
        return f"(select fact.*{weight} from {entity.qualified} as fact{join} where {' and '.join(conditions)})"

    def amount(self, kind: str, value: str | None) -> str:
        """Return the SQL of a sum or count over the cut's records."""
        if not self.is_weighted:
            return f"{kind}({value or '*'})"
        if kind == "sum":
            return f"sum(cast({value} as decimal(29,9)) * {WEIGHT})"
        return f"sum(case when {value} is not null then {WEIGHT} end)" if value else f"sum({WEIGHT})"

    def _scope(self, day: str) -> tuple[str, list[str]]:
        if self.scope_type == "company" or self.scope_id is None:
            return "", []
        member, nobody = literal(self.scope_id), literal(UNALLOCATED)
        if self.scope_type == "service":
            return "", [f"coalesce(fact.service_id, {nobody}) = {member}"]
        if self.scope_type == "vendor":
            return "", [f"coalesce(fact.vendor_id, {literal(NONE)}) = {member}"]
        if self.scope_type == "team":
            join = f" left join {DIM_SERVICE.qualified} as service on service.service_id = fact.service_id"
            return join, [f"coalesce(service.team_id, {nobody}) = {member}"]
        join = (
            f" left join {BRIDGE_SERVICE_VALUE_STREAM.qualified} as stream on stream.service_id = fact.service_id"
            f" and fact.{quoted(day)} >= stream.valid_from and fact.{quoted(day)} < stream.valid_to"
        )
        return join, [f"coalesce(stream.value_stream_id, {nobody}) = {member}"]
