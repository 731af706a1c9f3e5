"""Dagster's run history in SQLite, for a process that writes it alone: connections and answers are kept.

Dagster's own storage opens the file, prepares its statements and asks for its tables anew for every event. The
tables, what is written and when are its own: the UI reads the same history, event by event, while a run goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from dagster import AssetKey, EventLogEntry, EventLogRecord
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import AssetKeyTable
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine


class KeptRunStorage(SqliteRunStorage):
    """The list of runs, over one connection."""

    def __init__(self, conn_string: str, inst_data: Any = None) -> None:
        self._engine = kept_engine(conn_string)
        super().__init__(conn_string, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> KeptRunStorage:
        """Open the storage that the instance's settings describe."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Begin a transaction."""
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the connection."""
        self._engine.dispose()
        super().dispose()


class KeptEventLogStorage(SqliteEventLogStorage):
    """The events of each run and their index, over one connection per file and one transaction per event or batch."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._open: ExitStack | None = None
        self._begun: dict[str, Connection] = {}
        self._materializations: dict[str, EventLogRecord] = {}
        self._known_tables: set[str] = set()
        self._known_indexes: set[str] = set()
        self._known_columns: set[str] = set()
        super().__init__(base_dir, inst_data)
        # What stores an event connects several times, once inside of the other.
        self._db_lock: Any = threading.RLock()

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> KeptEventLogStorage:
        """Open the storage that the instance's settings describe."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = kept_engine(self.conn_string_for_shard(shard))
                self._initdb(self._engines[shard])
            if self._open is not None:
                if shard not in self._begun:
                    self._begun[shard] = self._open.enter_context(self._engines[shard].begin())
                yield self._begun[shard]
                return
            with self._engines[shard].begin() as connection:
                yield connection

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event with all that is derived from it."""
        self.store_event_batch([event])

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Store events, such as all that a run plans, in one transaction for each file that they touch."""
        with self._db_lock, ExitStack() as self._open:
            try:
                for each in events:
                    super().store_event(each)
            finally:
                self._open, self._begun = None, {}

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        """Update the asset's row; only an asset that is new needs the attempt to insert one."""
        key = event.dagster_event.asset_key if event.dagster_event else None
        has_columns = self._has_asset_key_index_cols_on_connection(conn)
        values = self._get_asset_entry_values(event, event_id, has_columns)
        update = AssetKeyTable.update().values(**values)
        if key and values and conn.execute(update.where(AssetKeyTable.c.asset_key == key.to_string())).rowcount:
            return
        super()._store_asset_event(conn, event, event_id)

    def _get_asset_entry_values(self, event: EventLogEntry, event_id: int, has_columns: bool) -> dict[str, Any]:
        values = super()._get_asset_entry_values(event, event_id, has_columns)
        if stored := values.get("last_materialization"):
            self._materializations[stored] = EventLogRecord(event_id, event)
        return values

    def _get_latest_materialization_records(self, raw_asset_rows: Any) -> Mapping[AssetKey, EventLogRecord | None]:
        """Return the record of each asset; texts that this process wrote need no reading."""
        known, others = {}, []
        for row in raw_asset_rows:
            record = self._materializations.get(row["last_materialization"] or "")
            key = AssetKey.from_db_string(row["asset_key"])
            if record and key and not row["asset_details"]:
                known[key] = record
            else:
                others.append(row)
        return {**known, **super()._get_latest_materialization_records(others)} if others else known

    def has_table(self, table_name: str) -> bool:
        """Tell whether the index has a table; no table is ever dropped."""
        if table_name not in self._known_tables and super().has_table(table_name):
            self._known_tables.add(table_name)
        return table_name in self._known_tables

    def has_secondary_index(self, name: str) -> bool:
        """Tell whether a migration of the data was done; what was done stays done."""
        if name not in self._known_indexes and super().has_secondary_index(name):
            self._known_indexes.add(name)
        return name in self._known_indexes

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        if column_name not in self._known_columns and super()._has_asset_key_col_on_connection(conn, column_name):
            self._known_columns.add(column_name)
        return column_name in self._known_columns

    def dispose(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def kept_engine(conn_string: str) -> Engine:
    """Return an engine whose connection stays open, and which leaves it to the system when to reach the disk.

    A process that is killed loses no event by that; a machine that loses power may lose the last ones of a history
    that says what happened, while the warehouse, which says what is so, waits for the disk.
    """
    engine = create_engine(conn_string, pool_size=1, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _: object) -> None:
        connection.execute("pragma synchronous = normal")

    return engine


def kept_history(folder: Path) -> dict[str, Any]:
    """Return settings of an instance that keep its history as Dagster does by default, with these storages."""
    stored = {
        "run_storage": (KeptRunStorage, folder / "history"),
        "event_log_storage": (KeptEventLogStorage, folder / "history" / "runs"),
        "schedule_storage": (SqliteScheduleStorage, folder / "schedules"),
    }
    return {
        name: {"module": kind.__module__, "class": kind.__name__, "config": {"base_dir": str(place)}}
        for name, (kind, place) in stored.items()
    }
