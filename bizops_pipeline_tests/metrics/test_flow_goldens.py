"""Flow figures of another implementation (jira-agile-metrics), from status histories to KPI values."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from bizops_pipeline import metrics
from bizops_pipeline.model.registry import model
from bizops_pipeline.naming import quoted
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.metrics.support import source_of_everything, standard
from bizops_pipeline_tests.model.company import build_model, company, fill, run, warehouse

WANTED = {"flow_velocity", "flow_load", "flow_arrivals", "flow_departures", "net_flow", "flow_time"}
DAILY = [kpi.model_copy(update={"grains": ("day", "all")}) for kpi in standard("work") if kpi.id in WANTED]
PERCENTILES = [
    kpi.model_copy(update={"id": f"flow_time_{share}", "percentile": share / 100})
    for kpi in DAILY
    if kpi.id == "flow_time"
    for share in (10, 50, 90)
]
FLOW = {"Backlog": "new", "Committed": "active", "Build": "active", "Test": "active", "Done": "done"}
BUILD_TO_TEST = {"Backlog": "new", "Committed": "new", "Build": "active", "Test": "done", "Done": "done"}


@pytest.fixture(scope="module")
def cases(shared_goldens: Path) -> dict[str, Any]:
    return json.loads((shared_goldens / "jira-agile-metrics" / "flow_cases.json").read_text())


def measured(items: list[list[str | None]], columns: list[str], statuses: dict[str, str]) -> DuckDBEngine:
    """Return a warehouse with the KPIs of items that entered the columns of a board on the given days."""
    last = max(day for entered in items for day in entered if day)
    engine = warehouse()
    fill(
        engine,
        "work_item",
        [{"work_item_id": f"i{n}", "created_at": datetime.fromisoformat(row[0] or "")} for n, row in enumerate(items)],
    )
    fill(
        engine,
        "status_history",
        [
            {
                "status_history_id": f"i{number}:{place}",
                "work_item_id": f"i{number}",
                "status": statuses[columns[place]],
                "original_status": columns[place],
                "entered_at": datetime.fromisoformat(day),
            }
            for number, entered in enumerate(items)
            for place, day in enumerate(entered)
            if day
        ],
    )
    owner = company().model_copy(update={"kpis": (*DAILY, *PERCENTILES), "source_tables": (source_of_everything(),)})
    as_of = date.fromisoformat(last)
    wanted = ("fct_status_visit", "fct_work_item", "fct_flow_movement")
    build_model(engine, owner, as_of=as_of, models=[model(name) for name in wanted])
    metrics.build(engine, owner, run(as_of=as_of))
    return engine


@pytest.fixture(scope="module")
def board(cases: dict[str, Any]) -> DuckDBEngine:
    return measured(cases["items_entered_at"], cases["columns"], FLOW)


@pytest.fixture(scope="module")
def build_to_test(cases: dict[str, Any]) -> DuckDBEngine:
    return measured(cases["items_entered_at"], cases["columns"], BUILD_TO_TEST)


def daily(engine: DuckDBEngine, kpi: str, days: list[str]) -> list[int]:
    """Return a KPI of the company on each day, 0 before its first row."""
    query = "select period_start, value from marts.kpi_value where kpi_id = ? and grain = 'day' and scope_type = ?"
    found = {str(day): value for day, value in engine.rows(query, (kpi, "company"))}
    return [int(found.get(day, 0)) for day in days]


def entered_by(engine: DuckDBEngine, column: str, days: list[str]) -> list[int]:
    """Return how many items had entered a column by the end of each day."""
    query = (
        f"select count(distinct work_item_id) from core.fct_status_visit "
        f"where original_status = ? and {quoted('entered_date')} <= cast(? as date)"
    )
    return [int(engine.scalar(query, (column, day))) for day in days]


@pytest.mark.parametrize("column", FLOW)
def test_cumulative_flow(board: DuckDBEngine, cases: dict[str, Any], column: str):
    assert entered_by(board, column, cases["days"]) == cases["expected"]["cfd"][column]


@pytest.mark.parametrize("column", FLOW)
def test_cumulative_flow_of_the_minimal_board(cases: dict[str, Any], column: str):
    minimal = cases["minimal"]
    engine = measured(minimal["items_entered_at"], cases["columns"], FLOW)
    assert entered_by(engine, column, minimal["days"]) == minimal["cfd"][column]


def test_work_in_progress_from_commitment_to_done(board: DuckDBEngine, cases: dict[str, Any]):
    assert daily(board, "flow_load", cases["days"]) == cases["expected"]["wip_committed_minus_done"]


def test_work_in_progress_between_two_columns(build_to_test: DuckDBEngine, cases: dict[str, Any]):
    assert daily(build_to_test, "flow_load", cases["days"]) == cases["expected"]["wip_build_minus_test"]


@pytest.mark.parametrize(
    ("kpi", "name"), [("flow_arrivals", "arrivals"), ("flow_departures", "departures"), ("net_flow", "net_flow")]
)
def test_net_flow(board: DuckDBEngine, build_to_test: DuckDBEngine, cases: dict[str, Any], kpi: str, name: str):
    assert daily(board, kpi, cases["days"]) == cases["expected"]["net_flow"][name]
    assert daily(build_to_test, kpi, cases["days"]) == cases["expected"]["net_flow_build_to_test"][name]


@pytest.mark.parametrize("case", ["throughput_daily", "throughput_daily_window_5"])
def test_throughput(board: DuckDBEngine, cases: dict[str, Any], case: str):
    expected = cases["expected"][case]
    assert daily(board, "flow_velocity", list(expected)) == list(expected.values())


def test_cycle_times(board: DuckDBEngine, cases: dict[str, Any]):
    found = board.rows("select flow_seconds / 86400 from core.fct_work_item where flow_seconds is not null")
    assert sorted(row[0] for row in found) == sorted(cases["expected"]["cycle_time_days_done_items"])


@pytest.mark.parametrize(("share", "case"), [(10, "0.1"), (50, "0.5"), (90, "0.9")])
def test_cycle_time_percentiles(board: DuckDBEngine, cases: dict[str, Any], share: int, case: str):
    query = "select value from marts.kpi_value where kpi_id = ? and grain = 'all' and scope_type = 'company'"
    assert board.scalar(query, (f"flow_time_{share}",)) == cases["expected"]["cycle_time_percentiles_days"][case]
