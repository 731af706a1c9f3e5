"""What became of every raw row of a source table: kept, set aside, or superseded by another row of its key."""

from __future__ import annotations

from dataclasses import dataclass

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.contracts.audit import QUARANTINE_RECORD
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import RAW, STATE, literal, quoted, raw_table
from bizops_pipeline.warehouse.changes import tables_there
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


def raw_id(table: SourceTable) -> str:
    """Return the id of the raw table of a source table, as `tables_there` names it."""
    return f"{RAW}.{raw_table(table.source, table.name)}"


def raw_exists(engine: Engine, table: SourceTable) -> bool:
    """Tell whether anything was ever loaded for a source table."""
    return raw_id(table) in tables_there(engine)


def count(engine: Engine, company: Company, entity: str) -> list[Balance]:
    """Count what became of the raw rows of every source table of an entity."""
    there = tables_there(engine)
    table = ENTITIES[entity]
    superseded = superseded_table(table)
    places = {
        "kept": (table, "_source", "_source_table", ""),
        "lost": (superseded, "_source", "_source_table", ""),
        "bad": (QUARANTINE_RECORD, "source", "source_table", f"where entity = {literal(entity)}"),
    }
    counts = [
        f"select {literal(place)} as place, {source} as source, {name} as source_table, count(*) as number "
        f"from {stored.qualified} {where} group by {source}, {name}"
        for place, (stored, source, name, where) in places.items()
        if stored.id in there
    ]
    fed = [source for source in tables_of(company, entity) if raw_id(source) in there]
    counts += [
        f"select 'raw', {literal(each.source)}, {literal(each.name)}, count(*) from {qualified_raw(each)}"
        for each in fed
    ]
    rows = engine.rows(" union all ".join(counts)) if counts else []
    found = {(place, source, name): int(number) for place, source, name, number in rows}
    return [
        Balance(each.source, each.name, entity, *(found.get((place, each.source, each.name), 0) for place in _PLACES))
        for each in tables_of(company, entity)
    ]


_PLACES = ("raw", "kept", "bad", "lost")
