"""Running a command as a process of its own and measuring it from outside: wall clock, CPU, peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KILOBYTES = 1 if sys.platform == "darwin" else 1024
"""Bytes that the kernel counts as one in a process's peak memory."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What a process took; `code` is its exit code, None when it was stopped at the time limit."""

    wall: float
    cpu: float
    peak_bytes: int
    code: int | None
    output: str

    @property
    def finished(self) -> bool:
        return self.code == 0


def measure(command: Sequence[str], log: Path, limit: float | None = None) -> Measured:
    """Runs a command to its end, its output in a file; a command over the limit (in seconds) is stopped.

    Call it from a small process: a child's peak memory begins with that of its parent.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment(), cwd=ROOT, start_new_session=True
        )
        stopped = threading.Event()
        timer = threading.Timer(limit or 0, _stop, (process.pid, stopped))
        if limit:
            timer.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        timer.cancel()
    code = os.waitstatus_to_exitcode(status)
    process.returncode = code
    text = log.read_text(errors="replace")
    peak = used.ru_maxrss * KILOBYTES
    return Measured(wall, used.ru_utime + used.ru_stime, peak, None if stopped.is_set() else code, text)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Returns the environment of all processes: nobody reports home, the generator can be imported."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "data"), *filter(None, [os.environ.get("PYTHONPATH")])])
    quiet = {"DAGSTER_DISABLE_TELEMETRY": "true", "GX_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1"}
    return {**os.environ, **quiet, "PYTHONPATH": path, **(extra or {})}


def _stop(pid: int, stopped: threading.Event) -> None:
    stopped.set()
    os.kill(pid, 9)
