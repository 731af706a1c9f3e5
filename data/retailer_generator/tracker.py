"""The work tracker: issues as they stand at the cut, and the log of their changes of status.

The log grows at its end only. Two things are planted: from 2026 on releases wait for a window, so waiting for
deployment becomes the longest stage; from April 2026 on reviews in the checkout team wait, too.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, mess, text
from retailer_generator.company import SERVICE_IDS, SERVICES
from retailer_generator.files import body
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

ITEMS = 2200
EPICS = 60
RELEASE_WINDOWS = date(2026, 1, 1)
SLOW_REVIEWS = date(2026, 4, 1)
SLOW_TEAM = "checkout_engineering"
TEAMS = {
    "shop_engineering": ("SHOP", ["storefront", "search", "product_catalogue", "customer_accounts"]),
    "checkout_engineering": ("PAY", ["checkout", "payments"]),
    "fulfilment_engineering": ("FUL", ["order_management", "warehouse"]),
    "platform": ("PLT", ["erp", "identity", "messaging"]),
    "data_team": ("DAT", ["data_platform"]),
}
TEAM_IDS = list(TEAMS)
TEAM_OF = np.array(
    [next(n for n, (_, owned) in enumerate(TEAMS.values()) if service in owned) for service in SERVICE_IDS]
)
TYPES = ["Story", "Bug", "Tech Debt", "Security Task", "Service Request", "Spike"]
STORY, BUG, _DEBT, _SECURITY, REQUEST, _SPIKE = range(6)
_TYPE_SHARES = [0.48, 0.22, 0.13, 0.08, 0.06, 0.03]

STATUSES = [
    "Backlog", "In Progress", "Blocked", "Waiting for Review", "In Review", "Ready to Deploy", "Deploying", "Done",
    "Won't Do",
]  # fmt: skip
BACKLOG, PROGRESS, BLOCKED, AWAIT_REVIEW, REVIEW, AWAIT_DEPLOYMENT, DEPLOY, DONE, WONT_DO = range(9)
ACTIVE = [PROGRESS, REVIEW, DEPLOY]
# The way of an issue; what an issue skips is left out.
STEPS = [
    BACKLOG, PROGRESS, BLOCKED, PROGRESS, AWAIT_REVIEW, REVIEW, PROGRESS, AWAIT_REVIEW, REVIEW, AWAIT_DEPLOYMENT,
    DEPLOY, DONE, PROGRESS, DONE, WONT_DO,
]  # fmt: skip
_BLOCK, _REWORK, _REOPEN, _DROP = slice(2, 4), slice(6, 9), slice(12, 14), 14
# Hours in each status: the middle and the spread of a lognormal.
_HOURS = {
    BACKLOG: (140, 1.0), PROGRESS: (34, 0.9), BLOCKED: (40, 0.7), AWAIT_REVIEW: (11, 0.8), REVIEW: (5, 0.9),
    AWAIT_DEPLOYMENT: (16, 0.7), DEPLOY: (1.2, 0.6), DONE: (150, 0.5), WONT_DO: (1, 0.1),
}  # fmt: skip
_WINDOW_FACTOR, _REVIEW_FACTOR = 6.0, 20.0
_HISTORY = "change_id,issue,from_status,to_status,changed_at"


@dataclass(frozen=True)
class Issues:
    """Issues without parts, in the order in which they were recorded, with every step of their way."""

    service: np.ndarray
    type: np.ndarray
    epic: np.ndarray  # position of the epic, -1 without
    points: np.ndarray  # 0 when not estimated
    entered: np.ndarray  # issue x step: when it was entered, NEVER when left out
    approved_at: np.ndarray

    @property
    def created_at(self) -> np.ndarray:
        return self.entered[:, 0]

    @property
    def team(self) -> np.ndarray:
        return TEAM_OF[self.service]


@dataclass(frozen=True)
class Epics:
    """What issues are parts of; begun and done with the first and the last of them."""

    service: np.ndarray
    created_at: np.ndarray
    begun_at: np.ndarray
    done_at: np.ndarray


@dataclass(frozen=True)
class Work:
    """All of it, before the cut."""

    issues: Issues
    epics: Epics


def make(scale: float) -> Work:
    issues = _issues(scale)
    return Work(issues, _epics(issues, max(5, round(EPICS * scale))))


def _issues(scale: float) -> Issues:
    rng = stream("tracker", "issues")
    count = max(40, round(ITEMS * scale))
    weights = demand.working_days()
    days = rng.choice(clock.DAYS, count, p=weights / weights.sum())
    created = np.sort(demand.times(days, demand.HOURS_OFFICE, rng))
    service = rng.choice(len(SERVICES), count, p=[s.change_share for s in SERVICES])
    kind = rng.choice(len(TYPES), count, p=_TYPE_SHARES)
    entered = _ways(created, TEAM_OF[service], kind)
    epics = max(5, round(EPICS * scale))
    # An epic gathers stories of one season: those recorded around the same time.
    season = np.minimum(np.arange(count) * epics // count, epics - 1)
    epic = np.where((kind == STORY) & (rng.random(count) < 0.7), season, -1)
    points = np.where(rng.random(count) < 0.85, rng.choice([1, 2, 3, 5, 8], count, p=[0.2, 0.3, 0.28, 0.17, 0.05]), 0)
    begun = entered[:, 1]
    approved = np.where(
        (kind == REQUEST) & (begun != clock.NEVER), created + ((begun - created) * rng.random(count)).astype(np.int64),
        clock.NEVER,
    )  # fmt: skip
    return Issues(service, kind, epic, points, entered, approved)


def _ways(created: np.ndarray, team: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """When each issue entered each step of its way."""
    rng = stream("tracker", "ways")
    count = len(created)
    taken = np.ones((count, len(STEPS)), bool)
    for steps, share in ((_BLOCK, 0.16), (_REWORK, 0.2), (_REOPEN, 0.025)):
        taken[:, steps] = (rng.random(count) < share)[:, None]
    dropped = rng.random(count) < 0.05
    last = rng.choice([0, 1, 4], count)
    taken &= ~(dropped[:, None] & (np.arange(len(STEPS)) > last[:, None]))
    taken[:, _DROP] = dropped
    bug = np.where(kind == BUG, 0.5, 1.0)
    entered = np.full((count, len(STEPS)), clock.NEVER)
    now = created
    for step, status in enumerate(STEPS):
        at = np.where(taken[:, step], now, clock.NEVER)
        entered[:, step] = at
        middle, spread = _HOURS[status]
        hours = middle * np.exp(rng.normal(0, spread, count)) * bug * _slowed(status, now, team)
        now = np.where(taken[:, step], now + (hours * clock.HOUR).astype(np.int64) + 60, now)
    return entered


def _slowed(status: int, now: np.ndarray, team: np.ndarray) -> np.ndarray:
    """What the planted changes make of a wait that begins now."""
    factor = np.ones(len(now))
    if status == AWAIT_DEPLOYMENT:
        factor = np.where(now >= clock.midnight(RELEASE_WINDOWS), _WINDOW_FACTOR, factor)
    if status == AWAIT_REVIEW:
        slow = (now >= clock.midnight(SLOW_REVIEWS)) & (team == TEAM_IDS.index(SLOW_TEAM))
        factor = np.where(slow, _REVIEW_FACTOR, factor)
    return factor


def _epics(issues: Issues, count: int) -> Epics:
    service, created, begun, done = (np.full(count, v) for v in (0, clock.NEVER, clock.NEVER, np.int64(0)))
    for epic in range(count):
        parts = np.flatnonzero(issues.epic == epic)
        if len(parts):
            service[epic] = issues.service[parts[0]]
            created[epic] = issues.created_at[parts].min() - clock.DAY
            begun[epic] = issues.entered[parts, 1].min()
        ends = issues.entered[parts][:, [11, 13, _DROP]]
        ended = np.where(ends == clock.NEVER, 0, ends).max(axis=1)
        done[epic] = ended.max() if len(parts) and ended.min() > 0 else clock.NEVER
    return Epics(service, created, begun, done)


def issue_key(issues: Issues, index: np.ndarray) -> pa.Array:
    """Key such as PAY-000123: the project of the team and a running number."""
    projects = text.pick([project for project, _ in TEAMS.values()], issues.team[index])
    return text.join(projects, "-", text.numbered("", index + 1, 6))


def epic_key(index: np.ndarray) -> pa.Array:
    return text.numbered("EPIC-", index + 1, 4)


def write(out: Path, work: Work, cut: int, ledger: Ledger) -> None:
    folder = out / "extracts" / "tracker"
    _write_issues(folder, work, cut, ledger)
    _write_history(folder, work, cut, ledger)
    _write_components(folder, work.issues, cut, ledger)


def changes(work: Work, cut: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Issue, status before, status after and time of every change known at the cut, in order of time.

    Epics follow the issues: position of the epic plus the number of issues.
    """
    entered = work.issues.entered
    count = len(entered)
    status = np.broadcast_to(np.array(STEPS), entered.shape)
    known = (entered < cut) & (np.arange(len(STEPS)) > 0)
    before = np.zeros(entered.shape, np.int64)
    current = np.full(count, BACKLOG)
    for step in range(1, len(STEPS)):
        before[:, step] = current
        current = np.where(entered[:, step] != clock.NEVER, STEPS[step], current)
    issue = np.broadcast_to(np.arange(count)[:, None], entered.shape)
    parts = [(issue[known], before[known], status[known], entered[known])]
    for at, old, new in ((work.epics.begun_at, BACKLOG, PROGRESS), (work.epics.done_at, PROGRESS, DONE)):
        seen = np.flatnonzero((at < cut) & (work.epics.begun_at < cut))
        parts.append((count + seen, np.full(len(seen), old), np.full(len(seen), new), at[seen]))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[0], columns[3]))
    return tuple(column[order] for column in columns)  # type: ignore[return-value]


