"""Every error the pipeline raises on purpose: what went wrong, where, and what would help.

The class says who has to act and whether a re-run helps; the command line turns it into an exit code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class BizopsError(Exception):
    """Base of all deliberate errors; `exit_code` is what a scheduler sees."""

    exit_code: ClassVar[int] = 1


class UsageError(BizopsError):
    """The command or its arguments make no sense (exit code 2)."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in the catalogue: where it stands, what was found and what would be right."""

    file: str
    line: int
    column: int
    found: str
    expected: str
    excerpt: str = ""

    def render(self) -> str:
        """Return the message of several lines with the offending line and a caret under it."""
        lines = [f"{self.file}:{self.line}:{self.column}: {self.found}"]
        if self.excerpt:
            lines += [f"    {self.excerpt}", "    " + " " * (self.column - 1) + "^"]
        lines.append(f"    expected: {self.expected}")
        return "\n".join(lines)


class CatalogueError(BizopsError):
    """The company's YAML is wrong; carries every problem of every file (exit code 2)."""

    exit_code = 2

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''} in the catalogue"
        super().__init__("\n\n".join([count, *(problem.render() for problem in problems)]))


class SourceError(BizopsError):
    """A source cannot be read as declared; a re-run alone will not help (exit code 3)."""

    exit_code = 3


class TransientSourceError(SourceError):
    """A source did not answer this time; the same call may succeed later (exit code 3)."""


class ContractError(BizopsError):
    """A query does not return what its table's contract promises."""


class MetricError(BizopsError):
    """A KPI cannot be computed as it is defined."""


class ChecksFailed(BizopsError):
    """A blocking check failed, so nothing was published."""


class StateError(BizopsError):
    """Something in the state folder cannot be used as it is; the message names it and the way out."""


class WarehouseBusy(BizopsError):
    """Another process holds the warehouse; the message names it."""


class AlertNotSent(BizopsError):
    """A channel did not take an alert."""
