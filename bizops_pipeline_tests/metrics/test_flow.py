"""marts.value_stream_flow by a small board worked out by hand."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bizops_pipeline.contracts.marts.flow import ALL_STAGES
from bizops_pipeline.metrics import flow
from bizops_pipeline.model.registry import model
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline_tests.model.company import build_model, company, fill, run, warehouse

AS_OF = date(2026, 3, 20)
FIRST = datetime(2026, 2, 27, 12)
STAGES = [
    {"id": "build", "statuses": ["Coding", "Blocked"]},
    {"id": "wait", "kind": "wait", "statuses": ["Waiting"]},
]
# item, flow type, [day after FIRST, status, conformed status]
BOARD = [
    ("a", "feature", [(0, "Coding", "active"), (2, "Waiting", "waiting"), (8, "Done", "done")]),
    (
        "b",
        "defect",
        [(1, "Coding", "active"), (3, "Blocked", "waiting"), (4, "Waiting", "waiting"), (6, "Done", "done")],
    ),
    ("c", None, [(5, "Coding", "active"), (6, "Waiting", "waiting"), (9, "Coding", "active")]),
    ("d", "feature", [(9, "Coding", "active"), (10, "Given up", "cancelled")]),
    ("e", "feature", [(2, "Elsewhere", "active"), (7, "Done", "done")]),
    ("epic", "feature", [(0, "Coding", "active"), (9, "Done", "done")]),
    ("later", "feature", [(25, "Coding", "active")]),
]


@pytest.fixture(scope="module")
def engine() -> DuckDBEngine:
    made = warehouse()
    owner = company()
    stream = {"id": "idea", "name": "Idea", "stages": STAGES}
    organisation = type(owner.organisation).model_validate({"value_streams": [stream]})
    owner = owner.model_copy(update={"organisation": organisation})
    fill(
        made,
        "work_item",
        [
            {"work_item_id": id, "created_at": FIRST, "flow_type": kind, "parent_id": "epic" if id == "a" else None}
            for id, kind, _ in BOARD
        ],
    )
    fill(
        made,
        "status_history",
        [
            {
                "status_history_id": f"{id}{day:02}",
                "work_item_id": id,
                "original_status": original,
                "status": status,
                "entered_at": FIRST + timedelta(days=day),
            }
            for id, _, steps in BOARD
            for day, original, status in steps
        ],
    )
    models = [model(name) for name in ("fct_status_visit", "fct_work_item", "fct_work_item_stage")]
    build_model(made, owner, as_of=AS_OF, models=models)
    flow.build(made, run(as_of=AS_OF))
    return made


def row(engine: DuckDBEngine, stage: str, grain: str, start: str, stream: str = "idea") -> dict[str, Any]:
    query = (
        "select * from marts.value_stream_flow where value_stream_id = ? and stage_id = ? and grain = ? "
        "and period_start = ?"
    )
    (found,) = engine.dicts(query, (stream, stage, grain, date.fromisoformat(start)))
    return found


def shown(engine: DuckDBEngine, stage: str, grain: str, start: str, *columns: str) -> tuple[Any, ...]:
    found = row(engine, stage, grain, start)
    return tuple(found[column] for column in columns)


COUNTS = ("load", "arrivals", "completed")
DAY = 86_400


def test_load_arrivals_and_velocity_of_a_value_stream(engine: DuckDBEngine):
    """In February a and b begin; in March b and a are finished, c stays, d is given up; `later` is not known yet."""
    assert shown(engine, ALL_STAGES, "month", "2026-02-01", *COUNTS) == (2, 2, 0)
    assert shown(engine, ALL_STAGES, "month", "2026-03-01", *COUNTS) == (1, 2, 2)
    assert shown(engine, ALL_STAGES, "month", "2026-03-01", "is_complete") == (False,)
    assert row(engine, ALL_STAGES, "month", "2026-03-01", "unallocated")["completed"] == 1


def test_time_and_efficiency_are_of_what_was_finished(engine: DuckDBEngine):
    """a took 8 days, 2 of them active; b took 5, 2 of them active."""
    march = row(engine, ALL_STAGES, "month", "2026-03-01")
    assert (march["flow_days_median"], march["flow_days_p85"]) == (6.5, pytest.approx(5 + 0.85 * 3))
    assert (march["active_seconds"], march["wait_seconds"]) == (4 * DAY, 9 * DAY)
    assert march["flow_efficiency"] == pytest.approx(4 / 13)


def test_stages_have_their_own_flow(engine: DuckDBEngine):
    """In March a, b and d leave build after 2, 3 and 1 days; c left it after a day and is back in it."""
    build = row(engine, "build", "month", "2026-03-01")
    assert tuple(build[name] for name in COUNTS) == (1, 2, 3)
    assert build["flow_days_median"] == 2
    assert build["flow_efficiency"] == pytest.approx(5 / 6)
    wait = row(engine, "wait", "month", "2026-03-01")
    assert tuple(wait[name] for name in COUNTS) == (0, 3, 3)
    assert (wait["flow_days_median"], wait["flow_efficiency"]) == (3, 0)
    assert (build["is_bottleneck"], wait["is_bottleneck"]) == (False, True)


def test_distribution_is_a_share_of_what_was_completed(engine: DuckDBEngine):
    march = row(engine, ALL_STAGES, "month", "2026-03-01")
    assert (march["feature_share"], march["defect_share"], march["unmapped_share"]) == (0.5, 0.5, 0)
    wait = row(engine, "wait", "month", "2026-03-01")
    assert (wait["completed_feature"], wait["completed_defect"], wait["completed_unmapped"]) == (1, 1, 1)


def test_weeks_without_work_are_there_and_ratios_of_nothing_are_null(engine: DuckDBEngine):
    week = row(engine, ALL_STAGES, "week", "2026-03-16")
    assert tuple(week[name] for name in COUNTS) == (1, 0, 0)
    assert (week["flow_days_median"], week["flow_efficiency"], week["feature_share"]) == (None, None, None)


def test_the_load_of_all_changes_by_what_arrives_and_ends(engine: DuckDBEngine):
    """Given up items leave the load without being completed: d, begun and given up in March."""
    february, march = (row(engine, ALL_STAGES, "month", f"2026-0{month}-01") for month in (2, 3))
    assert march["load"] - february["load"] == march["arrivals"] - march["completed"] - 1


def test_items_that_nobody_started_count_when_they_are_done():
    """Without a start there is no arrival, load or time; before a first day of any kind there are no periods."""
    made = warehouse()
    items = [
        {"work_item_id": "at once", "value_stream_id": "sell", "done_at": datetime(2026, 1, 10)},
        {
            "work_item_id": "started",
            "value_stream_id": "sell",
            "started_at": datetime(2026, 3, 1),
            "done_at": datetime(2026, 3, 3),
        },
        {"work_item_id": "alone", "value_stream_id": "advise", "done_at": datetime(2026, 1, 10)},
    ]
    fill(made, "work_item", [{"created_at": datetime(2026, 1, 1), "status": "done", **item} for item in items])
    models = [model(name) for name in ("fct_status_visit", "fct_work_item", "fct_work_item_stage")]
    build_model(made, company(), as_of=AS_OF, models=models)
    flow.build(made, run(as_of=AS_OF))
    velocity = made.rows(
        "select value_stream_id, month(period_start), arrivals, completed, flow_days_median "
        "from marts.value_stream_flow where stage_id = ? and grain = 'month' order by all",
        (ALL_STAGES,),
    )
    assert velocity == [
        ("advise", 1, 0, 1, None),
        ("advise", 2, 0, 0, None),
        ("advise", 3, 0, 0, None),
        ("sell", 1, 0, 1, None),
        ("sell", 2, 0, 0, None),
        ("sell", 3, 1, 1, 2),
    ]
