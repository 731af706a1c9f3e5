"""Names that several layers must form the same way: schemas, raw tables, system columns, identifiers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date

RAW, STAGING, QUARANTINE, CORE, MARTS, AUDIT, STATE = (
    "raw",
    "staging",
    "quarantine",
    "core",
    "marts",
    "audit",
    "state",
)

SCHEMAS = (RAW, STAGING, QUARANTINE, CORE, MARTS, AUDIT, STATE)
"""All schemas of the warehouse."""

UNALLOCATED = "unallocated"
"""Member of every dimension that stands for "the source named nothing we know"."""

NONE = "(none)"
"""Member of a vendor or another dimension of a fact that stands for NULL."""

CHANGE_SEQUENCE = "_change_sequence"
"""System column: number of the refresh that last wrote the row; consumers read what is newer than they saw."""

IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]*$")


def raw_table(source: str, table: str) -> str:
    """Return the name of a source table in schema `raw`: the source's own name when it has one table."""
    return source if table == source else f"{source}__{table}"


def quoted(name: str) -> str:
    """Return an identifier in double quotes, safe to paste into SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """Return a text in single quotes, safe to paste into SQL."""
    return "'" + value.replace("'", "''") + "'"


def date_literal(day: date) -> str:
    """Return a date as SQL writes it."""
    return f"date {literal(day.isoformat())}"


def fingerprint(*parts: str) -> str:
    """Return a short stable hash of texts: the same definitions give the same fingerprint."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.encode())
        digest.update(b"\x00")
    return digest.hexdigest()[:16]


def canonical_dimensions(dimensions: Mapping[str, str]) -> str:
    """Return dimensions as `marts.kpi_value` writes them: compact JSON with sorted keys, `{}` for none."""
    return json.dumps(dict(dimensions), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
