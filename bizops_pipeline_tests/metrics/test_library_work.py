"""Standard KPIs of work: each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
DAY, HOUR = 86_400, 3_600


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("work"), as_of="2024-02-29")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"buy": 1}})
    work_items(made)
    stages(made)
    effort(made)
    requests(made)
    made.add(
        "fct_initiative",
        initiative("buy", 100, spend=30),
        initiative("idea", 300, spend=90),
        initiative("idea", 300, spend=None),
    )
    made.build()
    return made


def initiative(value_stream: str, budget: int, spend: int | None) -> dict[str, Any]:
    amounts = {"budget": budget, "budget_reporting": budget, "spend": spend, "spend_reporting": spend}
    return {"value_stream_id": value_stream, "service_id": "shop", "started_on": "2024-01-15", **amounts}


def work_items(world: World) -> None:
    items = [
        # service, flow type, begun in January, done after days, active, waiting (days)
        ("shop", "feature", 2, 4, 2, 2),
        ("shop", "feature", 3, 10, 1, 9),
        ("shop", "defect", 5, 1, 1, 0),
        ("erp", "risk", 8, 6, 3, 3),
        ("erp", "debt", 20, 25, 5, 20),
        ("erp", "unmapped", 22, None, None, None),
    ]
    for service, flow_type, begun, days, active, waiting in items:
        start = f"2024-01-{begun:02} 10:00"
        end = None if days is None else at(start, days=days)
        world.add(
            "fct_work_item",
            {
                "service_id": service,
                "flow_type": flow_type,
                "is_leaf": True,
                "started_at": at(start),
                "done_at": end,
                "ended_at": end,
                "flow_seconds": None if days is None else days * DAY,
                "active_seconds": None if active is None else active * DAY,
                "wait_seconds": None if waiting is None else waiting * DAY,
            },
        )
    world.add(
        "fct_work_item",
        # given up; done without ever being begun; the epic above them
        {"service_id": "shop", "is_leaf": True, "started_at": at("2024-01-02"), "ended_at": at("2024-01-30")},
        {"service_id": "shop", "is_leaf": True, "done_at": at("2024-01-09"), "ended_at": at("2024-01-09")},
        {
            "service_id": "shop",
            "is_leaf": False,
            "started_at": at("2024-01-02"),
            "done_at": at("2024-01-28"),
            "ended_at": at("2024-01-28"),
            "flow_seconds": 26 * DAY,
        },
    )

    items = world.engine.dicts("select * from core.fct_work_item where started_at is not null")
    for each in items:
        same = {name: each[name] for name in ("service_id", "flow_type", "is_leaf")}
        world.add(
            "fct_flow_movement", {**same, "movement": "begun", "occurred_at": each["started_at"], "load_change": 1}
        )
        if each["ended_at"]:
            end = {"movement": "ended", "occurred_at": each["ended_at"], "load_change": -1}
            world.add("fct_flow_movement", {**same, **end})


def stages(world: World) -> None:
    for service, stage, days, span in [
        ("shop", "build", 2, 3),
        ("shop", "build", 4, 4),
        ("erp", "build", 9, 30),
        ("shop", "review", 1, 1),
    ]:
        world.add(
            "fct_work_item_stage",
            {
                "service_id": service,
                "flow_value_stream_id": "idea",
                "stage_id": stage,
                "is_leaf": True,
                "left_at": at("2024-01-20 10:00"),
                "stage_seconds": days * DAY,
                "first_to_last_seconds": span * DAY,
            },
        )
    world.add("fct_work_item_stage", {"stage_id": "build", "is_leaf": False, "left_at": at("2024-01-20")})


def effort(world: World) -> None:
    for service, team, hours, unplanned in [
        ("shop", "core", 6, True),
        ("shop", "web", 2, False),
        ("erp", "core", 3, False),
        ("erp", "core", 1, None),
        ("unallocated", "web", 1, None),
    ]:
        row = {"service_id": service, "team_id": team, "worked_on": "2024-01-10", "effort_seconds": hours * HOUR}
        world.add("fct_worklog", {**row, "is_unplanned": unplanned})


def requests(world: World) -> None:
    for service, days, business_days in [("shop", 10, 8), ("shop", 20, 14), ("erp", None, None)]:
        world.add(
            "fct_service_request",
            {
                "service_id": service,
                "approved_at": at("2024-01-02 10:00"),
                "available_at": None if days is None else at("2024-01-02 10:00", days=days),
                "deploy_seconds": None if days is None else days * DAY,
                "deploy_business_days": business_days,
            },
        )


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("flow_velocity", JANUARY, 5, "four begun ones and one never begun; not the epic, not what was given up"),
        ("flow_velocity", FEBRUARY, 1, "the debt, on 14 February"),
        ("flow_time", JANUARY, 5, "median of 1, 4, 6, 10"),
        ("flow_time_mean", JANUARY, 21 / 4, "(1 + 4 + 6 + 10) / 4"),
        ("flow_time_p85", JANUARY, 6 + 0.55 * 4, "position 0.85 * 3 = 2.55 between 6 and 10"),
        ("flow_efficiency", JANUARY, 7 / 21, "(2 + 1 + 1 + 3) of 21 days, not the mean of the shares"),
        ("flow_load", JANUARY, 2, "the debt and the unmapped one"),
        ("flow_load", FEBRUARY, 1, "the unmapped one"),
        ("flow_load_age", JANUARY, 10 + 14 / 24, "begun on the 20th and the 22nd at 10:00, UTC"),
        ("flow_arrivals", JANUARY, 7, "six and the one that was given up"),
        ("flow_departures", JANUARY, 5, "four done, one given up; not the one that was never begun"),
        ("net_flow", JANUARY, 2, "7 - 5"),
        ("net_flow", FEBRUARY, -1, "0 - 1"),
        ("stage_duration", JANUARY, 3, "median of 1, 2, 4, 9"),
        ("stage_duration_first_to_last", JANUARY, 3.5, "median of 1, 3, 4, 30"),
        ("unplanned_work", JANUARY, 6 / 13, "6 of 13 hours"),
        ("unallocated_effort", JANUARY, 1 / 13, "1 of 13 hours; 12 reach a service"),
        ("effort_booked", JANUARY, 13, "6 + 2 + 3 + 1 + 1"),
        ("time_to_deploy_service", JANUARY, 15, "median of 10, 20"),
        ("time_to_deploy_service_business_days", JANUARY, 11, "median of 8, 14"),
        ("requests_awaiting_deployment", JANUARY, 1, "the third"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == pytest.approx(value, rel=1e-12), working


def test_initiatives_without_a_budget_or_a_spend_are_left_out(world: World):
    assert world.value("initiative_budget_used", "quarter", JANUARY) == pytest.approx(120 / 400)
    assert world.value("initiative_budget_used", "quarter", JANUARY, value_stream_id="idea") == pytest.approx(90 / 300)


@pytest.mark.parametrize(
    ("kpi", "scope", "member", "dimensions", "value"),
    [
        ("flow_velocity", "value_stream", "buy", {}, 4 * 0.75 + 1),
        ("flow_velocity", "team", "web", {"flow_type": "feature"}, 2),
        ("flow_efficiency", "team", "web", {}, 4 / 15),
        ("flow_load", "service", "erp", {}, 2),
        ("net_flow", "service", "shop", {}, 0),
        ("unplanned_work", "team", "web", {}, 6 / 8),
        ("unplanned_work", "company", None, {"team_id": "core"}, 6 / 10),
        ("effort_booked", "team", "web", {}, 6 + 2),
        ("effort_booked", "company", None, {"team_id": "web"}, 2 + 1),
        ("flow_distribution", "company", None, {"flow_type": "feature"}, 2 / 5),
        ("flow_distribution", "company", None, {"flow_type": "risk"}, 1 / 5),
        ("flow_distribution", "team", "web", {"flow_type": "defect"}, 1 / 4),
        ("stage_duration", "company", None, {"flow_value_stream_id": "idea", "stage_id": "build"}, 4),
    ],
)
def test_standard_kpi_by_member(
    world: World, kpi: str, scope: str, member: str | None, dimensions: dict[str, str], value: float
):
    assert world.value(kpi, "month", JANUARY, scope, member, **dimensions) == pytest.approx(value, rel=1e-12)


def test_effort_of_the_services_and_without_one_is_all_effort(world: World):
    services = [world.value("effort_booked", "all", None, "service", id) for id in ("shop", "erp", "unallocated")]
    assert sum(services) == world.value("effort_booked") == 13


def test_the_load_changes_by_the_net_flow(world: World):
    load = world.values("flow_load", "week")
    net = world.values("net_flow", "week")
    before = 0.0
    for week, value in load.items():
        assert value - before == net[week], week
        before = value


def test_every_standard_kpi_has_values(world: World):
    found: dict[str, Any] = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard("work")}
    assert all(found.values()), found
