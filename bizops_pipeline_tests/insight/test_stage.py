"""Stages of service teams: the machine by rows of periods, and the mart by values worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bizops_pipeline.catalogue.models import Company, CompanySettings, Kpi, Organisation
from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.marts.kpi import KPI_VALUE
from bizops_pipeline.insight.service_team import build, members
from bizops_pipeline.insight.stage import STAGES, Outcome, gate_outcome, stages
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import empty_warehouse

LETTERS: dict[str, Outcome] = {"h": "held", "m": "missed", "?": "unknown"}


def run(stability: str, optimization: str, hold: int = 3, fall_back: int = 2) -> str:
    """Return the first letters of the stages of some months, given the outcomes of the gates by month."""
    months = [date(2024 + at // 12, at % 12 + 1, 1) for at in range(len(stability))]
    periods = [
        (month, {"stability": LETTERS[first], "optimization": LETTERS[second]})
        for month, first, second in zip(months, stability, optimization, strict=True)
    ]
    return "".join(stage.stage[0] for stage in stages(periods, hold, fall_back))


@pytest.mark.parametrize(
    ("stability", "optimization", "expected"),
    [
        pytest.param("hhhhhh", "mmmmmm", "ssoooo", id="opens in the third period"),
        pytest.param("hhmhhh", "mmmmmm", "ssssso", id="a miss starts the row anew"),
        pytest.param("hh?h", "mmmm", "ssso", id="a silent period does not break the row"),
        pytest.param("hhhhhh", "hhhhhh", "ssoiii", id="one stage a period"),
        pytest.param("hhhmhh", "mmmmmm", "ssoooo", id="one bad period moves nobody"),
        pytest.param("hhhmmh", "mmmmmm", "ssooss", id="two bad periods fall back"),
        pytest.param("hhhhm?mh", "hhhhhhhh", "ssoiiiss", id="bad periods around a silent one are a row"),
        pytest.param("hhhhhhh", "hhhhhmm", "ssoiiio", id="back by one gate only"),
        pytest.param("mmmm", "hhhh", "ssss", id="no optimization without stability"),
    ],
)
def test_stages_by_rows_of_periods(stability: str, optimization: str, expected: str) -> None:
    assert run(stability, optimization) == expected


def test_a_stage_says_since_when_and_what_is_left() -> None:
    periods = [(date(2026, month, 1), {"stability": "held", "optimization": "missed"}) for month in range(1, 5)]
    found = list(stages(periods, hold=3, fall_back=2))  # type: ignore[arg-type]
    assert [(each.gate, each.held) for each in found] == [
        ("stability", 1),
        ("stability", 2),
        ("optimization", 0),
        ("optimization", 0),
    ]
    assert [each.since.month for each in found] == [1, 1, 3, 3]
    assert [each.previous for each in found] == [None, "stability", "stability", "optimization"]


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [(["held", "held"], "held"), (["held", "unknown"], "unknown"), (["unknown", "missed"], "missed"), ([], "unknown")],
)
def test_a_gate_holds_only_when_all_its_metrics_do(metrics: list[Outcome], expected: Outcome) -> None:
    assert gate_outcome(metrics) == expected


@given(st.text("hm?", min_size=1, max_size=30), st.data())
def test_no_team_skips_a_stage_and_no_single_period_moves_it_back(stability: str, data: st.DataObject) -> None:
    optimization = data.draw(st.text("hm?", min_size=len(stability), max_size=len(stability)))
    letters = [stage[0] for stage in STAGES]
    found = [letters.index(each) for each in run(stability, optimization)]
    assert all(after - before <= 1 for before, after in pairwise(found))
    for at, (before, after) in enumerate(pairwise(found), start=1):
        if after < before:
            assert "m" in (stability[at], optimization[at])


ORGANISATION = {
    "teams": [
        {"id": "sales", "name": "Sales", "side": "business"},
        {"id": "shop_it", "name": "Shop IT", "side": "it"},
        {"id": "other", "name": "Other", "side": "it"},
    ],
    "value_streams": [{"id": "buy", "name": "Buy", "owner_business": "sales"}],
    "services": [{"id": "shop", "team": "shop_it", "value_streams": [{"value_stream": "buy"}]}],
    "service_teams": [
        {
            "id": "buyers",
            "value_stream": "buy",
            "outcome": "orders",
            "stability": [{"kpi": "availability"}, {"kpi": "failures", "target": 0.2}],
            "optimization": [{"kpi": "spread"}],
            "hold": 2,
            "fall_back": 2,
        }
    ],
}
KPIS = tuple(
    Kpi(id=id, type="simple", unit="count", direction=direction)
    for id, direction in (("availability", "up"), ("failures", "down"), ("spread", "band"), ("orders", "up"))
)


def company() -> Company:
    """Return a company with one service team."""
    return Company(
        root=Path(),
        settings=CompanySettings(id="acme", name="Acme"),
        organisation=Organisation.model_validate(ORGANISATION),
        source_tables=(),
        kpis=KPIS,
        objectives=(),
        suites=(),
        fingerprint="fingerprint",
    )


def value(kpi: str, month: int, number: float | None, target: float | None = None, **given: Any) -> dict[str, Any]:
    """Return a row of kpi_value of the company for a month of 2026."""
    return {
        "kpi_id": kpi,
        "kpi_version": 1,
        "scope_type": "company",
        "scope_id": "acme",
        "dimensions": "{}",
        "grain": "month",
        "period_start": date(2026, month, 1),
        "period_end": date(2026, month, 28),
        "value": number,
        "target": target,
        "status": "no_value" if number is None else "on_target",
        "is_complete": True,
        "is_provisional": False,
        "run_id": "run",
        "data_as_of": date(2026, month, 28),
        **given,
    }


def build_from(rows: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the stages and the metrics that some KPI values lead to."""
    engine = empty_warehouse()
    try:
        for table in (CONSUMED, KPI_VALUE):
            ensure(engine, table)
        engine.insert(KPI_VALUE, rows)
        now = Run("run", 1, date(2026, 6, 1), datetime(2026, 6, 1))
        build(engine, company(), now)
        assert not any(written.changed for written in build(engine, company(), now).values())
        return (
            engine.dicts("select * from marts.service_team_stage order by period_start"),
            engine.dicts("select * from marts.service_team_metric order by period_start, gate, kpi_id"),
        )
    finally:
        engine.close()


