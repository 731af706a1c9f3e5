"""All contracts in one place, for whoever needs to look a table up by its id."""

from __future__ import annotations

from bizops_pipeline.contracts.audit import SYSTEM_TABLES
from bizops_pipeline.contracts.core import CORE_TABLES
from bizops_pipeline.contracts.marts import MARTS
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table

TABLES: dict[str, Table] = {
    table.id: table for table in (*ENTITIES.values(), *CORE_TABLES.values(), *MARTS.values(), *SYSTEM_TABLES)
}
"""Every declared table by `schema.name`."""
