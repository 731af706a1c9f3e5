"""The SQL connector: a table or query of any database that SQLAlchemy speaks, streamed into Parquet.

With a key the rows are read in pages by the key's order (keyset; SQLite reads them in one go), with a cursor
only rows not older than the last value seen. A page ends before its last key, which the next page reads whole,
so that equal keys are neither lost nor doubled; rows with an incomplete key come last.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bizops_pipeline.catalogue.models import SqlConnector
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.columns import missing_columns
from bizops_pipeline.landing.store import Landed
from bizops_pipeline.sources.arrow import ColumnType, Mismatch, ParquetSink, type_of, unknown
from bizops_pipeline.sources.connector import Request
from bizops_pipeline.sources.cursor import Cursor
from bizops_pipeline.sources.database import connect, describe_failure
from bizops_pipeline.sources.header import check_header

LOG = logging.getLogger(__name__)
STREAMED = ("sqlite",)
"""Dialects whose rows come one by one from the file: a single statement sees one state and holds no server up."""


FETCHED = 1_000
"""Rows of a statement that are turned into columns at once: few enough to stay in the processor's cache."""


def extract_sql(request: Request) -> list[Landed]:
    """See Connector."""
    connector = request.table.connector
    assert isinstance(connector, SqlConnector)
    if bool(connector.table) == bool(connector.query):
        raise request.error("give either `table` or `query` in the connector")
    incremental = bool(connector.cursor) and request.table.load.mode != "replace"
    if incremental and not (request.table.load.mode == "merge" and request.table.load.key):
        raise request.error("reading by `cursor` re-reads the last rows, so it needs `load: {mode: merge, key: [...]}`")
    try:
        with connect(request, connector) as connection:
            return _extract(request, connector, connection, incremental)
    except SourceError:
        raise
    except Exception as error:  # drivers raise what they like; the text may name the url
        raise describe_failure(request, connector, error) from None


def _extract(request: Request, connector: SqlConnector, connection: sa.Connection, incremental: bool) -> list[Landed]:
    source = _Source(request, connector, connection)
    cursor = Cursor.start(source, connector, request) if incremental and connector.cursor else None
    with request.landing.temporary(request.table) as temporary:
        for _ in range(len(source.columns) + 1):
            try:
                written = _write(source, cursor, temporary)
                break
            except Mismatch as mismatch:
                # The column holds what its declared type cannot: read all of it as text.
                LOG.info("%s.%s: column %s is read as text", request.table.source, request.table.name, mismatch.column)
                source.columns[mismatch.column] = unknown(text=True)
        draft = Landed(
            extract_id="",
            source=request.table.source,
            table=request.table.name,
            origin=connector.table or "query",
            path=temporary,
            kind="parquet",
            sha256=written.sha256,
            bytes=written.bytes,
            records=written.records,
            header=tuple(source.columns),
            types=written.types,
            cursor_in=request.cursor if incremental else None,
            cursor_out=cursor.reached if cursor else None,
            extracted_at=request.now,
            extent="increment" if incremental else "table",
            origin_sha256=written.sha256,
            origin_bytes=written.bytes,
        )
        return _accept(request, draft)


def _accept(request: Request, draft: Landed) -> list[Landed]:
    before = request.landing.manifests(request.table)
    if before and before[-1].sha256 == draft.sha256 and before[-1].cursor_out == draft.cursor_out:
        return []
    if not draft.records and not before and not request.table.allow_empty:
        raise request.error(f"{draft.origin} has no rows; say `allow_empty: true` if that is right")
    if not draft.records and draft.extent == "increment" and before:
        return []
    number = str(before[-1].number + 1 if before else 1)
    return request.landing.accept(request.table, [(replace(draft, batch=number), ".parquet")])


@dataclass(frozen=True, slots=True)
class _Written:
    sha256: str
    bytes: int
    records: int
    types: tuple[str, ...]


def _write(source: _Source, cursor: Cursor | None, target: Path) -> _Written:
    if cursor:
        cursor.reset()
    with ParquetSink(target, source.columns) as sink:
        for rows in source.pages(cursor.condition if cursor else None):
            columns = list(zip(*rows, strict=True))
            if columns:
                sink.write(columns)
            if columns and cursor:
                cursor.see(columns[source.position(cursor.column)])
    return _Written(sink.sha256, sink.bytes, sink.records, sink.types)


