"""Records with one surplus, empty field at their end: `a,b,c,` under a header of three names.

The engine reads such a record as if the last delimiter were not there, which hides a record whose fields have
shifted. A file that has one is landed with a marker in that field, so that the engine rejects the record.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator

import numpy as np

from bizops_pipeline.landing.records import quoting_of

MARKER = "[surplus field]"


class SurplusWatch:
    """Looks for surplus fields in text outside quotes, line by line over chunks; the first line is the header."""

    def __init__(self, delimiter: str) -> None:
        self._delimiter = delimiter.encode()
        self._rest = b""
        self._expected: int | None = None
        self.found = False

    def take(self, outside: bytes) -> None:
        """Take the next text outside quotes, with line feeds as breaks."""
        text = self._rest + outside
        complete, _, self._rest = text.rpartition(b"\n")
        if complete and not self.found:
            self._look(complete + b"\n")

    def finish(self) -> None:
        """Take the last line when no break ends it."""
        if self._rest and not self.found:
            self._look(self._rest + b"\n")
        self._rest = b""

    def _look(self, lines: bytes) -> None:
        if self._expected is None:
            self._expected = lines[: lines.index(b"\n")].count(self._delimiter)
        if self._delimiter + b"\n" not in lines:
            return
        characters = np.frombuffer(lines, dtype=np.uint8)
        ends = np.flatnonzero(characters == ord(b"\n"))
        delimiters = np.flatnonzero(characters == ord(self._delimiter))
        per_line = np.diff(np.searchsorted(delimiters, ends), prepend=0)
        ends_empty = characters[ends - 1] == ord(self._delimiter)
        self.found = bool(np.any(ends_empty & (per_line == self._expected + 1)))


def marked(texts: Iterable[str], delimiter: str, quote: str) -> Iterator[str]:
    """Yield the records of a text with line feeds, a marker in every surplus field that is empty."""
    expected: int | None = None
    for record in _records(texts, quote):
        line = record.removesuffix("\n")
        if expected is None:
            expected = _fields(line, delimiter, quote)
        elif line.endswith(delimiter) and _fields(line, delimiter, quote) == expected + 1:
            record = record.replace(line, line + MARKER)
        yield record


def _records(texts: Iterable[str], quote: str) -> Iterator[str]:
    """Yield text up to and with each line feed outside quotes."""
    held: list[str] = []
    inside = False
    for text in texts:
        for line in text.splitlines(keepends=True):
            held.append(line)
            inside ^= bool(quote) and line.count(quote) % 2 == 1
            if not inside and line.endswith("\n"):
                yield "".join(held)
                held = []
    if held:
        yield "".join(held)


def _fields(record: str, delimiter: str, quote: str) -> int:
    if not quote or quote not in record:
        return record.count(delimiter) + 1
    return len(next(csv.reader(record.splitlines(keepends=True), delimiter=delimiter, **quoting_of(quote))))
