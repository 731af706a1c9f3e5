"""Standard KPIs of capability: each with its value worked out by hand."""

import pytest

from bizops_pipeline_tests.metrics.support import World, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("capability"), as_of="2024-02-29", time_zone="UTC")
    for practice, dimension, score, gap, since, until in [
        ("delivery", "policy", 2, 2, "2024-01-01", "2024-02-10"),
        ("delivery", "policy", 4, 0, "2024-02-10", None),
        ("delivery", "data", 3, 0, "2024-01-11", None),
        ("security", "policy", 1, None, "2024-01-21", None),
    ]:
        row = {"practice_id": practice, "dimension": dimension, "score": score, "gap": gap}
        made.add("fct_assessment", {**row, "assessed_on": since, "superseded_on": until})
    made.build()
    return made


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("capability_score", JANUARY, 2, "(2 + 3 + 1) / 3"),
        ("capability_score", FEBRUARY, 8 / 3, "(4 + 3 + 1) / 3"),
        ("capability_minimum", FEBRUARY, 1, "policy of security"),
        ("capability_gap", JANUARY, 1, "(2 + 0) / 2: one has no target"),
        ("capability_gap", FEBRUARY, 0, "all targets are reached"),
        ("capability_evidence_age", JANUARY, 21, "31, 21 and 11 days before 1 February"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float, working: str):
    assert world.value(kpi, "month", start) == pytest.approx(value, rel=1e-9), working


def test_a_practice_has_its_mean_and_its_weakest_dimension(world: World):
    assert world.value("capability_score", "month", JANUARY, practice_id="delivery") == 2.5
    assert world.value("capability_minimum", "month", JANUARY, practice_id="delivery") == 2
    assert world.value("capability_score", "month", JANUARY, dimension="policy") == 1.5
