"""Contracts in one place, for whoever needs to look a table up by its id."""

from __future__ import annotations

from bizops_pipeline.contracts.audit import SYSTEM_TABLES
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Column, Table, Type

_NUMEROUS = frozenset({"_row_key", *(table.key[0] for name, table in CORE_TABLES.items() if name.startswith("fct_"))})

TABLES: dict[str, Table] = {
    table.id: table for table in (*ENTITIES.values(), *CORE_TABLES.values(), *MARTS.values(), *SYSTEM_TABLES)
}
"""Entities, core, marts and what the pipeline keeps account in, by `schema.name`.

Not raw tables, what only a publication has, and temporary tables.
"""


def hardly_repeats(table: Table, column: Column) -> bool:
    """Tell whether a text names one of very many things: rows of the table itself, of raw, or of a fact."""
    return column.type is Type.TEXT and (table.key == (column.name,) or column.name in _NUMEROUS)
