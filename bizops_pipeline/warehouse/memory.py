"""Tables that remember: what was shown, frozen or noticed when, which no later refresh can compute again.

`changes.ensure` drops a table of another version, to be built anew. These are kept instead: what a contract adds is
added to them, and nothing is taken away.
"""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import ContractError
from bizops_pipeline.naming import quoted
from bizops_pipeline.warehouse.changes import ensure, stored_columns
from bizops_pipeline.warehouse.engine import Engine


def ensure_memory(engine: Engine, table: Table) -> None:
    """Create a table that remembers where it is missing; give an older one the columns that its contract added.

    Raises ContractError when a stored column has another type or is declared no more: that needs a migration.
    """
    if not engine.exists(table.schema, table.name):
        ensure(engine, table)
        return
    stored = dict(engine.describe(f"select * from {table.qualified}"))
    declared = {column.name: str(column.type) for column in stored_columns(table)}
    for name, kind in stored.items():
        if declared.get(name) != kind:
            raise ContractError(f"{table.id}.{name} is {kind}, declared {declared.get(name, 'no more')}: migrate it")
    for name, kind in declared.items():
        if name not in stored:
            engine.execute(f"alter table {table.qualified} add column {quoted(name)} {kind}")
