"""What the UI shows of an asset: how fresh it is to be, schema, counts, lineage, SQL, samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import timedelta
from typing import Any

import dagster as dg

from bizops_pipeline.contracts.table import Column, Table
from bizops_pipeline.contracts.vocabulary import CADENCE_DAYS
from bizops_pipeline.naming import MARTS
from bizops_pipeline.warehouse.engine import Engine


def asset_key(table: Table) -> dg.AssetKey:
    """Return the asset key of a contract table: schema and name."""
    return dg.AssetKey([table.schema, table.name])


def table_schema(columns: Iterable[Column]) -> dg.TableSchema:
    """Return the column schema of a contract for the UI."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                name=column.name,
                type=str(column.type),
                description=column.meaning,
                constraints=dg.TableColumnConstraints(nullable=not column.required),
            )
            for column in columns
        ]
    )


def schema_of_query(engine: Engine, query: str) -> dg.TableSchema:
    """Return the column schema of a stored table whose columns only its source knows."""
    return dg.TableSchema(columns=[dg.TableColumn(name=name, type=kind) for name, kind in engine.describe(query)])


def definition_metadata(table: Table) -> dict[str, Any]:
    """Return what is known of a table before it is built."""
    return {
        "dagster/column_schema": table_schema(table.columns),
        "dagster/table_name": table.id,
        "grain": table.grain,
        "key": ", ".join(table.key),
    }


def mart_spec(
    table: Table, read: Iterable[Table], *, kinds: Set[str] = frozenset({"duckdb", "table"}), owners: Sequence[str] = ()
) -> dg.AssetSpec:
    """Return the asset of a mart, which is to be fresh every day, from the tables that it reads."""
    return dg.AssetSpec(
        asset_key(table),
        deps=[asset_key(each) for each in read],
        group_name=MARTS,
        description=table.summary,
        kinds=set(kinds),
        owners=list(owners),
        metadata=definition_metadata(table),
        freshness_policy=freshness("daily"),
    )


def freshness(cadence: str) -> dg.FreshnessPolicy | None:
    """Return the freshness policy of a cadence: late after one and a quarter of it, stale after two."""
    days = CADENCE_DAYS[cadence]
    if days is None:
        return None
    every = timedelta(hours=1) if cadence == "hourly" else timedelta(days=days)
    return dg.FreshnessPolicy.time_window(fail_window=every * 2, warn_window=every * 1.25)


def row_count(total: int, **more: object) -> dict[str, Any]:
    """Return the row count in the form the UI plots, with further counts."""
    return {"dagster/row_count": total, **{name: value for name, value in more.items() if value is not None}}


def sql(text: str) -> dg.MarkdownMetadataValue:
    """Return SQL as a code block."""
    return dg.MetadataValue.md(f"```sql\n{text}\n```")


def table_of(rows: Sequence[Mapping[str, Any]]) -> dg.MetadataValue:
    """Return a few rows as a Markdown table."""
    if not rows:
        return dg.MetadataValue.md("no rows")
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines))


def _cell(value: Any) -> str:
    """Return a value as a cell of a Markdown table, which a bar or a new line would break."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("|", "\\|").replace("\n", " ")


def lineage(columns: Mapping[str, Sequence[tuple[str, str]]]) -> dg.TableColumnLineage:
    """Return column lineage from `{column: [(schema.table, column), ...]}`."""
    return dg.TableColumnLineage(
        deps_by_column={
            name: [
                dg.TableColumnDep(asset_key=dg.AssetKey(table.split(".")), column_name=source) for table, source in deps
            ]
            for name, deps in columns.items()
        }
    )
