"""The time sheets: effort booked on issues, on incidents and on neither, a log that grows at its end."""

from pathlib import Path

import numpy as np

from retailer_generator import clock, itsm, mess, text, tracker
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.itsm import Incidents
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream
from retailer_generator.tracker import Work

MEETINGS = 300
_PEOPLE = 46
_ACTIVITIES = ["project", "support", "meeting"]
_PROJECT, _SUPPORT, _MEETING = range(3)
_HEADER = "booking_id,booked_on,person,team,issue,incident,activity,hours"


def write(out: Path, work: Work, incidents: Incidents, scale: float, cut: int, ledger: Ledger) -> None:
    parts = [_on_issues(work), _on_incidents(incidents), _meetings(scale)]
    day, team, issue, incident, activity, quarters = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(day, kind="stable")
    day, team, issue, incident, activity, quarters = (
        column[order] for column in (day, team, issue, incident, activity, quarters)
    )
    last = int(clock.day_number(np.array([cut - 1]))[0])
    known = int(np.searchsorted(day, last, side="right"))
    number = np.arange(1, known + 1)
    marks = mess.mark("timesheets.bookings", number)
    rng = stream("timesheets", "people")
    person = (rng.integers(0, _PEOPLE // 5, len(day)) * 5 + team)[:known]
    names = [stream("timesheets", "person", n).bytes(6).hex() for n in range(_PEOPLE + 5)]
    issues, told = issue[:known], incident[:known]
    hours = text.put(
        text.decimal(quarters[:known] * 25), marks == mess.code("timesheets.bookings", "type_drift"), "two"
    )
    columns = [
        text.numbered("B", number, 7),
        text.iso_date(day[:known] + _first_day()),
        text.pick(names, person),
        text.pick(tracker.TEAM_IDS, team[:known]),
        text.put(tracker.issue_key(work.issues, np.maximum(issues, 0)), issues < 0, None),
        text.put(itsm.number(np.maximum(told, 0)), told < 0, None),
        text.pick(_ACTIVITIES, activity[:known]),
        text.put(hours, marks == mess.code("timesheets.bookings", "out_of_range"), "-1.00"),
    ]
    content = _HEADER.encode() + b"\n" + body(text.lines(columns, ","))
    write_file(out / "extracts" / "timesheets" / "bookings.csv.gz", content)
    ledger.wrote("timesheets.bookings", marks)


Part = tuple[np.ndarray, ...]


def _on_issues(work: Work) -> Part:
    """Two to four bookings for an issue, on the days after work on it began."""
    rng = stream("timesheets", "issues")
    issues = work.issues
    times = 2 + rng.integers(0, 3, len(issues.service))
    issue = np.repeat(np.arange(len(times)), times)
    begun = issues.entered[issue, 1]
    at = begun + (rng.random(len(issue)) * 3 * clock.DAY).astype(np.int64)
    quarters = rng.integers(4, 25, len(issue))
    activity = np.where(rng.random(len(issue)) < 0.03, _SUPPORT, _PROJECT)
    kept = (begun != clock.NEVER) & (at < clock.cut_after(clock.END))
    team = issues.team[issue]
    return _part(clock.day_number(at[kept]), team[kept], issue[kept], None, activity[kept], quarters[kept])


def _on_incidents(incidents: Incidents) -> Part:
    rng = stream("timesheets", "incidents")
    count = len(incidents.opened_at)
    booked = np.flatnonzero(rng.random(count) < 0.7)
    quarters = rng.integers(2, 17, count)[booked]
    team = tracker.TEAM_OF[incidents.service[booked]]
    day = clock.day_number(incidents.opened_at[booked])
    return _part(day, team, None, booked, np.full(len(booked), _SUPPORT), quarters)


def _meetings(scale: float) -> Part:
    rng = stream("timesheets", "meetings")
    count = round(MEETINGS * scale)
    day = rng.integers(0, clock.DAYS, count)
    team = rng.integers(0, len(tracker.TEAM_IDS), count)
    return _part(day, team, None, None, np.full(count, _MEETING), rng.integers(2, 9, count))


def _part(
    day: np.ndarray, team: np.ndarray, issue: np.ndarray | None, incident: np.ndarray | None, activity: np.ndarray,
    quarters: np.ndarray,
) -> Part:  # fmt: skip
    none = np.full(len(day), -1)
    return day, team, none if issue is None else issue, none if incident is None else incident, activity, quarters


def _first_day() -> int:
    """Days from 1970 to the first day of the records."""
    return int((np.datetime64(clock.START) - np.datetime64("1970-01-01")).astype(int))
