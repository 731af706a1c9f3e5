"""One log line per table: name, rows, what changed, how long it took."""

import logging
from time import monotonic

logger = logging.getLogger("bizops_pipeline")


def table(name: str, rows: int, what: str, started: float) -> None:
    """Log what a step did to a table; `started` is the monotonic clock at its start."""
    logger.info("%-36s %10s rows  %5.1f s  %s", name, f"{rows:,}", monotonic() - started, what)
