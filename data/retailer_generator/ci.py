"""The build server: runs of the pipelines on the commits of pull requests, a log that grows at its end."""

from pathlib import Path

import numpy as np

from retailer_generator import clock, devops, mess, text
from retailer_generator.company import SERVICE_IDS, SERVICES
from retailer_generator.devops import Changes
from retailer_generator.files import timestamps, write_parquet
from retailer_generator.mess import Ledger
from retailer_generator.randomness import stream

_RESULTS = ["passed", "failed", "canceled"]


def write(out: Path, changes: Changes, cut: int, ledger: Ledger) -> None:
    """A run when a pull request is opened, and some more while it is worked on."""
    rng = stream("ci", "runs")
    times = 1 + rng.poisson(0.6, len(changes.created_at))
    change = np.repeat(np.arange(len(times)), times)
    first = np.concatenate([[True], change[1:] != change[:-1]])
    later = (rng.random(len(change)) * 2 * clock.DAY).astype(np.int64)
    queued = changes.created_at[change] + np.where(first, 5, later)
    started = queued + rng.integers(3, 240, len(change))
    finished = started + 90 + (rng.lognormal(6.1, 0.5, len(change))).astype(np.int64)
    result = rng.choice(3, len(change), p=[0.88, 0.1, 0.02])
    order = np.lexsort((change, finished))
    seen = order[finished[order] < cut]
    number = np.arange(1, len(seen) + 1)
    marks = mess.mark("ci.runs", number)
    twisted = marks == mess.code("ci.runs", "closed_before_opened")
    service = changes.service[change[seen]]
    columns = {
        "run_id": text.numbered("R-", number, 6),
        "pull_request": devops.change_id(change[seen]),
        "repository": text.pick([s.repository for s in SERVICES], service),
        "service": text.pick(SERVICE_IDS, service),
        "workflow": text.pick(["build and test"], np.zeros(len(seen), np.int64)),
        "result": text.pick(_RESULTS, result[seen]),
        "queued_at": timestamps(queued[seen]),
        "started_at": timestamps(np.where(twisted, finished[seen] + 60, started[seen])),
        "finished_at": timestamps(finished[seen]),
    }
    write_parquet(out / "extracts" / "ci" / "runs.parquet", columns)
    ledger.wrote("ci.runs", marks)
