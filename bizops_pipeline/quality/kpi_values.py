"""Whether KPI values are possible: one for each key, finite, within the bounds of what they measure, and of the
meaning they say.
"""

from __future__ import annotations

from collections.abc import Mapping

from bizops_pipeline.catalogue.bounds import SHARE, certain_bounds
from bizops_pipeline.catalogue.models import Bounds, Company, Kpi
from bizops_pipeline.contracts.marts.history import METRIC_VERSION
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.naming import literal
from bizops_pipeline.quality.checks import SAMPLE_ROWS, CheckResult, Severity, attempt, judged
from bizops_pipeline.warehouse.engine import Engine

KEY, FINITE, BOUNDS = "key:kpi_value", "finite:kpi_value", "bounds:kpi_value"
PERCENT, UNVERSIONED = "percent:kpi_value", "version:kpi_value"
CHECKS = (KEY, FINITE, BOUNDS, PERCENT, UNVERSIONED)
REQUIRED = frozenset({KEY, FINITE, BOUNDS})
"""Checks without which a refresh must not be published."""

TOLERANCE = 1e-9


def check_kpi_values(engine: Engine, company: Company) -> list[CheckResult]:
    """Return whether every KPI value is the only one of its key and a finite number within its bounds, and no meaning
    changed in silence.
    """
    table = KPI_VALUE.id
    certain = {kpi.id: bounds for kpi in company.kpis if (bounds := certain_bounds(kpi))}
    usual = {kpi.id: SHARE for kpi in company.kpis if is_percentage(kpi) and kpi.id not in certain}
    return [
        attempt(KEY, table, "blocking", lambda: _unique(engine)),
        attempt(FINITE, table, "blocking", lambda: _finite(engine)),
        attempt(BOUNDS, table, "blocking", lambda: _within(engine, BOUNDS, "blocking", certain)),
        attempt(PERCENT, table, "warn", lambda: _within(engine, PERCENT, "warn", usual)),
        attempt(UNVERSIONED, table, "warn", lambda: _versioned(engine)),
    ]


def is_percentage(kpi: Kpi) -> bool:
    """Tell whether a KPI is a ratio of amounts in percent: mostly a share, but a budget can be overspent."""
    return kpi.type == "ratio" and kpi.unit == "percent" and kpi.scale == 1


def _unique(engine: Engine) -> CheckResult:
    key = ", ".join(KPI_VALUE.key)
    repeated = f"select {key}, count(*) as times from {KPI_VALUE.qualified} group by {key} having count(*) > 1"
    sample = engine.dicts(f"{repeated} order by {key} limit {SAMPLE_ROWS}")
    bad = int(engine.scalar(f"select count(*) from ({repeated}) as repeated")) if sample else 0
    expected = f"one row for each {key}"
    return judged(
        KEY, KPI_VALUE.id, "blocking", not bad, observed=f"{bad} repeated keys", expected=expected, sample=sample
    )


def _finite(engine: Engine) -> CheckResult:
    # Not-a-number compares as the largest number here, so one comparison finds it and the infinities.
    condition = "not (abs(value) <= 1.7976931348623157e308)"
    return _no_value(engine, FINITE, "blocking", condition, "every value is a finite number")


def _within(engine: Engine, check_id: str, severity: Severity, bounds: Mapping[str, Bounds]) -> CheckResult:
    outside = [
        f"(kpi_id = {literal(id)} and not (value between {_limit(each.min, -1)} and {_limit(each.max, 1)}))"
        for id, each in sorted(bounds.items())
        if each.min is not None or each.max is not None
    ]
    told = "; ".join(f"{id} {_told(each)}" for id, each in sorted(bounds.items()) if each != SHARE)
    shares = ", ".join(id for id, each in sorted(bounds.items()) if each == SHARE)
    expected = "; ".join(text for text in (f"between 0 and 1: {shares}" if shares else "", told) if text)
    return _no_value(engine, check_id, severity, " or ".join(outside) or "false", expected or "no KPI has bounds")


def _limit(bound: float | None, sign: int) -> str:
    return repr(sign * 1.7976931348623157e308) if bound is None else repr(bound + sign * TOLERANCE)


def _told(bounds: Bounds) -> str:
    low = f"from {bounds.min:g}" if bounds.min is not None else ""
    high = f"up to {bounds.max:g}" if bounds.max is not None else ""
    return " ".join(text for text in (low, high) if text) or "without bounds"


def _no_value(engine: Engine, check_id: str, severity: Severity, condition: str, expected: str) -> CheckResult:
    bad = int(engine.scalar(f"select count(*) from {KPI_VALUE.qualified} where {condition}"))
    sample = (
        engine.dicts(
            "select kpi_id, scope_type, scope_id, dimensions, grain, period_start, value, numerator, denominator "
            f"from {KPI_VALUE.qualified} where {condition} "
            f"order by kpi_id, grain, period_start limit {SAMPLE_ROWS}"
        )
        if bad
        else []
    )
    return judged(check_id, KPI_VALUE.id, severity, not bad, observed=f"{bad} values", expected=expected, sample=sample)


def _versioned(engine: Engine) -> CheckResult:
    """Return whether every definition that means something else than before says so by its version."""
    changed = (
        engine.dicts(
            f"select kpi_id, kpi_version, valid_from, changes from {METRIC_VERSION.qualified} "
            "where is_unversioned and valid_to is null order by kpi_id"
        )
        if engine.exists(METRIC_VERSION.schema, METRIC_VERSION.name)
        else []
    )
    return judged(
        UNVERSIONED,
        KPI_VALUE.id,
        "warn",
        not changed,
        observed="; ".join(f"{row['kpi_id']} changed {row['changes']}" for row in changed) or "none",
        expected="a definition that gives other values raises its version",
        sample=changed,
    )
