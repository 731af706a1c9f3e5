"""The part of the example that the benchmarks compare is a sound company of its own."""

from pathlib import Path

from benchmarks.company import make_company
from benchmarks.part import KPIS, OBJECTIVES, SUITES
from bizops_pipeline.catalogue.loader import load_company


def test_the_part_that_is_compared_is_sound_and_has_all_that_is_picked(tmp_path: Path):
    make_company(tmp_path / "part", tmp_path / "no extracts", whole=False)

    part = load_company(tmp_path / "part", {})

    assert {kpi.id for kpi in part.kpis} == KPIS
    assert {objective.id for objective in part.objectives} == OBJECTIVES
    assert {suite.suite for suite in part.suites} == SUITES
    assert all(objective.key_results for objective in part.objectives)
