"""Places where a test may kill the process, to prove that a re-run after any crash gives the same tables.

Set `BIZOPS_FAILPOINT` to a name and the process dies there by SIGKILL: no cleanup runs, nothing is flushed.
Without the variable a failpoint does nothing. The names, in the order in which a refresh reaches them:
`landed_tmp`, `landed`, `manifest_tmp`, `manifest` (landing a file), `raw_inserted`, `audited`,
`before_commit`, `after_commit` (loading it); later layers name their own.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "BIZOPS_FAILPOINT"


def failpoint(name: str) -> None:
    """Kill this process when the environment asks for it at this point; the variable is read at each call."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
