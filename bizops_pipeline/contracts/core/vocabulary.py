"""What the contracts of the model share: how dimensions and facts are declared, and their usual columns."""

from __future__ import annotations

from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Column, Item, Table, Type, day, flag, money, text
from bizops_pipeline.naming import CORE

SERVICE = text(
    "service_id",
    "Service; `unallocated` when none is known.",
    required=True,
    references="dim_service.service_id",
)
CHANNEL = text("channel", "Sales channel.")
REPORTING = "in the company's reporting currency at the rate of its date"
CURRENCY = text("currency", "Currency.")
EXCHANGE_RATE = Column("exchange_rate", Type.COMPONENT, "Reporting currency for one unit of the currency.")
RATE_DATE = day("rate_date", "Day of the rate that was used.")
AMOUNT_REPORTING = money("amount_reporting", f"Amount {REPORTING}; NULL without a rate.")
VALID_TO = day("valid_to", "First day on which it no longer holds; 9999-12-31 when open.", required=True)
COST_CENTRE = text("cost_centre", "Cost centre.")
IS_RECORDED = flag(
    "is_recorded", "Whether a source has a record of it; false where only other records name it.", required=True
)
SIDES = ("business", "it")
SIDE = text("side", "Side of the company.", allowed=SIDES)


def dimension(name: str, grain: str, description: str, key: tuple[str, ...], *columns: Column) -> Table:
    """Declare a dimension or bridge."""
    return Table(CORE, name, grain, key, columns, description)


def tracked_dimension(name: str, grain: str, description: str, key: tuple[str, ...], *columns: Column) -> Table:
    """Declare a dimension whose writes are tracked: one made from a source, which facts follow row by row."""
    return Table(CORE, name, grain, key, columns, description, tracks_changes=True)


def fact(name: str, grain: str, description: str, *columns: Column, item: Item | None = None) -> Table:
    """Declare a fact; its key is its first column, its writes are tracked for incremental readers."""
    return Table(CORE, name, grain, (columns[0].name,), columns, description, tracks_changes=True, item=item)


def conformed(entity: str, column: str, *more: str) -> tuple[str, ...]:
    """Return the values that a column of a conformed entity can have, and those that the model adds."""
    return (*ENTITIES[entity].column(column).allowed, *more)


def item_of(entity: str) -> Item:
    """Declare that a fact has the key of an item, under the name that it has in the item's own entity."""
    return Item(entity, f"{entity}_id")
