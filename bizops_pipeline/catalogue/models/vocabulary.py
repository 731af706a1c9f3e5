"""Words that every part of a catalogue uses, and the base of all its models."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
PeriodGrain = Literal["day", "week", "month", "quarter", "year"]
Grain = Literal[PeriodGrain, "all"]
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
    "per_1000",
    "ppm",
    "factor",
    "index",
    "score",
]
Severity = Literal["warn", "blocking"]
Side = Literal["business", "it"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
Cadence = Literal["hourly", "daily", "weekly", "monthly", "quarterly", "yearly", "once"]


class Strict(BaseModel):
    """Base of all definitions: no unknown keys, no changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, allow_inf_nan=False)
