"""Extraction of one source table to landing, by the connector of its kind.

A connector belongs in a module of its own; what it must do with crashes, manifests and names is `landing/`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.landing.columns import columns_of_load
from bizops_pipeline.landing.reading import read_as
from bizops_pipeline.landing.store import Landed, LandingStore
from bizops_pipeline.sources.connector import Connector, Request
from bizops_pipeline.sources.files import extract_files
from bizops_pipeline.sources.rest import extract_rest
from bizops_pipeline.sources.sql import extract_sql

CONNECTORS: dict[str, Connector] = {"files": extract_files, "sql": extract_sql, "rest": extract_rest}


def extract(
    company_root: Path,
    table: SourceTable,
    landing: LandingStore,
    cursor: str | None,
    environment: Mapping[str, str],
    *,
    needed: Collection[str] = (),
    now: datetime | None = None,
) -> list[Landed]:
    """Land what is new at the source of a table and return it in order.

    `cursor` is where the last load ended (`state.cursor`); `needed` names columns without which the source
    cannot be mapped. What a crash left in the table's landing folder is removed first. Raises SourceError when
    the source is not what the catalogue declares, TransientSourceError when it did not answer this time.
    """
    landing.sweep(table)
    wanted = frozenset({*needed, *columns_of_load(table)})
    moment = now or datetime.now(UTC)
    request = Request(company_root, table, landing, cursor, environment, wanted, moment, read_as(table))
    return CONNECTORS[table.connector.kind](request)
