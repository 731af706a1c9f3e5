"""Which input columns each column of a model comes from, for whoever wants to see it; never needed to build.

To find out takes as long as to build the model of a small company, and the queries are those of the package: what
they say is in `lineage.json`, which `python -m bizops_pipeline.model.lineage` writes and a test compares.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.lineage import Node
from sqlglot.lineage import lineage as trace_columns

from bizops_pipeline.contracts.table import Type
from bizops_pipeline.errors import ContractError
from bizops_pipeline.model.ai_definitions import DEFINED
from bizops_pipeline.model.declaration import SETTINGS_SCHEMA, Model
from bizops_pipeline.model.domains import MODELS
from bizops_pipeline.naming import STAGING

Lineage = dict[str, list[tuple[str, str]]]

FILE = Path(__file__).with_name("lineage.json")

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

    Columns that only decide which rows there are (joins, filters) do not count; settings are not inputs. Raises
    ContractError for a model that the file does not know.
    """
    known = _written()
    if model.name not in known:
        raise ContractError(f"{FILE.name} does not know {model.name}; run python -m bizops_pipeline.model.lineage")
    return {column: [_source(text) for text in sources] for column, sources in known[model.name].items()}


def trace(model: Model) -> Lineage:
    """Find out what `lineage` returns from the model's query."""
    found = _of_query(model)
    return {column.name: found[column.business_date_of or column.name] for column in model.table.columns}


def write() -> None:
    """Write the file anew for all models."""
    models = []
    for model in MODELS:
        columns = [
            f"    {json.dumps(column)}: {json.dumps([f'{table}.{source}' for table, source in sources])}"
            for column, sources in trace(model).items()
        ]
        models.append(f"  {json.dumps(model.name)}: {{\n" + ",\n".join(columns) + "\n  }")
    FILE.write_text("{\n" + ",\n".join(models) + "\n}\n", encoding="utf-8")


@cache
def _written() -> dict[str, dict[str, list[str]]]:
    known: dict[str, dict[str, list[str]]] = json.loads(FILE.read_text(encoding="utf-8"))
    return known


def _source(text: str) -> tuple[str, str]:
    table, _, column = text.rpartition(".")
    return table, column


def parsed(sql: str) -> exp.Query:
    """Return the tree of a model's query."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    if not isinstance(tree, exp.Query):
        raise ContractError("a model's file holds one query")
    return tree


def _of_query(model: Model) -> Lineage:
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
    nodes = trace_columns(None, parsed(model.sql), schema=schema, dialect="duckdb", trim_selects=False)
    return {
        column.name: sorted(
            {(table, dates.get((table, source), source)) for table, source in _leaves(nodes[column.name])}
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


if __name__ == "__main__":
    write()
