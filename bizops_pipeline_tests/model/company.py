"""A small company, staging tables filled by hand, and the model built from them by its real SQL."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import Company, CompanySettings, Organisation
from bizops_pipeline.contracts.audit import CONSUMED, ORIGIN
from bizops_pipeline.contracts.registry import TABLES
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Table, Type
from bizops_pipeline.model import calendar, definitions
from bizops_pipeline.model.build import Built, build, build_all
from bizops_pipeline.model.declaration import Model
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline.naming import quoted
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import copy_of, written_once

AS_OF = date(2026, 6, 30)
_DEFAULTS = {Type.TEXT: "", Type.INTEGER: 0, Type.TIMESTAMP: datetime(2026, 1, 1)}


def company(
    *, services: Iterable[Mapping[str, Any]] = ({"id": "shop"}, {"id": "payments"}), **settings: Any
) -> Company:
    """Return a company with services `shop` and `payments`, in UTC and EUR unless told otherwise."""
    return Company(
        root=Path("."),
        settings=CompanySettings.model_validate({"id": "acme", "name": "Acme", **settings}),
        organisation=Organisation.model_validate({"services": list(services)}),
        source_tables=(),
        kpis=(),
        objectives=(),
        suites=(),
        fingerprint="",
    )


def run(sequence: int = 1, as_of: date = AS_OF, *, full: bool = False) -> Run:
    """Return the identity of a refresh."""
    return Run(f"run-{sequence}", sequence, as_of, datetime(2026, 7, 1), full)


def warehouse() -> DuckDBEngine:
    """Return a warehouse with all staging tables and nothing in them."""
    return copy_of(_empty())


def defined(owner: Company, as_of: date = AS_OF) -> DuckDBEngine:
    """Return a warehouse with the definitions of a company and its calendar, besides empty staging tables."""
    refresh = run(as_of=as_of)

    def write(engine: DuckDBEngine) -> None:
        definitions.write(engine, owner, refresh)
        calendar.write(engine, owner, refresh)

    # A company holds lists, so it has no hash.
    return copy_of(written_once(("defined", repr(owner), as_of), write, start=_empty()))


def fill(engine: DuckDBEngine, entity: str, rows: Iterable[Mapping[str, Any]], sequence: int = 1) -> None:
    """Make a staging table equal to `rows` as staging does: rows that differ carry the sequence of the refresh."""
    table = ENTITIES[entity]
    columns = (*table.columns, *ORIGIN)
    query = definitions.values_query(
        Table("temp", "rows", "", (), columns, ""),
        [{**{column.name: _DEFAULTS[column.type] for column in ORIGIN}, **row} for row in rows],
    )
    changes.replace(engine, table, query, run(sequence), extra=ORIGIN)


def models_of(*tables: str) -> list[Model]:
    """Return the models of some tables and of the tables they read, in the order in which they are built."""
    wanted = {f"core.{name}" for name in tables}
    for model in reversed(in_build_order()):
        if model.table.id in wanted:
            wanted |= {table.id for table in model.inputs}
    return [model for model in in_build_order() if model.table.id in wanted]


def build_model(
    engine: DuckDBEngine,
    owner: Company,
    sequence: int = 1,
    as_of: date = AS_OF,
    *,
    full: bool = False,
    models: Iterable[Model] | None = None,
) -> dict[str, Built]:
    """Write definitions and calendar and build tables of the model, all unless told otherwise."""
    refresh = run(sequence, as_of, full=full)
    definitions.write(engine, owner, refresh)
    calendar.write(engine, owner, refresh)
    if models is None:
        return build_all(engine, owner, refresh)
    return {model.name: build(engine, owner, model.name, refresh) for model in models}


def built(
    *tables: str, owner: Company | None = None, as_of: date = AS_OF, **entities: Iterable[Mapping[str, Any]]
) -> DuckDBEngine:
    """Return a warehouse whose staging tables were filled and whose `tables` were built, and what they read."""
    owner, refresh = owner or company(), run(as_of=as_of)
    engine = defined(owner, as_of)
    for entity, rows in entities.items():
        fill(engine, entity, rows)
    if "holiday" in entities:
        calendar.write(engine, owner, refresh)
    for model in models_of(*tables):
        build(engine, owner, model.name, refresh)
    return engine


def content(engine: DuckDBEngine, table_id: str) -> list[tuple[Any, ...]]:
    """Return the rows of a table in order of its key, without system columns."""
    table = TABLES[table_id]
    listed = ", ".join(quoted(name) for name in table.column_names)
    return engine.rows(f"select {listed} from {table.qualified} order by {', '.join(map(quoted, table.key))}")


def facts(engine: DuckDBEngine, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of a fact in order of its key."""
    table = TABLES[f"core.{name}"]
    return engine.rows(f"select {', '.join(columns)} from {table.qualified} order by {table.key[0]}")


def _empty() -> Path:
    staging = [(CONSUMED, ()), *((table, ORIGIN) for table in ENTITIES.values())]
    return written_once("staging", lambda engine: changes.ensure_all(engine, staging))
