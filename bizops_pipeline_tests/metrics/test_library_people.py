"""Standard KPIs of people on a small company, each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"


@pytest.fixture(scope="module")
def world() -> World:
    revenue = [kpi for kpi in standard("commerce") if kpi.id == "net_revenue"]
    made = World([*revenue, *standard("people")], as_of="2024-02-29")
    made.add("fct_revenue", {"occurred_at": at("2024-01-10 10:00"), "amount_reporting": "40000"})
    employees(made)
    answers(made)
    made.build()
    return made


def employees(world: World) -> None:
    spans = [
        # from, to, fte, is the head, team, side
        ("2024-01-01", None, "1", True, "web", "it"),
        ("2024-01-01", "2024-01-16", "0.5", True, "web", "it"),
        ("2024-01-16", None, "0.6", True, "sales", "business"),
        ("2024-01-16", None, "0.4", False, "web", "it"),
        ("2024-02-10", "2024-02-20", "1", True, "sales", "business"),
    ]
    world.add(
        "fct_employee",
        *(
            {"valid_from": start, "valid_to": end, "fte": fte, "is_head": head, "team_id": team, "side": side}
            for start, end, fte, head, team, side in spans
        ),
    )


def answers(world: World) -> None:
    def given(kind: str, count: int, score: int, **columns: Any) -> list[dict[str, Any]]:
        is_ten = kind in ("nps", "enps")
        row = {
            "answered_at": at("2024-01-20 10:00"),
            "kind": kind,
            "score": score,
            "is_promoter": score >= 9 if is_ten else None,
            "is_detractor": score <= 6 if is_ten else None,
            **columns,
        }
        return [row] * count

    world.add(
        "fct_survey_response",
        *given("nps", 20, 9, channel="web"),
        *given("nps", 6, 8, channel="web"),
        *given("nps", 14, 3, channel="store"),
        *given("enps", 3, 10, team_id="web"),
        *given("enps", 3, 5, team_id="web"),
        *given("enps", 2, 7, team_id="web"),
        *given("enps", 4, 10, team_id="sales"),
        *given("ces", 20, 6),
        *given("ces", 10, 3),
        *given("csat", 21, 5, subject="it", is_top_two=True),
        *given("csat", 14, 2, subject="it", is_top_two=False),
        *given("csat", 40, 1, subject="shop", is_top_two=False),
    )


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("headcount", JANUARY, 2, "the second person moved and is one head"),
        ("headcount", FEBRUARY, 2, "who came on the 10th left on the 20th"),
        ("average_headcount", JANUARY, 2, "two on every day"),
        ("average_headcount", FEBRUARY, (2 * 29 + 10) / 29, "a third from the 10th to the 19th"),
        ("fte", JANUARY, 2, "1 + 0.6 + 0.4"),
        ("average_fte", JANUARY, (15 * 1.5 + 16 * 2) / 31, "half a job more from the 16th on"),
        ("revenue_per_employee", JANUARY, 40_000 * 31 / (15 * 1.5 + 16 * 2), "net revenue / average fte"),
        ("nps", JANUARY, 100 * (20 - 14) / 40, "the eights count as answers only"),
        ("nps", FEBRUARY, None, "nobody was asked"),
        ("nps_answers", JANUARY, 40, "those asked for a recommendation of the shop"),
        ("nps_margin", JANUARY, 196 * ((0.5 + 0.35 - 0.15**2) / 40) ** 0.5, "half would, 14 of 40 advise against it"),
        ("nps_margin", FEBRUARY, None, "no score, no margin"),
        ("ces", JANUARY, (20 * 6 + 10 * 3) / 30, "mean score"),
        ("it_satisfaction", JANUARY, 21 / 35, "answers about the shop are another KPI's"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


def test_headcount_by_side_and_team(world: World):
    assert world.value("headcount", "month", JANUARY, side="business") == 1
    assert world.value("headcount", "month", JANUARY, team_id="web") == 1


def test_the_score_of_a_small_team_is_suppressed(world: World):
    assert world.value("enps", "quarter", JANUARY, team_id="web") == 0
    small = world.row("enps", "quarter", JANUARY, team_id="sales")
    assert (small["value"], small["null_reason"]) == (None, "below_minimum")
    assert (small["numerator"], small["denominator"], small["n"]) == (None, None, None)
    assert world.value("enps", "quarter", JANUARY) == pytest.approx(100 * (7 - 3) / 12)


def test_too_few_answers_of_customers_give_a_reason(world: World):
    assert world.row("nps", "month", JANUARY, channel="store")["null_reason"] == "below_minimum"
    assert world.row("nps", "month", JANUARY, channel="store")["denominator"] == 14


def test_every_standard_kpi_has_values(world: World):
    found = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {"net_revenue", *(kpi.id for kpi in standard("people"))}
    assert all(found.values()), found
