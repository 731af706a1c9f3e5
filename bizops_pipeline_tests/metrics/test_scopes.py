"""Members: services, teams, value streams by weight, vendors, and dimensions of the fact."""

from decimal import Decimal
from typing import Any

import pytest

from bizops_pipeline import metrics
from bizops_pipeline.naming import canonical_dimensions
from bizops_pipeline_tests.metrics.support import World, at, kpi

INCIDENTS = {"entity": "fct_incident", "time": "opened_at"}
BY = [[], ["service"], ["team"], ["value_stream"], ["priority"], ["service", "priority"], ["vendor"]]


@pytest.fixture(scope="module")
def world() -> World:
    count = kpi("incidents", "simple", **INCIDENTS, expr="count(*)", unit="count", by=BY)
    seconds = kpi("effort", "simple", **INCIDENTS, expr="sum(resolution_seconds)", unit="seconds", by=BY)
    names = kpi("people", "distinct", **INCIDENTS, expr="status", unit="count", by=BY)
    middle = kpi("middle", "percentile", **INCIDENTS, expr="resolution_seconds", percentile=0.5, by=BY)
    world = World([count, seconds, names, middle], as_of="2024-01-31")
    world.services(
        {"shop": "web", "search": "web", "erp": "core"},
        {"shop": {"buy": 0.75, "serve": 0.25}, "search": {"buy": 1}, "erp": {"supply": 1}},
    )
    rows = [
        ("shop", "P1", 100, "a", "acme"),
        ("shop", None, 200, "b", None),
        ("search", "P1", 400, "a", None),
        ("erp", "P2", 800, "a", None),
        ("unallocated", "P2", 1600, "c", None),
    ]
    world.add(
        "fct_incident",
        *(
            {
                "opened_at": at("2024-01-10 10:00"),
                "service_id": service,
                "priority": priority,
                "resolution_seconds": seconds,
                "status": status,
                "vendor_id": vendor,
            }
            for service, priority, seconds, status, vendor in rows
        ),
    )
    world.build()
    return world


@pytest.mark.parametrize(
    ("scope", "member", "count", "seconds", "people", "middle"),
    [
        ("company", None, 5, 3100, 3, 400),
        ("service", "shop", 2, 300, 2, 150),
        ("service", "unallocated", 1, 1600, 1, 1600),
        ("team", "web", 3, 700, 2, 200),
        ("team", "unallocated", 1, 1600, 1, 1600),
        ("value_stream", "buy", 2.5, 625, 2, 200),
        ("value_stream", "serve", 0.5, 75, 2, 150),
        ("value_stream", "supply", 1, 800, 1, 800),
        ("value_stream", "unallocated", 1, 1600, 1, 1600),
        ("vendor", "acme", 1, 100, 1, 100),
        ("vendor", "(none)", 4, 3000, 3, 600),
    ],
)
def test_members_get_their_share_of_sums_and_all_of_their_records(
    world: World, scope: str, member: str | None, count: float, seconds: float, people: int, middle: float
):
    values = [world.value(id, "all", None, scope, member) for id in ("incidents", "effort", "people", "middle")]
    assert values == [count, seconds, people, middle]


def test_dimensions_are_canonical_and_null_is_a_member(world: World):
    assert world.value("incidents", priority="P1") == 2
    assert world.value("incidents", priority="(none)") == 1
    assert world.value("incidents", "all", None, "service", "shop", priority="(none)") == 1
    found = world.engine.rows("select distinct dimensions from marts.kpi_value order by 1")
    assert found == [('{"priority":"(none)"}',), ('{"priority":"P1"}',), ('{"priority":"P2"}',), ("{}",)]


@pytest.mark.parametrize("scope", ["service", "team", "value_stream", "vendor"])
def test_slices_of_additive_kpis_add_up_to_the_whole(world: World, scope: str):
    for id in ("incidents", "effort"):
        parts = world.engine.scalar(
            "select sum(numerator) from marts.kpi_value "
            "where kpi_id = ? and grain = 'all' and scope_type = ? and dimensions = '{}'",
            (id, scope),
        )
        assert parts == world.row(id)["numerator"]


def test_shares_hold_on_the_day_they_are_valid():
    count = kpi("incidents", "simple", **INCIDENTS, expr="count(*)", unit="count", by=[["value_stream"]])
    backlog = kpi(
        "open",
        "snapshot",
        entity="fct_incident",
        from_="opened_at",
        to="resolved_at",
        unit="count",
        by=[["value_stream"]],
    )
    world = World([count, backlog], as_of="2024-01-31")
    world.share("shop", "old", 1, until="2024-01-10")
    world.share("shop", "new", 1, since="2024-01-10")
    days = ("2024-01-09", "2024-01-10", "2024-01-11")
    rows = [
        {"opened_at": at(f"{day} 10:00"), "service_id": "shop", "resolved_at": at("2024-01-20 10:00")} for day in days
    ]
    world.add("fct_incident", *rows)
    world.build()
    assert world.value("incidents", "all", None, "value_stream", "old") == 1
    assert world.value("incidents", "all", None, "value_stream", "new") == 2
    assert world.value("open", "day", "2024-01-19", "value_stream", "old") == 1, "an item stays where it was opened"
    assert world.value("open", "day", "2024-01-20", "value_stream", "old") == 0
    assert world.value("open", "day", "2024-01-20", "value_stream", "new") == 0


