"""What every connector is handed and what it hands back; one module per kind implements it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.errors import SourceError, TransientSourceError
from bizops_pipeline.landing.store import Landed, LandingStore


@dataclass(frozen=True, slots=True)
class Request:
    """One extraction: which table, where to, since when."""

    company_root: Path
    table: SourceTable
    landing: LandingStore
    cursor: str | None
    environment: Mapping[str, str]
    needed: frozenset[str]
    """Columns that the catalogue refers to; a source without them cannot be mapped."""
    now: datetime
    read_as: str
    """Hash of what the catalogue declares about how the source is read; it goes into every manifest."""

    def error(self, message: str, origin: str | None = None) -> SourceError:
        """Return an error that names source, table and, where it matters, the file."""
        return SourceError(self._named(message, origin))

    def transient(self, message: str, origin: str | None = None) -> TransientSourceError:
        """Return an error that a later attempt may not meet."""
        return TransientSourceError(self._named(message, origin))

    def _named(self, message: str, origin: str | None) -> str:
        where = f" {origin}:" if origin else ""
        return f"source {self.table.source}, table {self.table.name} ({self.table.file}):{where} {message}"


class Connector(Protocol):
    """A way to reach sources of one kind. It writes landing files and touches nothing else."""

    def __call__(self, request: Request) -> list[Landed]:
        """Land what is new at the source and return it in order; nothing new gives an empty list."""
