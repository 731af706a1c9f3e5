"""The HR system: its list of people and their assignments to units, as German spreadsheets exchange them.

Both exports are whole: semicolons, Windows code page, days as 31.12.2025, last days included, `31.12.9999` while
something lasts. What is planned is shown two weeks ahead. Personal data is in them on purpose.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, mess, text
from retailer_generator.company import TEAM_IDS, TEAMS
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

AHEAD = 14  # days
LEAVING, GROWING = 0.25, 0.15  # shares of a team's heads that leave and that are new, over the two years
_START = (clock.midnight(clock.START) + clock.HOUR * 2) // clock.DAY  # days since 1970
_INTRODUCED = _START - 30  # nothing is known of assignments before the system was introduced
_OPEN = np.int64(10**6)
_GIVEN = ["Anke", "Björn", "Çelik", "Dörte", "Emre", "Frauke", "Gül", "Henning", "Inga", "Jürgen", "Käthe", "Lars"]
_FAMILY = ["Albers", "Böhm", "Cordes", "Düwel", "Ehlers", "Förster", "Grothe", "Hüls", "Iwersen", "Jäger", "Köster"]
_PEOPLE = "Personalnummer;Nachname;Vorname;Geburtsdatum;E-Mail;Telefon;Eintritt;Austritt"
_ASSIGNMENTS = "Personalnummer;Lfd;Organisationseinheit;Kostenstelle;BG_Prozent;Beginn;Ende;Bemerkung"


@dataclass(frozen=True)
class Staff:
    """People in the order in which they were hired, and their assignments; days since 1970, the end excluded."""

    hired: np.ndarray
    left: np.ndarray
    team: np.ndarray  # code in TEAM_IDS, the last team
    person: np.ndarray  # of each assignment
    sequence: np.ndarray
    unit: np.ndarray
    percent: np.ndarray
    begins: np.ndarray
    ends: np.ndarray

    def working(self, day: int) -> np.ndarray:
        """Positions of the people who are employed on a day."""
        return np.flatnonzero((self.hired <= day) & (self.left > day))


def make(scale: float) -> Staff:
    """Teams that end with the heads that the organisation names."""
    rng = stream("hr", "people")
    heads = [max(1, round(team.heads * scale)) for team in TEAMS]
    leaving = [round(count * LEAVING) for count in heads]
    team = np.repeat(np.arange(len(TEAMS)), [stay + leave for stay, leave in zip(heads, leaving, strict=True)])
    goes = np.concatenate([np.arange(stay + leave) < leave for stay, leave in zip(heads, leaving, strict=True)])
    count = len(team)
    left = np.where(goes, _START + rng.integers(60, clock.DAYS - 20, count), _OPEN)
    comes = ~goes & (rng.random(count) < LEAVING + GROWING)
    hired = np.where(comes, _START + rng.integers(0, clock.DAYS - 30, count), _START - rng.integers(30, 3600, count))
    order = np.argsort(hired, kind="stable")
    hired, left, team = hired[order], left[order], team[order]
    return Staff(hired, left, team, *_assignments(hired, left, team))


def _assignments(hired: np.ndarray, left: np.ndarray, team: np.ndarray) -> tuple[np.ndarray, ...]:
    """One assignment each; some moved from another team, some work less than before, some help in a second team."""
    rng = stream("hr", "assignments")
    count, number = len(hired), np.arange(len(hired))
    percent = rng.choice([100, 80, 50], count, p=[0.72, 0.18, 0.10])
    changes = (hired < _START) & (left == _OPEN) & (number % 2 == 1)
    changed = _START + rng.integers(40, clock.DAYS - 40, count)
    moved = changes & (number % 4 == 1)
    before = np.where(moved, (team + 1 + rng.integers(0, len(TEAMS) - 1, count)) % len(TEAMS), team)
    halves = (left == _OPEN) & ~changes & (number % 50 == 2)
    percent = np.where(halves, 50, percent)
    second = (team + 4) % len(TEAMS)
    known = np.maximum(hired, _INTRODUCED)
    now = (number, np.where(changes, 2, 1), team, percent, np.where(changes, changed, known), left)
    was = tuple(a[changes] for a in (number, np.ones(count, np.int64), before, np.full(count, 100), known, changed))
    also = tuple(a[halves] for a in (number, np.full(count, 2), second, percent, np.maximum(hired, _START), left))
    columns = [np.concatenate(parts) for parts in zip(now, was, also, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return tuple(column[order] for column in columns)


def write(out: Path, staff: Staff, cut: int, ledger: Ledger) -> None:
    shown = (cut - clock.HOUR) // clock.DAY + AHEAD  # the cut is a local midnight
    _write_people(out, staff, shown, ledger)
    _write_assignments(out, staff, shown, ledger)


def _write_people(out: Path, staff: Staff, shown: int, ledger: Ledger) -> None:
    who = np.flatnonzero(staff.hired <= shown)
    given, family = text.pick(_GIVEN, who % len(_GIVEN)), text.pick(_FAMILY, who // 5 % len(_FAMILY))
    columns = [
        _number(who),
        family,
        given,
        _day(4000 + who * 7919 % 9000),
        text.join("ma", text.numbered("", who + 1, 1), "@harbour-home.example"),
        text.join("+49 40 5550", text.numbered("", who + 1, 4)),
        _day(staff.hired[who]),
        _last_day(staff.left[who], shown),
    ]
    _write(out / "extracts" / "hr" / "mitarbeiter.csv", _PEOPLE, columns)
    ledger.wrote("hr.people", np.zeros(len(who), np.int8))


def _write_assignments(out: Path, staff: Staff, shown: int, ledger: Ledger) -> None:
    row = np.flatnonzero(staff.begins <= shown)
    marks = mess.mark("hr.assignments", row)
    unit = text.pick([team.unit for team in TEAMS], staff.unit[row])
    parent = np.where(staff.percent[row] < 100, staff.person[row] % 3, 2)
    columns = [
        _number(staff.person[row]),
        text.number(staff.sequence[row]),
        text.put(unit, marks > 0, "Stabsstelle Umzug"),
        text.pick([team.cost_centre for team in TEAMS], staff.unit[row]),
        text.number(staff.percent[row]),
        _day(staff.begins[row]),
        _last_day(staff.ends[row], shown),
        text.pick(["Elternzeit beantragt", "Teilzeit auf Wunsch", ""], parent),
    ]
    _write(out / "extracts" / "hr" / "zuordnungen.csv", _ASSIGNMENTS, columns)
    ledger.wrote("hr.assignments", marks)


def _write(path: Path, header: str, columns: list[pa.Array]) -> None:
    content = body(text.lines(columns, ";")).decode()
    write_file(path, f"{header}\n{content}".encode("cp1252"))


def _number(person: np.ndarray) -> pa.Array:
    return text.numbered("P", person + 1, 5)


def _day(day: np.ndarray) -> pa.Array:
    """31.12.2025, of days since 1970."""
    stamp = np.datetime_as_string(day.astype("datetime64[D]"))
    return pa.array([f"{iso[8:10]}.{iso[5:7]}.{iso[:4]}" for iso in stamp.tolist()], pa.string())


def _last_day(end: np.ndarray, shown: int) -> pa.Array:
    """The last day before the end, where it is known."""
    known = end <= shown
    return text.put(_day(np.where(known, end - 1, 0)), ~known, "31.12.9999")


def teams_of(staff: Staff, people: np.ndarray) -> pa.Array:
    """Ids of the teams in which people are."""
    return text.pick(TEAM_IDS, staff.team[people])
