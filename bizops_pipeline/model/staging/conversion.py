"""SQL that turns what a source gave into a column's type, with functions of the embedded engine.

A value that does not fit becomes NULL, never an error: who calls tells a value that was lost from one that
was never there. Staging always runs where the files are loaded, so this is the one place in the model where
SQL need not be portable.
"""

from __future__ import annotations

from dataclasses import dataclass

from bizops_pipeline.contracts.table import Column, Table, Type
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.time_zone import business_date, to_utc

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "BOOLEAN")
_AWARE = "TIMESTAMP WITH TIME ZONE"

# A time of day ends in an offset when something follows it: the text after `2026-03-29` and a separator.
_WITH_OFFSET = ("like '%+%'", "like '%Z'", "like '%z'", "like '%UTC'", "like '%GMT'", "like '%/%'")


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a source writes: the zone of its naive times, its decimal mark; and the company's zone."""

    time_zone: str
    company_zone: str
    decimal: str = "."


def present(value: str) -> str:
    """Return a condition: the source gave a value that is not blank."""
    return f"({value} is not null and trim(cast({value} as varchar)) <> '')"


def as_text(value: str) -> str:
    """Return a value as text, whatever its type."""
    return f"cast({value} as varchar)"


def name_of(value: str) -> str:
    """Return a name as it is compared with the catalogue's: trimmed, NFC, lower case."""
    return f"lower(nfc_normalize(trim({as_text(value)})))"


def number_text(value: str, decimal: str) -> str:
    """Return a number's text as the engine reads it: with a decimal comma, points separate thousands."""
    return f"replace(replace({as_text(value)}, '.', ''), ',', '.')" if decimal == "," else value


def as_json(alias: str, columns: list[str]) -> str:
    """Return a row as a JSON text of its columns."""
    pairs = ", ".join(f"{literal(name)}, {alias}.{quoted(name)}" for name in columns)
    return f"cast(json_object({pairs}) as varchar)"


def is_identifying(table: Table, column: Column) -> bool:
    """Tell whether a text column is a key or refers to one, so that equal keys must be equal texts."""
    return column.name in table.key or column.references is not None or column.name.endswith(("_id", "_sha"))


def naive(value: str, natural: str) -> str:
    """Return a source's time as the clock showed it; the offset of a text is not looked at."""
    return value if natural == "TIMESTAMP" else f"try_cast({value} as timestamp)"


def typed(table: Table, column: Column, given: str, local: str, natural: str, conventions: Conventions) -> str:
    """Return SQL for a column's value.

    `given` is the source's value, of the engine's type `natural`; `local` is `naive` of it. Both are plain
    columns.
    """
    match column.type:
        case Type.TEXT:
            trimmed = f"trim({given if natural == 'VARCHAR' else as_text(given)})"
            return f"nullif({f'nfc_normalize({trimmed})' if is_identifying(table, column) else trimmed}, '')"
        case Type.TIMESTAMP:
            return _instant(given, local, natural, conventions)
        case Type.DATE:
            if natural == _AWARE:
                return business_date(f"cast({given} as timestamp)", conventions.company_zone)
            return f"try_cast({given} as date)"
        case Type.BOOLEAN:
            return f"try_cast({given} as boolean)"
        case Type.INTEGER:
            return _integer(given, natural, conventions)
        case Type.NUMBER:
            number = f"try_cast({_readable_number(given, natural, conventions)} as double)"
            return f"case when isfinite({number}) then {number} end"
        case _:
            return f"try_cast({_readable_number(given, natural, conventions)} as {column.type})"


def _instant(given: str, local: str, natural: str, conventions: Conventions) -> str:
    if natural == _AWARE:
        return f"cast({given} as timestamp)"
    shifted = to_utc(local, conventions.time_zone)
    if natural != "VARCHAR":
        return shifted
    offset = " or ".join([*(f"{given} {form}" for form in _WITH_OFFSET), f"substring({given}, 12) like '%-%'"])
    return f"case when {offset} then cast(try_cast({given} as timestamptz) as timestamp) else {shifted} end"


def _integer(given: str, natural: str, conventions: Conventions) -> str:
    if natural in _WHOLE:
        return f"cast({given} as bigint)"
    exact = f"try_cast({_readable_number(given, natural, conventions)} as decimal(38, 9))"
    return f"case when {exact} = floor({exact}) then try_cast({exact} as bigint) end"


def _readable_number(given: str, natural: str, conventions: Conventions) -> str:
    return number_text(given, conventions.decimal) if natural == "VARCHAR" else given