def _keys(work: Work, index: np.ndarray) -> pa.Array:
    count = len(work.issues.service)
    own, epics = issue_key(work.issues, np.minimum(index, count - 1)), epic_key(np.maximum(index - count, 0))
    return text.put(own, index >= count, epics)


def _write_history(folder: Path, work: Work, cut: int, ledger: Ledger) -> None:
    issue, before, after, at = changes(work, cut)
    number = np.arange(1, len(issue) + 1)
    marks = mess.mark("tracker.history", number)
    broken = marks == mess.code("tracker.history", "bad_date")
    columns = [
        text.numbered("C", number, 7),
        text.put(_keys(work, issue), marks == mess.code("tracker.history", "unknown_issue"), "OLD-000001"),
        text.pick(STATUSES, before),
        text.pick(STATUSES, after),
        text.put(text.utc_iso(at), broken, "2026-02-31T10:00:00Z"),
    ]
    lines = text.lines(columns, ",")
    twice = np.repeat(np.arange(len(issue)), 1 + (marks == mess.code("tracker.history", "duplicate")))
    write_file(folder / "history.csv.gz", _HISTORY.encode() + b"\n" + body(lines.take(pa.array(twice))))
    ledger.rows["tracker.history"] += len(twice)
    ledger.count("tracker.history", marks)


