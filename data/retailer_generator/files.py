"""Writers whose bytes depend on nothing but their input."""

import gzip
import io
import json
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from retailer_generator import clock, text
from retailer_generator.mess import Ledger


def body(lines: pa.Array | pa.ChunkedArray) -> bytes:
    """Rows of text as one block, each ended by a line feed."""
    if isinstance(lines, pa.ChunkedArray):
        lines = lines.combine_chunks()
    if len(lines) == 0:
        return b""
    ended = pa.concat_arrays([text.join(lines, "\n")])  # a fresh array: its data starts at 0
    end = np.frombuffer(ended.buffers()[1], dtype=np.int32)[len(ended) + ended.offset]
    return bytes(ended.buffers()[2][:end])


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        content = gzip.compress(content, compresslevel=6, mtime=0)
    path.write_bytes(content)


def write_json(path: Path, value: object) -> None:
    write(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def write_parquet(path: Path, columns: dict[str, pa.Array]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=9)


def timestamps(t: np.ndarray) -> pa.Array:
    """A UTC timestamp column; null where the time never came."""
    return pa.array(t * 1_000_000, mask=t == clock.NEVER).cast(pa.timestamp("us", tz="UTC"))


class Export:
    """Records that a system writes to files on the day it recorded them.

    A file never changes once its period is over: what is recorded late is in a later file.
    """

    def __init__(self, path: Callable[[str], Path], table: str, header: str | None, daily: bool, ledger: Ledger):
        self._path, self._table, self._daily, self._ledger = path, table, daily, ledger
        self._head = b"" if header is None else header.encode() + b"\n"
        self._pending: list[tuple[np.ndarray, pa.Array, np.ndarray]] = []

    def add(self, recorded_at: np.ndarray, lines: pa.Array, marks: np.ndarray) -> None:
        self._pending.append((recorded_at, lines, marks))

    def flush(self, month: date, cut: int) -> None:
        """Writes the files of a month, up to the cut; later records wait."""
        recorded = np.concatenate([entry[0] for entry in self._pending])
        lines = pa.concat_arrays([entry[1] for entry in self._pending])
        marks = np.concatenate([entry[2] for entry in self._pending])
        order = np.argsort(recorded, kind="stable")
        recorded, lines, marks = recorded[order], lines.take(pa.array(order)), marks[order]
        until = int(np.searchsorted(recorded, min(clock.month_end(month), cut)))
        self._pending = [(recorded[until:], lines.slice(until), marks[until:])]
        self._ledger.wrote(self._table, marks[:until])
        starts = self._periods(month)
        edges = np.searchsorted(recorded[:until], [clock.midnight(day) for day in starts[1:]]).tolist()
        for day, low, high in zip(starts, [0, *edges], [*edges, until], strict=True):
            if high > low:
                name = day.isoformat() if self._daily else day.isoformat()[:7]
                write(self._path(name), self._head + body(lines.slice(low, high - low)))

    def _periods(self, month: date) -> list[date]:
        if not self._daily:
            return [month]
        return [clock.START + timedelta(days=int(n)) for n in clock.month_days(month)]


class SqlDump:
    """A database as SQL text: table definitions, then inserts of many rows."""

    ROWS_PER_INSERT = 400

    def __init__(self, path: Path, schema: str):
        path.parent.mkdir(parents=True, exist_ok=True)
        self._raw = path.open("wb")
        self._out = gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=self._raw, mtime=0)
        self._out.write(schema.encode() + b"BEGIN;\n")

    def insert(self, table: str, columns: list[pa.Array]) -> None:
        literals = [text.filled(text.join("'", column, "'"), "NULL") for column in columns]
        rows = text.join("(", text.lines(literals, ","), ")")
        for first in range(0, len(rows), self.ROWS_PER_INSERT):
            values = ",\n".join(rows.slice(first, self.ROWS_PER_INSERT).to_pylist())
            self._out.write(f"INSERT INTO {table} VALUES\n{values};\n".encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._out.write(b"COMMIT;\n")
        self._out.close()
        self._raw.close()


class Database:
    """The same tables in a SQLite file."""

    def __init__(self, path: Path, schema: str):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;" + schema + "BEGIN;")

    def insert(self, table: str, columns: list[pa.Array]) -> None:
        marks = ",".join("?" * len(columns))
        rows = zip(*(column.to_pylist() for column in columns), strict=True)
        self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._connection.execute("COMMIT")
        self._connection.close()


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml."
_WORKBOOK_PARTS = {
    "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}styles+xml"/></Types>',
    "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOC}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}">'
    '<sheets><sheet name="answers" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOC}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_DOC}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
    '<fills count="1"><fill><patternFill/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/></border></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def text_cell(column: pa.Array) -> pa.Array:
    """Spreadsheet cells of text; an empty cell for null."""
    return text.filled(text.join('<c t="inlineStr"><is><t>', column, "</t></is></c>"), "<c/>")


def number_cell(column: pa.Array) -> pa.Array:
    return text.filled(text.join("<c><v>", column, "</v></c>"), "<c/>")


def date_cell(days: np.ndarray) -> pa.Array:
    """Date cells from days since 1970 (a spreadsheet counts from 1899-12-30)."""
    return text.join('<c s="1"><v>', text.number(days + 25569), "</v></c>")


def write_xlsx(path: Path, header: list[str], cells: list[pa.Array]) -> None:
    """A workbook of one sheet, with fixed times inside the archive."""
    titles = "".join(text_cell(pa.array(header)).to_pylist())
    rows = body(text.join("<row>", text.lines(cells, ""), "</row>"))
    head = f'{_XML}<worksheet xmlns="{_MAIN}"><sheetData>\n<row>{titles}</row>\n'
    sheet = head.encode() + rows + b"</sheetData></worksheet>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, part in [*_WORKBOOK_PARTS.items(), ("xl/worksheets/sheet1.xml", sheet)]:
            info = zipfile.ZipInfo(name, date_time=(2024, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, part)
    write(path, buffer.getvalue())
