"""How records are given to members: the SQL by which a set's members are joined to grouped records, and their weights.

A record belongs to the service that it names, that service's team, and its value streams by weight. Where the record
is an item that the model gives to several services it belongs to their members instead, by the item's weights: it is
one record of each, and its amounts are shared.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bizops_pipeline.contracts.core.allocation import BRIDGE_ITEM_MEMBER, BRIDGE_ITEM_SERVICE
from bizops_pipeline.contracts.core.organisation import BRIDGE_SERVICE_VALUE_STREAM, DIM_SERVICE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.metrics.scopes import SHARED_SCOPES, BySet
from bizops_pipeline.naming import NONE, UNALLOCATED, literal, quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.engine import Engine

ITEM_TYPE, ITEM = "_item_type", "_item_id"
"""Columns that name the item of a record that belongs to several services; NULL for all others, so groups stay few."""


@dataclass(frozen=True, slots=True)
class Members:
    """The members of one set, to be joined to a table `base` with the set's columns and `member_day`."""

    by: BySet
    company_id: str
    has_items: bool
    """Whether `base` has the columns of items."""

    @property
    def scope_id(self) -> str:
        """The SQL of the member."""
        nobody = literal(UNALLOCATED)
        shared = "shared.scope_id, " if self._is_shared else ""
        return {
            "company": literal(self.company_id),
            "service": f"coalesce({shared}base.service_id, {nobody})",
            "team": f"coalesce({shared}service.team_id, {nobody})",
            "value_stream": f"coalesce({shared}stream.value_stream_id, {nobody})",
            "vendor": f"coalesce(base.vendor_id, {literal(NONE)})",
        }[self.by.scope]

    @property
    def join(self) -> str:
        """The SQL of the joins; what an item or a stream belongs to is decided by `base.member_day`."""
        joins = [self._of_item] if self._is_shared else []
        if self.by.scope == "team":
            joins.append(f"left join {DIM_SERVICE.qualified} as service on service.service_id = base.service_id")
        if self.by.scope == "value_stream":
            alone = f" and base.{ITEM} is null" if self._is_shared else ""
            joins.append(
                f"left join {BRIDGE_SERVICE_VALUE_STREAM.qualified} as stream on stream.service_id = base.service_id\n"
                f"        and base.member_day >= stream.valid_from and base.member_day < stream.valid_to{alone}"
            )
        return "\n    ".join(joins)

    def weighted(self, amount: str) -> str:
        """Return the SQL of an exact amount times the weight of the member."""
        weights = ["shared.weight"] if self._is_shared else []
        weights += ["stream.weight"] if self.by.is_weighted else []
        if not weights:
            return amount
        return f"cast({amount} as decimal(29,9)) * coalesce({', '.join(weights)}, cast(1 as decimal(9,6)))"

    @property
    def _is_shared(self) -> bool:
        return self.has_items and self.by.scope in SHARED_SCOPES

    @property
    def _of_item(self) -> str:
        return (
            f"left join {BRIDGE_ITEM_MEMBER.qualified} as shared on shared.scope_type = {literal(self.by.scope)}\n"
            f"        and shared.item_type = base.{ITEM_TYPE} and shared.item_id = base.{ITEM}\n"
            "        and base.member_day >= shared.valid_from and base.member_day < shared.valid_to"
        )


@dataclass(frozen=True, slots=True)
class Placement:
    """How the records of one build are given to members; `shares_items` when the model shares any item."""

    company_id: str
    mapping: str
    """What maps services to teams and value streams, for fingerprints."""
    shares_items: bool

    def members(self, by: BySet, entity: Table | None = None) -> Members:
        """Return the members of a set, for records of one fact or of several."""
        return Members(by, self.company_id, self.shares_items if entity is None else self.has_items(entity))

    def has_items(self, entity: Table) -> bool:
        """Tell whether a fact's records are items that may be shared."""
        return self.shares_items and entity.item is not None

    def columns(self, columns: Iterable[str], sets: Iterable[BySet], entity: Table) -> tuple[str, ...]:
        """Return the columns by which records are grouped: those of the sets, and the item for sets that share it."""
        is_shared = self.has_items(entity) and any(by.scope in SHARED_SCOPES for by in sets)
        return (*columns, *((ITEM_TYPE, ITEM) if is_shared else ()))

    def source(self, entity: Table, day: str, columns: Iterable[str]) -> str:
        """Return the SQL of a fact's records; where `columns` name the item, with that which is shared on their day."""
        if ITEM not in columns or entity.item is None:
            return entity.qualified
        spans = f"select distinct item_type, item_id, valid_from, valid_to from {BRIDGE_ITEM_SERVICE.qualified}"
        return (
            f"(select fact.*, mapped.item_type as {ITEM_TYPE}, mapped.item_id as {ITEM} "
            f"from {entity.qualified} as fact left join ({spans}) as mapped "
            f"on mapped.item_type = {literal(entity.item.type)} and mapped.item_id = fact.{quoted(entity.item.key)} "
            f"and fact.{quoted(day)} >= mapped.valid_from and fact.{quoted(day)} < mapped.valid_to)"
        )

    def mark(self, entity: Table) -> str:
        """Return what of the placement decides the parts of a fact besides what changes row by row."""
        return repr((self.company_id, self.mapping, self.has_items(entity)))

    def read(self, entity: Table, day: str) -> list[tuple[Table, str]]:
        """Return what a pass over a fact reads: the fact with its day, and the members of items."""
        return [(entity, day), *([(BRIDGE_ITEM_MEMBER, "")] if self.has_items(entity) else [])]

    def moved(self, entity: Table, day: str, after: int) -> list[str]:
        """Return queries for the days of records whose item was given to others since a sequence."""
        if not self.has_items(entity) or entity.item is None:
            return []
        changed = changes.changed_rows(BRIDGE_ITEM_MEMBER, "item_type, item_id", after)
        return [
            f"select fact.{quoted(day)} as day from {entity.qualified} as fact join ({changed}) as moved "
            f"on moved.item_type = {literal(entity.item.type)} and moved.item_id = fact.{quoted(entity.item.key)}"
        ]


def placement(engine: Engine, company_id: str) -> Placement:
    """Return how records are given to members now."""
    shares_items = bool(engine.scalar(f"select 1 from {BRIDGE_ITEM_MEMBER.qualified} limit 1"))
    return Placement(company_id, _mapping(engine), shares_items)


def _mapping(engine: Engine) -> str:
    teams = engine.rows(f"select service_id, team_id from {DIM_SERVICE.qualified} order by service_id, team_id")
    streams = engine.rows(
        "select service_id, value_stream_id, weight, valid_from, valid_to "
        f"from {BRIDGE_SERVICE_VALUE_STREAM.qualified} order by service_id, value_stream_id, valid_from"
    )
    return repr((teams, streams))
