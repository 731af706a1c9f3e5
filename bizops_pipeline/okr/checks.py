"""Checks of how goals stand: fresh data, pace, and reports that are greener than what is measured.

They warn and never keep a refresh from being published: the numbers are right, it is the goals that are not.
"""

from __future__ import annotations

from typing import Any

from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.marts.steering import STATUS_GAP
from bizops_pipeline.quality.checks import CheckResult, judged
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run

FRESH = f"fresh:{OKR_PROGRESS.name}"
PACE = f"pace:{OKR_OBJECTIVE.name}"
GREENER = f"greener:{STATUS_GAP.name}"

_STALE = f"""
select progress.key_result_id, progress.data_on, progress.data_age_days, progress.source
from {OKR_PROGRESS.qualified} as progress
inner join core.dim_key_result as key_result on key_result.key_result_id = progress.key_result_id
where progress.as_of = ? and not progress.is_fresh
    and progress.as_of between key_result.start_on and key_result.due_on
    and (
        progress.data_on is not null
        or date_diff('day', key_result.start_on, progress.as_of) >= 2 * key_result.cycle_days
    )
order by progress.data_age_days desc nulls first, progress.key_result_id
"""
"""Running key results whose latest value is too old, or that have had two cycles to bring a first one."""

_OFF_PACE = f"""
select objective.objective_id, objective.status, round(objective.gap, 1) as gap, objective.weakest_key_result_id
from {OKR_OBJECTIVE.qualified} as objective
inner join core.dim_objective as definition on definition.objective_id = objective.objective_id
where objective.as_of = ? and objective.as_of <= definition.period_to
    and objective.status in ('behind', 'at_risk', 'missed')
order by objective.gap nulls last, objective.objective_id
"""

_GREENER = f"""
select coalesce(key_result_id, objective_id) as subject, reported_light, measured_status, greener_since, greener_reports
from {STATUS_GAP.qualified}
where is_latest and is_greener
order by greener_reports desc, subject
"""


def check_progress(engine: Engine, run: Run) -> list[CheckResult]:
    """Return whether the key results that run have fresh data, and whether the objectives are on pace."""
    stale = engine.dicts(_STALE, (run.as_of,))
    off_pace = engine.dicts(_OFF_PACE, (run.as_of,))
    return [
        _judged(FRESH, OKR_PROGRESS.id, stale, "key result", "without fresh data", "a value within two cycles of each"),
        _judged(PACE, OKR_OBJECTIVE.id, off_pace, "objective", "off pace", "every objective on pace"),
    ]


def check_reports(engine: Engine) -> list[CheckResult]:
    """Return whether the latest report on anything is greener than what is measured."""
    greener = engine.dicts(_GREENER)
    expected = "no report greener than what is measured"
    return [_judged(GREENER, STATUS_GAP.id, greener, "report", "greener than what is measured", expected)]


def _judged(check_id: str, table: str, found: list[dict[str, Any]], noun: str, what: str, expected: str) -> CheckResult:
    names = ", ".join(str(next(iter(row.values()))) for row in found)
    observed = f"{len(found)} {noun}{'' if len(found) == 1 else 's'} {what}" + (f" ({names})" if found else "")
    return judged(check_id, table, "warn", not found, observed=observed, expected=expected, sample=found)
