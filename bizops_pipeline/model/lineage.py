"""Which input columns each column of a model comes from, for whoever wants to see it; never needed to build.

To find out takes longer than to build a small table, so a refresh keeps what it found in a file (`LineageFile`).
"""

from __future__ import annotations

import json
import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.lineage import Node
from sqlglot.lineage import lineage as trace

from bizops_pipeline.contracts.table import Type
from bizops_pipeline.errors import ContractError
from bizops_pipeline.model.ai_definitions import DEFINED
from bizops_pipeline.model.declaration import SETTINGS_SCHEMA, Model
from bizops_pipeline.model.registry import model as find_model
from bizops_pipeline.naming import STAGING, fingerprint

Lineage = dict[str, list[tuple[str, str]]]

_SETTINGS = {
    "company": {
        "reporting_currency": "varchar",
        "as_of": "date",
        "attribution_window_seconds": "bigint",
        "records_outages": "boolean",
    },
    "attribution_window": {"service_id": "varchar", "window_seconds": "bigint"},
    **{name: {column.name: str(column.type) for column in table.columns} for name, table in DEFINED.items()},
}


def lineage(model: Model) -> Lineage:
    """Return, for each column of the model's table, the input columns (table, column) its values come from.

    Columns that only decide which rows there are (joins, filters) do not count; settings are not inputs.
    """
    found = _of_query(model.sql, model.name)
    return {column.name: list(found[column.business_date_of or column.name]) for column in model.table.columns}


class LineageFile:
    """Lineage of models as an earlier run found it, with a hash of all that decides it; the file may be deleted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = _read(path)
        self._is_new = False

    def of(self, model: Model) -> Lineage:
        """Return what `lineage` does."""
        mark = _mark(model)
        if model.name not in self._known or self._known[model.name][0] != mark:
            self._known[model.name] = (mark, lineage(model))
            self._is_new = True
        return self._known[model.name][1]

    def save(self) -> None:
        """Write the file if it lacks something; a reader sees the old file or the new."""
        if self._is_new:
            temporary = self._path.with_name(f"{self._path.name}-{os.getpid()}.tmp")
            temporary.write_text(json.dumps(self._known), encoding="utf-8")
            temporary.rename(self._path)


def _read(path: Path) -> dict[str, tuple[str, Lineage]]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {
            name: (mark, {column: [(table, source) for table, source in read] for column, read in columns.items()})
            for name, (mark, columns) in stored.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _mark(model: Model) -> str:
    contracts = [
        f"{table.id} " + ", ".join(f"{each.name} {each.type} {each.business_date_of}" for each in table.columns)
        for table in (model.table, *model.inputs)
    ]
    return fingerprint(version("sqlglot"), model.sql, repr(_SETTINGS), *contracts)


def parsed(sql: str) -> exp.Query:
    """Return the tree of a model's query."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    if not isinstance(tree, exp.Query):
        raise ContractError("a model's file holds one query")
    return tree


@lru_cache(maxsize=128)
def _of_query(sql: str, name: str) -> dict[str, tuple[tuple[str, str], ...]]:
    model = find_model(name)
    schema: dict[str, dict[str, dict[str, str]]] = {SETTINGS_SCHEMA: _SETTINGS}
    dates: dict[tuple[str, str], str] = {}
    for table in model.inputs:
        columns = {column.name: str(column.type) for column in table.columns}
        for column in table.columns:
            day = column.name.removesuffix("_at") + "_date"
            if table.schema == STAGING and column.type == Type.TIMESTAMP and not table.has(day):
                columns[day] = str(Type.DATE)
                dates[table.id, day] = column.name
        schema.setdefault(table.schema, {})[table.name] = columns
    nodes = trace(None, parsed(sql), schema=schema, dialect="duckdb", trim_selects=False)
    return {
        column.name: tuple(
            sorted({(table, dates.get((table, source), source)) for table, source in _leaves(nodes[column.name])})
        )
        for column in model.table.model_columns
    }


def _leaves(node: Node) -> set[tuple[str, str]]:
    found = set()
    for each in node.walk():
        source = each.expression
        if not each.downstream and isinstance(source, exp.Table) and source.db and source.db != SETTINGS_SCHEMA:
            found.add((f"{source.db}.{source.name}", each.name.split(".")[-1].strip('"')))
    return found
