"""The SQL connector: a table or query of any database that SQLAlchemy speaks, streamed into Parquet.

With a cursor only rows not older than the last value seen are read, and those without a value. With a key the rows
are read in pages by the key's order (keyset), unless the database hands them out in one go; rows with an incomplete key
come last. Only the database compares keys: what is equal and what comes next is a matter of its collation.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pyarrow.types import is_temporal

from bizops_pipeline.catalogue.models import SqlConnector
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.columns import missing_columns
from bizops_pipeline.landing.store import Landed
from bizops_pipeline.sources.arrow import (
    ColumnType,
    Mismatch,
    ParquetSink,
    type_in_mysql,
    type_in_postgresql,
    type_of,
    unknown,
)
from bizops_pipeline.sources.connector import Request
from bizops_pipeline.sources.cursor import Cursor
from bizops_pipeline.sources.database import connect, describe_failure
from bizops_pipeline.sources.header import check_header

LOG = logging.getLogger(__name__)
MYSQL = ("mysql", "mariadb")
STREAMED = ("sqlite", "postgresql", *MYSQL)
"""Dialects that hand out the rows of a statement bit by bit and let others write meanwhile: no need for pages."""

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
    request = replace(request, cursor=_start(request)) if incremental else request
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
                unfit = [mismatch.column]
            except sa.exc.DataError as error:
                unfit = source.times_out_of_range(error)
                if not unfit:
                    raise
            # The columns hold what their declared type cannot: read all of them as text.
            LOG.info("%s.%s: read as text: %s", request.table.source, request.table.name, ", ".join(unfit))
            source.columns.update({name: source.columns[name].as_text() for name in unfit})
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
            read_as=request.read_as,
            extent="increment" if incremental else "table",
            origin_sha256=written.sha256,
            origin_bytes=written.bytes,
        )
        return _accept(request, draft)


def _accept(request: Request, draft: Landed) -> list[Landed]:
    before = request.landing.manifests(request.table)
    if before and _same(before[-1], draft):
        return []
    is_first = not before or before[-1].read_as != draft.read_as
    if not draft.records and is_first and not request.table.allow_empty:
        raise request.error(f"{draft.origin} has no rows; say `allow_empty: true` if that is right")
    if not draft.records and draft.extent == "increment" and not is_first:
        return []
    number = str(before[-1].number + 1 if before else 1)
    return request.landing.accept(request.table, [(replace(draft, batch=number), ".parquet")])


def _same(before: Landed, now: Landed) -> bool:
    return all(getattr(before, name) == getattr(now, name) for name in ("sha256", "cursor_out", "read_as"))


def _start(request: Request) -> str | None:
    """Return the cursor to start from; None when another table, query or cursor was declared when it was reached."""
    before = request.landing.manifests(request.table)
    return None if before and before[-1].read_as != request.read_as else request.cursor


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
        complaint = check_header(tuple(self.columns), None, request.needed, "", request.table)
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
            return f"({_literally(self.connector.query.strip().rstrip(';'))}\n) source_query"
        assert self.connector.table
        return ".".join(self.quote(part) for part in self.connector.table.split("."))

    def quote(self, name: str) -> str:
        """Return a column or table name as the database writes it, to be put into a text of SQLAlchemy."""
        preparer = self.dialect.identifier_preparer
        escaped = name.replace(preparer.escape_quote, preparer.escape_to_quote)
        return _literally(f"{preparer.initial_quote}{escaped}{preparer.final_quote}")

    def scalar(self, sql: str, **parameters: Any) -> Any:
        """Return the only value of a query."""
        return self.connection.execute(sa.text(sql), parameters).scalar()

    def times_out_of_range(self, error: sa.exc.DataError) -> list[str]:
        """Return the columns in which PostgreSQL holds times that Python has not, if that is what the driver met."""
        is_drivers_own = getattr(error.orig, "sqlstate", "") is None
        times = [name for name, kind in self.columns.items() if kind.arrow is not None and is_temporal(kind.arrow)]
        if not times or not is_drivers_own or self.dialect.name != "postgresql":
            return []
        outside = "bool_or({0} < '0001-01-01' or {0} >= '10000-01-01')"
        tests = ", ".join(outside.format(self.quote(name)) for name in times)
        found = self.connection.execute(sa.text(f"select {tests} from {self.relation}")).one()
        return [name for name, is_outside in zip(times, found, strict=True) if is_outside]

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
        names = [self.quote(name) for name in self.key]
        last: tuple[Any, ...] | None = None
        while True:
            after, first = _beyond(names, ">", last, "first")
            rest, bound = [*where, *after], {**parameters, **first}
            last = self._key_ahead(names, rest, bound)
            until, end = _beyond(names, "<", last, "last", or_equal=True)
            with self._select([*rest, *until], {**bound, **end}) as result:
                yield result.fetchall()
            if last is None:
                return

    def _key_ahead(self, names: list[str], where: list[str], parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        """Return the key of the row with which a page is full; None when there are not as many."""
        query = sa.select(*map(sa.text, names)).select_from(sa.text(self.relation)).where(*map(sa.text, where))
        query = query.order_by(*map(sa.text, names)).limit(1).offset(self.connector.chunk_rows - 1)
        row = self.connection.execute(query, parameters).first()
        return tuple(row) if row is not None else None

    def _stream(self, where: list[str], parameters: dict[str, Any]) -> Iterator[Sequence[tuple[Any, ...]]]:
        size = self.connector.chunk_rows  # the first rows show the types of columns that declare none
        with self._select(where, parameters, stream_results=True) as result:
            try:
                while rows := result.fetchmany(size):
                    yield rows
                    size = min(size, FETCHED)
            except sa.exc.DBAPIError as error:
                if error.connection_invalidated:
                    _read_no_further(result)
                raise

    def _select(self, where: list[str], parameters: dict[str, Any], **options: Any) -> sa.CursorResult[Any]:
        columns = ", ".join(self._column(name) for name in self.columns)
        sql = f"select {columns} from {self.relation}" + (f" where {' and '.join(where)}" if where else "")
        return self.connection.execute(sa.text(sql), parameters, execution_options=options)

    def _column(self, name: str) -> str:
        quoted = self.quote(name)
        # The cursor's values are compared with the highest, which comes as it is.
        if name.lower() == (self.connector.cursor or "").lower():
            return quoted
        if self.columns[name].computed:
            return self.columns[name].computed.format(quoted)
        if not self.columns[name].from_text:
            return quoted
        if self.dialect.name == "postgresql":
            return f"cast({quoted} as text) as {quoted}"
        # SQLite keeps exact numbers as floats and values of any type in a column; its own text of them has the digits
        # that were written.
        if self.dialect.name == "sqlite":
            return f"case typeof({quoted}) when 'blob' then lower(hex({quoted})) else cast({quoted} as text) end"
        return quoted

    def _describe(self, request: Request) -> dict[str, ColumnType]:
        declared: dict[str, ColumnType] = {}
        if self.connector.table:
            *schemas, name = self.connector.table.split(".")
            schema = schemas[0] if schemas else None
            inspector = sa.inspect(self.connection)
            if not inspector.has_table(name, schema):
                tables = [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
                near = missing_columns(tables, [name])
                where = f"schema {schema}" if schema else "database"
                raise request.error(f"the {where} has no table {', '.join(near)}")
            if self.dialect.name != "postgresql":
                columns = inspector.get_columns(name, schema)
                declared = {column["name"]: type_of(column["type"], self.dialect.name) for column in columns}
                if self.dialect.name not in MYSQL:
                    return declared
        listed = ", ".join(self.quote(name) for name in declared) or "*"
        with self.connection.execute(sa.text(f"select {listed} from {self.relation} where 1 = 0")) as result:
            assert result.cursor is not None
            described = result.cursor.description
            if self.dialect.name == "postgresql":
                return {column[0]: type_in_postgresql(column[1], column[4], column[5]) for column in described}
            if self.dialect.name in MYSQL:
                return {
                    column[0]: type_in_mysql(column[1], column[5]) or declared.get(column[0], unknown())
                    for column in described
                }
            return dict.fromkeys(result.keys(), unknown())


def _read_no_further(result: sa.CursorResult[Any]) -> None:
    """Tell PyMySQL that nothing comes any more: it would read to the end of what a lost connection had to say.

    That fails once more when the result is closed and when it is collected, each time with a page of traceback.
    """
    rows = getattr(result.cursor, "_result", None)
    if rows is not None and hasattr(rows, "unbuffered_active"):
        rows.unbuffered_active = False


def _literally(sql: str) -> str:
    """Return SQL as a text of SQLAlchemy in which no colon begins a parameter."""
    return sql.replace(":", "\\:")


def _beyond(
    names: list[str], sign: str, key: tuple[Any, ...] | None, prefix: str, *, or_equal: bool = False
) -> tuple[list[str], dict[str, Any]]:
    """Return the conditions for rows on one side of a key, in a form that every database can use an index for."""
    if key is None:
        return [], {}
    alternatives = []
    for index, name in enumerate(names):
        equal = [f"{names[before]} = :{prefix}_{before}" for before in range(index)]
        last = f"{sign}=" if or_equal and index == len(names) - 1 else sign
        alternatives.append(" and ".join([*equal, f"{name} {last} :{prefix}_{index}"]))
    joined = " or ".join(f"({part})" for part in alternatives)
    bound = {f"{prefix}_{index}": value for index, value in enumerate(key)}
    return [f"{names[0]} {sign}= :{prefix}_0", f"({joined})"], bound