def _write_issues(folder: Path, work: Work, cut: int, ledger: Ledger) -> None:
    """One JSON object a line, epics first."""
    issue, _, after, at = changes(work, cut)
    count = len(work.issues.service)
    status, touched = np.full(count + len(work.epics.service), BACKLOG), np.zeros(count + len(work.epics.service), int)
    status[issue], touched[issue] = after, at  # in order of time: the last change stays
    epics = np.flatnonzero(work.epics.created_at < cut)
    lines = pa.concat_arrays([
        _epic_lines(work.epics, epics, status[count + epics], touched[count + epics]),
        _issue_lines(work.issues, np.flatnonzero(work.issues.created_at < cut), status, touched, cut, ledger),
    ])  # fmt: skip
    ledger.rows["tracker.issues"] += len(epics)
    write_file(folder / "issues.jsonl.gz", body(lines))


def _write_components(folder: Path, issues: Issues, cut: int, ledger: Ledger) -> None:
    """Issues that concern two services; the data team has one, so the rest of its issues belongs to none."""
    seen = np.flatnonzero((issues.created_at < cut) & (np.arange(len(issues.service)) % 19 == 7))
    owned = [[SERVICE_IDS.index(service) for service in services] for _, services in TEAMS.values()]
    other = np.array([next((s for s in owned[TEAM_OF[own]] if s != own), own) for own in issues.service[seen]], int)
    names, keys = [s.name for s in SERVICES], issue_key(issues, seen)
    lines = ["issue,component,percent"]
    for key, own, second in zip(keys.to_pylist(), issues.service[seen].tolist(), other.tolist(), strict=True):
        lines.append(f"{key},{names[own]},60")
        if second != own:
            lines.append(f"{key},{names[second]},40")
    write_file(folder / "components.csv", ("\n".join(lines) + "\n").encode())
    ledger.wrote("tracker.components", np.zeros(len(lines) - 1, np.int8))


def _epic_lines(epics: Epics, seen: np.ndarray, status: np.ndarray, touched: np.ndarray) -> pa.Array:
    initiative = text.numbered("INI-", seen % 10 + 1, 2)
    fields = {
        "key": text.quoted(epic_key(seen)),
        "type": text.quoted(pa.array(["Epic"] * len(seen), pa.string())),
        "status": text.quoted(text.pick(STATUSES, status)),
        "component": text.quoted(text.pick([s.name for s in SERVICES], epics.service[seen])),
        "initiative": text.quoted(text.put(initiative, seen % 4 == 3, None)),
        "created": text.quoted(text.utc_iso(epics.created_at[seen])),
        "updated": text.quoted(text.utc_iso(np.maximum(epics.created_at[seen], touched))),
    }
    return _objects(fields)


