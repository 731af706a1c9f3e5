"""Findings as sentences that an executive can read, with their uncertainty and what they do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bizops_pipeline.catalogue.models import Kpi

if TYPE_CHECKING:
    from bizops_pipeline.insight.correlation import Correlation


def association_statement(
    it: Kpi, business: Kpi, correlation: Correlation, q: float, *, stream: str | None, is_told: bool
) -> str:
    """Return what a correlation says; when it cannot be told from chance, that, and why if its q does not say it.

    `stream` is the value stream that it is of, None for the whole company.
    """
    names = f"“{it.label or it.id}”", f"“{business.label or business.id}”"
    numbers = f"r {correlation.r:+.2f}{_interval(correlation)}, {correlation.n} weeks, q {_q(q)}"
    if not is_told:
        halves = correlation.first_half, correlation.second_half
        why = ", as one of the two moved in one half of the weeks only" if None in halves else ""
        said = f"{names[1]} {_after(correlation.lag)} a change of {names[0]}"
        return (
            f"{f'In value stream “{stream}”, ' if stream else ''}{said}: not to be told from chance{why} ({numbers})."
        )
    follows = f"{'rises' if correlation.r > 0 else 'falls'} {_later(correlation.lag)}"
    when = f"In value stream “{stream}”, when" if stream else "When"
    return (
        f"{when} {names[0]} rises from one week to the next, {names[1]} on the whole {follows} ({numbers}); "
        "this is an association, not a cause."
    )


def _after(lag: int) -> str:
    return {0: "in the week of", 1: "a week after"}.get(lag, f"{lag} weeks after")


def _later(lag: int) -> str:
    return {0: "in the same week", 1: "a week later"}.get(lag, f"{lag} weeks later")


def _interval(correlation: Correlation) -> str:
    if correlation.low is None or correlation.high is None:
        return ""
    return f", 95 % between {correlation.low:+.2f} and {correlation.high:+.2f}"


def _q(q: float) -> str:
    return "below 0.001" if q < 0.001 else f"{q:.3f}"
