"""Why a run failed and what its checks warned of, in words, from the events of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import dagster as dg
from dagster import DagsterEvent
from dagster_shared.error import SerializableErrorInfo

from bizops_pipeline import errors

_STOPPED = {"DagsterExecutionInterruptedError", "KeyboardInterrupt"}
"""Errors by which a signal ends a run."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One reason why a run did not succeed."""

    step: str
    message: str
    exit_code: int


def failures(events: Sequence[DagsterEvent]) -> Iterable[Failure]:
    """Return why a run failed: checks first, then steps, each with the message of its cause."""
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.ERROR:
                yield Failure(evaluation.asset_key.to_user_string(), check_message(event), 1)
    steps = [event for event in events if event.is_step_failure]
    for event in steps:
        yield from _of_error(event.step_key or "", event.step_failure_data.error)
    for event in events:
        if event.is_failure and not steps:
            yield from _of_error("warehouse", event.job_failure_data.error)


def warnings(events: Sequence[DagsterEvent]) -> Iterable[str]:
    """Return what checks warned of."""
    for event in events:
        if event.event_type_value == "ASSET_CHECK_EVALUATION":
            evaluation = event.asset_check_evaluation_data
            if not evaluation.passed and evaluation.severity == dg.AssetCheckSeverity.WARN:
                yield f"{evaluation.asset_key.to_user_string()}: {check_message(event)}"


def check_message(event: DagsterEvent) -> str:
    """Return one line on a failed check: its name and what it says."""
    evaluation = event.asset_check_evaluation_data
    return f"{evaluation.check_name}: {evaluation.description or 'failed'}"


def _of_error(step: str, error: SerializableErrorInfo | None) -> Iterable[Failure]:
    """Return the failure that an error tells: the pipeline's own error where there is one, else the first cause."""
    chain: list[SerializableErrorInfo] = []
    while error is not None:
        chain.append(error)
        error = error.cause
    for found in chain:
        kind = getattr(errors, found.cls_name or "", None)
        if isinstance(kind, type) and issubclass(kind, errors.BizopsError):
            yield Failure(step, found.message.split(": ", 1)[-1].strip(), kind.exit_code)
            return
    if chain and chain[-1].cls_name in _STOPPED:
        yield Failure(step, "a signal stopped the refresh here (SIGTERM, or Ctrl-C). Refresh again.", 1)
        return
    # A blocking check that failed is told by its own event.
    if chain and chain[-1].cls_name != "DagsterAssetCheckFailedError":
        yield Failure(step, chain[-1].message.strip(), 1)
