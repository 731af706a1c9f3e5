"""Whether the columns that the YAML names as personal are columns of the source: a typo would leave them in clear."""

from __future__ import annotations

import json

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.contracts.audit import LOADING
from bizops_pipeline.quality.balance import qualified_raw
from bizops_pipeline.quality.checks import CheckResult, judged
from bizops_pipeline.warehouse.engine import Engine

NAMED = "personal_columns:"
"""With what the ids of these checks begin."""


def named_columns(source: SourceTable) -> list[str]:
    """Return the columns that the YAML drops, hashes or keeps, in the order in which it names them."""
    lists = [source.drop_columns, source.hash_columns, source.keep_columns]
    for entity in source.entities.values():
        lists += [entity.drop_columns, entity.hash_columns]
    return list(dict.fromkeys(name for names in lists for name in names))


def check_named_columns(engine: Engine, company: Company) -> list[CheckResult]:
    """Return for each table with such columns whether its source has them; lists may be of several tables."""
    tables = [table for table in company.source_tables if named_columns(table)]
    known: dict[str, set[str]] = {}
    for source, columns in engine.rows(f"select source, columns from {LOADING.qualified}") if tables else ():
        known.setdefault(source, set()).update(json.loads(columns))
    return [_judged(table, known.get(table.source, set())) for table in tables]


def _judged(table: SourceTable, known: set[str]) -> CheckResult:
    lowered = {name.lower() for name in known}
    unknown = [name for name in named_columns(table) if name.lower() not in lowered] if known else []
    hint = f": {one_of(unknown[0], known, 'one of its columns')}" if unknown else ""
    return judged(
        f"{NAMED}{table.source}.{table.name}",
        qualified_raw(table).replace('"', ""),
        "warn",
        not unknown,
        observed=f"{len(unknown)} named as personal that {table.source} never brought ({', '.join(unknown)})"
        if unknown
        else f"{len(named_columns(table))} named, all there",
        expected=f"columns of the source{hint}",
    )
