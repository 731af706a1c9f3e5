"""Code and its way to production: pull requests, commits, deployments and what each brought.

Made whole (it is small at any scale), then cut: an open pull request shows no merge time, and
a deployment is there once it has finished.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from retailer_generator import clock, demand, mess, outages, text
from retailer_generator.company import SERVICE_IDS, SERVICES, Service
from retailer_generator.files import timestamps, write_parquet
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

CHANGES, PRODUCTION = 2500, 780  # fixes and rollbacks come on top
_PEOPLE = 46
_PLANNED, _FIX, _ROLLBACK = range(3)
_REASONS = ["planned", "fix", "rollback"]
_SUCCESS, _FAILURE, _CANCELLED = range(3)
_RESULTS = ["SUCCESS", "FAILED", "ABORTED"]
_ENVIRONMENTS = ["prod", "stage"]


@dataclass(frozen=True)
class Changes:
    """Pull requests in the order in which they were opened."""

    service: np.ndarray
    author: np.ndarray
    is_bot: np.ndarray
    first_commit_at: np.ndarray
    created_at: np.ndarray
    first_review_at: np.ndarray
    approved_at: np.ndarray
    merged_at: np.ndarray
    commits: np.ndarray


@dataclass(frozen=True)
class Deployments:
    """Deployments in the order in which they were asked for."""

    service: np.ndarray
    environment: np.ndarray
    result: np.ndarray
    queued_at: np.ndarray
    started_at: np.ndarray
    finished_at: np.ndarray
    reason: np.ndarray
    breaks: np.ndarray  # whether an incident follows
    repaired_at: np.ndarray  # end of the fix or rollback

    def number_finished_at(self, t: int) -> int:
        """Running number of the production deployment that finished at a time."""
        return int(np.flatnonzero((self.finished_at == t) & (self.environment == 0))[0]) + 1


@dataclass(frozen=True)
class History:
    """All of it, before the cut."""

    changes: Changes
    deployments: Deployments
    deployed_by: np.ndarray  # per change: position of its first production deployment, -1 without


def make(scale: float) -> History:
    changes, deployments = _changes(scale), _deployments(scale)
    return History(changes, deployments, _first_deployment(changes, deployments))


def _changes(scale: float) -> Changes:
    rng = stream("devops", "changes")
    count = max(30, round(CHANGES * scale))
    weights = demand.working_days()
    days = rng.choice(clock.DAYS, count, p=weights / weights.sum())
    created = np.sort(demand.times(days, demand.HOURS_OFFICE, rng))
    bot = rng.random(count) < 0.08
    first_commit = created - (rng.exponential(16, count) * clock.HOUR).astype(np.int64) - 60
    first_commit = np.where(rng.random(count) < 0.01, created + 1800, first_commit)  # pushed after opening
    review = created + (rng.lognormal(1.4, 1.1, count) * clock.HOUR).astype(np.int64)
    approved = review + (rng.lognormal(0.8, 1.2, count) * clock.HOUR).astype(np.int64)
    merged = approved + rng.integers(120, 5 * clock.HOUR, count)
    unreviewed = (rng.random(count) < 0.04) | (bot & (rng.random(count) < 0.6))
    rejected = rng.random(count) < 0.05
    merged = np.where(rejected, clock.NEVER, merged)
    service = rng.choice(len(SERVICES), count, p=[s.change_share for s in SERVICES])
    return Changes(
        service,
        rng.integers(0, _PEOPLE, count),
        bot,
        first_commit,
        created,
        np.where(unreviewed, clock.NEVER, review),
        np.where(unreviewed | rejected, clock.NEVER, approved),
        merged,
        1 + rng.poisson(1.3, count),
    )


def _deployments(scale: float) -> Deployments:
    """Planned production deployments, what repairs the broken ones, and the staging runs before them."""
    rng = stream("devops", "deployments")
    count = max(24, round(PRODUCTION * scale))
    weights = demand.working_days()
    days = rng.choice(clock.DAYS, count, p=weights / weights.sum())
    queued = demand.times(days, demand.HOURS_OFFICE, rng)
    service = rng.choice(len(SERVICES), count, p=[s.change_share for s in SERVICES])
    service[: len(SERVICES)] = np.arange(len(SERVICES))  # every service is deployed
    payments = SERVICE_IDS.index("payments")
    failure_day = clock.day_number(np.array([outages.FAILED_DEPLOYMENT]))[0]
    free = ~((service == payments) & (clock.day_number(queued) == failure_day))
    queued, service = queued[free], service[free]
    started = queued + rng.integers(10, 300, len(queued))
    finished = started + rng.integers(150, 1500, len(queued))
    result = rng.choice(3, len(queued), p=[0.94, 0.045, 0.015])
    breaks = (result == _SUCCESS) & (rng.random(len(queued)) < 0.11)
    service, result, breaks = (np.append(a, v) for a, v in ((service, payments), (result, 0), (breaks, True)))
    queued = np.append(queued, outages.FAILED_DEPLOYMENT - 720)
    started = np.append(started, outages.FAILED_DEPLOYMENT - 660)
    finished = np.append(finished, outages.FAILED_DEPLOYMENT)
    repair_took = np.append(rng.integers(35 * 60, 6 * clock.HOUR, len(queued) - 1), outages.ROLLBACK_AFTER)
    repaired = np.where(breaks, finished + repair_took, clock.NEVER)
    rolled_back = np.append(rng.random(len(queued) - 1) < 0.55, True)
    return _with_repairs_and_staging(rng, service, result, queued, started, finished, breaks, repaired, rolled_back)


def _with_repairs_and_staging(
    rng: np.random.Generator,
    service: np.ndarray,
    result: np.ndarray,
    queued: np.ndarray,
    started: np.ndarray,
    finished: np.ndarray,
    breaks: np.ndarray,
    repaired: np.ndarray,
    rolled_back: np.ndarray,
) -> Deployments:
    count, broken = len(queued), np.flatnonzero(breaks)
    repair_end = repaired[broken]
    rehearsed = np.flatnonzero(rng.random(count) < 0.9)
    ahead = rng.integers(clock.HOUR, 20 * clock.HOUR, len(rehearsed))
    zeros = np.zeros(len(broken), np.int64)
    reason = np.where(rolled_back[broken], _ROLLBACK, _FIX)
    staged = np.zeros(len(rehearsed), np.int64)
    columns = [
        np.concatenate([service, service[broken], service[rehearsed]]),
        np.concatenate([np.zeros(count, np.int64), zeros, staged + 1]),
        np.concatenate([result, zeros, staged]),
        np.concatenate([queued, repair_end - 480, queued[rehearsed] - ahead]),
        np.concatenate([started, repair_end - 420, started[rehearsed] - ahead]),
        np.concatenate([finished, repair_end, finished[rehearsed] - ahead]),
        np.concatenate([np.zeros(count, np.int64), reason, staged]),
        np.concatenate([breaks, zeros > 0, staged > 0]),
        np.concatenate([repaired, zeros + clock.NEVER, staged + clock.NEVER]),
    ]
    order = np.argsort(columns[3], kind="stable")
    inside = order[columns[3][order] >= clock.midnight(clock.START)]
    return Deployments(*(column[inside] for column in columns))


def _first_deployment(changes: Changes, deployments: Deployments) -> np.ndarray:
    result = np.full(len(changes.created_at), -1)
    carries = (deployments.environment == 0) & (deployments.result == _SUCCESS) & (deployments.reason != _ROLLBACK)
    for code in range(len(SERVICES)):
        runs = np.flatnonzero(carries & (deployments.service == code))
        runs = runs[np.argsort(deployments.started_at[runs], kind="stable")]
        mine = np.flatnonzero((changes.service == code) & (changes.merged_at != clock.NEVER))
        place = np.searchsorted(deployments.started_at[runs], changes.merged_at[mine], side="right")
        reached = place < len(runs)
        result[mine[reached]] = runs[place[reached]]
    return result


def write(out: Path, history: History, cut: int, ledger: Ledger) -> None:
    folder = out / "extracts" / "devops"
    shas = _shas("merge", len(history.changes.created_at))
    _write_changes(folder, history.changes, shas, cut, ledger)
    _write_commits(folder, history, shas, cut, ledger)
    _write_deployments(folder, history, shas, cut, ledger)


def _shas(series: str, count: int) -> pa.Array:
    """Commit hashes: 40 hexadecimal digits."""
    digits = stream("devops", series).bytes(20 * count).hex()
    return pa.array([digits[n : n + 40] for n in range(0, len(digits), 40)], pa.string())


def _repository(service: np.ndarray) -> pa.Array:
    return text.pick([s.repository for s in SERVICES], service)


def _own(service: Service) -> str | None:
    """Service named by the repository; a shared repository has a path label instead."""
    return None if service.path else service.id


def change_id(index: np.ndarray) -> pa.Array:
    return text.numbered("PR-", index + 1, 6)


def deployment_id(index: np.ndarray) -> pa.Array:
    return text.numbered("D-", index + 1, 6)


def _write_changes(folder: Path, changes: Changes, shas: pa.Array, cut: int, ledger: Ledger) -> None:
    seen = np.flatnonzero(changes.created_at < cut)
    marks = mess.mark("devops.changes", seen)
    merged = clock.known(changes.merged_at[seen], cut)
    early = (marks == mess.code("devops.changes", "merged_before_opened")) & (merged != clock.NEVER)
    marks = np.where((marks == mess.code("devops.changes", "merged_before_opened")) & ~early, 0, marks).astype(np.int8)
    service = changes.service[seen]
    steps = [changes.first_review_at, changes.approved_at]
    review, approved = (clock.known(step[seen], cut) for step in steps)
    touched = changes.created_at[seen]
    for step in (review, approved, merged):
        touched = np.where(step != clock.NEVER, np.maximum(touched, step), touched)
    merged_sha = pa.array(shas.take(pa.array(seen)).to_pylist(), mask=merged == clock.NEVER)
    unknown = marks == mess.code("devops.changes", "unknown_repository")
    columns = {
        "id": change_id(seen),
        "repository": text.put(_repository(service), unknown, "sandbox-old"),
        "number": pa.array(seen + 1),
        "author": _author(changes.author[seen]),
        "is_bot": pa.array(changes.is_bot[seen]),
        "created_at": timestamps(changes.created_at[seen]),
        "first_review_at": timestamps(review),
        "approved_at": timestamps(approved),
        "merged_at": timestamps(np.where(early, changes.created_at[seen] - clock.HOUR, merged)),
        "merge_commit_sha": merged_sha,
        "first_commit_at": timestamps(clock.known(changes.first_commit_at[seen], cut)),
        "service": text.put(text.pick([_own(s) for s in SERVICES], service), unknown, None),
        "path_label": text.put(text.pick([s.path for s in SERVICES], service), unknown, None),
        "updated_at": timestamps(touched),
    }
    write_parquet(folder / "changes.parquet", columns)
    ledger.wrote("devops.changes", marks)


def _author(code: np.ndarray) -> pa.Array:
    names = [stream("devops", "author", n).bytes(6).hex() for n in range(_PEOPLE)]
    return text.pick(names, code)


def _commit_list(changes: Changes) -> tuple[np.ndarray, np.ndarray]:
    """Change of each commit and when it was written."""
    change = np.repeat(np.arange(len(changes.commits)), changes.commits)
    place = np.arange(len(change)) - np.repeat(np.cumsum(changes.commits) - changes.commits, changes.commits)
    span = np.maximum(changes.created_at - changes.first_commit_at, 0)[change]
    return change, changes.first_commit_at[change] + span * place // changes.commits[change]


def _write_commits(folder: Path, history: History, shas: pa.Array, cut: int, ledger: Ledger) -> None:
    """The commits of every pull request and, once it is merged, its merge commit."""
    changes = history.changes
    change, written = _commit_list(changes)
    merged = np.flatnonzero(changes.merged_at < cut)
    pushed = np.maximum(changes.created_at[change], written)
    own = np.flatnonzero(pushed < cut)
    marks = mess.mark("devops.commits", own)
    authored = np.where(marks > 0, clock.utc(2062, 1, 15), written[own])
    all_changes = np.concatenate([change[own], merged])
    columns = {
        "repository": _repository(changes.service[all_changes]),
        "sha": pa.concat_arrays([_shas("commits", len(change)).take(pa.array(own)), shas.take(pa.array(merged))]),
        "authored_at": timestamps(np.concatenate([authored, changes.merged_at[merged]])),
        "change_id": change_id(all_changes),
    }
    write_parquet(folder / "commits.parquet", columns)
    ledger.wrote("devops.commits", np.concatenate([marks, np.zeros(len(merged), np.int8)]))
    _write_deployment_commits(folder, history, (change, written, shas), cut, ledger)


def _write_deployment_commits(
    folder: Path, history: History, commits: tuple[np.ndarray, np.ndarray, pa.Array], cut: int, ledger: Ledger
) -> None:
    changes, runs = history.changes, history.deployments
    change, _, shas = commits
    run_of = history.deployed_by
    out_by_cut = np.where(run_of >= 0, runs.finished_at[run_of], clock.NEVER) < cut
    own = np.flatnonzero(out_by_cut[change])
    merged = np.flatnonzero(out_by_cut)
    run = np.concatenate([run_of[change[own]], run_of[merged]])
    of_change = np.concatenate([change[own], merged])
    sha = pa.concat_arrays([_shas("commits", len(change)).take(pa.array(own)), shas.take(pa.array(merged))])
    order = np.argsort(run, kind="stable")
    columns = {
        "deployment_id": deployment_id(run[order]),
        "repository": _repository(changes.service[of_change[order]]),
        "commit_sha": sha.take(pa.array(order)),
    }
    write_parquet(folder / "deployment_commits.parquet", columns)
    ledger.wrote("devops.deployment_commits", np.zeros(len(run), np.int8))


def _write_deployments(folder: Path, history: History, shas: pa.Array, cut: int, ledger: Ledger) -> None:
    runs = history.deployments
    seen = np.flatnonzero(runs.finished_at < cut)
    planted = runs.finished_at[seen] - outages.FAILED_DEPLOYMENT
    marks = mess.spared(mess.mark("devops.deployments", seen), (planted == 0) | (planted == outages.ROLLBACK_AFTER))
    marks = mess.spared(marks, runs.breaks[seen])
    twisted = marks == mess.code("devops.deployments", "closed_before_opened")
    unknown = marks == mess.code("devops.deployments", "unknown_service")
    service = text.pick(SERVICE_IDS, runs.service[seen])
    started = np.where(twisted, runs.finished_at[seen] + 90, runs.started_at[seen])
    columns = {
        "deployment_id": deployment_id(seen),
        "service": text.put(service, unknown, "legacy_intranet"),
        "repository": _repository(runs.service[seen]),
        "environment": text.pick(_ENVIRONMENTS, runs.environment[seen]),
        "result": text.pick(_RESULTS, runs.result[seen]),
        "queued_at": timestamps(runs.queued_at[seen]),
        "started_at": timestamps(started),
        "finished_at": timestamps(runs.finished_at[seen]),
        "reason": text.pick(_REASONS, runs.reason[seen]),
        "commit_sha": _deployed_sha(history, shas).take(pa.array(seen)),
    }
    write_parquet(folder / "deployments.parquet", columns)
    ledger.wrote("devops.deployments", marks)


def _deployed_sha(history: History, shas: pa.Array) -> pa.Array:
    """Head of each deployment: the last merge of its service before it; null before the first."""
    changes, runs = history.changes, history.deployments
    head = np.full(len(runs.queued_at), -1)
    for code in range(len(SERVICES)):
        mine = np.flatnonzero((changes.service == code) & (changes.merged_at != clock.NEVER))
        mine = mine[np.argsort(changes.merged_at[mine], kind="stable")]
        of_service = np.flatnonzero(runs.service == code)
        place = np.searchsorted(changes.merged_at[mine], runs.started_at[of_service]) - 1
        # a rollback goes back to the merge before
        place = place - (runs.reason[of_service] == _ROLLBACK)
        head[of_service] = np.where(place >= 0, mine[np.maximum(place, 0)], -1)
    return shas.take(pa.array(head, mask=head < 0))
