"""Landing CSV and JSON lines: byte for byte, looked through once on the way.

The one pass copies, hashes, decompresses (which proves that the archive is whole), looks for what is no text
of the declared encoding, and counts the records. Only a file that the engine cannot read is rewritten: another
encoding becomes UTF-8, mixed or lone-carriage-return line breaks become line feeds, a surplus field is marked.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from bizops_pipeline.catalogue.models import FilesConnector
from bizops_pipeline.errors import SourceError
from bizops_pipeline.landing.digits import DigitsWatch
from bizops_pipeline.landing.records import RecordCounter, exact_count
from bizops_pipeline.landing.store import Kind, Landed
from bizops_pipeline.landing.surplus import SurplusWatch, marked
from bizops_pipeline.sources.connector import Request
from bizops_pipeline.sources.header import check_header, read_header, refuse_other_content
from bizops_pipeline.sources.paths import Found

CHUNK = 1 << 20
MAX_UNCOMPRESSED = 2 << 30
"""Bytes that a compressed file may unpack to."""
_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",  # begins like the next one
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_UTF8 = ("utf-8", "utf-8-sig", "ascii")


class _Tee(io.RawIOBase):
    """Reads a file while copying and hashing what passes."""

    def __init__(self, source: IO[bytes], copy: IO[bytes]) -> None:
        self.source, self.copy, self.hash = source, copy, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        data = self.source.read(len(buffer))
        buffer[: len(data)] = data
        self.hash.update(data)
        self.copy.write(data)
        return len(data)


@dataclass(frozen=True, slots=True)
class _Format:
    """How to read a text file."""

    kind: Kind
    delimiter: str
    quote: str
    encoding: str
    compressed: bool

    @property
    def is_utf8(self) -> bool:
        return self.encoding in _UTF8


def land_text(request: Request, connector: FilesConnector, file: Found, target: Path) -> tuple[Landed, str]:
    """Write the landing copy of a CSV or JSON lines file and describe it.

    Raises SourceError when it is empty, not text of its encoding, not whole, or lacks what the catalogue needs.
    """
    format = _format(request, connector, file)
    watch = SurplusWatch(format.delimiter) if format.kind == "csv" else DigitsWatch()
    counter = RecordCounter(format.quote, watch)
    try:
        with file.path.open("rb") as source, target.open("wb") as copy:
            tee = _Tee(source, copy)
            head = _look_through(_chunks(tee, format), format, counter)
        landed_as = format
        if not format.is_utf8 or counter.needs_normal_breaks or (format.kind == "csv" and watch.found):
            counter, head = _rewrite(file.path, target, format)
            landed_as = _Format(format.kind, format.delimiter, format.quote, "utf-8", compressed=False)
        header, records = _describe(request, connector, format, head, counter, target, landed_as)
    except _Refused as refused:
        raise request.error(str(refused), file.origin) from None
    except SourceError as error:
        raise request.error(str(error), file.origin) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise request.error(
            f"the gzip archive is damaged or cut short ({error}); deliver it again", file.origin
        ) from None
    if not records and not request.table.allow_empty:
        found = "only a header" if header else "nothing"
        raise request.error(f"the file holds {found}; say `allow_empty: true` if that is right", file.origin)
    draft = Landed(
        extract_id="",
        source=request.table.source,
        table=request.table.name,
        origin=file.origin,
        path=target,
        kind=format.kind,
        sha256=_hash(target) if landed_as is not format else tee.hash.hexdigest(),
        bytes=target.stat().st_size,
        records=records,
        header=header,
        extracted_at=request.now,
        read_as=request.read_as,
        extent="file",
        delimiter=format.delimiter,
        quote=format.quote,
        may_lose_digits=format.kind == "ndjson" and (watch.found or landed_as is not format),
        origin_sha256=tee.hash.hexdigest(),
        origin_bytes=file.size,
        origin_modified=file.modified,
    )
    return draft, f".{format.kind}" + (".gz" if landed_as.compressed else "")


class _Refused(Exception):
    """What is wrong with a file, before the file is named."""


def _format(request: Request, connector: FilesConnector, file: Found) -> _Format:
    kind = cast(Kind, connector.format_of(file.origin))
    try:
        encoding = codecs.lookup(connector.encoding).name
    except LookupError:
        raise request.error(f"unknown encoding {connector.encoding!r}; for example utf-8, cp1252, utf-16") from None
    delimiter, quote = (connector.delimiter, connector.quote) if kind == "csv" else ("", "")
    return _Format(kind, delimiter, quote, encoding, connector.is_gzip(file.origin))


def _chunks(source: io.RawIOBase, format: _Format) -> Iterator[bytes]:
    stream: IO[bytes] = cast(IO[bytes], io.BufferedReader(source, CHUNK))
    if not format.compressed:
        while chunk := stream.read(CHUNK):
            yield chunk
        return
    size = 0
    with gzip.GzipFile(fileobj=stream) as unpacked:
        while chunk := unpacked.read(CHUNK):
            size += len(chunk)
            if size > MAX_UNCOMPRESSED:
                raise _Refused(f"unpacks to more than {MAX_UNCOMPRESSED:,} bytes; deliver it in parts")
            yield chunk
    while stream.read(CHUNK):
        pass


def _look_through(chunks: Iterable[bytes], format: _Format, counter: RecordCounter) -> bytes:
    """Check and count chunks; return the first."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    head = b""
    offset = 0
    for chunk in chunks:
        if not head:
            head = chunk
            _refuse_other_encoding(format, head)
            if complaint := refuse_other_content(head, format.kind):
                raise _Refused(complaint)
        if format.is_utf8:
            if not chunk.isascii() or decoder.getstate()[0]:
                _check_utf8(decoder, chunk, offset)
            offset += len(chunk)
            counter.feed(chunk)
    if format.is_utf8:
        _check_utf8(decoder, b"", offset, final=True)
        counter.finish()
    return head


