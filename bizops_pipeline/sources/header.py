"""Looking at the beginning of a file: is it what its name says, and has it the columns that are needed."""

from __future__ import annotations

import csv
import io
import re

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.landing.columns import RESERVED, missing_columns
from bizops_pipeline.landing.records import quoting_of

DELIMITERS = (",", ";", "\t", "|")
_MARKUP = re.compile(rb"<(!doctype|html|\?xml|head|body|table)\b", re.IGNORECASE)
_MAGIC = {b"%PDF": "a PDF", b"PK\x03\x04": "a ZIP archive or workbook", b"PAR1": "Parquet", b"\x1f\x8b": "gzip"}


def refuse_other_content(head: bytes, kind: str) -> str | None:
    """Say what a file really holds when its first bytes show that it is no text of its kind."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512]
    for magic, name in _MAGIC.items():
        if start.startswith(magic):
            hint = "; declare `compression: gzip`" if name == "gzip" else ""
            return f"holds {name}, not {kind}{hint}"
    if _MARKUP.match(start):
        return f"holds an HTML or XML page, not {kind}; the source probably answered with an error page"
    if kind == "csv" and re.match(rb"\{\s*[\"}]|\[\s*[\{\[\"]", start):
        return "holds JSON, not csv; declare `format: ndjson` if it has one object per line"
    if kind == "ndjson" and start.startswith(b"["):
        return "holds a JSON array, not one JSON object per line"
    if kind == "ndjson" and re.match(rb"\{\s*[\r\n]", start):
        return "holds a JSON object over several lines, not one per line"
    return None


def read_header(head: bytes, delimiter: str, quote: str) -> tuple[str, ...]:
    """Return the column names in a file's first record, trimmed; a nameless column is called by its position."""
    text = head.decode("utf-8", errors="ignore").removeprefix("\ufeff").lstrip("\r\n")
    if len(delimiter) == 1:
        lines = io.StringIO(text, newline="")
        names = next(csv.reader(lines, delimiter=delimiter, **quoting_of(quote)), [])
    else:
        names = [name.strip(quote or None) for name in text.splitlines()[0].split(delimiter)]
    return tuple(name.strip() or f"column_{position}" for position, name in enumerate(names, 1))


def check_header(
    found: tuple[str, ...],
    declared: tuple[str, ...] | None,
    needed: frozenset[str],
    delimiter: str,
    table: SourceTable | None = None,
) -> str | None:
    """Say what is wrong with a header: repeated or reserved names, or missing columns with the nearest name and where
    the table's YAML names them.
    """
    lowered = [name.lower() for name in found]
    repeated = sorted({name for name, low in zip(found, lowered, strict=True) if lowered.count(low) > 1})
    if repeated:
        return f"column names are repeated in the header: {', '.join(repeated)}; names must differ by more than case"
    reserved = sorted(RESERVED & set(lowered))
    if reserved:
        return f"columns {', '.join(reserved)} have names that the pipeline uses itself; rename them at the source"
    missing = missing_columns(found, declared or needed, table)
    if not missing and declared:
        missing = missing_columns(found, needed, table)
    if not missing:
        return None
    return _other_delimiter(found, declared or tuple(needed), delimiter) or (
        f"columns are missing: {', '.join(missing)}; found {', '.join(found)}"
    )


def _other_delimiter(found: tuple[str, ...], expected: tuple[str, ...], delimiter: str) -> str | None:
    others = [other for other in DELIMITERS if other != delimiter and any(other in name for name in found)]
    if len(found) >= len(expected) or not others:
        return None
    shown = "a tab" if others[0] == "\t" else f"`{others[0]}`"
    return f"expected {len(expected)} columns, found {len(found)}; is the delimiter {shown}?"
