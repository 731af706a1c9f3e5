"""Whether the columns that the YAML names as personal are columns of the source: a typo would leave them in clear."""

from __future__ import annotations

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.landing.personal import named_columns
from bizops_pipeline.landing.raw import raw_of
from bizops_pipeline.landing.reload import known_loading
from bizops_pipeline.quality.checks import CheckResult, judged
from bizops_pipeline.warehouse.engine import Engine

NAMED = "personal_columns:"
"""With what the ids of these checks begin."""


def check_named_columns(engine: Engine, company: Company) -> list[CheckResult]:
    """Return for each table with such columns whether its source has them; lists may be of several tables."""
    return [
        _judged(table, _brought(engine, company, table.source))
        for table in company.source_tables
        if named_columns(table)
    ]


def _brought(engine: Engine, company: Company, source: str) -> set[str]:
    """Return all columns that the tables of a source ever brought."""
    loadings = [known_loading(engine, table) for table in company.source_tables if table.source == source]
    return {name for loading in loadings if loading for name in loading.columns}


def _judged(table: SourceTable, known: set[str]) -> CheckResult:
    lowered = {name.lower() for name in known}
    unknown = [name for name in named_columns(table) if name.lower() not in lowered] if known else []
    hint = f": {one_of(unknown[0], known, 'one of its columns')}" if unknown else ""
    return judged(
        f"{NAMED}{table.source}.{table.name}",
        raw_of(table).id,
        "warn",
        not unknown,
        observed=f"{len(unknown)} named as personal that {table.source} never brought ({', '.join(unknown)})"
        if unknown
        else f"{len(named_columns(table))} named, all there",
        expected=f"columns of the source{hint}",
    )
