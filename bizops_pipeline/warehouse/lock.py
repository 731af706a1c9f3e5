"""One writer at a time: an operating-system lock that names its holder and that the kernel frees on a kill."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bizops_pipeline.errors import WarehouseBusy

POLL_SECONDS = 0.2


@contextmanager
def writer_lock(path: Path, holder: str, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the writer's lock; wait up to `wait_seconds` for another holder to finish.

    Raises WarehouseBusy naming the holder, its process, host and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        _acquire(file, wait_seconds)
        file.seek(0)
        file.truncate()
        file.write(json.dumps(_description(holder)))
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()
            fcntl.flock(file, fcntl.LOCK_UN)


def _description(holder: str) -> dict[str, str | int]:
    return {
        "holder": holder,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _acquire(file: IO[str], wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise WarehouseBusy(_busy_message(file)) from None
            time.sleep(POLL_SECONDS)


def _busy_message(file: IO[str]) -> str:
    file.seek(0)
    try:
        found = json.loads(file.read())
        who = f"{found['holder']} (process {found['pid']} on {found['host']}, since {found['since']})"
    except (ValueError, KeyError):
        who = "another process"
    return f"the warehouse is being written by {who}. Wait for it to finish, or stop it; the lock frees itself then."
