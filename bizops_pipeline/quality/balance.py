"""What became of every raw row of a source table: kept, set aside, or superseded by another row of its key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.contracts.audit import QUARANTINE_RECORD
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.landing.raw import raw_of
from bizops_pipeline.naming import STATE, literal
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


def count(engine: Engine, company: Company, *entities: str) -> list[Balance]:
    """Count what became of the raw rows of every source table of some entities, in one query."""
    there = engine.tables()
    counts = [query for entity in entities for query in _counts(company, entity, there)]
    if QUARANTINE_RECORD.id in there:
        listed = ", ".join(literal(entity) for entity in entities)
        counts.append(_grouped("entity", "bad", QUARANTINE_RECORD, "", f"where entity in ({listed})"))
    rows = engine.rows(" union all ".join(counts)) if entities and counts else []
    found = {tuple(counted): int(number) for *counted, number in rows}
    return [
        Balance(
            each.source,
            each.name,
            entity,
            *(found.get((entity, place, each.source, each.name), 0) for place in _PLACES),
        )
        for entity in entities
        for each in tables_of(company, entity)
    ]


def _counts(company: Company, entity: str, there: frozenset[str]) -> Iterator[str]:
    """Yield queries for the rows of an entity that are in raw, kept or superseded."""
    table = ENTITIES[entity]
    for place, stored in (("kept", table), ("lost", superseded_table(table))):
        if stored.id in there:
            yield _grouped(literal(entity), place, stored, "_")
    for each in tables_of(company, entity):
        if raw_of(each).id in there:
            named = ", ".join(literal(text) for text in (entity, "raw", each.source, each.name))
            yield f"select {named}, count(*) from {raw_of(each).qualified}"


def _grouped(entity: str, place: str, stored: Table, prefix: str, where: str = "") -> str:
    """Return the query for entity, place, source, source table and number of rows of a table."""
    return (
        f"select {entity}, {literal(place)}, {prefix}source, {prefix}source_table, count(*) from {stored.qualified} "
        f"{where} group by 1, 2, 3, 4"
    )


_PLACES = ("raw", "kept", "bad", "lost")
