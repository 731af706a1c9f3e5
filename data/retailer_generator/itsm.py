"""The incident tool: a log with one row per version of an incident, and a list of outages.

Times are naive Berlin wall-clock minutes; the log grows at its end only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, devops, mess, outages, text
from retailer_generator.company import SERVICE_IDS, SERVICES
from retailer_generator.devops import Deployments
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

BACKGROUND = 730  # incidents apart from outages and failed deployments
_PRIORITIES = ["1 - Critical", "2 - High", "3 - Moderate", "4 - Low"]
_STATES = ["New", "In Progress", "On Hold", "Resolved", "Closed"]
_ALLOWED = np.array([4, 8, 72, 120]) * clock.HOUR  # agreed time to resolve, by priority
_TEXTS = [
    "slow response",
    "error page",
    "login fails",
    "job failed",
    "wrong data shown",
    "cannot print",
    "timeout",
]
_HEADER = (
    "number,opened_at,impact_start,acknowledged_at,restored_at,resolved_at,priority,state,cmdb_ci,"
    "short_description,caller_email,made_sla,caused_by_deployment,sys_mod_count,sys_updated_at"
)
_NULL = "?"


@dataclass(frozen=True)
class Incidents:
    """Incidents in the order in which they were opened."""

    opened_at: np.ndarray
    impact_at: np.ndarray
    acknowledged_at: np.ndarray
    restored_at: np.ndarray
    resolved_at: np.ndarray
    closed_at: np.ndarray
    priority: np.ndarray
    service: np.ndarray
    outage: np.ndarray  # position in the outage plan, -1 without
    deployment: np.ndarray  # deployment named as the cause, -1 without
    topic: np.ndarray
    caller: np.ndarray


def make(scale: float, down: outages.Outages, runs: Deployments) -> Incidents:
    """Incidents of outages, of failed deployments, and everyday ones."""
    rng = stream("itsm", "incidents")
    parts = [_of_outages(rng, down, runs), _of_deployments(rng, runs), _everyday(scale)]
    opened, impact, restored, priority, service, outage, deployment = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    order = np.argsort(opened, kind="stable")
    opened, impact, restored, priority, service, outage, deployment = (
        a[order] for a in (opened, impact, restored, priority, service, outage, deployment)
    )
    count = len(opened)
    rng = stream("itsm", "clocks")
    acknowledged = (
        opened + 60 + (rng.exponential(1, count) * (np.array([4, 10, 60, 120]) * 60)[priority]).astype(np.int64)
    )
    acknowledged = np.minimum(acknowledged, restored - 60)
    acknowledged = np.maximum(acknowledged, opened)
    resolved = restored + 600 + (rng.exponential(0.35, count) * _ALLOWED[priority] * 0.7).astype(np.int64)
    resolved = np.where(deployment >= 0, restored + 900, resolved)
    closed = resolved + rng.integers(2 * clock.DAY, 6 * clock.DAY, count)
    return Incidents(
        opened, impact, acknowledged, restored, resolved, closed, priority, service, outage, deployment,
        rng.integers(0, len(_TEXTS), count), rng.integers(0, 400, count),
    )  # fmt: skip


Part = tuple[np.ndarray, ...]


def _of_outages(rng: np.random.Generator, down: outages.Outages, runs: Deployments) -> Part:
    """One incident for each unplanned outage, found some minutes into it."""
    which = np.flatnonzero(~down.planned)
    start, end, service = down.start[which], down.end[which], down.service[which]
    found = start + np.minimum(rng.integers(2, 18, len(which)) * 60, (end - start) // 2)
    payments = start == outages.PAYMENTS_DOWN[0]
    checkout = start == outages.CHECKOUT_DOWN[0]
    found = np.where(checkout | payments, start + 240, found)
    front = np.isin(service, outages.STOPS_ORDERS)
    cause = np.full(len(which), -1)
    cause[payments] = runs.number_finished_at(outages.FAILED_DEPLOYMENT) - 1
    return found, start, end, np.where(front, 0, 1), service, which, cause


def _of_deployments(rng: np.random.Generator, runs: Deployments) -> Part:
    """An incident for each deployment that broke something; every other one names it."""
    which = np.flatnonzero(runs.breaks & (runs.finished_at != outages.FAILED_DEPLOYMENT))
    finished, repaired = runs.finished_at[which], runs.repaired_at[which]
    impact = finished + rng.integers(1, 10, len(which)) * 60
    opened = impact + rng.integers(2, 20, len(which)) * 60
    priority = rng.choice([0, 1, 2], len(which), p=[0.1, 0.5, 0.4])
    named = np.where(rng.random(len(which)) < 0.5, which, -1)
    return opened, impact, repaired, priority, runs.service[which], np.full(len(which), -1), named


def _everyday(scale: float) -> Part:
    per_day = demand.daily("itsm.incidents", BACKGROUND * scale, demand.working_days() + 0.25)
    rng = stream("itsm", "everyday")
    opened = demand.times(np.repeat(np.arange(clock.DAYS), per_day), demand.HOURS_OFFICE, rng)
    count = len(opened)
    priority = rng.choice(4, count, p=[0.01, 0.11, 0.48, 0.40])
    impact = np.where(rng.random(count) < 0.7, opened - rng.integers(1, 90, count) * 60, clock.NEVER)
    typical = np.array([1.2, 2.5, 9, 20])[priority] * clock.HOUR
    restored = opened + 300 + (rng.lognormal(-0.3, 0.8, count) * typical).astype(np.int64)
    service = rng.integers(0, len(SERVICES), count)
    none = np.full(count, -1)
    return opened, impact, restored, priority, service, none, none


def number(index: np.ndarray) -> pa.Array:
    return text.numbered("INC", index + 1, 7)


def write(out: Path, incidents: Incidents, down: outages.Outages, cut: int, ledger: Ledger) -> None:
    folder = out / "extracts" / "itsm"
    _write_incidents(folder, incidents, cut, ledger)
    _write_outages(folder, incidents, down, cut, ledger)


def _write_incidents(folder: Path, incidents: Incidents, cut: int, ledger: Ledger) -> None:
    """Versions in the order in which they were saved: opened, taken on, restored, resolved, closed."""
    count = len(incidents.opened_at)
    faults = mess.spared(
        mess.mark("itsm.incidents", np.arange(count)), (incidents.outage >= 0) | (incidents.deployment >= 0)
    )
    late = (faults == mess.code("itsm.incidents", "late")) * 3 * clock.DAY
    saved = np.stack(
        [
            incidents.opened_at,
            incidents.acknowledged_at,
            incidents.restored_at,
            incidents.resolved_at,
            incidents.closed_at,
        ]
    )
    saved = saved + late
    incident = np.tile(np.arange(count), len(saved))
    version = np.repeat(np.arange(len(saved)), count)
    at = saved.ravel() // 60 * 60
    order = np.lexsort((version, incident, at))
    marks = mess.mark("itsm.incident_versions", np.arange(len(order)))
    marks = mess.spared(marks, (incidents.outage >= 0)[incident[order]])
    copies = 1 + (marks == mess.code("itsm.incident_versions", "duplicate"))
    row = np.repeat(order, copies)
    copy = np.concatenate([[False], row[1:] == row[:-1]])
    marks = np.repeat(marks, copies)
    marks = np.where((copies > 1).repeat(copies) & ~copy, 0, marks).astype(np.int8)
    known = at[row] < cut
    row, marks = row[known], marks[known]
    lines = _version_lines(incidents, faults, incident[row], version[row], at[row], marks)
    write_file(folder / "incidents.csv", _HEADER.encode() + b"\n" + body(lines))
    ledger.wrote("itsm.incidents", marks, "itsm.incident_versions")
    shown = np.unique(incident[row])
    ledger.count("itsm.incidents", _visible_faults(faults, shown, incident[row], version[row], marks), "itsm.incidents")


def _visible_faults(
    faults: np.ndarray, shown: np.ndarray, incident: np.ndarray, version: np.ndarray, marks: np.ndarray
) -> np.ndarray:
    """Faults of incidents that a reader can see: a wrong resolve time only once it is resolved."""
    whole = marks != mess.code("itsm.incident_versions", "too_few_fields")
    resolved = np.unique(incident[(version >= 3) & whole])
    result = faults[shown]
    hidden = (result == mess.code("itsm.incidents", "closed_before_opened")) & ~np.isin(shown, resolved)
    return np.where(hidden, 0, result)


def _version_lines(
    incidents: Incidents,
    faults: np.ndarray,
    incident: np.ndarray,
    version: np.ndarray,
    at: np.ndarray,
    marks: np.ndarray,
) -> pa.Array:
    fault = faults[incident]

    def is_kind(kind: str) -> np.ndarray:
        return fault == mess.code("itsm.incidents", kind)

    def step(times: np.ndarray, first_version: int) -> np.ndarray:
        return np.where(version >= first_version, times[incident], clock.NEVER)

    opened = incidents.opened_at[incident]
    resolved = step(incidents.resolved_at, 3)
    backwards = np.where(resolved == clock.NEVER, clock.NEVER, opened - 2 * clock.HOUR)
    resolved = np.where(is_kind("closed_before_opened"), backwards, resolved)
    priority = incidents.priority[incident]
    in_time = (incidents.resolved_at - incidents.opened_at)[incident] <= _ALLOWED[priority]
    kept = pa.array(np.where(in_time, "true", "false"), mask=version < 3)
    cause = devops.deployment_id(np.where(version >= 2, incidents.deployment[incident], -1))
    topic = text.pick(_TEXTS, incidents.topic[incident])
    caller = text.join("user", text.number(incidents.caller[incident]), "@harbour-home.example")
    names = text.pick([s.name for s in SERVICES], incidents.service[incident])
    columns = [
        number(incident),
        text.put(text.slash_minutes(opened), is_kind("future_date"), "15/01/2062 10:00"),
        text.put(text.slash_minutes(incidents.impact_at[incident]), is_kind("bad_date"), "31/02/2026 10:00"),
        text.slash_minutes(step(incidents.acknowledged_at, 1)),
        text.slash_minutes(step(incidents.restored_at, 2)),
        text.slash_minutes(resolved),
        text.pick(_PRIORITIES, priority),
        text.pick(_STATES, version),
        text.put(names, is_kind("unknown_service"), "Fax Gateway"),
        text.join('"', topic, ", ", text.filled(names, ""), '"'),
        caller,
        kept,
        cause,
        text.number(version),
        text.slash_minutes(at),
    ]
    short = marks == mess.code("itsm.incident_versions", "too_few_fields")
    return text.put(text.lines(columns, ",", _NULL), short, text.lines(columns[:9], ",", _NULL))


def _write_outages(folder: Path, incidents: Incidents, down: outages.Outages, cut: int, ledger: Ledger) -> None:
    seen = np.flatnonzero(down.start < cut)
    incident_of = np.full(len(down.start), -1)
    has = np.flatnonzero(incidents.outage >= 0)
    incident_of[incidents.outage[has]] = has
    reported = np.where(incident_of >= 0, incidents.opened_at[incident_of], clock.NEVER) < cut
    columns = [
        text.numbered("OUT", seen + 1, 5),
        text.pick(SERVICE_IDS, down.service[seen]),
        text.offset_iso(down.start[seen]),
        text.offset_iso(clock.known(down.end[seen], cut)),
        pa.array(np.where(down.planned[seen], "yes", "no")),
        number(np.where(reported[seen], incident_of[seen], -1)),
    ]
    content = b"outage_id,service,start,end,planned,incident\n" + body(text.lines(columns, ","))
    write_file(folder / "outages.csv", content)
    ledger.wrote("itsm.outages", np.zeros(len(seen), np.int8))