def _check_utf8(decoder: codecs.IncrementalDecoder, chunk: bytes, offset: int, final: bool = False) -> None:
    held = len(decoder.getstate()[0])
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        position = offset - held + error.start
        raise _Refused(
            f"byte {position:,} (0x{error.object[error.start]:02x}) is not valid utf-8; declare the file's `encoding`, "
            "for example cp1252"
        ) from None


def _refuse_other_encoding(format: _Format, head: bytes) -> None:
    for mark, name in _MARKS.items():
        fits = format.is_utf8 if name == "utf-8" else format.encoding.startswith(name)
        if head.startswith(mark) and not fits:
            raise _Refused(f"starts with a {name} byte order mark; declare `encoding: {name}`")


def _rewrite(source: Path, target: Path, format: _Format) -> tuple[RecordCounter, bytes]:
    """Write a text file as UTF-8 with line feeds between records; return its counter and its first chunk."""
    counter = RecordCounter(format.quote)
    head = b""
    with source.open("rb") as opened, target.open("wb") as out:
        chunks = _chunks(cast(io.RawIOBase, opened), format)
        texts = _unified_breaks(_decoded(chunks, format.encoding), format.quote)
        if format.kind == "csv":
            texts = marked(texts, format.delimiter, format.quote)
        for text in texts:
            data = text.encode()
            head = head or data
            counter.feed(data)
            out.write(data)
    counter.finish()
    return counter, head


def _decoded(chunks: Iterable[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = 0
    for chunk in chunks:
        try:
            yield decoder.decode(chunk)
        except UnicodeDecodeError as error:
            raise _Refused(_position(error, offset, len(chunk), encoding)) from None
        offset += len(chunk)
    try:
        yield decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _Refused(f"the file ends inside a {encoding} character; it is cut short or of another encoding") from None


def _position(error: UnicodeDecodeError, offset: int, length: int, encoding: str) -> str:
    held = len(error.object) - length
    return (
        f"byte {offset - held + error.start:,} (0x{error.object[error.start]:02x}) is not valid {encoding}; "
        "declare the encoding the file really has"
    )


def _unified_breaks(texts: Iterable[str], quote: str) -> Iterator[str]:
    inside, held = False, ""
    for piece in texts:
        text = held + piece
        held = "\r" if text.endswith("\r") else ""
        text = text[: len(text) - len(held)]
        parts = text.split(quote) if quote else [text]
        for index in range(int(inside), len(parts), 2):
            parts[index] = parts[index].replace("\r\n", "\n").replace("\r", "\n")
        inside ^= len(parts) % 2 == 0
        if text:
            yield quote.join(parts)
    yield "\n" if held else ""


def _describe(
    request: Request,
    connector: FilesConnector,
    format: _Format,
    head: bytes,
    counter: RecordCounter,
    target: Path,
    landed_as: _Format,
) -> tuple[tuple[str, ...], int]:
    """Return header and number of records."""
    if format.kind == "ndjson":
        return (), counter.records
    if not head:
        return (), 0
    header = read_header(head, format.delimiter, format.quote)
    complaint = check_header(header, connector.header, request.needed, format.delimiter, request.table)
    if complaint:
        raise _Refused(complaint)
    records = counter.records
    if counter.is_unbalanced:
        records = exact_count(target, compressed=landed_as.compressed, delimiter=format.delimiter, quote=format.quote)
    return header, max(records - 1, 0)


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
