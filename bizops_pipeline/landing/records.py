"""Counting the physical records of a text file without the engine, so that the engine's count can be checked.

A record ends at a line break outside quotes; blank lines are none. Quotes are taken by their parity, which is
exact for well-formed files and takes one pass at the speed of memory; where the parity does not come out even,
or the engine disagrees, the standard library's parser decides (`exact_count`).
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, Protocol

from bizops_pipeline.errors import SourceError

_BLANK = re.compile(rb"\n(?=\n)")
_SENTINEL = "end of file reached outside quotes"


class Watch(Protocol):
    """Someone else who wants to see the text outside quotes, in the same pass."""

    def take(self, outside: bytes) -> None:
        """Take the next text, with line feeds as breaks."""

    def finish(self) -> None:
        """There is no more."""


class RecordCounter:
    """Counts records over chunks of a UTF-8 file."""

    def __init__(self, quote: str, watch: Watch | None = None) -> None:
        self._quote = quote.encode()
        self._watch = watch
        self._inside = False
        self._held = b""
        self._last = b"\n"
        self._breaks = 0
        self._blank = 0
        self._crlf = 0
        self._has_lone_return = False

    def feed(self, chunk: bytes) -> None:
        """Take the next chunk."""
        chunk = self._held + chunk
        self._held = b"\r" if chunk.endswith(b"\r") else b""
        self._take(chunk[: len(chunk) - len(self._held)])

    def finish(self) -> None:
        """Take what was held back at the end of the last chunk."""
        self._take(self._held)
        self._held = b""
        if self._watch:
            self._watch.finish()

    @property
    def records(self) -> int:
        """Records seen, the header among them."""
        return self._breaks - self._blank + (0 if self._last == b"\n" else 1)

    @property
    def is_unbalanced(self) -> bool:
        """Whether a quote is open after the last chunk."""
        return self._inside

    @property
    def needs_normal_breaks(self) -> bool:
        """Whether records end in different ways or by carriage return alone, which the engine refuses."""
        return 0 < self._crlf < self._breaks or self._has_lone_return

    def _take(self, chunk: bytes) -> None:
        if not chunk:
            return
        outside = self._outside(chunk)
        if b"\r" in outside:
            self._crlf += outside.count(b"\r\n")
            outside = outside.replace(b"\r\n", b"\n")
            self._has_lone_return = self._has_lone_return or b"\r" in outside
        if not outside:
            return
        if self._watch:
            self._watch.take(outside)
        self._breaks += outside.count(b"\n")
        joined = self._last + outside
        if b"\n\n" in joined:
            self._blank += len(_BLANK.findall(joined))
        self._last = outside[-1:]

    def _outside(self, chunk: bytes) -> bytes:
        if not self._quote or self._quote not in chunk:
            return b"" if self._inside else chunk
        parts = chunk.split(self._quote)
        # The quotes stay between the parts: a line that holds only a quoted field is not blank.
        outside = self._quote.join(parts[int(self._inside) :: 2])
        self._inside ^= len(parts) % 2 == 0
        return outside + self._quote if self._inside else outside


def quoting_of(quote: str) -> dict[str, Any]:
    """Return the arguments that tell the standard library's parser which quote there is, if any."""
    return {"quotechar": quote} if quote else {"quotechar": None, "quoting": csv.QUOTE_NONE}


def open_text(path: Path, compressed: bool, encoding: str = "utf-8-sig") -> IO[str]:
    """Open a landed text file as the parser of the standard library wants it."""
    if compressed:
        return gzip.open(path, "rt", encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def exact_count(path: Path, *, compressed: bool, delimiter: str, quote: str, encoding: str = "utf-8-sig") -> int:
    """Return the number of records, the header among them, by the standard library's parser.

    Raises SourceError when a quote is never closed.
    """
    csv.field_size_limit(sys.maxsize)
    count, last = 0, [""]
    with open_text(path, compressed, encoding) as lines:
        reader = csv.reader(_with_sentinel(lines), delimiter=delimiter, **quoting_of(quote))
        for row in reader:
            if row:
                count, last = count + 1, row
                line = reader.line_num
    if last != [_SENTINEL]:
        raise SourceError(f"a quote ({quote}) is never closed: the record that ends at line {line} runs to the end")
    return count - 1


def _with_sentinel(lines: IO[str]) -> Iterator[str]:
    ends = True
    for line in lines:
        ends = line.endswith(("\n", "\r"))
        yield line
    if not ends:
        yield "\n"
    yield _SENTINEL
