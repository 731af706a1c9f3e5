"""Who works on what for whom: catalogue/organisation.yaml."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import Field

from bizops_pipeline.catalogue.models.service_team import ServiceTeam
from bizops_pipeline.catalogue.models.vocabulary import Identifier, Side, Strict, ValueDomain


class Stage(Strict):
    """A step of a value stream."""

    id: Identifier
    name: str | None = None
    kind: Literal["active", "wait"] = "active"
    statuses: tuple[str, ...] = ()
    """Statuses of work items, in the source's own words, that stand for this stage."""


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


class Marks(Strict):
    """By what the items of a service are known; each is a whole mark or, ended by `*`, its beginning."""

    paths: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


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
    match: Marks = Marks()
    """Marks of the items (entity `item_mark`) that belong to it, alone or with other services."""


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
    service_teams: tuple[ServiceTeam, ...] = ()
    """Business and IT around one value stream, with the stage that they have reached."""
