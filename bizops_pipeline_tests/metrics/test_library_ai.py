"""Standard KPIs of AI models on a small company, each with its value worked out by hand."""

from datetime import date

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("ai"), as_of="2024-02-29")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"buy": 1}})
    lives(made)
    money(made)
    use(made)
    control(made)
    made.build()
    return made


def lives(world: World) -> None:
    def life(id, approved, deployed=None, **days):
        day = {name: date.fromisoformat(value) for name, value in days.items()}
        deployed_on = date.fromisoformat(deployed) if deployed else None
        return {
            "model_id": id,
            "risk_tier": "high" if id == "fraud" else "limited",
            "service_id": "erp" if id == "fraud" else "shop",
            "approved_on": date.fromisoformat(approved),
            "deployed_on": deployed_on,
            "undeployed_until": deployed_on,
            **day,
        }

    used = {"linked_on": "2024-01-10", "first_used_on": "2024-01-10", "unused_until": "2024-01-10"}
    world.add(
        "fct_model",
        life("ranker", "2024-01-02", "2024-01-10", **used, value_proven_on="2024-01-20") | {"days_to_value": 18},
        life("bot", "2024-01-03", "2024-01-12", **used, value_proven_on="2024-02-20") | {"days_to_value": 48},
        life("idle", "2024-01-04", "2024-01-25"),
        life("shelf", "2024-02-01"),
        life("fraud", "2024-01-05", "2024-01-15", retired_on="2024-02-10", **used),
    )


def money(world: World) -> None:
    returns = [
        ("ranker", "2024-01-15", "value", 300, None),
        ("ranker", "2024-02-15", "value", 500, None),
        ("ranker", "2024-01-31", "inference", None, 100),
        ("ranker", "2024-02-28", "people", None, 300),
        ("idle", "2024-02-10", "people", None, 100),
    ]
    world.add(
        "fct_model_return",
        *(
            {
                "model_id": model,
                "returned_on": date.fromisoformat(day),
                "kind": kind,
                "method": "randomised" if value else None,
                "value_reporting": value,
                "cost_reporting": cost,
                "service_id": "shop",
            }
            for model, day, kind, value, cost in returns
        ),
    )
    plans = [("ranker", "2024-01-15", 400), ("ranker", "2024-02-15", 600), ("idle", "2024-02-15", 1000)]
    world.add(
        "fct_model_plan",
        *(
            {"model_id": model, "planned_on": date.fromisoformat(day), "planned_value_reporting": value}
            for model, day, value in plans
        ),
    )
    costs = [("inference", "2024-01-10", 6), ("inference", "2024-01-11", 4), ("people", "2024-01-11", 900)]
    world.add(
        "fct_model_cost",
        *(
            {"model_id": "ranker", "kind": kind, "cost_on": date.fromisoformat(day), "amount_reporting": amount}
            for kind, day, amount in costs
        ),
    )


def use(world: World) -> None:
    uses = [
        ("2024-01-08 10:00", "bot@ann", True, 2),
        ("2024-01-09 10:00", "bot@ann", True, 3),
        ("2024-01-10 10:00", "bot@bea", True, 5),
        ("2024-01-10 11:00", "bot@cid", False, 10),
        ("2024-01-11 11:00", None, False, 3980),
    ]
    world.add(
        "fct_model_usage",
        *(
            {"model_id": "bot", "used_at": at(moment), "model_user_id": user, "is_eligible": seat, "requests": requests}
            for moment, user, seat, requests in uses
        ),
    )
    seats = [("2024-01-01", None), ("2024-01-05", None), ("2024-01-06", "2024-02-20"), ("2024-01-20", None)]
    world.add(
        "fct_model_seat",
        *(
            {
                "model_id": "bot",
                "eligible_from": date.fromisoformat(first),
                "eligible_to": date.fromisoformat(until) if until else None,
            }
            for first, until in seats
        ),
    )
    reviews = [("accepted", 6), ("edited", 1), ("rejected", 3)]
    world.add(
        "fct_model_feedback",
        *(
            {
                "model_id": "bot",
                "reviewed_at": at("2024-01-10 12:00"),
                "decision": decision,
                "is_overridden": decision != "accepted",
                "outputs": outputs,
            }
            for decision, outputs in reviews
        ),
    )


