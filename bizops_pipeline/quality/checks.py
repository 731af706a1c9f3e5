"""Results of checks: how they are kept for a refresh, and which of them forbid a publication."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from bizops_pipeline.contracts.audit import CHECK_RESULT
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.naming import literal
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

Severity = Literal["warn", "blocking"]
Outcome = Literal["passed", "failed", "error"]

SAMPLE_ROWS = 5
"""Offending rows kept with a result."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The outcome of one check; `sample` holds a few offending rows."""

    check_id: str
    table_name: str
    severity: Severity
    outcome: Outcome
    observed: str = ""
    expected: str = ""
    sample: tuple[dict[str, Any], ...] = ()
    is_carried_forward: bool = False
    checked_at: datetime | None = None

    @property
    def blocks(self) -> bool:
        """Whether the result forbids a publication."""
        return self.severity == "blocking" and self.outcome != "passed"

    def carried_forward(self) -> CheckResult:
        """Return the result as it counts for a refresh in which its table did not change."""
        return replace(self, is_carried_forward=True)


def judged(
    check_id: str,
    table_name: str,
    severity: Severity,
    holds: bool,
    *,
    observed: str,
    expected: str,
    sample: Iterable[dict[str, Any]] = (),
) -> CheckResult:
    """Return a result that passed or failed; the sample is kept only of a failure."""
    rows = () if holds else tuple(sample)[:SAMPLE_ROWS]
    outcome: Outcome = "passed" if holds else "failed"
    return CheckResult(check_id, table_name, severity, outcome, observed, expected, rows)


def attempt(check_id: str, table_name: str, severity: Severity, check: Callable[[], CheckResult]) -> CheckResult:
    """Run a check; one that cannot be evaluated is an `error`, which is neither passed nor silent."""
    try:
        return check()
    except Exception as error:
        return CheckResult(check_id, table_name, severity, "error", observed=f"{type(error).__name__}: {error}")


def record(engine: Engine, results: Iterable[CheckResult], run: Run) -> None:
    """Keep results for a refresh in `audit.check_result`; a result recorded again replaces the older one."""
    latest = {result.check_id: result for result in results}
    with engine.transaction():
        changes.ensure(engine, CHECK_RESULT)
        if latest:
            listed = ", ".join(literal(check_id) for check_id in latest)
            engine.execute(
                f"delete from {CHECK_RESULT.qualified} where run_id = ? and check_id in ({listed})", (run.id,)
            )
        engine.insert(CHECK_RESULT, (_as_row(result, run) for result in latest.values()))
        failpoint("judged")


def results_of(engine: Engine, run: Run) -> list[CheckResult]:
    """Return what was recorded for a refresh, in the order of the check ids."""
    if not engine.exists(CHECK_RESULT.schema, CHECK_RESULT.name):
        return []
    return [
        _from_row(row)
        for row in engine.dicts(f"select * from {CHECK_RESULT.qualified} where run_id = ? order by check_id", (run.id,))
    ]


def latest_results(engine: Engine, table_names: Collection[str], prefix: str) -> list[CheckResult]:
    """Return the newest recorded result of each check of some tables whose id begins with `prefix`."""
    if not table_names or not engine.exists(CHECK_RESULT.schema, CHECK_RESULT.name):
        return []
    listed = ", ".join(literal(name) for name in table_names)
    rows = engine.dicts(
        f"select * from {CHECK_RESULT.qualified} "
        f"where table_name in ({listed}) and left(check_id, {len(prefix)}) = {literal(prefix)} "
        "qualify row_number() over (partition by table_name, check_id order by checked_at desc, run_id desc) = 1 "
        "order by check_id",
    )
    return [_from_row(row) for row in rows]


def missing(engine: Engine, run: Run, required: Iterable[str]) -> list[str]:
    """Return the required checks that have no result for a refresh: a check that did not run passed nothing."""
    found = {result.check_id for result in results_of(engine, run)}
    return sorted(set(required) - found)


def _as_row(result: CheckResult, run: Run) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "check_id": result.check_id,
        "table_name": result.table_name,
        "severity": result.severity,
        "outcome": result.outcome,
        "observed": result.observed,
        "expected": result.expected,
        "sample": json.dumps(result.sample, default=str, ensure_ascii=False) if result.sample else None,
        "is_carried_forward": result.is_carried_forward,
        "checked_at": result.checked_at or datetime.now(UTC).replace(tzinfo=None),
    }


def _from_row(row: dict[str, Any]) -> CheckResult:
    return CheckResult(
        row["check_id"],
        row["table_name"],
        row["severity"],
        row["outcome"],
        row["observed"] or "",
        row["expected"] or "",
        tuple(json.loads(row["sample"])) if row["sample"] else (),
        row["is_carried_forward"],
        row["checked_at"],
    )
