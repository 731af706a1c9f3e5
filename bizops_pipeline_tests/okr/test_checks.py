"""Checks of how goals stand: they warn, and name what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT, DIM_OBJECTIVE
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE, OKR_PROGRESS
from bizops_pipeline.contracts.marts.steering import STATUS_GAP
from bizops_pipeline.okr.checks import check_progress, check_reports
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import empty_warehouse

TODAY = date(2026, 4, 30)
RUN = Run("run", 1, TODAY, datetime(2026, 4, 30))


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = empty_warehouse()
    for table in (DIM_KEY_RESULT, DIM_OBJECTIVE, OKR_OBJECTIVE, OKR_PROGRESS, STATUS_GAP):
        ensure(engine, table)
    yield engine
    engine.close()


def key_result(engine: DuckDBEngine, id: str, start: date, due: date, data_on: date | None, is_fresh: bool) -> None:
    definition = {"key_result_id": id, "objective_id": "o", "start_on": start, "due_on": due, "cycle_days": 7}
    engine.insert(DIM_KEY_RESULT, [{**definition, "weight": Decimal(1)}])
    row = {"key_result_id": id, "objective_id": "o", "as_of": TODAY, "status": "on_track", "status_preset": "default"}
    row |= {"is_regressed": False, "source": "measured", "is_fresh": is_fresh, "data_on": data_on, "run_id": "run"}
    engine.insert(OKR_PROGRESS, [row])


def test_running_key_results_without_fresh_data_are_named(engine: DuckDBEngine) -> None:
    april, june = date(2026, 4, 1), date(2026, 6, 30)
    key_result(engine, "fresh", april, june, TODAY, True)
    key_result(engine, "stale", april, june, date(2026, 4, 10), False)
    key_result(engine, "silent", april, june, None, False)
    key_result(engine, "young", date(2026, 4, 20), june, None, False)  # had less than two cycles
    key_result(engine, "over", april, date(2026, 4, 29), date(2026, 4, 10), False)
    key_result(engine, "later", date(2026, 5, 1), june, None, False)
    fresh, _ = check_progress(engine, RUN)
    assert (fresh.outcome, fresh.severity, fresh.blocks) == ("failed", "warn", False)
    assert fresh.observed == "2 key results without fresh data (silent, stale)"


@pytest.mark.parametrize(
    ("status", "outcome"), [("on_track", "passed"), ("behind", "failed"), ("at_risk", "failed"), ("achieved", "passed")]
)
def test_objectives_off_pace_are_visible(engine: DuckDBEngine, status: str, outcome: str) -> None:
    period = {"period_from": date(2026, 4, 1), "period_to": date(2026, 6, 30)}
    engine.insert(DIM_OBJECTIVE, [{"objective_id": "o", **period}])
    row: dict[str, Any] = {"objective_id": "o", "as_of": TODAY, "status": status, "status_preset": "default"}
    engine.insert(OKR_OBJECTIVE, [{**row, "parts": 1, "is_final": False, "run_id": "run", "gap": -12.0}])
    _, pace = check_progress(engine, RUN)
    assert (pace.outcome, pace.severity) == (outcome, "warn")


def test_only_the_latest_report_counts(engine: DuckDBEngine) -> None:
    row = {"subject": "key_result", "reported_at": datetime(2026, 4, 6), "reported_on": date(2026, 4, 6)}
    row |= {"run_id": "run", "reported_light": "green", "measured_status": "at_risk", "greener_reports": 1}
    engine.insert(
        STATUS_GAP, [{**row, "status_report_id": "1", "key_result_id": "k", "is_greener": True, "is_latest": False}]
    )
    assert check_reports(engine)[0].outcome == "passed"
    engine.insert(
        STATUS_GAP, [{**row, "status_report_id": "2", "key_result_id": "k", "is_greener": True, "is_latest": True}]
    )
    (greener,) = check_reports(engine)
    assert greener.observed == "1 report greener than what is measured (k)"
