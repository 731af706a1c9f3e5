"""KPIs over key results, worked by hand."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from bizops_pipeline.catalogue.library import library
from bizops_pipeline.catalogue.models import Company, Kpi
from bizops_pipeline.contracts.marts.kpi import METRIC_CATALOGUE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.metrics.cut import Cut
from bizops_pipeline.metrics.recompute import Recomputed, recompute
from bizops_pipeline.okr.build import build
from bizops_pipeline.okr.steps import query
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import DUE, Case

STEERING = ("kr_progress", "okr_pace_gap", "hard_data_share")
Values = dict[tuple[str, str, str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def values() -> Values:
    """Return the values on the 15th of April of two objectives, by KPI, grain, first day and dimensions.

    The first has key results at 40 % (weight 1) and 20 % (weight 3), the second one that is kept and reported.
    """
    target = {"targets": [{"from": date(2026, 1, 1), "value": 0.7, "warn": 0.5}]}
    kpis = [Kpi.model_validate({**library()[id], **(target if id == "hard_data_share" else {})}) for id in STEERING]
    case = Case(kpis=tuple(kpis)).key_result("a", kpi="ka", baseline=0, target=100)
    case.key_result("b", kpi="kb", baseline=0, target=100, weight=3).objective("other")
    case.key_result("c", "other", type="stay_above", source="reported", target=5, weight=9)
    case.value(date(2026, 4, 1), 10, kpi_id="ka").value(date(2026, 4, 13), 40, kpi_id="ka")
    case.value(date(2026, 4, 1), 20, kpi_id="kb").checkin(datetime(2026, 4, 2), 6, id="c")
    engine = case.engine()
    for sequence in (1, 2):
        build(engine, case.company(), Run(f"run-{sequence}", sequence, date(2026, 4, 15), datetime(2026, 1, 1)))
    rows = engine.dicts("select * from marts.kpi_value where kpi_id not in ('ka', 'kb')")
    for row in rows:
        row["again"] = again(engine, case.company(), row)
    engine.close()
    return {(row["kpi_id"], row["grain"], str(row["period_start"]), row["dimensions"]): row for row in rows}


def again(engine: Engine, company: Company, row: dict[str, Any], as_of: date = date(2026, 4, 15)) -> Recomputed:
    """Return a value as whoever explains it computes it once more."""
    dimensions = tuple(json.loads(row["dimensions"]).items())
    cut = Cut(row["grain"], "company", None, dimensions, row["period_start"], row["period_end"])
    return recompute(engine, company, row["kpi_id"], cut, as_of)


def test_every_value_is_had_again_from_the_key_results(values: Values) -> None:
    assert {id for id, *_ in values} == set(STEERING)
    wrong = {key: row["again"] for key, row in values.items() if not row["again"].agrees_with(row["value"])}
    assert wrong == {}
    assert {row["again"].read_from for row in values.values()} == {OKR_PROGRESS.id}


WEEKS = ("2026-03-30", "2026-04-06", "2026-04-13")


def by_week(values: Values, kpi: str, dimensions: str = "{}") -> list[Any]:
    """Return a KPI's values by week."""
    return [values[kpi, "week", start, dimensions]["value"] for start in WEEKS]


def test_progress_by_key_result_by_objective_and_of_the_company(values: Values) -> None:
    assert by_week(values, "kr_progress", '{"key_result":"a"}') == [0.1, 0.1, 0.4]
    assert by_week(values, "kr_progress", '{"objective":"objective"}') == [0.175, 0.175, 0.25]
    # The company's: both objectives alike, the other one kept whole.
    assert by_week(values, "kr_progress") == [0.5875, 0.5875, 0.625]
    row = values["kr_progress", "week", WEEKS[2], "{}"]
    assert (row["n"], row["previous_value"], row["is_complete"], row["scope_id"]) == (3, 0.5875, False, "acme")


def test_the_pace_gap_leaves_thresholds_out(values: Values) -> None:
    row = values["okr_pace_gap", "month", "2026-04-01", '{"objective":"objective"}']
    assert row["value"] == 0.25 * -10 + 0.75 * -30
    assert values["okr_pace_gap", "month", "2026-04-01", "{}"]["value"] == row["value"]
    kept = values["okr_pace_gap", "month", "2026-04-01", '{"objective":"other"}']
    assert (kept["value"], kept["null_reason"], kept["status"]) == (None, "no_denominator", "no_value")


