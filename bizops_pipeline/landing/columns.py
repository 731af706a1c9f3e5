"""Which of a source table's columns the loader needs, according to the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.catalogue.suggestion import nearest
from bizops_pipeline.contracts.audit import PROVENANCE
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
    cursor = table.connector.cursor if table.connector.kind == "sql" else None
    names = (*table.load.key, *keep_columns(table), *((cursor,) if cursor else ()))
    return tuple(dict.fromkeys(names))


def missing_columns(found: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Describe each wanted column that is not there, with the nearest name that is; case does not count."""
    present = {name.lower(): name for name in found}
    complaints = []
    for name in sorted(wanted):
        if name.lower() not in present:
            near = nearest(name.lower(), present)
            complaints.append(name + (f" (did you mean {present[near]}?)" if near else ""))
    return complaints