def test_a_service_team_by_hand() -> None:
    of_stream = {"scope_type": "value_stream", "scope_id": "buy"}
    rows = [
        # Cut by value stream, so the company's bad value does not count.
        *(value("availability", month, 0.999, 0.99, **of_stream) for month in (1, 2, 3)),
        *(value("availability", month, 0.5, 0.99) for month in (1, 2, 3)),
        # The team's own target is 0.2, the KPI's 0.05.
        *(value("failures", month, number, 0.05) for month, number in ((1, 0.3), (2, 0.2), (3, 0.1))),
        *(value("spread", month, number, -5, warn=5) for month, number in ((1, 0), (2, 7), (3, None))),
        value("orders", 3, 12, 10, **of_stream),
        value("orders", 3, 99, 10),
        value("spread", 4, 1, -5, warn=5, is_complete=False),
    ]
    stage, metrics = build_from(rows)
    assert [(row["period_start"].month, row["stage"]) for row in stage] == [
        (1, "stability"),
        (2, "stability"),
        (3, "optimization"),
    ]
    january, february, march = stage
    assert (january["gate_status"], january["gate_metrics"], january["gate_metrics_held"]) == ("missed", 2, 1)
    assert (january["furthest_metric"], january["distance"]) == ("failures", 2)
    assert january["furthest_shortfall"] == pytest.approx(0.5)  # 0.1 above 0.2
    assert (february["gate_status"], february["periods_held"], february["distance"]) == ("held", 1, 1)
    assert (march["gate"], march["gate_status"], march["stage_since"]) == ("optimization", "unknown", date(2026, 3, 1))
    assert (march["outcome_value"], march["outcome_target"]) == (12, 10)
    assert (march["business_members"], march["it_members"], march["is_shared"]) == ("sales", "shop_it", True)
    spread = [row for row in metrics if row["kpi_id"] == "spread"]
    assert [(row["outcome"], row["null_reason"]) for row in spread] == [
        ("held", None),
        ("missed", None),
        ("unknown", "source_missing"),
    ]
    assert spread[1]["shortfall"] == pytest.approx(0.4)  # 2 above 5
    assert {row["scope_type"] for row in metrics if row["kpi_id"] == "availability"} == {"value_stream"}


def test_members_come_from_both_sides() -> None:
    (team,) = company().organisation.service_teams
    assert members(company(), team) == {"business": ["sales"], "it": ["shop_it"]}
    named = team.model_copy(update={"teams": ("other",)})
    assert members(company(), named) == {"business": [], "it": ["other"]}


def test_without_values_there_is_no_stage() -> None:
    assert build_from([]) == ([], [])
