"""How a source table is declared to be read and loaded, as hashes: another one means doing it again.

`read_as` is of what decides how a source's bytes or rows come to landing, and is kept in each manifest. `Loading` is of
what decides how landed records become raw rows; it goes with the columns that the source brought, because which of
them are personal follows from the maps.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.landing.personal import withheld
from bizops_pipeline.naming import fingerprint

LOADING_VERSION = "1"
"""Raised when the code makes other raw rows of the same landed records, so that all tables are loaded anew."""

_SAYS_WHERE = {"path", "header", "url", "restore_from", "overlap", "chunk_rows"}
"""Options of connectors that say where the records are or what must be among them, not what they are."""
_AT_LOADING = {"null_values"}


@dataclass(frozen=True, slots=True)
class Loading:
    """How a raw table was loaded."""

    definition: str
    columns: tuple[str, ...]
    """All columns that the source ever brought."""
    treatment: str


def read_as(table: SourceTable) -> str:
    """Return a hash of what decides how a source's bytes or rows come to landing."""
    options = table.connector.model_dump(exclude_defaults=True, exclude=_SAYS_WHERE | _AT_LOADING)
    return fingerprint(json.dumps(options, sort_keys=True, default=str))


def loading_as_declared(table: SourceTable, columns: Iterable[str], hash_key: str) -> Loading:
    """Return how the catalogue declares that a table is loaded, given the columns that its source brings."""
    options = {
        "version": LOADING_VERSION,
        "read_as": read_as(table),
        "load": table.load.model_dump(exclude_defaults=True),
        "connector": table.connector.model_dump(exclude_defaults=True, include=_AT_LOADING),
    }
    listed = tuple(sorted(columns))
    personal = withheld(table, listed)
    treatment = personal.describe() + (f"; key {fingerprint('hash key', hash_key)}" if personal.hashed else "")
    return Loading(fingerprint(json.dumps(options, sort_keys=True, default=str)), listed, treatment)
