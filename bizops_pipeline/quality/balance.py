"""What became of every raw row of a source table: kept, set aside, or superseded by another row of its key."""

from __future__ import annotations

from dataclasses import dataclass

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.contracts.audit import QUARANTINE_RECORD
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import RAW, STATE, quoted, raw_table
from bizops_pipeline.warehouse.engine import Engine


@dataclass(frozen=True, slots=True)
class Balance:
    """The rows of one source table as one entity, counted in the tables themselves."""

    source: str
    source_table: str
    entity: str
    raw_rows: int
    kept: int
    quarantined: int
    deduplicated: int

    @property
    def holds(self) -> bool:
        """Whether every raw row is in exactly one place, as far as counts can tell."""
        return self.raw_rows == self.kept + self.quarantined + self.deduplicated


def superseded_table(entity: Table) -> Table:
    """Return the table of the rows that lost to another row of their key; they return when that one leaves."""
    description = f"Rows of {entity.id} that another row of the same key superseded."
    return Table(STATE, f"superseded__{entity.name}", "one row per superseded row", (), entity.columns, description)


def tables_of(company: Company, entity: str) -> list[SourceTable]:
    """Return the source tables that are mapped to an entity."""
    return [table for table in company.source_tables if entity in table.entities]


def qualified_raw(table: SourceTable) -> str:
    """Return the qualified name of the raw table of a source table."""
    return f"{RAW}.{quoted(raw_table(table.source, table.name))}"


def raw_exists(engine: Engine, table: SourceTable) -> bool:
    """Tell whether anything was ever loaded for a source table."""
    return engine.exists(RAW, raw_table(table.source, table.name))


def count(engine: Engine, company: Company, entity: str) -> list[Balance]:
    """Count what became of the raw rows of every source table of an entity."""
    table = ENTITIES[entity]
    kept = _by_source_table(engine, table, f"select _source, _source_table from {table.qualified}")
    superseded = superseded_table(table)
    lost = _by_source_table(engine, superseded, f"select _source, _source_table from {superseded.qualified}")
    bad = _by_source_table(
        engine,
        QUARANTINE_RECORD,
        f"select source, source_table from {QUARANTINE_RECORD.qualified} where entity = ?",
        (entity,),
    )
    balances = []
    for source_table in tables_of(company, entity):
        name = (source_table.source, source_table.name)
        rows = (
            engine.scalar(f"select count(*) from {qualified_raw(source_table)}")
            if raw_exists(engine, source_table)
            else 0
        )
        balances.append(Balance(*name, entity, int(rows), kept.get(name, 0), bad.get(name, 0), lost.get(name, 0)))
    return balances


def _by_source_table(
    engine: Engine, table: Table, query: str, parameters: tuple[object, ...] = ()
) -> dict[tuple[str, str], int]:
    if not engine.exists(table.schema, table.name):
        return {}
    rows = engine.rows(
        f"select source, source_table, count(*) from ({query}) as rows(source, source_table) "
        "group by source, source_table",
        parameters,
    )
    return {(source, source_table): int(number) for source, source_table, number in rows}
