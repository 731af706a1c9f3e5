"""Which columns of a source table the catalogue refers to, and where it names those that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bizops_pipeline.catalogue.expressions import columns
from bizops_pipeline.catalogue.models import ColumnMap, Lookup, SourceTable, ValueMap
from bizops_pipeline.catalogue.suggestion import nearest
from bizops_pipeline.contracts.audit import PROVENANCE
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.naming import CHANGE_SEQUENCE

RESERVED: frozenset[str] = frozenset({*(column.name for column in PROVENANCE), CHANGE_SEQUENCE})
"""Names that raw rows use for themselves."""


def keep_columns(table: SourceTable) -> tuple[str, ...]:
    """Return the columns whose highest values decide which of several rows of one key is kept."""
    if table.load.keep:
        listed = table.load.keep.strip().removeprefix("latest_by").split(",")
        return tuple(name.strip() for name in listed if name.strip())
    return (table.load.cursor,) if table.load.cursor else ()


def columns_of_load(table: SourceTable) -> tuple[str, ...]:
    """Return the columns that loading the table refers to."""
    names = (*table.load.key, *keep_columns(table), *_cursor(table))
    return tuple(dict.fromkeys(names))


def read_columns(mapped: ColumnMap) -> set[str]:
    """Return the columns of the source that a mapped column is computed from."""
    if isinstance(mapped, ValueMap):
        return columns(mapped.from_)
    if isinstance(mapped, Lookup):
        return columns(mapped.by)
    return columns(mapped) if isinstance(mapped, str) else set()


def missing_columns(found: Iterable[str], wanted: Iterable[str], table: SourceTable | None = None) -> list[str]:
    """Describe each wanted column that is not there: the nearest name that is, and the key of a table's YAML that
    names it. Case does not count.
    """
    present = {name.lower(): name for name in found}
    missing = [name for name in sorted(wanted) if name.lower() not in present]
    named = {name.lower(): told for name, told in reversed(list(_named(table)))} if table and missing else {}
    complaints = []
    for name in missing:
        near = nearest(name.lower(), present)
        told = [*([f"did you mean {present[near]}?"] if near else []), *named.get(name.lower(), ())]
        complaints.append(name + (f" ({' '.join(told)})" if told else ""))
    return complaints


def _named(table: SourceTable) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield every column that a table's YAML refers to, with the key that does."""
    version = "load.keep" if table.load.keep else "load.cursor"
    places = {"load.key": table.load.key, version: keep_columns(table), "connector.cursor": _cursor(table)}
    for key, names in places.items():
        yield from ((name, (f"`{key}` names it",)) for name in names)
    for name, entity in table.entities.items():
        for column, mapped in entity.map.items():
            told = f"`entities.{name}.map.{column}` reads it"
            allowed = ENTITIES[name].column(column).allowed if name in ENTITIES else ()
            for read in sorted(read_columns(mapped)):
                # In YAML alone quotes are YAML's: `high` and `"high"` are both the column high.
                yield read, (told, *([f"and would be a text as \"'{read}'\""] if read in allowed else []))


def _cursor(table: SourceTable) -> tuple[str, ...]:
    cursor = table.connector.cursor if table.connector.kind == "sql" else None
    return (cursor,) if cursor else ()
