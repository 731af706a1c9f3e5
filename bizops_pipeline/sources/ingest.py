"""From a source to raw: extract what is new to landing, then load all that has landed and is not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bizops_pipeline.catalogue.models import Company, SourceTable
from bizops_pipeline.catalogue.secrets import resolve
from bizops_pipeline.landing.account import cursor_of
from bizops_pipeline.landing.columns import RESERVED, read_columns
from bizops_pipeline.landing.loader import LoadResult, load, pending
from bizops_pipeline.landing.reload import check_complete, is_loaded_otherwise
from bizops_pipeline.landing.store import LandingStore
from bizops_pipeline.naming import fingerprint
from bizops_pipeline.sources.extract import extract
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run


def extract_new(
    engine: Engine, root: Path, table: SourceTable, store: LandingStore, run: Run, environment: Mapping[str, str]
) -> None:
    """Land what is new at the source of a table, whose company lies at `root`.

    Raises SourceError when the source is not what the catalogue declares, TransientSourceError when it did not answer
    this time.
    """
    cursor = None if _is_asked_for(table, run) else cursor_of(engine, table)
    extract(root, table, store, cursor, environment, needed=needed_columns(table))


def load_new(engine: Engine, table: SourceTable, store: LandingStore, run: Run, key: str) -> LoadResult:
    """Load what has landed of a table and is not in raw, also what an earlier crash left; hash values with `key`.

    A table that the catalogue declares to be read or loaded in another way than it was is loaded anew from landing.
    Raises what `load` raises, and SourceError when landing lacks what is to be loaded anew.
    """
    needed, is_asked_for = needed_columns(table), _is_asked_for(table, run)
    if not (is_asked_for or is_loaded_otherwise(engine, table, key)):
        return load(engine, table, pending(engine, table, store), run, key, needed=needed)
    landed = store.pending(table, loaded=())
    if not is_asked_for:
        check_complete(engine, table, landed)
    return load(engine, table, landed, run, key, needed=needed, anew=True)


def _is_asked_for(table: SourceTable, run: Run) -> bool:
    return bool(run.reload.intersection((table.source, f"{table.source}.{table.name}")))


def needed_columns(table: SourceTable) -> frozenset[str]:
    """Return the columns of the source that its maps read."""
    names = (read_columns(mapped) for entity in table.entities.values() for mapped in entity.map.values())
    return frozenset(set[str]().union(*names) - RESERVED)


def hash_key(company: Company, environment: Mapping[str, str]) -> str:
    """Return the key with which personal values are hashed: the company's secret, else one made from its id."""
    declared = company.settings.privacy.hash_key
    return resolve(declared, environment) if declared else fingerprint("personal data of", company.settings.id)
