"""From driver values to Parquet columns: exact numbers stay exact, text stays text, nothing is guessed into a float.

A column whose values do not fit its type raises Mismatch; the connector then reads it as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

MAX_PRECISION = 38
ROW_GROUP = 100_000
"""Rows of a file that are written together at least."""


@dataclass(frozen=True, slots=True)
class ColumnType:
    """The Arrow type of a column; None until values show it."""

    arrow: pa.DataType | None
    from_text: bool = False
    """Whether values are best handed out as text by a database that has no type for them."""
    in_utc: bool = False
    """Whether times come without the offset that they have, which is none from UTC."""
    computed: str = ""
    """SQL of what to read instead of the column, for whose name `{}` stands."""

    def as_text(self) -> ColumnType:
        """Return what the column is when its values do not fit its type."""
        return replace(self, arrow=pa.string(), from_text=True)


class Mismatch(Exception):
    """Values of a column do not fit its type."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def unknown(*, text: bool = False) -> ColumnType:
    """Return the type of a column about which nothing is declared."""
    return ColumnType(pa.string() if text else None, from_text=text)


def type_of(declared: sa.types.TypeEngine[Any], dialect: str) -> ColumnType:
    """Return the Arrow type for a declared one; SQLite keeps times as text and truth values as numbers."""
    in_sqlite = dialect == "sqlite"
    if isinstance(declared, sa.Float):
        return ColumnType(pa.float64())
    if isinstance(declared, sa.Numeric):
        precision, scale = declared.precision, declared.scale
        if precision and scale is not None and 0 <= scale <= precision <= MAX_PRECISION:
            return ColumnType(pa.decimal128(MAX_PRECISION, scale), from_text=True)
        return ColumnType(pa.string(), from_text=True)
    for kind, arrow in (
        (sa.Integer, pa.int64()),
        (sa.LargeBinary, pa.binary()),
        (sa.String, pa.string()),
        (sa.Boolean, pa.int64() if in_sqlite else pa.bool_()),
        (sa.DateTime, pa.string() if in_sqlite else pa.timestamp("us", "UTC" if _has_offset(declared) else None)),
        (sa.Date, pa.string() if in_sqlite else pa.date32()),
    ):
        if isinstance(declared, kind):
            return ColumnType(arrow)
    return ColumnType(None)


def _has_offset(declared: sa.types.TypeEngine[Any]) -> bool:
    return isinstance(declared, sa.DateTime) and declared.timezone


def type_in_postgresql(number: object, precision: int | None, scale: int | None) -> ColumnType:
    """Return the Arrow type for the number by which PostgreSQL knows one of its types, the same in every database.

    What Arrow has no type for comes as the database's own text, which loses nothing: intervals, JSON, arrays.
    """
    if number == _NUMERIC:
        return type_of(sa.Numeric(precision, scale), "postgresql")
    return ColumnType(_POSTGRESQL[number]) if number in _POSTGRESQL else unknown(text=True)


_NUMERIC = 1700
_POSTGRESQL: dict[object, pa.DataType] = {
    16: pa.bool_(),
    17: pa.binary(),
    20: pa.int64(),  # bigint
    21: pa.int64(),  # smallint
    23: pa.int64(),  # integer
    25: pa.string(),  # text
    700: pa.float64(),  # real
    701: pa.float64(),  # double precision
    1042: pa.string(),  # character
    1043: pa.string(),  # character varying
    1082: pa.date32(),
    1114: pa.timestamp("us"),
    1184: pa.timestamp("us", "UTC"),  # with time zone
}


def type_in_mysql(number: object, scale: int | None) -> ColumnType | None:
    """Return the Arrow type for what MySQL hands out otherwise than it holds, by its number; None for the rest."""
    if number == _FLOAT:
        # As text, which drivers get, it has six digits unless its scale is declared.
        return ColumnType(pa.float64(), computed="cast({} as double)") if scale == _NO_SCALE else None
    return _MYSQL.get(number)


_FLOAT = 4
_NO_SCALE = 31
_MYSQL: dict[object, ColumnType] = {
    7: ColumnType(pa.timestamp("us", "UTC"), in_utc=True),  # timestamp, which comes in the session's time zone
    13: ColumnType(pa.int64()),  # year
    16: ColumnType(pa.int64(), computed="{} + 0"),  # bit, which comes as bytes
}


