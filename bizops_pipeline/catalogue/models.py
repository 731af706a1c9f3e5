"""What a company's catalogue may say, as strict models: unknown keys, wrong types and missing parts are errors.

The models hold what was written; cross-checks between files and SQL checks live beside the loader.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
Grain = Literal["day", "week", "month", "quarter", "year", "all"]
Direction = Literal["up", "down", "band", "context"]
ValueDomain = Literal["value_creation", "risk_mitigation", "resource_optimization"]
Layer = Literal["business_outcome", "it_operational"]
Unit = Literal[
    "count",
    "percent",
    "ratio",
    "currency",
    "seconds",
    "minutes",
    "hours",
    "days",
    "points",
    "per_day",
    "score",
]
Severity = Literal["warn", "blocking"]
Side = Literal["business", "it"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Cadence = Literal["hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "once"]


class Strict(BaseModel):
    """Base of all definitions: no unknown keys, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)


# The company (bizops.yaml)


class BusinessHours(Strict):
    """Opening hours of the business, for clocks that stop outside them."""

    days: tuple[Weekday, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday")
    start: str = Field(default="09:00", pattern=r"^\d\d:\d\d$")
    end: str = Field(default="17:00", pattern=r"^\d\d:\d\d$")


class PublishSettings(Strict):
    """What a publication consists of."""

    keep: int = Field(default=3, ge=1)
    """Publications kept, the current one included."""
    parquet: bool = True


class PrivacySettings(Strict):
    """What happens to personal data that no source file mentions."""

    personal_columns: Literal["drop", "hash"] = "drop"
    hash_key: str | None = None
    """Key of the hash, as `${NAME}`; without one a key derived from the company's id is used."""


class AttributionSettings(Strict):
    """How incidents are attributed to deployments when no record names one."""

    window_hours: int = Field(default=24, ge=0)
    services: dict[str, int] = Field(default_factory=dict)
    """Window in hours for single services."""


class CompanySettings(Strict):
    """bizops.yaml."""

    id: Identifier
    name: str
    owner: str | None = None
    """Who answers for the pipeline: an e-mail address or `team:name`, shown with every asset that names no other."""
    time_zone: str = "UTC"
    as_of: date | Literal["yesterday"] = "yesterday"
    reporting_currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    week_start: Weekday = "monday"
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    business_hours: BusinessHours = BusinessHours()
    engine: Literal["duckdb"] = "duckdb"
    publish: PublishSettings = PublishSettings()
    privacy: PrivacySettings = PrivacySettings()
    incident_attribution: AttributionSettings = AttributionSettings()
    okr_status_preset: Literal["default", "engagedly", "upraise", "planview"] = "default"


# The organisation (catalogue/organisation.yaml)


class Stage(Strict):
    """A step of a value stream."""

    id: Identifier
    name: str | None = None
    kind: Literal["active", "wait"] = "active"


class ValueStream(Strict):
    """A chain of steps that ends in something of value to a customer."""

    id: Identifier
    name: str
    customer: str | None = None
    owner_business: str | None = None
    owner_it: str | None = None
    value_domain: ValueDomain | None = None
    stages: tuple[Stage, ...] = ()


class Share(Strict):
    """How much of a service serves a value stream, and when."""

    value_stream: Identifier
    weight: float = Field(default=1.0, gt=0, le=1)
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    """First day on which the share no longer holds."""


class Service(Strict):
    """A product or technical service."""

    id: Identifier
    name: str | None = None
    aliases: tuple[str, ...] = ()
    """Other names by which sources call it."""
    tier: str | None = None
    team: Identifier | None = None
    launched_on: date | None = None
    agreed_hours_per_day: float = Field(default=24, gt=0, le=24)
    value_streams: tuple[Share, ...] = ()


class Team(Strict):
    """A team and its side."""

    id: Identifier
    name: str
    side: Side
    members: int | None = None


class Organisation(Strict):
    """catalogue/organisation.yaml."""

    vision: str | None = None
    mission: str | None = None
    principles: tuple[str, ...] = ()
    teams: tuple[Team, ...] = ()
    services: tuple[Service, ...] = ()
    value_streams: tuple[ValueStream, ...] = ()


# Sources (sources/*.yaml)


class FilesConnector(Strict):
    """Files below the company's folder (or below an absolute folder given by an environment variable)."""

    kind: Literal["files"]
    path: str
    """Path or glob."""
    format: Literal["csv", "ndjson", "parquet", "xlsx"] | None = None
    """Default: by the file's ending."""
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    null_values: tuple[str, ...] = ("",)
    header: tuple[str, ...] | None = None
    """Columns the file must have, in any order; default: those of the first file."""
    sheet: str | None = None
    decimal: Literal[".", ","] = "."
    compression: Literal["none", "gzip"] | None = None


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
    """Column that grows with every change; extraction then reads what is not older than the last value seen."""
    overlap: str | None = None
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
    """`latest_by <column>`, optionally several separated by commas; numbers compare as numbers."""


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
    floor: float | None = Field(default=None, ge=0, le=1)
    allow_empty: bool = False
    required: bool = True
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
    floor: float | None
    allow_empty: bool
    required: bool
    threshold: Threshold
    file: str
    """The YAML file, for messages."""


# KPIs (catalogue/kpis/*.yaml and the library)


class Target(Strict):
    """A target, from a day on, for a part of the KPI's rows."""

    from_: date = Field(alias="from")
    value: float
    warn: float | None = None
    """Threshold that is still tolerable; for `band` KPIs value and warn are the bounds."""
    grain: Grain | None = None
    """Grain whose periods it is meant for, for sums and counts; default: every grain."""
    where: dict[str, str] = Field(default_factory=dict)


class MetricReference(Strict):
    """Another KPI as a part of this one."""

    metric: Identifier


class CalendarReference(Strict):
    """The length of the period as a denominator: `{calendar: days}`, up to the as-of date."""

    calendar: Literal["days"]


class Event(Strict):
    """One side of a conversion."""

    entity: str
    time: str
    where: str | None = None


def _part_tag(value: Any) -> str:
    if isinstance(value, CalendarReference) or (isinstance(value, dict) and "calendar" in value):
        return "CalendarReference"
    return "MetricReference" if isinstance(value, dict | MetricReference) else "expression"


Part = Annotated[
    Annotated[str, Tag("expression")]
    | Annotated[MetricReference, Tag("MetricReference")]
    | Annotated[CalendarReference, Tag("CalendarReference")],
    Discriminator(_part_tag),
]


class Kpi(Strict):
    """A KPI. Which of the type's fields must be present is checked by the loader."""

    id: Identifier
    version: int = Field(default=1, ge=1)
    label: str | None = None
    description: str | None = None
    formula: str | None = None
    citation: str | None = None
    edge_cases: str | None = None
    owner: str | None = None
    value_domain: ValueDomain | None = None
    layer: Layer | None = None
    unit: Unit
    direction: Direction
    type: Literal["simple", "ratio", "distinct", "percentile", "snapshot", "cumulative", "conversion", "derived"]
    entity: str | None = None
    time: str | None = None
    where: str | None = None
    expr: str | None = None
    numerator: Part | None = None
    denominator: Part | None = None
    percentile: float | None = Field(default=None, ge=0, le=1)
    from_: str | None = Field(default=None, alias="from")
    to: str | None = None
    over_time: Literal["last", "average"] | None = None
    """snapshot: stock at the end of the period or average of its days; distinct: average of daily counts."""
    metric: Identifier | None = None
    reset: Literal["week", "month", "quarter", "year", "never"] | None = None
    window: str | None = Field(default=None, pattern=r"^\d+d$")
    base: Event | None = None
    event: Event | None = None
    match: str | None = None
    within: str | None = Field(default=None, pattern=r"^\d+[mhd]$")
    complement: bool = False
    """conversion: count the bases without an event instead of those with one."""
    scale: float = Field(default=1, gt=0)
    """The value is divided by it: 3600 shows seconds as hours."""
    grains: tuple[Grain, ...] = ("day", "week", "month", "quarter", "year", "all")
    by: tuple[tuple[str, ...], ...] = ((),)
    compare: tuple[Literal["previous", "previous_to_date", "year_ago"], ...] = ("previous", "year_ago")
    min_denominator: int | None = Field(default=None, ge=1)
    late_arrival_days: int = Field(default=0, ge=0)
    targets: tuple[Target, ...] = ()
    file: str = ""
    """Where it is defined; filled by the loader."""


# OKRs (catalogue/okrs/*.yaml)


class Period(Strict):
    """First and last day."""

    from_: date = Field(alias="from")
    to: date


class Owners(Strict):
    """Who answers for an objective on each side."""

    business: str | None = None
    it: str | None = None


class Milestone(Strict):
    """A step of a milestone key result."""

    name: str
    weight: float = Field(default=1, gt=0)
    due: date | None = None
    done: date | None = None


class KeyResult(Strict):
    """A key result, fed by a KPI or reported by a person."""

    id: Identifier
    title: str | None = None
    type: Literal["numeric", "percent", "milestone", "binary", "stay_above", "stay_below", "range", "baseline"] = (
        "numeric"
    )
    kpi: Identifier | None = None
    grain: Grain = "month"
    where: dict[str, str] = Field(default_factory=dict)
    """Scope and dimensions of the KPI: {service: checkout, channel: web}."""
    source: Literal["measured", "reported"] | None = None
    """Default: measured with a kpi, reported without."""
    baseline: float | None = None
    target: float | None = None
    upper: float | None = None
    """Upper bound of a range; `target` is the lower one."""
    start: date | None = None
    due: date | None = None
    weight: float = Field(default=1, gt=0)
    supports: Identifier | None = None
    milestones: tuple[Milestone, ...] = ()


class Objective(Strict):
    """An objective with its key results."""

    id: Identifier
    title: str
    level: Literal["company", "value_stream", "team"] = "company"
    parent: Identifier | None = None
    owners: Owners = Owners()
    value_stream: Identifier | None = None
    team: Identifier | None = None
    value_domain: ValueDomain | None = None
    kind: Literal["committed", "aspirational"] = "committed"
    period: Period
    key_results: tuple[KeyResult, ...] = Field(min_length=1)


# Quality suites (catalogue/quality/*.yaml)


class Expectation(Strict):
    """A table-level expectation by its Great Expectations name."""

    expectation: str
    """Great Expectations type in snake case, for example expect_table_row_count_to_be_between."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "warn"
    description: str | None = None


class Suite(Strict):
    """Expectations for one table (`schema.table`)."""

    suite: Identifier
    table: str
    expectations: tuple[Expectation, ...] = Field(min_length=1)


class Company(Strict):
    """Everything a company defines, checked and resolved."""

    root: Path
    settings: CompanySettings
    organisation: Organisation
    source_tables: tuple[SourceTable, ...]
    kpis: tuple[Kpi, ...]
    """In an order in which every KPI comes after those it refers to."""
    objectives: tuple[Objective, ...]
    suites: tuple[Suite, ...]
    fingerprint: str
    """Hash of everything above."""

    def kpi(self, id: str) -> Kpi:
        """Return a KPI; raises KeyError when there is none of that id."""
        for kpi in self.kpis:
            if kpi.id == id:
                return kpi
        raise KeyError(id)
