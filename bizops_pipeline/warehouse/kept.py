"""Tables that cannot be computed again: another version of the package adds columns to them and loses no row."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import ContractError
from bizops_pipeline.naming import quoted
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.engine import Engine


def ensure_kept(engine: Engine, table: Table) -> None:
    """Create a table where it is missing; add the columns that a stored one lacks.

    Raises ContractError when a stored column has another type or is declared no more: that needs a migration.
    """
    if not engine.exists(table.schema, table.name):
        ensure(engine, table)
        return
    stored = dict(engine.describe(f"select * from {table.qualified}"))
    declared = {column.name: str(column.type) for column in table.columns}
    for name, kind in stored.items():
        if declared.get(name) != kind:
            raise ContractError(f"{table.id}.{name} is {kind}, declared {declared.get(name, 'no more')}: migrate it")
    for name in declared.keys() - stored.keys():
        engine.execute(f"alter table {table.qualified} add column {quoted(name)} {declared[name]}")
