"""From a source to raw: extract what is new to landing, then load all that has landed and is not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.catalogue.secrets import resolve
from bizops_pipeline.landing.account import cursor_of
from bizops_pipeline.landing.columns import RESERVED
from bizops_pipeline.landing.loader import LoadResult, load, pending
from bizops_pipeline.landing.personal import read_columns
from bizops_pipeline.landing.store import LandingStore
from bizops_pipeline.naming import fingerprint
from bizops_pipeline.sources.extract import extract
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


def ingest(
    engine: Engine, company: Company, table: SourceTable, landing: Path, run: Run, environment: Mapping[str, str]
) -> LoadResult:
    """Bring a raw table up to date with its source; what an earlier crash left in landing is loaded first.

    Raises SourceError when the source is not what the catalogue declares, TransientSourceError when it did not
    answer this time.
    """
    store = LandingStore(landing)
    needed = needed_columns(table)
    extract(company.root, table, store, cursor_of(engine, table), environment, needed=needed)
    return load(engine, table, pending(engine, table, store), run, hash_key(company, environment), needed=needed)


def needed_columns(table: SourceTable) -> frozenset[str]:
    """Return the columns of the source that its maps read."""
    names = (read_columns(mapped) for entity in table.entities.values() for mapped in entity.map.values())
    return frozenset(set[str]().union(*names) - RESERVED)


def hash_key(company: Company, environment: Mapping[str, str]) -> str:
    """Return the key with which personal values are hashed: the company's secret, else one made from its id."""
    declared = company.settings.privacy.hash_key
    return resolve(declared, environment) if declared else fingerprint("personal data of", company.settings.id)
