"""The log of a refresh: a line per table, and one for all tables of a step that are as they were."""

import logging
from time import monotonic

from bizops_pipeline.display import counted

logger = logging.getLogger("bizops_pipeline")


def table(name: str, rows: int, what: str, seconds: float) -> None:
    """Log what a step did to a table: name, rows, what changed, how long it took."""
    logger.info("%-36s %10s rows  %5.1f s  %s", name, f"{rows:,}", seconds, what)


class Tables:
    """The tables of a step; their rows and what was done are also told of each by its materialization."""

    def __init__(self, step: str) -> None:
        self._step, self._as_before, self._rows, self._started = step, 0, 0, monotonic()

    def add(self, name: str, rows: int, what: str, seconds: float, *, is_as_before: bool) -> None:
        """Log what was done to a table, or count it as one to which nothing was done."""
        if is_as_before:
            self._as_before += 1
            self._rows += rows
        else:
            table(name, rows, what, seconds)

    def end(self) -> None:
        """Log how many tables are as they were."""
        if self._as_before:
            seconds = monotonic() - self._started
            table(self._step, self._rows, f"{counted(self._as_before, 'table')} as before", seconds)
