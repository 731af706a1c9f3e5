"""Standard KPIs of commerce and delivery on a small company, each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
LEAD = {
    "is_production_success": True,
    "is_group_lead": True,
    "reason": "planned",
    "environment": "production",
    "result": "success",
}


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("commerce", "delivery"), as_of="2024-02-29")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"buy": 1}})
    commerce(made)
    delivery(made)
    made.build()
    return made


def commerce(world: World) -> None:
    orders = [
        # day, customer, channel, cart, visit, value, refunded, cancelled
        ("2024-01-10 10:00", "a", "web", "k1", "v1", 100, 0, False),
        ("2024-01-10 12:00", "b", "web", "k2", "v2", 60, 60, False),
        ("2024-01-11 10:00", "a", "mobile", "k3", "v3", 40, 10, False),
        ("2024-01-12 10:00", "c", "mobile", "k4", "v4", 500, 0, True),
        ("2024-02-05 10:00", "a", "web", None, None, 20, 0, False),
    ]
    world.add(
        "fct_order",
        *(
            {
                "ordered_at": at(moment),
                "customer_id": customer,
                "channel": channel,
                "cart_id": cart,
                "session_id": visit,
                "net_amount_reporting": value,
                "refunded_amount_reporting": refunded,
                "is_cancelled": cancelled,
                "service_id": "shop",
            }
            for moment, customer, channel, cart, visit, value, refunded, cancelled in orders
        ),
    )
    movements = [
        ("2024-01-10 10:00", "web", 100),
        ("2024-01-10 12:00", "web", 60),
        ("2024-01-11 10:00", "mobile", 40),
        ("2024-01-20 10:00", "mobile", -10),
        ("2024-02-02 10:00", "web", -60),
        ("2024-02-05 10:00", "web", 20),
    ]
    world.add(
        "fct_revenue",
        *(
            {"occurred_at": at(moment), "channel": channel, "amount_reporting": amount, "service_id": "shop"}
            for moment, channel, amount in movements
        ),
    )
    visits = [
        ("v1", "2024-01-10 09:50"),
        ("v2", "2024-01-10 11:00"),
        ("v3", "2024-01-09 09:00"),
        ("v9", "2024-01-11 09:00"),
    ]
    world.add(
        "fct_session", *({"session_id": id, "started_at": at(moment), "device": "phone"} for id, moment in visits)
    )
    carts = [
        ("k1", "2024-01-10 09:55", False),
        ("k2", "2024-01-10 11:55", False),
        ("k8", "2024-01-12 11:55", False),
        ("k9", "2024-01-12 12:55", True),
        ("k3", "2024-01-10 09:59", False),  # ordered a minute after its window
    ]
    world.add(
        "fct_cart", *({"cart_id": id, "created_at": at(moment), "is_empty": empty} for id, moment, empty in carts)
    )
    customers = [
        ("a", "2024-01-10 10:00", "2024-01-11"),
        ("b", "2024-01-10 12:00", None),
        ("d", "2024-01-20 12:00", "2024-03-01"),
    ]
    world.add(
        "fct_customer",
        *(
            {"customer_id": id, "first_ordered_at": at(first), "second_purchase_date": second}
            for id, first, second in customers
        ),
    )
    answers = (
        [("csat", "shop", True)] * 24 + [("csat", "shop", False)] * 8 + [("csat", "it", False), ("nps", "shop", False)]
    )
    world.add(
        "fct_survey_response",
        *(
            {"answered_at": at("2024-01-15 10:00"), "kind": kind, "subject": subject, "is_top_two": good}
            for kind, subject, good in answers
        ),
        {"answered_at": at("2024-02-15 10:00"), "kind": "csat", "subject": "shop", "is_top_two": True},
    )


def delivery(world: World) -> None:
    deployments = [
        ("2024-01-22 10:00", {**LEAD, "is_failed_change": True, "service_id": "shop"}),
        ("2024-01-22 09:00", {"is_production_success": True, "is_group_lead": False, "service_id": "erp"}),
        ("2024-01-24 10:00", {**LEAD, "service_id": "shop"}),
        ("2024-01-25 10:00", {**LEAD, "service_id": "shop"}),
        ("2024-01-26 10:00", {"is_production_success": False, "is_group_lead": False, "service_id": "shop"}),
        ("2024-01-31 10:00", {**LEAD, "service_id": "erp"}),
    ]
    world.add(
        "fct_deployment",
        *({"finished_at": at(moment), "group_finished_at": at(moment), **columns} for moment, columns in deployments),
    )
    world.add("fct_deployment_week", {"week_end_date": "2024-01-28", "deployment_days": 3, "service_id": "shop"})
    world.add("fct_incident", {"opened_at": at("2024-01-20 08:00"), "attribution_method": "explicit"})
    build = {"started_at": at("2024-01-20 09:00"), "finished_at": at("2024-01-20 09:10")}
    world.add("fct_pipeline_run", {**build, "result": "success", "run_seconds": 600, "service_id": "shop"})
    hours = [
        # coding, pickup, review, merge to deploy, lead
        (2, 1, 5, 4, 12),
        (4, 3, None, 10, 20),
        (None, 5, 7, 6, None),
        (9, None, 8, None, None),
    ]
    world.add(
        "fct_change",
        *(
            {
                "merged_at": at("2024-01-20 10:00"),
                "deployed_at": None if deploy is None else at("2024-01-22 10:00"),
                "coding_seconds": seconds(coding),
                "pickup_seconds": seconds(pickup),
                "review_seconds": seconds(review),
                "merge_to_deploy_seconds": seconds(deploy),
                "lead_time_seconds": seconds(lead),
                "service_id": "shop",
            }
            for coding, pickup, review, deploy, lead in hours
        ),
    )


def seconds(hours: float | None) -> int | None:
    return None if hours is None else int(hours * 3600)


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("net_revenue", JANUARY, 190, "100 + 60 + 40 - 10"),
        ("net_revenue", FEBRUARY, -40, "20 - 60: a refund counts on its own day"),
        ("orders", JANUARY, 3, "the cancelled one is out"),
        ("aov", JANUARY, 190 / 3, "net revenue / orders"),
        ("active_customers", JANUARY, 3 / 22, "(2 + 1) on two of the days from the 10th to the 31st"),
        ("arpu", JANUARY, 190 / 0.136363636, "net revenue / average active customers, kept with nine decimals"),
        ("conversion_rate", JANUARY, 2 / 4, "v1 and v2; v3 ordered after 25 hours, v9 never"),
        ("cart_abandonment", JANUARY, 2 / 4, "k8, and k3 that came too late; k9 is empty"),
        ("refund_rate", JANUARY, 70 / 200, "(60 + 10) / (100 + 60 + 40), though paid back in February"),
        ("repeat_purchase_rate", JANUARY, 1 / 3, "a; d comes back after the as-of date"),
        ("csat", JANUARY, 24 / 32, "answers about the shop only"),
        ("csat", FEBRUARY, None, "one answer is too few"),
        ("deployment_frequency", JANUARY, 4 / 10, "leads of 22, 24, 25, 31 January in 10 days"),
        ("deployment_frequency", FEBRUARY, 0, "none is a real zero"),
        ("change_failure_rate", JANUARY, 1 / 4, "one of four"),
        ("change_failure_rate", FEBRUARY, None, "no deployment, no rate"),
        ("lead_time_for_changes", JANUARY, 16, "median of 12, 20"),
        ("coding_time", JANUARY, 4, "median of 2, 4, 9"),
        ("pickup_time", JANUARY, 3, "median of 1, 3, 5"),
        ("review_time", JANUARY, 7, "median of 5, 7, 8"),
        ("merge_to_deploy", JANUARY, 6, "median of 4, 10, 6"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-12)), working


@pytest.mark.parametrize(
    ("kpi", "scope", "member", "value"),
    [
        ("net_revenue", "value_stream", "buy", 142.5),
        ("net_revenue", "value_stream", "serve", 47.5),
        ("deployment_frequency", "value_stream", "buy", (3 * 0.75 + 1) / 10),
        ("deployment_frequency", "team", "web", 3 / 10),
        ("change_failure_rate", "service", "shop", 1 / 3),
        ("change_failure_rate", "service", "erp", 0),
        ("lead_time_for_changes", "value_stream", "serve", 16),
    ],
)
def test_standard_kpi_by_member(world: World, kpi: str, scope: str, member: str, value: float):
    assert world.value(kpi, "month", JANUARY, scope, member) == pytest.approx(value, rel=1e-12)


def test_every_standard_kpi_has_values_and_reasons(world: World):
    found: dict[str, Any] = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard("commerce", "delivery")}
    assert all(found.values()), found
    reasons = {row[0] for row in world.engine.rows("select distinct null_reason from marts.kpi_value")}
    assert reasons <= {None, "no_events", "no_denominator", "below_minimum", "immature"}