def _issue_lines(
    issues: Issues, seen: np.ndarray, status: np.ndarray, touched: np.ndarray, cut: int, ledger: Ledger
) -> pa.Array:
    marks = mess.mark("tracker.issues", seen)
    unknown = marks == mess.code("tracker.issues", "unknown_service")
    points = text.put(text.number(issues.points[seen]), issues.points[seen] == 0, "null")
    approved = clock.known(issues.approved_at[seen], cut)
    done = clock.known(issues.entered[seen, 11], cut)
    available = np.where((issues.type[seen] == REQUEST) & (approved != clock.NEVER), done, clock.NEVER)
    created = issues.created_at[seen]
    touched = np.maximum(np.maximum(created, touched[seen]), np.where(approved == clock.NEVER, 0, approved))
    names = text.pick([s.name for s in SERVICES], issues.service[seen])
    fields = {
        "key": text.quoted(issue_key(issues, seen)),
        "type": text.quoted(text.pick(TYPES, issues.type[seen])),
        "status": text.quoted(text.pick(STATUSES, status[seen])),
        "component": text.quoted(text.put(names, unknown, "Intranet (old)")),
        "team": text.quoted(text.pick(TEAM_IDS, issues.team[seen])),
        "parent": text.quoted(text.put(epic_key(np.maximum(issues.epic[seen], 0)), issues.epic[seen] < 0, None)),
        "points": points,
        "created": text.quoted(text.utc_iso(created)),
        "approved": text.quoted(text.utc_iso(approved)),
        "available": text.quoted(text.utc_iso(available)),
        "updated": text.quoted(text.utc_iso(touched)),
        "reporter": text.quoted(text.join("user", text.number(seen % 97), "@harbour-home.example")),
    }
    ledger.wrote("tracker.issues", marks)
    return _objects(fields)


def _objects(fields: dict[str, pa.Array]) -> pa.Array:
    pairs = [text.join(f'"{name}":', value) for name, value in fields.items()]
    return text.join("{", text.lines(pairs, ","), "}")


def facts(work: Work, cut: int) -> dict[str, object]:
    """What is planted here, in clean numbers: the records that are wrong are not looked at."""
    if cut <= clock.midnight(date(2026, 10, 1)) - 1:
        return {}
    quarters = {"2025-q4": (date(2025, 10, 1), date(2026, 1, 1)), "2026-q1": (date(2026, 1, 1), date(2026, 4, 1))}
    quarters["2026-q3"] = (date(2026, 7, 1), date(2026, 10, 1))
    slow = work.issues.team == TEAM_IDS.index(SLOW_TEAM)
    efficiency = {
        group: {name: _efficiency(work.issues, where, *quarters[name]) for name in ("2026-q1", "2026-q3")}
        for group, where in ((SLOW_TEAM, slow), ("other_teams", ~slow))
    }
    stages = {"build": [PROGRESS, BLOCKED], "await_deployment": [AWAIT_DEPLOYMENT]}
    median = {
        stage: {name: _median_days(work.issues, statuses, *quarters[name]) for name in ("2025-q4", "2026-q3")}
        for stage, statuses in stages.items()
    }
    return {
        "slow_reviews": {"team": SLOW_TEAM, "since": SLOW_REVIEWS.isoformat(), "flow_efficiency": efficiency},
        "release_windows": {"since": RELEASE_WINDOWS.isoformat(), "median_stage_days": median},
    }


def _stays(issues: Issues) -> np.ndarray:
    """Seconds of each issue in each step; 0 for what was left out or lasts."""
    following = np.minimum.accumulate(issues.entered[:, ::-1], axis=1)[:, ::-1]
    after = np.concatenate([following[:, 1:], np.full((len(following), 1), clock.NEVER)], axis=1)
    return np.where((issues.entered == clock.NEVER) | (after == clock.NEVER), 0, after - issues.entered)


def _efficiency(issues: Issues, where: np.ndarray, first: date, end: date) -> float | None:
    """Return the share of active time in what was done from one day until before another; None when nothing was."""
    done = np.where(issues.entered[:, 13] != clock.NEVER, issues.entered[:, 13], issues.entered[:, 11])
    counted = where & (done >= clock.midnight(first)) & (done < clock.midnight(end))
    stays, status = _stays(issues)[counted], np.array(STEPS)
    active = stays[:, np.isin(status, ACTIVE)].sum()
    waiting = stays[:, np.isin(status, [BLOCKED, AWAIT_REVIEW, AWAIT_DEPLOYMENT])].sum()
    return round(float(active / (active + waiting)), 4) if active + waiting else None


def _median_days(issues: Issues, statuses: list[int], first: date, end: date) -> float | None:
    """Return the median days in some steps of what left them in that time; None when nothing did."""
    chosen = np.isin(np.array(STEPS), statuses)
    stays = _stays(issues)[:, chosen]
    left = np.where(stays > 0, issues.entered[:, chosen] + stays, 0).max(axis=1)
    counted = (left >= clock.midnight(first)) & (left < clock.midnight(end))
    return round(float(np.median(stays[counted].sum(axis=1))) / clock.DAY, 3) if counted.any() else None
