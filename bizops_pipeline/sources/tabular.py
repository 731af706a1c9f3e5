"""Landing Parquet byte for byte and workbooks as Parquet of text columns."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import FilesConnector
from bizops_pipeline.landing.store import Landed
from bizops_pipeline.sources.connector import Request
from bizops_pipeline.sources.error_cells import error_cells
from bizops_pipeline.sources.header import check_header
from bizops_pipeline.sources.paths import Found
from bizops_pipeline.sources.text import MAX_UNCOMPRESSED


def land_parquet(request: Request, connector: FilesConnector, file: Found, target: Path) -> tuple[Landed, str]:
    """Copy a Parquet file and describe it; raises SourceError when it is none or lacks needed columns."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    shutil.copyfile(file.path, target)
    try:
        with pq.ParquetFile(target) as opened:
            schema, records = opened.schema_arrow, opened.metadata.num_rows
    except (pa.ArrowException, OSError):
        raise request.error("the file is not Parquet or is cut short; deliver it again", file.origin) from None
    draft = _draft(request, connector, file, target, tuple(schema.names), records)
    return replace(draft, types=tuple(str(type) for type in schema.types)), ".parquet"


def land_xlsx(request: Request, connector: FilesConnector, file: Found, target: Path) -> tuple[Landed, str]:
    """Write a workbook's sheet as Parquet of text and describe it.

    Numbers are written with the declared decimal mark and without a needless `.0`, times as `YYYY-MM-DD HH:MM:SS`,
    truth values as true and false, errors as the sheet shows them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = _sheet(request, connector, file)
    header = tuple(
        _cell(value, connector.decimal) or f"column_{position}"
        for position, value in enumerate(rows[0] if rows else [], 1)
    )
    body = rows[1:]
    columns = ([row[index] for row in body] for index in range(len(header)))
    arrays = [pa.array(_texts(column, connector.decimal), pa.string()) for column in columns]
    draft = _draft(request, connector, file, target, header, len(body))
    pq.write_table(pa.Table.from_arrays(arrays, names=list(header)), target, compression="zstd")
    size, types = target.stat().st_size, ("string",) * len(header)
    return replace(draft, sha256=_hash(target), bytes=size, types=types), ".parquet"


def _sheet(request: Request, connector: FilesConnector, file: Found) -> list[list[Any]]:
    """Return the rows of the declared sheet that hold anything."""
    _check_archive(request, file)
    names, chosen, found = _read(request, connector, file)
    rows = [row for row in found if any(value not in ("", None) for value in row)]
    others = [name for name in names if name != chosen]
    if len(rows) < 2 and others and not request.table.allow_empty:
        raise request.error(
            f"sheet {chosen!r} holds no rows; declare the `sheet` that does, of {', '.join(map(repr, others))}",
            file.origin,
        )
    return rows


def _check_archive(request: Request, file: Found) -> None:
    try:
        with zipfile.ZipFile(file.path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except zipfile.BadZipFile:
        raise request.error(
            "the file is not an XLSX workbook, or is cut short; deliver it again", file.origin
        ) from None
    if size > MAX_UNCOMPRESSED:
        raise request.error(f"unpacks to more than {MAX_UNCOMPRESSED:,} bytes", file.origin)


def _read(request: Request, connector: FilesConnector, file: Found) -> tuple[list[str], str, list[list[Any]]]:
    """Return the names of the sheets, the one that is declared and its cells."""
    from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

    try:
        with CalamineWorkbook.from_path(str(file.path)) as workbook:
            names = workbook.sheet_names
            if connector.sheet is not None and connector.sheet not in names:
                raise request.error(
                    f"has no sheet {connector.sheet!r}; its sheets are {', '.join(map(repr, names))}", file.origin
                )
            shown = [sheet.name for sheet in workbook.sheets_metadata if sheet.visible is SheetVisibleEnum.Visible]
            chosen = connector.sheet or (shown or names)[0]
            sheet = workbook.get_sheet_by_name(chosen)
            found: list[list[Any]] = sheet.to_python(skip_empty_area=True)
            first_row, first_column = sheet.start or (0, 0)
    except CalamineError as error:
        raise request.error(f"the workbook cannot be read ({error})", file.origin) from None
    try:
        for row, column, text in error_cells(file.path, chosen):
            found[row - first_row][column - first_column] = text
    except Exception as error:
        raise request.error(
            f"some cells hold an error such as #N/A, and which do cannot be read ({error}); correct them", file.origin
        ) from error
    return names, chosen, found


def _texts(column: Sequence[Any], decimal: str) -> list[str | None]:
    return [(value.strip() if value else None) if type(value) is str else _cell(value, decimal) for value in column]


def _cell(value: Any, decimal: str) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        is_whole = value.is_integer() and abs(value) <= 2**53
        return str(int(value)) if is_whole else repr(value).replace(".", decimal)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time | timedelta):
        return str(value)
    return str(value).strip()


def _draft(
    request: Request, connector: FilesConnector, file: Found, target: Path, header: tuple[str, ...], records: int
) -> Landed:
    complaint = check_header(header, connector.header, request.needed, "", request.table) if header else None
    if complaint:
        raise request.error(complaint, file.origin)
    if not records and not request.table.allow_empty:
        raise request.error("the file holds no rows; say `allow_empty: true` if that is right", file.origin)
    digest = _hash(file.path)
    return Landed(
        extract_id="",
        source=request.table.source,
        table=request.table.name,
        origin=file.origin,
        path=target,
        kind="parquet",
        sha256=digest,
        bytes=file.size,
        records=records,
        header=header,
        extracted_at=request.now,
        read_as=request.read_as,
        extent="file",
        origin_sha256=digest,
        origin_bytes=file.size,
        origin_modified=file.modified,
    )


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