def test_a_changed_share_recomputes_without_a_changed_fact():
    count = kpi("incidents", "simple", **INCIDENTS, expr="count(*)", unit="count", by=[["value_stream"], ["team"]])
    world = World([count], as_of="2024-01-31")
    world.services({"shop": "web"}, {"shop": {"buy": 1}})
    world.add("fct_incident", {"opened_at": at("2024-01-10 10:00"), "service_id": "shop"})
    world.build()
    world.engine.execute("update core.bridge_service_value_stream set value_stream_id = 'serve'")
    world.engine.execute("update core.dim_service set team_id = 'core'")
    world.build()
    found = world.engine.rows("select scope_id, value from marts.kpi_value where grain = 'all' order by 1")
    assert found == [("core", 1), ("serve", 1)]


@pytest.mark.parametrize(
    ("shape", "february"),
    [
        pytest.param({"type": "simple", "expr": "count(*)"}, 3, id="sum"),
        pytest.param({"type": "distinct", "expr": "status"}, 2, id="distinct"),
        pytest.param({"type": "distinct", "expr": "status", "over_time": "average"}, 2 / 29, id="average of days"),
        pytest.param({"type": "percentile", "expr": "resolution_seconds", "percentile": 0.5}, 20, id="percentile"),
        pytest.param(
            {"type": "snapshot", "from_": "opened_at", "to": "resolved_at", "time": None}, 4, id="stock"
        ),
        pytest.param(
            {
                "type": "snapshot", "from_": "opened_at", "to": "resolved_at", "time": None,
                "expr": "resolution_seconds", "percentile": 0.5,
            }, 15, id="percentile of a stock",
        ),
    ],
)  # fmt: skip
def test_null_and_the_text_that_names_it_are_one_member(shape: dict[str, Any], february: float):
    one = kpi("one", unit="count", grains=["month"], by=[["priority"]], **{**INCIDENTS, **shape})
    world = World([one], as_of="2024-02-29")
    rows = [
        ("2024-01-10", None, 10, "a"),
        ("2024-02-10", None, 10, "a"),
        ("2024-02-10", "(none)", 20, "a"),
        ("2024-02-10", "(none)", 90, "b"),
    ]
    world.add(
        "fct_incident",
        *(
            {"opened_at": at(f"{day} 10:00"), "priority": priority, "resolution_seconds": seconds, "status": status}
            for day, priority, seconds, status in rows
        ),
    )
    world.build()
    row = world.row("one", "month", "2024-02-01", priority="(none)")
    assert row["value"] == pytest.approx(february)
    assert row["previous_value"] == world.value("one", "month", "2024-01-01", priority="(none)")
    for table, key in (("part", "measure_id, by_id, day"), ("period", "aggregate_id, by_id, grain, period_start")):
        key += ", scope_id, dimensions"
        assert not world.engine.rows(f"select {key} from state.metric_{table} group by {key} having count(*) > 1")


def test_awkward_dimension_values_stay_valid_json():
    import json

    count = kpi(
        "sessions", "simple", entity="fct_session", time="started_at", expr="count(*)", by=[["device", "channel"]]
    )
    world = World([count], as_of="2024-01-31")
    awkward = ['say "hi"', "back\\slash", "two\nlines", "tab\there", "it's", "Zürich", ""]
    world.add(
        "fct_session", *({"started_at": at("2024-01-10 10:00"), "device": text, "channel": "web"} for text in awkward)
    )
    world.build()
    found = [row[0] for row in world.engine.rows("select distinct dimensions from marts.kpi_value")]
    assert {json.loads(text)["device"] for text in found} == set(awkward)
    assert set(found) == {canonical_dimensions({"device": text, "channel": "web"}) for text in awkward}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"by": [["vendor"]], "entity": "fct_order", "time": "ordered_at", "expr": "count(*)"}, "no column vendor_id"),
        ({"by": [["service", "team"]], **INCIDENTS, "expr": "count(*)"}, "more than one scope"),
        ({"by": [["colour"]], **INCIDENTS, "expr": "count(*)"}, "no column colour"),
        ({**INCIDENTS, "expr": "count(distinct status)"}, "type distinct"),
        ({**INCIDENTS, "expr": "avg(resolution_seconds)"}, "not additive"),
        ({**INCIDENTS, "expr": "sum(resolution_seconds) + sla_met"}, "outside an aggregate"),
        ({**INCIDENTS, "expr": "count(*"}, "not an SQL expression"),
        ({"entity": "fct_incident", "time": "impact_started_at", "expr": "count(*)"}, "no business date"),
        ({"entity": "fct_nothing", "time": "at", "expr": "count(*)"}, "no fact 'fct_nothing'"),
    ],
)
def test_a_kpi_that_makes_no_sense_is_refused_by_name(fields: dict[str, Any], message: str):
    with pytest.raises(metrics.MetricError, match=message) as error:
        World([kpi("odd", "simple", **fields)]).build()
    assert "KPI odd" in str(error.value)


def test_weights_are_exact_decimals():
    revenue = kpi(
        "revenue",
        "simple",
        entity="fct_revenue",
        time="occurred_at",
        expr="sum(amount_reporting)",
        by=[[], ["value_stream"]],
    )
    world = World([revenue], as_of="2024-01-31")
    world.services({"shop": "web"}, {"shop": {"a": 0.333333, "b": 0.333333, "c": 0.333334}})
    rows = [{"occurred_at": at("2024-01-10 10:00"), "amount_reporting": "0.1", "service_id": "shop"}] * 10
    world.add("fct_revenue", *rows)
    world.build()
    shares = [world.row("revenue", "all", None, "value_stream", member)["numerator"] for member in "abc"]
    assert shares == [Decimal("0.333333"), Decimal("0.333333"), Decimal("0.333334")]
