"""The embedded engine: a DuckDB connection locked down to the folders it may read and write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import StateError, WarehouseBusy
from bizops_pipeline.naming import fingerprint, literal, quoted
from bizops_pipeline.warehouse.engine import Row
from bizops_pipeline.warehouse.news import ROWS, News
from bizops_pipeline.warehouse.stored_columns import StoredColumns
from bizops_pipeline.warehouse.table_names import TableNames, changes_tables, is_temporary


class DuckDBEngine:
    """A DuckDB connection that runs in UTC and reaches nothing outside its allowed folders."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._depth = 0
        self._is_given_up = False
        self._names = TableNames()
        self._columns = StoredColumns()
        self._contents: dict[tuple[Table, str], tuple[str, int]] = {}
        self._news = News()

    @classmethod
    def open(
        cls,
        database: Path | str = ":memory:",
        *,
        allowed: Sequence[Path] = (),
        temp: Path | None = None,
        memory_limit: str | None = None,
        threads: int | None = None,
    ) -> DuckDBEngine:
        """Open a database with external access limited to `allowed` (and `temp`) and the configuration locked.

        Raises what `connect` raises.
        """
        connection = connect(database)
        lock_down(connection, allowed=allowed, temp=temp, memory_limit=memory_limit, threads=threads)
        return cls(connection)

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """See Engine."""
        self._ask(sql, parameters)
        if is_temporary(sql):
            return
        self._follow(sql)
        self._news.note(sql if changes_tables(sql) else ROWS)
        if not self._depth:
            self._news.tell()

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """See Engine."""
        return self._ask(sql, parameters).fetchall()

    def dicts(self, sql: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """See Engine."""
        result = self._ask(sql, parameters)
        names = [column[0] for column in result.description or ()]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def scalar(self, sql: str, parameters: Sequence[object] = ()) -> Any:
        """See Engine."""
        row = self._ask(sql, parameters).fetchone()
        return row[0] if row else None

    def describe(self, query: str) -> list[tuple[str, str]]:
        """See Engine."""
        self._catch_up()
        known = self._columns.of(query, self._ask_for_columns)
        if known is not None:
            return known
        return [(row[0], row[1]) for row in self._ask(f"describe {query}").fetchall()]

    def declaration(self, name: str, type: str, *, hardly_repeats: bool = False) -> str:
        """See Engine."""
        # 4.5 million keys of 9 characters: 2.3 CPU s with the engine's own choice, a dictionary; 0.9 so.
        storage = " using compression zstd" if hardly_repeats and type == "VARCHAR" else ""
        return f"{quoted(name)} {type}{storage}"

    def tables(self) -> frozenset[str]:
        """See Engine."""
        self._catch_up()
        return self._names.known(self._ask_for_tables)

    def exists(self, schema: str, name: str) -> bool:
        """See Engine."""
        return f"{schema}.{name}" in self.tables()

    def content(self, table: Table, condition: str = "true") -> tuple[str, int]:
        """See Engine."""
        self._catch_up()
        asked = (table, condition)
        if asked not in self._contents:
            columns = ", ".join(quoted(name) for name in table.column_names)
            rows, *hashes = self.rows(
                f"select count(*), sum(hash({columns})::hugeint), bit_xor(hash({columns})) "
                f"from {table.qualified} where {condition}"
            )[0]
            self._contents[asked] = fingerprint(duckdb.__version__, str(rows), *map(str, hashes)), int(rows)
        return self._contents[asked]

    def insert(self, table: Table, rows: Iterable[Mapping[str, Any]]) -> int:
        """See Engine."""
        columns = (*table.columns, *table.system_columns)
        listed = list(rows)
        names = ", ".join(quoted(column.name) for column in columns)
        # A column at a time: a parameter for every value takes the engine longer than the rows themselves.
        values = ", ".join(f"unnest(?::{column.type}[])" for column in columns)
        if listed:
            given = [[row.get(column.name) for row in listed] for column in columns]
            self.execute(f"insert into {table.qualified} ({names}) select {values}", given)
        return len(listed)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """See Engine."""
        if self._depth:
            yield
            return
        self.connection.execute("begin")
        self._depth = 1
        try:
            yield
        except BaseException:
            self.connection.execute("rollback")
            self._news.forget()
            self._names.forget()
            self._columns.forget()
            self._contents.clear()
            raise
        else:
            self.connection.execute("commit")
            self._news.tell()
        finally:
            self._depth = 0

    def scan(self, files: Sequence[Path], *, kind: str, options: Mapping[str, Any]) -> str:
        """See Engine."""
        paths = "[" + ", ".join(literal(str(path)) for path in files) + "]"
        settings = "".join(f", {name} = {value}" for name, value in options.items())
        if kind == "parquet":
            return f"read_parquet({paths}, filename = true, file_row_number = true, union_by_name = true{settings})"
        if kind == "lines":
            return (
                f"read_csv({paths}, columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '', "
                f"header = false, auto_detect = false, filename = true{settings})"
            )
        return f"read_csv({paths}, auto_detect = false, filename = true{settings})"

    def sibling(self) -> DuckDBEngine:
        """See Engine."""
        sibling = DuckDBEngine(self.connection.cursor())
        self._catch_up()
        sibling._names, sibling._columns = self._names.copy(), self._columns.copy()
        sibling._news = self._news.sibling()
        return sibling

    def give_up(self) -> None:
        """See Engine."""
        self._is_given_up = True
        self.connection.interrupt()

    def close(self) -> None:
        """See Engine."""
        self.connection.close()

    def _ask(self, sql: str, parameters: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        if self._is_given_up:
            raise KeyboardInterrupt
        try:
            with told_of_signals():
                return self.connection.execute(sql, list(parameters))
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None

    def _follow(self, sql: str) -> None:
        """Take into account what a statement does to what is remembered."""
        self._forget_contents(sql)
        if changes_tables(sql):
            self._names.follow(sql)
            self._columns.follow(sql)

    def _catch_up(self) -> None:
        """Take into account what other connections changed."""
        heard = self._news.hear()
        if heard:
            self._contents.clear()
        for sql in heard:
            self._follow(sql)

    def _forget_contents(self, sql: str) -> None:
        """Forget the hashes of the tables whose names stand in a statement: it may write to them."""
        text = sql.lower() if self._contents else ""
        for asked in [asked for asked in self._contents if asked[0].name.lower() in text]:
            del self._contents[asked]

    def _ask_for_tables(self) -> frozenset[str]:
        # Of this database: one that is attached for a publication has tables of the same names.
        found = self.rows(
            "select table_schema, table_name from information_schema.tables "
            "where table_catalog = current_database() and table_type <> 'LOCAL TEMPORARY'"
        )
        return frozenset(f"{schema}.{name}" for schema, name in found)

    def _ask_for_columns(self) -> list[Row]:
        # Not of views, whose columns change with the tables they read.
        return self.rows(
            "select columns.table_schema, columns.table_name, columns.column_name, columns.data_type "
            "from information_schema.columns as columns "
            "inner join information_schema.tables as stored using (table_catalog, table_schema, table_name) "
            "where columns.table_catalog = current_database() and stored.table_type = 'BASE TABLE' "
            "order by columns.table_schema, columns.table_name, columns.ordinal_position"
        )


def connect(database: Path | str, *, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Open a warehouse.

    Raises WarehouseBusy when another process has the file open, which means that a reader opened it instead of the
    published copy, and StateError when it is damaged.
    """
    try:
        return duckdb.connect(str(database), read_only=read_only)
    except duckdb.Error as error:
        if "Could not set lock" in str(error):
            raise WarehouseBusy(
                f"{database} is open in another process. Close it there; readers should open "
                f"{Path(database).parent / 'published' / 'current' / 'bizops.duckdb'}, which is never locked."
            ) from None
        raise StateError(
            f"{database} cannot be opened. If it is damaged, put back its last backup; or delete it, and the next "
            f"refresh builds it anew from landing, without what was remembered in it alone. The engine says: {error}"
        ) from None


@contextmanager
def told_of_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt where a signal ended a query.

    The engine gives up what the signal's handler raised and raises an error like any other instead, which whoever
    expects errors of queries would take for one.
    """
    try:
        yield
    except RuntimeError as error:
        if str(error) != "Query interrupted":
            raise
        raise KeyboardInterrupt from None


def lock_down(
    connection: duckdb.DuckDBPyConnection,
    *,
    allowed: Sequence[Path],
    temp: Path | None,
    memory_limit: str | None = None,
    threads: int | None = None,
) -> None:
    """Set UTC and limits, restrict file access to some folders, forbid extension downloads, lock all of it."""
    folders = [*allowed, *([temp] if temp else [])]
    listed = "[" + ", ".join(literal(f"{folder.resolve()}/") for folder in folders) + "]"
    settings = [
        "set global TimeZone = 'UTC'",
        "set autoinstall_known_extensions = false",
        "set autoload_known_extensions = false",
    ]
    settings += [
        "set preserve_insertion_order = true",
        # With it, DuckDB 1.2 and 1.3 cannot open every published database that is another one changed (0022).
        "set experimental_metadata_reuse = false",
    ]
    if temp:
        settings.append(f"set temp_directory = {literal(str(temp.resolve()))}")
    if memory_limit:
        settings.append(f"set memory_limit = {literal(memory_limit)}")
    if threads:
        settings.append(f"set threads = {int(threads)}")
    if folders:
        settings.append(f"set allowed_directories = {listed}")
    settings += ["set enable_external_access = false", "set lock_configuration = true"]
    for setting in settings:
        connection.execute(setting)
