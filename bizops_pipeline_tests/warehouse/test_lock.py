"""One writer at a time."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bizops_pipeline.errors import WarehouseBusy
from bizops_pipeline.warehouse.lock import writer_lock

HOLD = """
import sys, time
from pathlib import Path
from bizops_pipeline.warehouse.lock import writer_lock
with writer_lock(Path(sys.argv[1]), "run of the night"):
    print("held", flush=True)
    time.sleep(60)
"""


def hold(path: Path) -> subprocess.Popen[str]:
    """Start a process that holds the lock and return once it does."""
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    holder = hold(tmp_path / "lock")
    try:
        with pytest.raises(WarehouseBusy) as refused, writer_lock(tmp_path / "lock", "me", wait_seconds=0.3):
            pass
    finally:
        holder.kill()
        holder.wait()

    assert "run of the night" in str(refused.value)
    assert str(holder.pid) in str(refused.value)


def test_the_lock_of_a_killed_holder_is_free_at_once(tmp_path: Path) -> None:
    holder = hold(tmp_path / "lock")
    holder.kill()
    holder.wait()

    with writer_lock(tmp_path / "lock", "me"):
        assert "me" in (tmp_path / "lock").read_text()