def test_the_hard_data_share_weighs_and_has_a_target(values: Values) -> None:
    found = {
        dimensions: (row["value"], row["status"])
        for (kpi, grain, _, dimensions), row in values.items()
        if (kpi, grain) == ("hard_data_share", "quarter")
    }
    assert found == {
        "{}": (0.5, "warning"),
        '{"objective":"objective"}': (1.0, "on_target"),
        '{"objective":"other"}': (0.0, "off_target"),
    }


def test_grain_all_is_the_latest_day(values: Values) -> None:
    row = values["kr_progress", "all", "2026-04-01", '{"key_result":"a"}']
    assert (row["value"], row["period_end"], row["is_complete"]) == (0.4, date(2026, 4, 15), True)


def progress_of(case: Case, as_of: date, grain: str) -> list[dict[str, Any]]:
    """Build and return the company's rows of kr_progress by a grain in order of time, each computed once more."""
    case.kpis = (Kpi.model_validate(library()["kr_progress"]),)
    engine = case.engine()
    build(engine, case.company(), Run("run", 1, as_of, datetime(2026, 1, 1)))
    rows = engine.dicts(
        "select * from marts.kpi_value where kpi_id = 'kr_progress' and grain = ? and dimensions = '{}' "
        "order by period_start",
        (grain,),
    )
    found = [again(engine, case.company(), row, as_of) for row in rows]
    engine.close()
    assert all(recomputed.agrees_with(row["value"]) for recomputed, row in zip(found, rows, strict=True))
    return rows


def test_objectives_count_alike_whatever_of_them_has_data() -> None:
    """The first is whole by the one of its two key results that has data, the second at nothing, the third unknown."""
    case = Case().key_result("a", kpi="ka", baseline=0, target=1).key_result("unknown", kpi="kn", baseline=0, target=1)
    case.key_result("b", "second", kpi="kb", baseline=0, target=1)
    case.key_result("c", "third", kpi="kn", baseline=0, target=1)
    case.value(date(2026, 4, 14), 1, kpi_id="ka").value(date(2026, 4, 14), 0, kpi_id="kb")
    (row,) = progress_of(case, date(2026, 4, 15), "all")
    assert (row["value"], row["numerator"], row["denominator"], row["n"]) == (0.5, 1, 2, 2)


def test_a_period_is_compared_with_the_one_before_it_or_with_none() -> None:
    """There are no key results in February and March."""
    case = Case().objective("winter", date(2026, 1, 1), date(2026, 1, 31)).objective("spring", DUE, date(2026, 5, 31))
    for objective in ("winter", "spring"):
        case.key_result(f"kr_of_{objective}", objective, kpi="k", baseline=0, target=1)
    case.value(date(2026, 1, 15), 0.25, kpi_id="k").value(DUE, 0.5, kpi_id="k")
    rows = progress_of(case, date(2026, 5, 15), "month")
    assert [(row["period_start"].month, row["value"], row["previous_value"]) for row in rows] == [
        (1, 0.25, None),
        (4, 0.5, None),
        (5, 0.5, 0.5),
    ]


def test_a_kpi_that_is_no_more_leaves_no_values() -> None:
    case = Case(kpis=(Kpi.model_validate(library()["kr_progress"]),)).key_result(baseline=0, target=1)
    engine = case.value(date(2026, 4, 1), 1).engine()
    run = Run("run", 1, DUE, datetime(2026, 1, 1))
    build(engine, case.company(), run)
    count = "select count(*) from marts.kpi_value where kpi_id = 'kr_progress'"
    assert engine.scalar(count) > 0
    engine.insert(METRIC_CATALOGUE, [{"kpi_id": "kr_progress", "type": "okr"}])
    case.kpis = ()
    build(engine, case.company(), run)
    assert engine.scalar(count) == 0
    engine.close()


def test_an_expression_may_read_every_column_of_progress() -> None:
    text = query("okr_kpi_input", DUE)
    assert all(f"progress.{name}," in text for name in OKR_PROGRESS.column_names)


def test_values_that_did_not_change_stay_with_the_refresh_that_computed_them(values: Values) -> None:
    assert {row["run_id"] for row in values.values()} == {"run-1"}
