"""A company's folder, its landing and its warehouse, small enough for a test to say all of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import SourceTable
from bizops_pipeline.contracts.audit import PROVENANCE, SYSTEM_TABLES
from bizops_pipeline.landing.account import cursor_of
from bizops_pipeline.landing.loader import LoadResult, load, pending
from bizops_pipeline.landing.store import Landed, LandingStore
from bizops_pipeline.naming import CHANGE_SEQUENCE, quoted, raw_table
from bizops_pipeline.sources.extract import extract
from bizops_pipeline.sources.ingest import extract_new, load_new
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import empty_warehouse

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def source_table(**settings: Any) -> SourceTable:
    """A source table `shop.orders` of CSV files in extracts/ unless told otherwise."""
    defaults: dict[str, Any] = {
        "source": "shop",
        "name": "orders",
        "connector": {"kind": "files", "path": "extracts/*.csv"},
        "cadence": "daily",
        "load": {},
        "entities": {},
        "drop_columns": (),
        "hash_columns": (),
        "floor": None,
        "allow_empty": False,
        "required": True,
        "threshold": {},
        "file": "sources/shop.yaml",
    }
    if "path" in settings:
        settings["connector"] = {"kind": "files", "path": settings.pop("path")} | settings.pop("reading", {})
    return SourceTable(**(defaults | settings))


def merged(*key: str, **load_settings: Any) -> dict[str, Any]:
    return {"mode": "merge", "key": key, **load_settings}


@dataclass
class World:
    """One company and what has become of its sources."""

    root: Path
    database: str = ":memory:"
    environment: dict[str, str] = field(default_factory=dict)
    sequence: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        self.landing = LandingStore(self.root / ".bizops" / "landing")
        self.landing.root.mkdir(parents=True, exist_ok=True)
        self.engine = (
            empty_warehouse()
            if (self.database, self.threads) == (":memory:", 1)
            else DuckDBEngine.open(self.database, allowed=[self.landing.root], threads=self.threads)
        )
        for table in SYSTEM_TABLES:
            ensure(self.engine, table)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def extract(self, table: SourceTable, **options: Any) -> list[Landed]:
        cursor = cursor_of(self.engine, table)
        return extract(self.root, table, self.landing, cursor, self.environment, **({"now": NOW} | options))

    def load(self, table: SourceTable, landed: Sequence[Landed] | None = None, **options: Any) -> LoadResult:
        self.sequence += 1
        run = Run(f"run-{self.sequence}", self.sequence, date(2026, 3, 1), NOW.replace(tzinfo=None))
        chosen = pending(self.engine, table, self.landing) if landed is None else landed
        return load(self.engine, table, chosen, run, "company-key", **options)

    def refresh(self, table: SourceTable, **options: Any) -> LoadResult:
        self.extract(table, **options)
        return self.load(table)

    def ingest(self, table: SourceTable, *, reload: Collection[str] = (), key: str = "company-key") -> LoadResult:
        """Extract and load as a refresh does, which loads anew what is declared in another way."""
        self.sequence += 1
        run = Run(
            f"run-{self.sequence}", self.sequence, date(2026, 3, 1), NOW.replace(tzinfo=None), reload=frozenset(reload)
        )
        extract_new(self.engine, self.root, table, self.landing, run, self.environment)
        return load_new(self.engine, table, self.landing, run, key)

    def raw(self, table: SourceTable, *columns: str) -> list[tuple[Any, ...]]:
        listed = ", ".join(quoted(column) for column in columns)
        return sorted(
            self.engine.rows(f"select {listed} from raw.{quoted(raw_table(table.source, table.name))}"), key=repr
        )

    def content(self, table: SourceTable) -> list[dict[str, Any]]:
        """Raw rows without what differs from run to run."""
        varying = {"_loaded_at", "_run_id", CHANGE_SEQUENCE}
        assert varying < {column.name for column in PROVENANCE} | {CHANGE_SEQUENCE}
        rows = self.engine.dicts(f"select * from raw.{quoted(raw_table(table.source, table.name))}")
        kept = [{name: row[name] for name in sorted(row) if name not in varying} for row in rows]
        return sorted(kept, key=lambda row: row["_row_key"])

    def audit(self, *columns: str) -> list[tuple[Any, ...]]:
        return self.engine.rows(f"select {', '.join(columns)} from audit.extract order by extract_id")

    def gone(self, table: SourceTable) -> list[tuple[Any, ...]]:
        name = quoted(f"gone__{raw_table(table.source, table.name)}")
        return sorted(self.engine.rows(f"select _row_key, _change_sequence from state.{name}"))


def fates(result: LoadResult) -> dict[str, int]:
    """The counts of a load that are not zero."""
    names = ("rows_in", "inserted", "updated", "unchanged", "deduplicated", "rejected", "removed")
    return {name: value for name in names if (value := getattr(result, name))}