def control(world: World) -> None:
    indices = [
        ("ranker", "price", "2024-01-10", 0.05),
        ("ranker", "price", "2024-01-11", 0.30),
        ("ranker", "brand", "2024-01-11", 0.08),
        ("fraud", "amount", "2024-01-11", None),
        ("fraud", "amount", "2024-02-11", 0.12),
    ]
    world.add(
        "fct_model_drift",
        *(
            {
                "model_id": model,
                "feature": feature,
                "monitored_on": date.fromisoformat(day),
                "psi": psi,
                "is_drifted": None if psi is None else psi > 0.25,
            }
            for model, feature, day, psi in indices
        ),
    )
    artifacts = [
        ("fraud", "high", "model_card", True, "2024-01-01", None, "2024-01-05", None),
        ("fraud", "high", "bias_test", True, "2024-01-01", None, "2024-01-10", "2024-02-15"),
        ("fraud", "high", "audit", True, "2024-01-01", None, None, None),
        ("fraud", "high", "approval", True, "2024-02-01", None, "2024-02-20", None),
        ("ranker", "limited", "model_card", True, "2024-01-01", None, "2024-01-02", "2024-01-20"),
        ("ranker", "limited", "model_card", False, "2024-01-01", None, "2024-01-20", None),
    ]
    columns = ("required_from", "required_to", "valid_from", "valid_to")
    world.add(
        "fct_model_artifact",
        *(
            {
                "model_id": model,
                "risk_tier": tier,
                "artifact": artifact,
                "is_requirement": first,
                **{name: date.fromisoformat(day) if day else None for name, day in zip(columns, days, strict=True)},
            }
            for model, tier, artifact, first, *days in artifacts
        ),
    )


@pytest.mark.parametrize(
    ("kpi", "january", "february"),
    [
        ("models_in_production", 4, 3),
        ("models_linked", 3, 2),
        ("model_kpi_link", 3 / 4, 2 / 3),
        ("models_undeployed", 0, 1),
        ("models_unused", 1, 1),
        ("ai_value", 300, 500),
        ("ai_cost", 100, 400),
        ("ai_planned_value", 400, 1600),
        ("ai_requests", 4000, None),
        ("ai_inference_cost", 10, None),
        ("cost_per_inference", 2.5, None),
        ("ai_active_users", 2, 0),
        ("ai_eligible_users", 4, 3),
        ("ai_adoption", 0.5, 0),
        ("ai_override", 0.4, None),
        ("ai_reviews", 10, None),
        ("ai_review_share", 10 / 4000, None),
        ("model_drift", 0.30, 0.12),
        ("drifted_share", 1 / 3, 0),
        ("model_artifacts_required", 4, 5),
        ("model_artifacts_valid", 3, 3),
        ("ai_governance", 3 / 4, 3 / 5),
    ],
)
def test_value_by_month(world, kpi, january, february) -> None:
    assert world.value(kpi, "month", JANUARY) == pytest.approx(january)
    if february is None:
        assert world.row(kpi, "month", FEBRUARY)["value"] in (None, 0)
    else:
        assert world.value(kpi, "month", FEBRUARY) == pytest.approx(february)


@pytest.mark.parametrize(
    ("kpi", "quarter"),
    [
        ("ai_roi", (800 - 500) / 500),
        ("ai_realisation_rate", 800 / 2000),
        ("ai_time_to_value", (18 + 48) / 2),
        ("model_drift", 0.30),
    ],
)
def test_value_of_the_quarter(world, kpi, quarter) -> None:
    assert world.value(kpi, "quarter", JANUARY) == pytest.approx(quarter)


def test_a_model_that_costs_and_brings_nothing_loses_all(world) -> None:
    assert world.value("ai_roi", "all", model_id="idle") == -1
    assert world.value("ai_realisation_rate", "all", model_id="idle") == 0


def test_governance_is_told_by_risk_tier(world) -> None:
    assert world.value("ai_governance", "month", JANUARY, risk_tier="limited") == 1
    assert world.value("ai_governance", "month", FEBRUARY, risk_tier="high") == pytest.approx(2 / 4)


def test_drift_is_told_by_model_and_feature(world) -> None:
    assert world.value("model_drift", "day", "2024-01-11", model_id="ranker", feature="brand") == pytest.approx(0.08)
    assert world.value("model_drift", "day", "2024-01-11", model_id="ranker") == pytest.approx(0.30)
    assert world.row("model_drift", "month", JANUARY, model_id="fraud")["value"] is None


def test_value_reaches_value_streams_by_the_share_of_the_service(world) -> None:
    assert world.value("ai_value", "all", scope="value_stream", member="buy") == pytest.approx(600)
    assert world.value("ai_value", "all", scope="value_stream", member="serve") == pytest.approx(200)


def test_every_kpi_of_the_domain_has_a_case(world) -> None:
    tested = {each.id for each in standard("ai")}
    by_month = {mark.args[1][row][0] for mark in test_value_by_month.pytestmark for row in range(len(mark.args[1]))}
    by_quarter = {row[0] for mark in test_value_of_the_quarter.pytestmark for row in mark.args[1]}
    assert tested == by_month | by_quarter
