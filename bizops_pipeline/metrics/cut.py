"""A part of a KPI's values as SQL: one member of a scope, one value of each dimension, one period.

For whoever computes a value once more from the facts. The build itself cuts all members at once (`scopes`).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_MEMBER
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_SERVICE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.scopes import SHARED_SCOPES, named
from bizops_pipeline.metrics.tables import EVER
from bizops_pipeline.naming import NONE, UNALLOCATED, date_literal, literal, quoted

WEIGHT = "_weight"
"""Column with the share of a record that belongs to the member."""

_START = {"day": "calendar.date", "all": f"date '{EVER}'"}


@dataclass(frozen=True, slots=True)
class Cut:
    """Whose values: by default the whole company in all periods of a grain; with `first` and `last` those days.

    Days before `since` do not count.
    """

    grain: str
    scope_type: str = "company"
    scope_id: str | None = None
    dimensions: tuple[tuple[str, str], ...] = ()
    first: date | None = None
    last: date | None = None
    since: date = date.min

    @property
    def start(self) -> str:
        """The SQL of the first day of the period that a calendar day falls into."""
        if self.first:
            return date_literal(self.first)
        return _START.get(self.grain, f"calendar.{self.grain}_start")

    def is_weighted(self, entity: Table) -> bool:
        """Tell whether records of a fact belong to the member by a share of them."""
        is_shared = entity.item is not None and self.scope_type in SHARED_SCOPES
        return self.scope_id is not None and (is_shared or self.scope_type == "value_stream")

    def within(self, column: str = "calendar.date") -> str:
        """Return the SQL that limits a day column to the period, with a leading `and`; nothing for all periods."""
        if not (self.first and self.last):
            return ""
        return f" and {column} between {date_literal(max(self.first, self.since))} and {date_literal(self.last)}"

    def without(self, dimensions: Collection[str]) -> Cut:
        """Return the cut for all values of some dimensions together."""
        return replace(self, dimensions=tuple(pair for pair in self.dimensions if pair[0] not in dimensions))

    def source(self, entity: Table, day: str) -> str:
        """Return the SQL of the records of a fact that belong to the cut, in whatever period; `day` decides by
        which shares they belong to it.
        """
        joins, conditions, weights = self._scope(entity, day)
        conditions += [f"{named(f'fact.{quoted(name)}')} = {literal(value)}" for name, value in self.dimensions]
        if not conditions:
            return entity.qualified
        weight = f", coalesce({', '.join(weights)}, 1) as {WEIGHT}" if weights else ""
        return f"(select fact.*{weight} from {entity.qualified} as fact{joins} where {' and '.join(conditions)})"

    def amount(self, entity: Table, kind: str, value: str | None) -> str:
        """Return the SQL of a sum or count over the cut's records."""
        if not self.is_weighted(entity):
            return f"{kind}({value or '*'})"
        if kind == "sum":
            return f"sum(cast({value} as decimal(29,9)) * {WEIGHT})"
        return f"sum(case when {value} is not null then {WEIGHT} end)" if value else f"sum({WEIGHT})"

    def _scope(self, entity: Table, day: str) -> tuple[str, list[str], list[str]]:
        """Return joins, conditions and weights of the member: of the items that it shares, and of all other records."""
        if self.scope_type == "company" or self.scope_id is None:
            return "", [], []
        if self.scope_type == "vendor":
            return "", [f"coalesce(fact.vendor_id, {literal(NONE)}) = {literal(self.scope_id)}"], []
        on_day = "fact.{day} >= {alias}.valid_from and fact.{day} < {alias}.valid_to"
        joins, members, weights, alone = "", [], [], ""
        if entity.item:
            joins += (
                f" left join {BRIDGE_ITEM_MEMBER.qualified} as shared on shared.scope_type = {literal(self.scope_type)}"
                f" and shared.item_type = {literal(entity.item.type)}"
                f" and shared.item_id = fact.{quoted(entity.item.key)}"
                f" and {on_day.format(day=quoted(day), alias='shared')}"
            )
            members, weights, alone = ["shared.scope_id"], ["shared.weight"], " and shared.item_id is null"
        if self.scope_type == "service":
            members.append("fact.service_id")
        elif self.scope_type == "team":
            joins += f" left join {DIM_SERVICE.qualified} as service on service.service_id = fact.service_id"
            members.append("service.team_id")
        else:
            joins += (
                f" left join {BRIDGE_SERVICE_VALUE_STREAM.qualified} as stream"
                f" on stream.service_id = fact.service_id and {on_day.format(day=quoted(day), alias='stream')}{alone}"
            )
            members.append("stream.value_stream_id")
            weights.append("stream.weight")
        return joins, [f"coalesce({', '.join(members)}, {literal(UNALLOCATED)}) = {literal(self.scope_id)}"], weights
