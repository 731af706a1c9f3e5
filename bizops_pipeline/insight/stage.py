"""The stages of a service team as a machine: what moves it forward, what moves it back, and what is left to do.

A gate opens after it has held for some periods in a row, and a gate passed before closes again only after some other
number of periods in a row in which it was missed, so that one bad period moves nobody. A period that tells nothing
about a gate neither counts for it nor breaks a row. A team moves by one stage a period.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from bizops_pipeline.contracts.marts.steering import STAGES

Outcome = Literal["held", "missed", "unknown"]

GATES = STAGES[:2]
"""Each gate is named by the stage that it leads out of."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a team stands at the end of a period."""

    period: date
    stage: str
    since: date
    previous: str | None
    gate: str | None
    """Gate to the next stage; None in the last one."""
    gate_outcome: Outcome | None
    held: int | None
    """Periods in a row in which that gate held."""
    missed: int
    """Periods in a row in which a gate passed before was missed: the longest such row."""


def gate_outcome(metrics: Iterable[Outcome]) -> Outcome:
    """Return what a period says of a gate: missed with one metric missed, held with all held, else unknown."""
    found = list(metrics)
    if "missed" in found:
        return "missed"
    return "held" if found and all(each == "held" for each in found) else "unknown"


def stages(periods: Iterable[tuple[date, Mapping[str, Outcome]]], hold: int, fall_back: int) -> Iterator[Stage]:
    """Yield where a team stands after each period, given in order with the outcome of each gate."""
    held = dict.fromkeys(GATES, 0)
    missed = dict.fromkeys(GATES, 0)
    stage, since, previous = 0, None, None
    for period, outcomes in periods:
        for gate in GATES:
            held[gate], missed[gate] = _rows(outcomes.get(gate, "unknown"), held[gate], missed[gate])
        before, stage = stage, _next(stage, held, missed, hold, fall_back)
        if since is None or stage != before:
            since = period
        gate_now = GATES[stage] if stage < len(GATES) else None
        yield Stage(
            period,
            STAGES[stage],
            since,
            previous,
            gate_now,
            outcomes.get(gate_now, "unknown") if gate_now else None,
            held[gate_now] if gate_now else None,
            max((missed[gate] for gate in GATES[:stage]), default=0),
        )
        previous = STAGES[stage]


def _rows(outcome: Outcome, held: int, missed: int) -> tuple[int, int]:
    """Return the lengths of the rows of periods in which a gate held and was missed, one period later."""
    if outcome == "unknown":
        return held, missed
    return (held + 1, 0) if outcome == "held" else (0, missed + 1)


def _next(stage: int, held: Mapping[str, int], missed: Mapping[str, int], hold: int, fall_back: int) -> int:
    for place, gate in enumerate(GATES[:stage]):
        if missed[gate] >= fall_back:
            return place
    if stage < len(GATES) and held[GATES[stage]] >= hold:
        return stage + 1
    return stage
