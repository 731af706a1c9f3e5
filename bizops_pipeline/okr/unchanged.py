"""Whether a build would find everything as the last one left it: then there is nothing to compute.

Compared is all that decides the rows: code and catalogue, what is read, and what the last build wrote itself, so
that a mart that someone changed is put right.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from importlib.resources import files

from bizops_pipeline import __version__
from bizops_pipeline.catalogue.models import Company
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.naming import fingerprint, literal
from bizops_pipeline.okr.kpis import OKR
from bizops_pipeline.warehouse.changes import mark_seen, seen
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.versions import versions

APART = ("quality_grade", "run_id")
"""Columns that say nothing of what a build computes: the grade is filled after it, the refresh says who wrote a row."""


def is_as_left(engine: Engine, written: Iterable[Table], found: str, run: Run) -> bool:
    """Tell whether the last build of some marts left behind what is found now; a full refresh builds in any case."""
    return not run.full and all(seen(engine, table.id, found) is not None for table in written)


def remember(engine: Engine, written: Iterable[Table], left: str, run: Run) -> None:
    """Remember what a build of some marts left behind; call in its transaction."""
    for table in written:
        mark_seen(engine, table.id, left, run)


def mark(engine: Engine, company: Company, as_of: date, tables: Iterable[Table]) -> str:
    """Return a hash of what decides the marts of a build: the catalogue, this package, and tables as they are now."""
    package = files(__package__)
    code = sorted([*package.iterdir(), *package.joinpath("sql").iterdir()], key=lambda file: file.name)
    mapped = sorted({entity for table in company.source_tables for entity in table.entities})
    catalogue = (company.settings, company.organisation, company.objectives, company.kpis, mapped)
    state = versions(engine, [_as_built(table) for table in tables])
    return fingerprint(
        __version__,
        as_of.isoformat(),
        repr(catalogue),
        *(file.read_text(encoding="utf-8") for file in code if file.name.endswith((".py", ".sql"))),
        *(f"{id} {version}" for id, version in sorted(state.items())),
        _kpi_values(engine, company),
    )


def _kpi_values(engine: Engine, company: Company) -> str:
    """Return a hash of the values of the KPIs that feed key results and of those that are computed from them."""
    read = {each.kpi for objective in company.objectives for each in objective.key_results if each.kpi}
    listed = ", ".join(literal(id) for id in sorted(read | {kpi.id for kpi in company.kpis if kpi.type == OKR}))
    return engine.content(_as_built(KPI_VALUE), f"kpi_id in ({listed})" if listed else "false")[0]


def _as_built(table: Table) -> Table:
    return replace(table, columns=tuple(column for column in table.columns if column.name not in APART))
