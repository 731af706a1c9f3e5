"""The company itself and its organisation: zones, hours, teams, services and their shares in value streams."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import date

from bizops_pipeline.catalogue.checks.known import unknown
from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import Service, Share
from bizops_pipeline.catalogue.suggestion import nearest
from bizops_pipeline.errors import Problem
from bizops_pipeline.naming import UNALLOCATED

TOLERANCE = 1e-6


def is_zone(name: str) -> bool:
    """Tell whether a time zone exists."""
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return bool(name)


def zone_expected(name: str) -> str:
    """Return what would be right instead of an unknown time zone."""
    # An offset is no slip of the pen: `GMT+1` does not mean `GMT+0`.
    is_offset = any(letter.isdigit() for letter in name)
    match = None if is_offset else nearest(name, zoneinfo.available_timezones())
    return f"did you mean `{match}`?" if match else "an IANA time zone such as `Europe/Lisbon` or `UTC`"


def settings_make_sense(draft: Draft) -> Iterator[Problem]:
    """The time zone exists, the day opens before it closes, attribution names services."""
    settings = draft.settings
    if settings is None:
        return
    value = settings.value
    if not is_zone(value.time_zone):
        found = f"the time zone `{value.time_zone}`"
        yield settings.problem("time_zone", found=found, expected=zone_expected(value.time_zone))
    hours = value.business_hours
    for key in ("start", "end"):
        text = getattr(hours, key)
        if not (text[:2] < "24" and text[3:] < "60") and text != "24:00":
            yield settings.problem("business_hours", key, found=f"`{text}`", expected="a time from 00:00 to 24:00")
    if hours.start >= hours.end:
        found = f"business hours from {hours.start} to {hours.end}"
        yield settings.problem("business_hours", found=found, expected="a start before the end", at="key")
    if not hours.days:
        yield settings.problem("business_hours", "days", found="no day", expected="at least one day")
    for service in value.incident_attribution.services:
        path = ("incident_attribution", "services", service)
        yield from unknown("service", service, draft.declared.services, settings, *path, at="key")


def organisation_names_exist(draft: Draft) -> Iterator[Problem]:
    """The teams and value streams that services name exist; nobody takes the name of the unallocated member."""
    organisation = draft.organisation
    if organisation is None:
        return
    for index, service in enumerate(organisation.value.services):
        yield from unknown("team", service.team, draft.declared.teams, organisation, "services", index, "team")
        for at, share in enumerate(service.value_streams):
            path = ("services", index, "value_streams", at, "value_stream")
            yield from unknown("value stream", share.value_stream, draft.declared.value_streams, organisation, *path)
    for key in ("teams", "services", "value_streams"):
        for index, item in enumerate(getattr(organisation.value, key)):
            if item.id == UNALLOCATED:
                found, expected = (
                    f"the id `{UNALLOCATED}`",
                    "another id: this one stands for what reaches nothing known",
                )
                yield organisation.problem(key, index, "id", found=found, expected=expected)


def services_are_told_apart(draft: Draft) -> Iterator[Problem]:
    """No name or alias leads to two services, whatever its case."""
    organisation = draft.organisation
    if organisation is None:
        return
    known: dict[str, str] = {service.id.lower(): service.id for service in organisation.value.services}
    for index, service in enumerate(organisation.value.services):
        names = [("name", service.name)] if service.name else []
        names += [("aliases", alias) for alias in service.aliases]
        for key, name in names:
            other = known.setdefault(name.strip().lower(), service.id)
            if other != service.id:
                found = f"`{name}` stands for `{other}` already"
                path = ("services", index, key)
                if key == "aliases":
                    path = (*path, service.aliases.index(name))  # type: ignore[assignment]
                yield organisation.problem(*path, found=found, expected="names that lead to one service")


def statuses_lead_to_one_stage(draft: Draft) -> Iterator[Problem]:
    """Inside a value stream every status leads to one stage."""
    organisation = draft.organisation
    if organisation is None:
        return
    for index, value_stream in enumerate(organisation.value.value_streams):
        known: dict[str, str] = {}
        for at, stage in enumerate(value_stream.stages):
            path = ("value_streams", index, "stages", at)
            for place, status in enumerate(stage.statuses):
                if status in known:
                    found = f"the status `{status}`, which stands for `{known[status]}` already"
                    expected = f"each status at one stage of `{value_stream.id}`"
                    yield organisation.problem(*path, "statuses", place, found=found, expected=expected)
                known.setdefault(status, stage.id)


def shares_add_up(draft: Draft) -> Iterator[Problem]:
    """On every day on which a service has shares at all, they sum to 1."""
    organisation = draft.organisation
    if organisation is None:
        return
    for index, service in enumerate(organisation.value.services):
        for at, share in enumerate(service.value_streams):
            if share.from_ and share.to and share.from_ >= share.to:
                found = f"a share from {share.from_} to {share.to}, which holds on no day"
                expected = "a `to` after `from`: it is the first day on which the share no longer holds"
                yield organisation.problem("services", index, "value_streams", at, found=found, expected=expected)
        fault = _fault(service)
        if fault:
            expected = "weights that sum to 1 on every day, each value stream once"
            yield organisation.problem("services", index, "value_streams", found=fault, expected=expected, at="key")


def _fault(service: Service) -> str | None:
    """Return what is wrong on the first day on which something is."""
    starts = {share.from_ or date.min for share in service.value_streams}
    ends = {share.to for share in service.value_streams if share.to}
    for day in sorted(starts | ends):
        holding = [share for share in service.value_streams if _holds(share, day)]
        since = f" from {day}" if day != date.min else ""
        total = sum(share.weight for share in holding)
        if holding and abs(total - 1) > TOLERANCE:
            return f"the shares of `{service.id}` sum to {total:g}{since}"
        streams = [share.value_stream for share in holding]
        twice = next((name for name in streams if streams.count(name) > 1), None)
        if twice:
            return f"`{service.id}` has two shares in `{twice}`{since}"
    return None


def _holds(share: Share, day: date) -> bool:
    return (share.from_ is None or share.from_ <= day) and (share.to is None or day < share.to)
