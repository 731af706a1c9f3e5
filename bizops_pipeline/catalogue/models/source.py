"""Where records are and how they become entities: sources/*.yaml."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from bizops_pipeline.catalogue.models.vocabulary import Cadence, Identifier, Strict

FileFormat = Literal["csv", "ndjson", "parquet", "xlsx"]
_ENDINGS: dict[str, FileFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".json": "ndjson",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
}


class FilesConnector(Strict):
    """Files below the company's folder (or below an absolute folder given by an environment variable)."""

    kind: Literal["files"]
    path: str
    """Path or glob."""
    format: FileFormat | None = None
    """Default: by the file's ending."""
    delimiter: str = Field(",", pattern=r"^.+$")
    quote: str = Field('"', pattern=r"^.?$")
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ("",)
    header: tuple[str, ...] | None = None
    """Columns the file must have, in any order, beside those that its maps and its `load` name."""
    sheet: str | None = None
    decimal: Literal[".", ","] = "."
    compression: Literal["none", "gzip"] | None = None

    def format_of(self, name: str) -> FileFormat | None:
        """Return the format of a file: the declared one, else by its ending; None when neither tells."""
        return self.format or _ENDINGS.get(PurePosixPath(name.lower().removesuffix(".gz")).suffix)

    def is_gzip(self, name: str) -> bool:
        """Tell whether a file is compressed, as declared or by its ending."""
        return name.lower().endswith(".gz") if self.compression is None else self.compression == "gzip"


class SqlConnector(Strict):
    """A table or query of any database that SQLAlchemy speaks."""

    kind: Literal["sql"]
    url: str
    """SQLAlchemy URL, usually `${NAME}`; a relative SQLite path is taken from the company's folder."""
    restore_from: str | None = None
    """SQL dump (.sql or .sql.gz) from which a SQLite database is restored when the url's file is absent."""
    table: str | None = None
    query: str | None = None
    cursor: str | None = None
    """Column that grows with every change; read are then rows not older than the last value seen, or without one."""
    overlap: str | None = Field(default=None, pattern=r"^\d+\s*[smhdw]$")
    """How far before the last cursor value to read again, for late rows: `2d`, `6h`."""
    chunk_rows: int = Field(default=50_000, gt=0)


class RestConnector(Strict):
    """A REST endpoint. The place is kept; the connector refuses to run until it is there."""

    kind: Literal["rest"]
    base_url: str
    endpoint: str
    auth: str | None = None
    data_selector: str | None = None
    cursor: str | None = None


Connector = Annotated[FilesConnector | SqlConnector | RestConnector, Field(discriminator="kind")]


class Load(Strict):
    """How extracted records become raw rows."""

    mode: Literal["append", "merge", "replace"] = "append"
    """append: a row's key is file and row; merge: by `key`; replace: each load is the whole table."""
    key: tuple[str, ...] = ()
    cursor: str | None = None
    """Column whose latest value wins among rows of one key; `keep` overrides it."""
    keep: str | None = None
    """`latest_by <column>`, optionally several separated by commas; numbers compare as numbers, ISO times as times."""


class ValueMap(Strict):
    """A column by translation of values."""

    from_: str = Field(alias="from")
    values: dict[str, str]
    otherwise: str = "quarantine"
    """`keep` the source's value, `quarantine` the row, `null`, or any other text as the value."""


class Lookup(Strict):
    """A column by looking the source's name up in a list of the catalogue (services by id, name or alias)."""

    lookup: Literal["services"]
    by: str
    otherwise: str = "unallocated"
    """`quarantine` the row, or the member to use."""


def _column_map_tag(value: Any) -> str:
    """Tell what is meant by its shape, so that a fault is reported for what was meant and nothing else."""
    if isinstance(value, Lookup) or (isinstance(value, dict) and ("lookup" in value or "by" in value)):
        return "Lookup"
    return "ValueMap" if isinstance(value, dict | ValueMap) else "expression"


ColumnMap = Annotated[
    Annotated[str | int | float | bool, Tag("expression")]
    | Annotated[ValueMap, Tag("ValueMap")]
    | Annotated[Lookup, Tag("Lookup")],
    Discriminator(_column_map_tag),
]


class EntityMap(Strict):
    """How rows of a source table become an entity: column by SQL expression, value map or lookup."""

    map: dict[str, ColumnMap]
    time_zone: str | None = None
    """Zone of naive times; default: the table's, else the company's."""
    drop_columns: tuple[str, ...] = ()
    hash_columns: tuple[str, ...] = ()
    floor: float | None = Field(default=None, ge=0, le=1)


class Threshold(Strict):
    """How many bad rows a table may have before the refresh fails: the larger of share and rows."""

    share: float = Field(default=0.005, ge=0, le=1)
    rows: int = Field(default=1_000, ge=0)


class SourceTableDefinition(Strict):
    """One table of a source: what `source` has at its top, for sources with several tables.

    `connector` holds only what differs from the source's connector, for example `table` or `path`.
    """

    connector: dict[str, Any] = Field(default_factory=dict)
    cadence: Cadence | None = None
    load: Load = Load()
    entities: dict[str, EntityMap] = Field(default_factory=dict)
    time_zone: str | None = None
    drop_columns: tuple[str, ...] = ()
    hash_columns: tuple[str, ...] = ()
    keep_columns: tuple[str, ...] = ()
    """Columns that stay as they are although their names, or the contract they are mapped to, say personal data."""
    floor: float | None = Field(default=None, ge=0, le=1)
    allow_empty: bool = False
    required: bool = True
    begins: date | None = None
    """First day that it covers; KPIs that read it count from then on. Default: that of bizops.yaml, else none."""
    threshold: Threshold = Threshold()


class SourceDefinition(SourceTableDefinition):
    """sources/*.yaml: a source with one table, or with `tables` that share connector and settings."""

    source: Identifier
    description: str | None = None
    preset: str | None = None
    tables: dict[Identifier, SourceTableDefinition] = Field(default_factory=dict)


class SourceTable(Strict):
    """A source table with all defaults resolved: what connectors, loader and staging work with."""

    source: str
    name: str
    description: str | None = None
    connector: Connector
    cadence: Cadence
    load: Load
    entities: dict[str, EntityMap]
    """Every EntityMap has its time_zone filled in."""
    drop_columns: tuple[str, ...]
    hash_columns: tuple[str, ...]
    keep_columns: tuple[str, ...] = ()
    personal_columns: Literal["drop", "hash"] = "drop"
    """What becomes of columns that nothing reads and whose names look personal: `privacy` of bizops.yaml."""
    floor: float | None
    allow_empty: bool
    required: bool
    begins: date | None = None
    threshold: Threshold
    file: str
    """The YAML file, for messages."""