class _Source:
    """The table or query, its columns, and how to read it."""

    def __init__(self, request: Request, connector: SqlConnector, connection: sa.Connection) -> None:
        self.connector, self.connection = connector, connection
        self.dialect = connection.dialect
        self.columns = self._describe(request)
        complaint = check_header(tuple(self.columns), None, request.needed, "")
        if complaint:
            raise request.error(complaint, connector.table or "query")
        names = {name.lower(): name for name in self.columns}
        self.key = tuple(names[name.lower()] for name in request.table.load.key)

    def position(self, column: str) -> int:
        """Return the index of a column, whatever its case."""
        return [name.lower() for name in self.columns].index(column.lower())

    @property
    def relation(self) -> str:
        """SQL of what is read, for a from clause."""
        if self.connector.query:
            return f"({self.connector.query.strip().rstrip(';')}) source_query"
        assert self.connector.table
        return ".".join(self.quote(part) for part in self.connector.table.split("."))

    def quote(self, name: str) -> str:
        """Return a column or table name as the database writes it."""
        return str(self.dialect.identifier_preparer.quote_identifier(name))

    def scalar(self, sql: str, **parameters: Any) -> Any:
        """Return the only value of a query."""
        return self.connection.execute(sa.text(sql), parameters).scalar()

    def pages(self, condition: tuple[str, Any] | None) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Yield rows by chunks."""
        where, parameters = ([condition[0]], {"low": condition[1]}) if condition else ([], {})
        if not self.key or self.dialect.name in STREAMED:
            yield from self._stream(where, parameters)
            return
        whole = [f"{self.quote(name)} is not null" for name in self.key]
        yield from self._keyset([*where, *whole], parameters)
        partial = " or ".join(f"{self.quote(name)} is null" for name in self.key)
        yield from self._stream([*where, f"({partial})"], parameters)

    def _keyset(self, where: list[str], parameters: dict[str, Any]) -> Iterator[Sequence[tuple[Any, ...]]]:
        positions = [self.position(name) for name in self.key]
        order = ", ".join(self.quote(name) for name in self.key)
        last: tuple[Any, ...] | None = None
        size = self.connector.chunk_rows
        while True:
            after, bound = self._from_key(last)
            rows = self._fetch([*where, *after], {**parameters, **bound}, order, size)
            if len(rows) < size:
                yield rows
                return
            boundary = tuple(rows[-1][position] for position in positions)
            keep = len(rows)
            while keep and tuple(rows[keep - 1][position] for position in positions) == boundary:
                keep -= 1
            if not keep:
                size *= 2
                continue
            yield rows[:keep]
            last, size = boundary, self.connector.chunk_rows

    def _from_key(self, last: tuple[Any, ...] | None) -> tuple[list[str], dict[str, Any]]:
        """Return the condition for rows from a key on, in a form that every database has and can use an index for."""
        if last is None:
            return [], {}
        names = [self.quote(name) for name in self.key]
        bound = {f"key_{index}": value for index, value in enumerate(last)}
        alternatives = []
        for index in range(len(names)):
            equal = [f"{names[before]} = :key_{before}" for before in range(index)]
            sign = ">=" if index == len(names) - 1 else ">"
            alternatives.append(" and ".join([*equal, f"{names[index]} {sign} :key_{index}"]))
        return [f"{names[0]} >= :key_0", "(" + " or ".join(f"({part})" for part in alternatives) + ")"], bound

    def _fetch(self, where: list[str], parameters: dict[str, Any], order: str, size: int) -> list[tuple[Any, ...]]:
        columns: list[sa.ColumnElement[Any]] = [sa.literal_column(self._column(name)) for name in self.columns]
        query = sa.select(*columns).select_from(sa.text(self.relation)).limit(size)
        query = query.order_by(sa.text(order)) if order else query
        for part in where:
            query = query.where(sa.text(part))
        result = self.connection.execute(query, parameters)
        assert result.cursor is not None
        rows = list(result.cursor.fetchall())
        result.close()
        return rows

    def _stream(self, where: list[str], parameters: dict[str, Any]) -> Iterator[Sequence[tuple[Any, ...]]]:
        columns = ", ".join(self._column(name) for name in self.columns)
        sql = f"select {columns} from {self.relation}" + (f" where {' and '.join(where)}" if where else "")
        result = self.connection.execution_options(stream_results=True).execute(sa.text(sql), parameters)
        cursor = result.cursor
        assert cursor is not None
        size = self.connector.chunk_rows  # the first rows show the types of columns that declare none
        while rows := cursor.fetchmany(size):
            yield rows
            size = min(size, FETCHED)
        result.close()

    def _column(self, name: str) -> str:
        quoted = self.quote(name)
        # SQLite keeps exact numbers as floats and values of any type in a column; its own text of them has the digits
        # that were written.
        if self.dialect.name == "sqlite" and self.columns[name].from_text:
            return f"case typeof({quoted}) when 'blob' then lower(hex({quoted})) else cast({quoted} as text) end"
        return quoted

    def _describe(self, request: Request) -> dict[str, ColumnType]:
        if self.connector.table:
            *schema, name = self.connector.table.split(".")
            inspector = sa.inspect(self.connection)
            try:
                found = inspector.get_columns(name, schema=schema[0] if schema else None)
            except sa.exc.NoSuchTableError:
                tables = [*inspector.get_table_names(), *inspector.get_view_names()]
                near = missing_columns(tables, [name])
                raise request.error(f"the database has no table {', '.join(near)}") from None
            return {column["name"]: type_of(column["type"], self.dialect.name) for column in found}
        assert self.connector.query
        result = self.connection.execute(sa.text(f"select * from {self.relation} where 1 = 0"))
        names = list(result.keys())
        result.close()
        return {name: unknown() for name in names}
