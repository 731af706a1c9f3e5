"""What bizops.yaml says of the company as a whole."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from bizops_pipeline.catalogue.models.vocabulary import Identifier, Strict, Weekday


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
    """What happens to columns that no source file mentions and whose names look personal."""

    personal_columns: Literal["drop", "hash"] = "drop"
    hash_key: str | None = None
    """Key of the hash, as `${NAME}`; without one a key derived from the company's id is used."""


class AttributionSettings(Strict):
    """How incidents are attributed to deployments when no record names one."""

    window_hours: int = Field(default=24, ge=0)
    services: dict[str, int] = Field(default_factory=dict)
    """Window in hours for single services."""


class AlertChannel(Strict):
    """A way by which people are told that a key result changed status."""

    kind: Literal["log", "webhook", "email"]
    """log: a line in the log of the refresh; webhook: JSON sent to an address; email: a message through SMTP."""
    name: Identifier | None = None
    """Tells it from others of its kind; default: the kind."""
    url: str | None = None
    """Where to: `${NAME}` of an https:// address, or of mailtos://user:password@host?to=... for e-mail."""

    @property
    def key(self) -> str:
        """The name by which what was sent through it is remembered."""
        return self.name or self.kind


class AlertSettings(Strict):
    """Whom a change of a key result's status is told to."""

    channels: tuple[AlertChannel, ...] = (AlertChannel(kind="log"),)
    """Ways by which people are told; none for silence."""


class CompanySettings(Strict):
    """bizops.yaml."""

    id: Identifier
    name: str
    owner: str | None = None
    """Who answers for the pipeline: an e-mail address or `team:name`, shown with every asset that names no other."""
    time_zone: str = "UTC"
    as_of: date | Literal["yesterday"] = "yesterday"
    begins: date | None = None
    """First day that sources cover, where they say nothing else; KPIs count from then on."""
    reporting_currency: str = Field(default="EUR", pattern=r"^[A-Z]{3}$")
    week_start: Weekday = "monday"
    fiscal_year_start_month: int = Field(default=1, ge=1, le=12)
    business_hours: BusinessHours = BusinessHours()
    engine: Literal["duckdb"] = "duckdb"
    publish: PublishSettings = PublishSettings()
    privacy: PrivacySettings = PrivacySettings()
    incident_attribution: AttributionSettings = AttributionSettings()
    okr_status_preset: Literal["default", "engagedly", "upraise", "planview"] = "default"
    okr_late_days: int = Field(default=7, ge=0, le=92)
    """Days after an objective's period in which late data still counts; then its grade is final."""
    run_history_days: int | None = Field(default=90, ge=1)
    """Days that Dagster's history keeps a run and its events; null keeps them for ever."""
    alerts: AlertSettings = AlertSettings()
    """What happens when a key result changes status, after the publication that shows it."""
