"""The incident tool's other registers: change requests, problems, and the reviews held after incidents.

Change requests and problems are whole lists in naive Berlin minutes; reviews are a log that grows at its end.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, itsm, mess, text
from retailer_generator.company import SERVICES
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.itsm import Incidents
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

CHANGES, PROBLEMS = 1400, 40
ROOT_CAUSE = 7  # number of the problem behind a third of the incidents
ROOT_CAUSE_TITLE = "Connection pool of the shared database runs dry"
_TYPES = ["Standard", "Normal", "Emergency"]
_CODES = ["successful", "successful with issues", "backed out", "unsuccessful", "withdrawn"]
_OUTCOMES = np.array([[0.97, 0.01, 0.01, 0.005, 0.005], [0.84, 0.06, 0.04, 0.03, 0.03], [0.72, 0.08, 0.10, 0.08, 0.02]])
_TITLES = ["Memory leak", "Expired certificate", "Slow query", "Full disk", "Race condition", "Wrong time-out"]


def write(out: Path, incidents: Incidents, scale: float, cut: int, ledger: Ledger) -> dict[str, object]:
    """Writes the registers; returns the planted root cause as far as reviews have shown it."""
    folder = out / "extracts" / "itsm"
    _write_changes(folder, scale, cut, ledger)
    _write_problems(folder, cut, ledger)
    return _write_reviews(folder, incidents, cut, ledger)


def problem(index: np.ndarray) -> pa.Array:
    return text.numbered("PRB", index, 5)


def _write_changes(folder: Path, scale: float, cut: int, ledger: Ledger) -> None:
    per_day = demand.daily("itsm.changes", CHANGES * scale, demand.working_days() + 0.03)
    rng = stream("itsm", "changes")
    opened = np.sort(demand.times(np.repeat(np.arange(clock.DAYS), per_day), demand.HOURS_OFFICE, rng))
    count = len(opened)
    kind = rng.choice(3, count, p=[0.45, 0.47, 0.08])
    lead = rng.exponential(1, count) * np.array([1.5, 6, 0.4])[kind] * clock.DAY
    closed = opened + 3 * clock.HOUR + lead.astype(np.int64)
    outcome = (rng.random((count, 1)) > np.cumsum(_OUTCOMES, axis=1)[kind]).sum(axis=1).clip(max=4)
    service = rng.integers(0, len(SERVICES), count)
    seen = np.flatnonzero(opened < cut)
    marks = mess.mark("itsm.changes", seen)
    done = clock.known(closed[seen], cut)
    names = text.pick([each.name for each in SERVICES], service[seen])
    columns = [
        text.numbered("CHG", seen + 1, 6),
        text.put(text.slash_minutes(opened[seen]), marks == mess.code("itsm.changes", "bad_date"), "00/00/2025 00:00"),
        text.slash_minutes(done),
        text.pick(_TYPES, kind[seen]),
        text.put(text.pick(_CODES, outcome[seen]), done == clock.NEVER, None),
        text.put(names, marks == mess.code("itsm.changes", "unknown_service"), "Fax Gateway"),
    ]
    head = b"number,opened_at,closed_at,type,close_code,cmdb_ci\n"
    write_file(folder / "changes.csv", head + body(text.lines(columns, ",", "?")))
    ledger.wrote("itsm.changes", marks)


def _write_problems(folder: Path, cut: int, ledger: Ledger) -> None:
    rng = stream("itsm", "problems")
    index = np.arange(1, PROBLEMS + 1)
    opened = clock.midnight(clock.START) + np.sort(rng.integers(10, clock.DAYS - 20, PROBLEMS)) * clock.DAY
    opened = opened + rng.integers(8, 18, PROBLEMS) * clock.HOUR
    resolved = opened + rng.integers(15, 200, PROBLEMS) * clock.DAY
    service = rng.integers(0, len(SERVICES), PROBLEMS)
    title = rng.integers(0, len(_TITLES), PROBLEMS)
    known_error = rng.random(PROBLEMS) < 0.5
    is_root = index == ROOT_CAUSE
    resolved = np.where(is_root, clock.NEVER, resolved)  # nobody has removed it yet
    seen = np.flatnonzero(opened < cut)
    done = clock.known(resolved[seen], cut)
    state = np.where(done != clock.NEVER, 2, known_error[seen] | is_root[seen])
    service_names = text.pick([each.name for each in SERVICES], service[seen])
    columns = [
        problem(index[seen]),
        text.slash_minutes(opened[seen]),
        text.slash_minutes(done),
        text.pick(["New", "Known Error", "Resolved"], state),
        text.put(service_names, is_root[seen], "Data Platform"),
        text.put(text.pick(_TITLES, title[seen]), is_root[seen], ROOT_CAUSE_TITLE),
    ]
    head = b"number,opened_at,resolved_at,state,cmdb_ci,short_description\n"
    write_file(folder / "problems.csv", head + body(text.lines(columns, ",", "?")))
    ledger.wrote("itsm.problems", np.zeros(len(seen), np.int8))


def _write_reviews(folder: Path, incidents: Incidents, cut: int, ledger: Ledger) -> dict[str, object]:
    """Reviews on the day an incident was closed: of every urgent one, and of those with a known cause."""
    rng = stream("itsm", "reviews")
    count = len(incidents.opened_at)
    cause = np.where(rng.random(count) < 0.15, rng.integers(1, PROBLEMS + 1, count), -1)
    cause = np.where(rng.random(count) < 1 / 3, ROOT_CAUSE, cause)
    affected = np.clip(rng.lognormal(0, 0.8, count) * np.array([24, 9, 3, 1])[incidents.priority], 0, 120).astype(
        np.int64
    )
    severity = np.clip(incidents.priority + rng.integers(-1, 2, count), 0, 3)
    held = (incidents.priority <= 1) | (cause > 0) | (rng.random(count) < 0.3)
    at = incidents.closed_at
    rows = np.flatnonzero(held & (at < cut))
    rows = rows[np.lexsort((rows, at[rows]))]
    marks = mess.mark("itsm.reviews", np.arange(len(rows)))
    people = text.put(text.number(affected[rows]), marks == mess.code("itsm.reviews", "type_drift"), "several")
    columns = [
        itsm.number(rows),
        text.slash_minutes(at[rows]),
        text.pick(["Sev 1", "Sev 2", "Sev 3", "Sev 4"], severity[rows]),
        people,
        problem(cause[rows]),
    ]
    head = b"incident,reviewed_at,severity,employees_affected,problem\n"
    write_file(folder / "reviews.csv", head + body(text.lines(columns, ",", "?")))
    ledger.wrote("itsm.reviews", marks)
    whole = rows[marks == 0]
    linked = int((cause[whole] == ROOT_CAUSE).sum())
    opened = int((incidents.opened_at < cut).sum())
    return {
        "problem": problem(np.array([ROOT_CAUSE]))[0].as_py(),
        "title": ROOT_CAUSE_TITLE,
        "incidents_linked": linked,
        "share_of_incidents": round(linked / opened, 6) if opened else None,
    }
