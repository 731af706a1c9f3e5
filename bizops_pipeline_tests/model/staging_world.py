"""A company and a warehouse in memory, with raw tables filled the way the loader fills them."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bizops_pipeline.catalogue.models import (
    Company,
    CompanySettings,
    EntityMap,
    FilesConnector,
    Load,
    Organisation,
    Service,
    SourceTable,
    Threshold,
)
from bizops_pipeline.contracts.audit import PROVENANCE
from bizops_pipeline.model.staging import StagingResult, build
from bizops_pipeline.naming import CHANGE_SEQUENCE, literal, quoted, raw_table
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import empty_warehouse

SYSTEM = [(column.name, str(column.type)) for column in PROVENANCE] + [(CHANGE_SEQUENCE, "BIGINT")]


def run(sequence: int, *, full: bool = False) -> Run:
    return Run(f"run-{sequence:04}", sequence, date(2026, 1, 1), datetime(2026, 1, 1), full)


def source_table(
    source: str, map: Mapping[str, Any], *, name: str = "t", entity: str = "order", **options: Any
) -> SourceTable:
    zone = options.pop("time_zone", None)
    connector = FilesConnector(kind="files", path="x.csv", decimal=options.pop("decimal", "."))
    return SourceTable(
        source=source,
        name=name,
        connector=connector,
        cadence=options.pop("cadence", "daily"),
        load=Load(),
        entities={entity: EntityMap(map=dict(map), time_zone=zone)},
        drop_columns=(),
        hash_columns=(),
        floor=None,
        allow_empty=False,
        required=options.pop("required", True),
        threshold=options.pop("threshold", Threshold()),
        file=f"sources/{source}.yaml",
    )


def company(*tables: SourceTable, services: tuple[Service, ...] = (), **options: Any) -> Company:
    settings = CompanySettings(id="acme", name="Acme", time_zone=options.pop("time_zone", "UTC"))
    return Company(
        root=Path("."),
        settings=settings,
        organisation=Organisation(services=services),
        source_tables=tables,
        kpis=options.pop("kpis", ()),
        objectives=(),
        suites=options.pop("suites", ()),
        fingerprint="f",
    )


class World:
    """A warehouse whose raw rows come, change and go, one refresh after the other."""

    def __init__(self, *tables: SourceTable, **options: Any) -> None:
        self.engine = empty_warehouse()
        self.company = company(*tables, **options)
        self.sequence = 1
        for schema in ("raw", "state", "audit", "core", "marts", "staging"):
            self.engine.execute(f"create schema if not exists {schema}")

    def create(self, source: str, columns: Mapping[str, str], name: str = "t") -> None:
        listed = [*columns.items(), *SYSTEM]
        declared = ", ".join(f"{quoted(column)} {kind}" for column, kind in listed)
        self.engine.execute(f"create table raw.{quoted(raw_table(source, name))} ({declared})")
        gone = quoted("gone__" + raw_table(source, name))
        self.engine.execute(f"create table state.{gone} (_row_key varchar, _change_sequence bigint)")

    def put(self, source: str, rows: Mapping[str, Mapping[str, Any]], name: str = "t") -> None:
        """Load rows by row key, replacing those that are there."""
        raw = raw_table(source, name)
        if not self.engine.exists("raw", raw):
            self.create(source, dict.fromkeys(next(iter(rows.values())), "VARCHAR"), name)
        self.remove(source, *rows, name=name)
        for number, (key, row) in enumerate(rows.items()):
            system = (
                key, source, name, "x.csv", number,
                datetime(2027, 1, 1), f"run-{self.sequence:04}", self.sequence,
            )  # fmt: skip
            names = ", ".join([*map(quoted, row), *(quoted(column) for column, _ in SYSTEM)])
            marks = ", ".join("?" * (len(row) + len(SYSTEM)))
            self.engine.execute(f"insert into raw.{quoted(raw)} ({names}) values ({marks})", (*row.values(), *system))

    def remove(self, source: str, *keys: str, name: str = "t") -> None:
        raw = raw_table(source, name)
        for key in keys:
            if self.engine.scalar(f"select count(*) from raw.{quoted(raw)} where _row_key = ?", (key,)):
                self.engine.execute(f"delete from raw.{quoted(raw)} where _row_key = ?", (key,))
                self.engine.execute(
                    f"insert into state.{quoted('gone__' + raw)} values ({literal(key)}, {self.sequence})"
                )

    def build(self, entity: str = "order", *, full: bool = False) -> StagingResult:
        """Run one refresh of an entity."""
        result = build(self.engine, self.company, entity, run(self.sequence, full=full))
        self.sequence += 1
        return result

    def rows(self, columns: str, table: str = 'staging."order"') -> list[tuple[Any, ...]]:
        return self.engine.rows(f"select {columns} from {table} order by all")

    def quarantine(self) -> list[tuple[Any, ...]]:
        return self.engine.rows("select row_key, rule, reason from quarantine.record order by all")
