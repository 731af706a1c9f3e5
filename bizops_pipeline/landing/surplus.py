"""Records with one surplus, empty field at their end: `a,b,c,` under a header of three names.

The engine reads such a record as if the last delimiter were not there, which hides a record whose fields have
shifted. A file that has one is landed with a marker in that field, so that the engine rejects the record.
"""

from __future__ import annotations

import csv
import re
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
    """Yield a text with line feeds, in blocks of whole records, a marker in every surplus field that is empty."""
    expected = 0
    for block in _blocks(texts, quote):
        expected = expected or _fields(next(_records(block, quote)).removesuffix("\n"), delimiter, quote)
        if quote and quote in block:
            yield "".join(_marked_record(record, expected, delimiter, quote) for record in _records(block, quote))
        else:
            field = f"[^{re.escape(delimiter)}\n]*{re.escape(delimiter)}"
            yield re.sub(f"^(?:{field}){{{expected}}}$", rf"\g<0>{MARKER}", block, flags=re.MULTILINE)


def _marked_record(record: str, expected: int, delimiter: str, quote: str) -> str:
    line = record.removesuffix("\n")
    if line.endswith(delimiter) and _fields(line, delimiter, quote) == expected + 1:
        return line + MARKER + record[len(line) :]
    return record


def _blocks(texts: Iterable[str], quote: str) -> Iterator[str]:
    """Yield text up to and with the last line feed outside quotes of each piece."""
    held: list[str] = []
    inside = False
    for text in texts:
        end = _last_break(text, quote, inside) + 1
        inside ^= bool(quote) and text.count(quote) % 2 == 1
        if end:
            yield "".join([*held, text[:end]])
            held = []
        held.append(text[end:])
    if any(held):
        yield "".join(held)


def _last_break(text: str, quote: str, inside: bool) -> int:
    """Return the position of the last line feed outside quotes, -1 without one."""
    end = len(text)
    parts = text.split(quote) if quote else [text]
    for index in reversed(range(len(parts))):
        start = end - len(parts[index])
        if (index % 2 == 1) == inside and "\n" in parts[index]:
            return start + parts[index].rindex("\n")
        end = start - len(quote)
    return -1


def _records(block: str, quote: str) -> Iterator[str]:
    """Yield text up to and with each line feed outside quotes."""
    held: list[str] = []
    inside = False
    for line in block.splitlines(keepends=True):
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
