"""The vocabulary of a contract: types, columns, record rules and tables."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypedDict, Unpack

from bizops_pipeline.naming import CHANGE_SEQUENCE


class Type(StrEnum):
    """Column types, a set that every supported engine has."""

    TEXT = "VARCHAR"
    INTEGER = "BIGINT"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"
    MONEY = "DECIMAL(18,4)"
    QUANTITY = "DECIMAL(18,6)"
    WEIGHT = "DECIMAL(9,6)"
    RATE = "DECIMAL(18,9)"
    CHARGE = "DECIMAL(20,9)"
    COMPONENT = "DECIMAL(38,9)"
    NUMBER = "DOUBLE"


@dataclass(frozen=True, slots=True)
class Conserved:
    """The amount of staging, `entity.column`, of which a fact keeps the sum in each currency: no cent lost or doubled.

    `currency` says where the currency of a staged record is found, the first that is known: a column of the record
    or, written `schema.table`, the currency of that table's rows with the same `by`. The reporting currency is last.
    `only` is a portable SQL condition on the records, named `staged`, that the fact takes over; default all.
    """

    amount: str
    currency: tuple[str, ...] = ("currency",)
    by: str = ""
    only: str = "true"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its type, what it means, and what a valid value is.

    `business_date_of` names a UTC timestamp column of the same table; the column is then its calendar day in
    the company's time zone and is filled by the builder, not by the model. `personal` values are hashed or
    dropped before they reach the warehouse. `references` names a dimension as `table.column`; a value without
    a member is counted, not dropped. `conserves` is the amount of staging that must add up to the column's.
    """

    name: str
    type: Type
    description: str
    required: bool = False
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    business_date_of: str | None = None
    references: str | None = None
    unit: str | None = None
    personal: bool = False
    conserves: Conserved | None = None

    @property
    def meaning(self) -> str:
        """The description with the values that the column can have."""
        values = ", ".join(f"`{value}`" for value in self.allowed)
        return f"{self.description} One of {values}." if values else self.description


class ColumnOptions(TypedDict, total=False):
    """What may be said of a column beside its name, type and description; see Column."""

    required: bool
    allowed: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    references: str | None
    unit: str | None
    personal: bool
    conserves: Conserved | None


@dataclass(frozen=True, slots=True)
class Rule:
    """A record rule: a portable SQL condition over the table's columns; a row where it is false is bad."""

    id: str
    holds: str
    description: str


@dataclass(frozen=True, slots=True)
class Item:
    """Under what entity and key `core.bridge_item_service` knows a row: it may belong to several services by weight."""

    type: str
    key: str
    """Column with the key."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table: where it lives, what one row is, and what it promises to readers."""

    schema: str
    name: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    description: str
    rules: tuple[Rule, ...] = ()
    latest_by: tuple[str, ...] = ()
    tracks_changes: bool = False
    item: Item | None = None
    """The item that a row of a fact stands for, or is about, where items may belong to several services."""

    @property
    def qualified(self) -> str:
        """Schema and name as SQL writes them."""
        return f'{self.schema}."{self.name}"'

    @property
    def id(self) -> str:
        """Schema and name as people write them."""
        return f"{self.schema}.{self.name}"

    @property
    def summary(self) -> str:
        """What the table is and what one row of it is, as sentences."""
        return f"{self.description} {self.grain[0].upper()}{self.grain[1:]}."

    @property
    def column_names(self) -> tuple[str, ...]:
        """The declared columns in order."""
        return tuple(column.name for column in self.columns)

    @property
    def model_columns(self) -> tuple[Column, ...]:
        """The columns a model's query must return: all but the business dates, which the builder adds."""
        return tuple(column for column in self.columns if column.business_date_of is None)

    @property
    def system_columns(self) -> tuple[Column, ...]:
        """Columns the pipeline itself keeps on the stored table."""
        if not self.tracks_changes:
            return ()
        return (Column(CHANGE_SEQUENCE, Type.INTEGER, "Refresh that last wrote this row.", required=True),)

    def column(self, name: str) -> Column:
        """Return a declared column; raises KeyError when there is none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.id} has no column {name}")

    def has(self, name: str) -> bool:
        """Tell whether the table declares a column of that name."""
        return any(column.name == name for column in self.columns)


def text(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a text column."""
    return Column(name, Type.TEXT, description, **options)


def integer(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a whole-number column."""
    return Column(name, Type.INTEGER, description, **options)


def flag(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a true/false column."""
    return Column(name, Type.BOOLEAN, description, **options)


def day(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a calendar-day column."""
    return Column(name, Type.DATE, description, **options)


def instant(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a UTC timestamp column."""
    return Column(name, Type.TIMESTAMP, description, **options)


def money(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare an exact amount of money."""
    return Column(name, Type.MONEY, description, **options)


def seconds(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a duration in whole seconds."""
    options["unit"] = "s"
    return Column(name, Type.INTEGER, description, **options)


def number(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a floating-point column; never for money or anything that is summed."""
    return Column(name, Type.NUMBER, description, **options)


def business_date(of: str) -> Column:
    """Declare the company's calendar day of the UTC timestamp column `of`: `ordered_at` gives `ordered_date`."""
    name = of.removesuffix("_at") + "_date"
    return Column(name, Type.DATE, f"Business day of {of} in the company's time zone.", business_date_of=of)
