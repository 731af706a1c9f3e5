"""Bands of performance: the library's against the published thresholds, value by value at their edges."""

import json
import re
from math import inf, nextafter
from pathlib import Path

import pytest

from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.publish.standing import band_sql
from bizops_pipeline_tests.warehouses import empty_warehouse

THRESHOLDS = [
    ("lead_time_for_changes", "lead_time_minutes", 60),
    ("change_failure_rate", "change_failure_rate", 1),
    ("failed_deploy_recovery", "failed_deployment_recovery_minutes", 60),
]
"""KPI of the library, name of its thresholds, and how many of their unit make one of the KPI's."""


def standard(id: str) -> Kpi:
    return Kpi.model_validate(library()[id])


def band(kpi: Kpi, value: float | None) -> str | None:
    engine = empty_warehouse()
    given = "null" if value is None else repr(value)
    query = f"select {band_sql([kpi])} from (select '{kpi.id}' as kpi_id, cast({given} as double) as value) as row"
    found: str | None = engine.scalar(query)
    engine.close()
    return found


def published(thresholds: dict[str, str], value: float) -> str:
    """Return the band that the thresholds as they are published give a value."""
    for name, threshold in thresholds.items():
        sign, limit = re.fullmatch(r"(<=|<|>=|>)([\d.]+)", threshold).groups()  # type: ignore[union-attr]
        at = float(limit)
        if {"<": value < at, "<=": value <= at, ">": value > at, ">=": value >= at}[sign]:
            return name
    raise AssertionError(f"no band has {value}")


@pytest.mark.parametrize(("id", "name", "unit"), THRESHOLDS, ids=[id for id, _, _ in THRESHOLDS])
def test_the_library_has_the_thresholds_of_dora(shared_goldens: Path, id: str, name: str, unit: int) -> None:
    golden = json.loads((shared_goldens / "devlake" / "dora_benchmarks.json").read_text(encoding="utf-8"))
    thresholds = golden["2023"][name]
    kpi = standard(id)
    assert [each.name for each in kpi.bands] == list(thresholds)
    for limit in (each.limit for each in kpi.bands if each.limit is not None):
        for value in (nextafter(limit, -inf), limit, nextafter(limit, inf)):
            assert band(kpi, value) == published(thresholds, value * unit), value


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (7, "elite"),
        (5, "elite"),
        (4.5, "high"),
        (1, "high"),
        (0.5, "medium_or_low"),
        (0, "medium_or_low"),
        (None, None),
    ],
)
def test_deployment_days_tell_daily_and_weekly(days: float | None, expected: str | None) -> None:
    assert band(standard("deployment_days_median"), days) == expected


def test_a_kpi_without_bands_has_none() -> None:
    assert band(standard("build_duration"), 1) is None