def inferred(values: Sequence[Any]) -> pa.DataType:
    """Return the Arrow type that values show; text when they show none."""
    example = next((value for value in values if value is not None), None)
    if isinstance(example, bool):
        return pa.bool_()
    for kind, arrow in (
        (int, pa.int64()),
        (float, pa.float64()),
        (datetime, pa.timestamp("us", "UTC" if getattr(example, "tzinfo", None) else None)),
        (date, pa.date32()),
        (bytes | bytearray | memoryview, pa.binary()),
    ):
        if isinstance(example, kind):
            return arrow
    return pa.string()


def array(name: str, values: Sequence[Any], type: pa.DataType) -> pa.Array:
    """Return a column of values; raises Mismatch when they do not fit."""
    try:
        if pa.types.is_decimal(type):
            texts = pa.array(values if _are_texts(values) else [_text(value) for value in values], pa.string())
            return pc.cast(texts, type)
        # Arrow would take a time without offset for UTC, and drop the offset of one that has it.
        if pa.types.is_timestamp(type) and any(_has_other_zone(value, type) for value in values):
            raise Mismatch(name)
        return pa.array(values, type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError, AttributeError):
        if pa.types.is_string(type):
            return pa.array([value if value.__class__ is str else _text(value) for value in values], type)
        raise Mismatch(name) from None


def _has_other_zone(value: datetime | None, type: pa.DataType) -> bool:
    return value is not None and (value.tzinfo is None) is not (type.tz is None)


def _in_utc(values: Sequence[Any]) -> Sequence[Any]:
    return [value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in values]


def _are_texts(values: Sequence[Any]) -> bool:
    return all(value is None or type(value) is str for value in values)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=_text)
    if isinstance(value, set):
        return ",".join(sorted(value))
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat(sep=" ")
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, date | time | UUID):
        return str(value)
    return _clock(value) if isinstance(value, timedelta) else str(value)


def _clock(value: timedelta) -> str:
    """Return a time of MySQL as it writes it: hours below 0 and above 24 are possible."""
    minutes, rest = divmod(abs(value), timedelta(minutes=1))
    text = f"{'-' if value < timedelta() else ''}{minutes // 60:02}:{minutes % 60:02}:{rest.seconds:02}"
    return text + (f".{rest.microseconds:06}" if rest.microseconds else "")


class ParquetSink:
    """Writes chunks of rows to one Parquet file and knows its hash, size and number of rows afterwards."""

    def __init__(self, path: Path, columns: dict[str, ColumnType]) -> None:
        self._path, self._columns = path, columns
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None
        self._held: list[pa.RecordBatch] = []
        self._held_rows = 0
        self.records = 0
        self.sha256 = ""
        self.bytes = 0

    def __enter__(self) -> ParquetSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._schema is None:
            self.write([()] * len(self._columns))
        if kind is None:
            self._flush()
        if self._writer:
            self._writer.close()
        if kind is None:
            with self._path.open("rb") as stream:
                self.sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            self.bytes = self._path.stat().st_size

    @property
    def types(self) -> tuple[str, ...]:
        """Types of the written columns."""
        return tuple(str(type) for type in self._schema.types) if self._schema else ()

    def write(self, columns: Sequence[Sequence[Any]]) -> None:
        """Write a chunk of rows, given as one sequence of values per column."""
        declared = self._columns.values()
        columns = [_in_utc(values) if kind.in_utc else values for kind, values in zip(declared, columns, strict=True)]
        if self._schema is None:
            self._schema = pa.schema(
                [
                    (name, declared.arrow if declared.arrow is not None else inferred(values))
                    for (name, declared), values in zip(self._columns.items(), columns, strict=True)
                ]
            )
        arrays = [array(field.name, values, field.type) for field, values in zip(self._schema, columns, strict=True)]
        batch = pa.record_batch(arrays, schema=self._schema)
        self._held.append(batch)
        self._held_rows += batch.num_rows
        self.records += batch.num_rows
        if self._held_rows >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd", compression_level=1)
        if self._held:
            self._writer.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._held_rows = [], 0
