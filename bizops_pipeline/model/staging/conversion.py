"""SQL that turns what a source gave into a column's type, with functions of the embedded engine.

A value that does not fit becomes NULL, never an error: who calls tells a value that was lost from one that
was never there. Staging always runs where the files are loaded, so this is the one place in the model where
SQL need not be portable.
"""

from __future__ import annotations

from dataclasses import dataclass

from bizops_pipeline.contracts.table import Column, Table, Type
from bizops_pipeline.landing.raw import canonical_text
from bizops_pipeline.naming import literal, quoted
from bizops_pipeline.warehouse.time_zone import business_date, to_utc

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "BOOLEAN")
_AWARE = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ_NS")
_THOUSANDS = "^[+-]?[1-9][0-9]{0,2}([.][0-9]{3})+(,[0-9]*)?$"


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
    """Return a number's text as the engine reads it: with a decimal comma, points separate thousands.

    Points elsewhere, as in `12.50`, make it a text that is no number.
    """
    if decimal != ",":
        return value
    text = as_text(value)
    misplaced = f"contains({text}, '.') and not regexp_matches(trim({text}), {literal(_THOUSANDS)})"
    return f"case when {misplaced} then '?' else replace(replace({text}, '.', ''), ',', '.') end"


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
            if is_identifying(table, column):
                return f"nullif(nfc_normalize(trim({canonical_text(given, natural)})), '')"
            return f"nullif(trim({given if natural == 'VARCHAR' else as_text(given)}), '')"
        case Type.TIMESTAMP:
            return _instant(given, local, natural, conventions)
        case Type.DATE:
            return _date(given, natural, conventions)
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
    if natural in _AWARE:
        return _utc(given)
    shifted = to_utc(local, conventions.time_zone)
    if natural != "VARCHAR":
        return shifted
    return f"case when {_has_zone(given)} then {_utc(given)} else {shifted} end"


def _date(given: str, natural: str, conventions: Conventions) -> str:
    day = f"try_cast({given} as date)"
    of_moment = business_date(_utc(given), conventions.company_zone)
    if natural in _AWARE:
        return of_moment
    if natural != "VARCHAR":
        return day
    return f"case when {_has_zone(given)} then coalesce({of_moment}, {day}) else {day} end"


def _utc(given: str) -> str:
    """Return SQL for a moment with a zone as a UTC time; nanoseconds have no cast of their own."""
    return f"cast(try_cast({given} as timestamptz) as timestamp)"


def _has_zone(given: str) -> str:
    """Return a condition: something other than digits follows the day, so the engine must know what it means.

    As a naive time the engine would read the text up to `PM`, `EST` or ` +0200` and skip the rest.
    """
    return f"regexp_matches(substring(ltrim({given}), 12), '[^0-9:. ]')"


def _integer(given: str, natural: str, conventions: Conventions) -> str:
    if natural in _WHOLE:
        return f"cast({given} as bigint)"
    exact = f"try_cast({_readable_number(given, natural, conventions)} as decimal(38, 9))"
    return f"case when {exact} = floor({exact}) then try_cast({exact} as bigint) end"


def _readable_number(given: str, natural: str, conventions: Conventions) -> str:
    return number_text(given, conventions.decimal) if natural == "VARCHAR" else given
