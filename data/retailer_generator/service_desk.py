"""The service desk's tool: its list of tickets as it shows them, their pauses, and the service levels agreed.

Times are Berlin time with its offset. Tickets and pauses are whole lists: what they show of the past may change.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, mess, office_hours, text
from retailer_generator.company import SERVICE_IDS, SERVICES
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

TICKETS = 4800
_KINDS = ["Incident", "Service Request", "How-to"]
_STATES = ["New", "Pending", "Solved", "Closed"]
_OFFICE_SERVICES = [SERVICE_IDS.index(name) for name in ("erp", "identity", "messaging", "data_platform", "warehouse")]
# service -> vendor who works on half of its tickets, and its service level
_VENDORS = {"payments": ("V-3002", "KS-GOLD"), "identity": ("V-3004", "IH-STD"), "erp": ("V-3003", "LL-STD")}
_TYPICAL = np.array([1.6, 3.5, 9, 16]) * clock.HOUR  # working time to resolve, by priority
_SLOW_VENDOR = SERVICE_IDS.index("erp")
_LEVELS = """\
sla,name,vendor,hours,clock,valid_from
P1,Desk urgent,,4,business,
P2,Desk high,,8,business,
P3,Desk normal,,24,business,
P3,Desk normal,,20,business,2026-01-01
P4,Desk low,,40,business,
KS-GOLD,Kassensoft gold support,V-3002,24,calendar,
IH-STD,Identity Harbour standard support,V-3004,16,business,
LL-STD,Ledgerline standard support,V-3003,12,business,
"""
_TICKETS = (
    "ticket;created;first_reply;first_solved;solved;reopened;state;type;priority;service;requester;"
    "requester_email;blocks_work;contacts;sla;vendor;changed"
)


@dataclass(frozen=True)
class Tickets:
    """Tickets in the order in which they were opened."""

    opened: np.ndarray
    replied: np.ndarray
    first_solved: np.ndarray
    reopened: np.ndarray
    solved: np.ndarray  # the last time
    closed: np.ndarray
    kind: np.ndarray
    priority: np.ndarray
    service: np.ndarray
    internal: np.ndarray
    blocking: np.ndarray
    contacts: np.ndarray
    with_vendor: np.ndarray
    paused: np.ndarray  # NEVER without a pause
    resumed: np.ndarray


def make(scale: float) -> Tickets:
    """All tickets of the two years."""
    per_day = demand.daily("servicedesk.tickets", TICKETS * scale, demand.working_days() + 0.1)
    rng = stream("servicedesk", "tickets")
    opened = np.sort(demand.times(np.repeat(np.arange(clock.DAYS), per_day), demand.HOURS_OFFICE, rng))
    count = len(opened)
    internal = rng.random(count) < 0.62
    kind = rng.choice(3, count, p=[0.35, 0.4, 0.25])
    priority = rng.choice(4, count, p=[0.02, 0.13, 0.55, 0.30])
    service = np.where(internal, rng.choice(_OFFICE_SERVICES, count), rng.integers(0, len(SERVICES), count))
    vendors = [SERVICE_IDS.index(name) for name in _VENDORS]
    with_vendor = np.isin(service, vendors) & (rng.random(count) < 0.5)
    slow = np.where(with_vendor & (service == _SLOW_VENDOR), 2.2, 1.0)
    replied = office_hours.after(opened, 180 + rng.exponential(2400, count))
    contacts = 1 + rng.poisson(np.where(kind == 2, 0.35, 1.1), count)
    effort = rng.lognormal(-0.2, 0.75, count) * _TYPICAL[priority] * slow * np.where(contacts == 1, 0.35, 1.0)
    waits = (contacts > 1) & (rng.random(count) < 0.4)
    paused = np.where(waits, office_hours.after(replied, 600 + effort * 0.3), clock.NEVER)
    wait = rng.exponential(9, count) * clock.HOUR
    resumed = np.where(waits, office_hours.after(np.where(waits, paused, opened), wait), clock.NEVER)
    first_solved = office_hours.after(replied, 300 + effort + np.where(waits, wait, 0))
    returns = rng.random(count) < 0.06
    back = first_solved + (rng.exponential(11, count) * clock.DAY).astype(np.int64) + clock.HOUR
    reopened = np.where(returns, back, clock.NEVER)
    solved = np.where(returns, office_hours.after(back, 1200 + effort * 0.5), first_solved)
    blocking = internal & (rng.random(count) < np.array([0.9, 0.5, 0.08, 0.01])[priority])
    return Tickets(
        opened, replied, first_solved, reopened, solved, solved + 5 * clock.DAY, kind, priority, service, internal,
        blocking, contacts, with_vendor, paused, resumed,
    )  # fmt: skip


def write(out: Path, scale: float, cut: int, ledger: Ledger) -> None:
    """Writes what the desk shows at the cut."""
    folder, tickets = out / "extracts" / "servicedesk", make(scale)
    write_file(folder / "slas.csv", _LEVELS.encode())
    ledger.wrote("service_desk.slas", np.zeros(_LEVELS.count("\n") - 1, np.int8))
    seen = np.flatnonzero(tickets.opened < cut)
    marks = mess.mark("service_desk.tickets", seen)
    hidden = (marks == _kind("solved_before_created")) & (tickets.first_solved[seen] >= cut)
    marks = mess.spared(marks, hidden)
    rows = np.repeat(seen, 1 + (marks == _kind("duplicate")))
    marks = np.repeat(marks, 1 + (marks == _kind("duplicate")))
    first = np.concatenate([[True], rows[1:] != rows[:-1]]) if len(rows) else np.zeros(0, bool)
    marks = mess.spared(marks, (marks == _kind("duplicate")) & first)
    lines = text.lines(_columns(tickets, rows, marks, cut), ";")
    write_file(folder / "tickets.csv.gz", _TICKETS.encode() + b"\n" + body(lines))
    ledger.wrote("service_desk.tickets", marks)
    _write_pauses(folder, tickets, cut, ledger)


def _kind(fault: str) -> int:
    return mess.code("service_desk.tickets", fault)


def number(index: np.ndarray) -> pa.Array:
    return text.numbered("TKT", index + 1, 6)


def _columns(tickets: Tickets, rows: np.ndarray, marks: np.ndarray, cut: int) -> list[pa.Array]:
    opened, first_solved = tickets.opened[rows], clock.known(tickets.first_solved[rows], cut)
    reopened = clock.known(tickets.reopened[rows], cut)
    solved = np.where(reopened == clock.NEVER, first_solved, clock.known(tickets.solved[rows], cut))
    backwards = (marks == _kind("solved_before_created")) & (solved != clock.NEVER)
    first_solved, solved = (np.where(backwards, opened - clock.HOUR, t) for t in (first_solved, solved))
    waiting = (tickets.paused[rows] < cut) & (clock.known(tickets.resumed[rows], cut) == clock.NEVER)
    closed = tickets.closed[rows] < cut
    state = np.where(solved == clock.NEVER, np.where(waiting, 1, 0), np.where(closed, 3, 2))
    steps = [tickets.opened, tickets.replied, tickets.paused, tickets.resumed, tickets.first_solved]
    steps += [tickets.reopened, tickets.solved, tickets.closed]
    changed = np.max([np.where(step[rows] < cut, step[rows], 0) for step in steps], axis=0)
    service, with_vendor = tickets.service[rows], tickets.with_vendor[rows]
    level = text.pick(["P1", "P2", "P3", "P4"], tickets.priority[rows])
    vendor = pa.nulls(len(rows), pa.string())
    for name, (who, agreed) in _VENDORS.items():
        theirs = with_vendor & (service == SERVICE_IDS.index(name))
        level, vendor = text.put(level, theirs, agreed), text.put(vendor, theirs, who)
    names = text.pick([each.name for each in SERVICES], service)
    internal = tickets.internal[rows]
    contacts = np.where(solved == clock.NEVER, 1, tickets.contacts[rows])
    return [
        number(rows),
        text.put(text.offset_iso(opened), marks == _kind("bad_date"), "2025-00-00T00:00:00+00:00"),
        text.offset_iso(clock.known(tickets.replied[rows], cut)),
        text.offset_iso(first_solved),
        text.offset_iso(solved),
        text.offset_iso(reopened),
        text.pick(_STATES, state),
        text.pick(_KINDS, tickets.kind[rows]),
        text.pick(["Urgent", "High", "Normal", "Low"], tickets.priority[rows]),
        text.put(names, marks == _kind("unknown_service"), "Coffee Machine"),
        pa.array(np.where(internal, "employee", "customer")),
        text.join("someone", text.number(rows * 7919 % 997), "@example.com"),
        pa.array(np.where(tickets.blocking[rows], "Y", "N")),
        text.number(contacts),
        level,
        vendor,
        text.offset_iso(changed),
    ]


def _write_pauses(folder: Path, tickets: Tickets, cut: int, ledger: Ledger) -> None:
    seen = np.flatnonzero(tickets.paused < cut)
    seen = seen[np.argsort(tickets.paused[seen], kind="stable")]
    marks = mess.mark("service_desk.pauses", np.arange(len(seen)))
    lost = marks == mess.code("service_desk.pauses", "unknown_ticket")
    columns = [
        text.put(number(seen), lost, "TKT999999"),
        text.offset_iso(tickets.paused[seen]),
        text.offset_iso(clock.known(tickets.resumed[seen], cut)),
    ]
    write_file(folder / "pauses.csv", b"ticket,from,to\n" + body(text.lines(columns, ",")))
    ledger.wrote("service_desk.pauses", marks)
