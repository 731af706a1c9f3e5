"""AI models by hand-computed cases."""

from datetime import date, datetime
from decimal import Decimal
from math import log, sqrt

import pytest

from bizops_pipeline.catalogue.models import AiCatalogue
from bizops_pipeline.model.build import build
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, run, warehouse

MAY = date(2026, 5, 1)


def day(number):
    return date(2026, 5, number)


def with_models(**catalogue):
    return company().model_copy(update={"ai": AiCatalogue.model_validate(catalogue)})


def observed(experiment, on, arm, exposed, outcomes, **columns):
    return {
        "experiment_result_id": f"{experiment}:{on}:{arm}:{columns.get('phase', 'after')}",
        "experiment_id": experiment,
        "model_id": "ranker",
        "kpi_id": "orders",
        "design": "randomised",
        "arm": arm,
        "observed_on": on,
        "exposed": exposed,
        "outcomes": outcomes,
        **columns,
    }


RANKER = {
    "id": "ranker",
    "service": "shop",
    "approved_on": "2026-04-01",
    "kpis": [{"kpi": "orders", "direction": "up", "baseline": 0.1, "unit_value": 20}],
}


def test_the_catalogue_comes_before_a_source_and_both_before_the_use_case():
    engine = built(
        "dim_model",
        owner=with_models(
            use_cases=[{"id": "search", "owner": "anna", "risk_tier": "limited", "service": "shop"}],
            models=[{"id": "ranker", "use_case": "search", "risk_tier": "high"}],
        ),
        model=[
            {"model_id": "ranker", "name": "Ranker 2", "risk_tier": "minimal", "approved_on": day(2)},
            {"model_id": "bot", "owner": "ben", "service_id": "payments", "stage": "idea"},
        ],
        model_version=[
            {"model_version_id": "r1", "model_id": "ranker", "deployed_on": day(9)},
            {"model_version_id": "r2", "model_id": "ranker", "deployed_on": day(7)},
            {"model_version_id": "x1", "model_id": "stray"},
        ],
    )

    columns = ("model_id", "name", "service_id", "owner", "risk_tier", "stage", "approved_on", "deployed_on")
    assert facts(engine, "dim_model", *columns) == [
        ("bot", "bot", "payments", "ben", "unclassified", "idea", None, None),
        ("ranker", "Ranker 2", "shop", "anna", "high", "production", day(2), day(7)),
        ("stray", "stray", "unallocated", None, "unclassified", "idea", None, None),
    ]


def test_a_link_of_the_catalogue_takes_from_the_source_what_it_does_not_say():
    engine = built(
        "bridge_model_kpi",
        owner=with_models(models=[{"id": "ranker", "kpis": [{"kpi": "orders", "unit_value": 20}]}]),
        model_kpi_link=[
            {"model_kpi_link_id": "1", "model_id": "ranker", "kpi_id": "orders", "baseline": 3, "unit_value": 1},
            {"model_kpi_link_id": "2", "model_id": "bot", "kpi_id": "tickets", "direction": "down", "currency": "CHF"},
        ],
    )

    assert content(engine, "core.bridge_model_kpi") == [
        ("bot", "tickets", "down", None, None, "CHF", None),
        ("ranker", "orders", "up", Decimal(3), Decimal(20), "EUR", None),
    ]


def test_psi_is_the_sum_over_bins_with_an_epsilon_for_empty_ones():
    def bins(feature, *pairs):
        return [
            {
                "model_monitor_id": f"{feature}{index}",
                "model_id": "ranker",
                "feature": feature,
                "monitored_on": MAY,
                "bin": str(index),
                "expected": expected,
                "observed": observed,
            }
            for index, (expected, observed) in enumerate(pairs)
        ]

    engine = built(
        "fct_model_drift",
        model_monitor=[
            *bins("same", (0.5, 100), (0.5, 100)),
            *bins("moved", (0.5, 80), (0.5, 20)),
            *bins("emptied", (0.5, 10), (0.5, 0)),
            *bins("silent", (0.5, 0), (0.5, 0)),
        ],
    )

    found = {row[0]: row[1:] for row in facts(engine, "fct_model_drift", "feature", "psi", "empty_bins", "is_drifted")}
    moved = 0.3 * log(0.8 / 0.5) - 0.3 * log(0.2 / 0.5)
    emptied = 0.5 * log(1 / 0.5) + (0.0001 - 0.5) * log(0.0001 / 0.5)
    assert found["same"] == (0, 0, False)
    assert found["moved"] == (pytest.approx(moved, abs=1e-8), 0, True)
    assert found["emptied"] == (pytest.approx(emptied, abs=1e-8), 1, True)
    assert found["silent"] == (None, 2, None)


def test_an_artefact_is_due_by_risk_tier_and_counts_while_it_is_in_date():
    engine = built(
        "fct_model_artifact",
        owner=with_models(
            models=[
                {"id": "fraud", "risk_tier": "high", "approved_on": day(1), "deployed_on": day(10)},
                {"id": "ranker", "risk_tier": "minimal", "approved_on": day(1), "retired_on": day(20)},
            ],
            required_artifacts=[
                {"artifact": "model_card", "due": "approval"},
                {"artifact": "bias_test", "risk_tiers": ["high"]},
            ],
        ),
        model_artifact=[
            {"model_artifact_id": "a", "model_id": "fraud", "artifact": "bias_test", "present_from": day(5)},
            {
                "model_artifact_id": "b",
                "model_id": "ranker",
                "artifact": "model_card",
                "present_from": day(3),
                "valid_until": day(9),
            },
            {"model_artifact_id": "c", "model_id": "ranker", "artifact": "model_card", "present_from": day(12)},
            {"model_artifact_id": "d", "model_id": "ranker", "artifact": "audit", "required_from": day(4)},
            {"model_artifact_id": "e", "model_id": "ranker", "artifact": "unasked", "present_from": day(4)},
        ],
    )

    columns = ("model_artifact_id", "is_requirement", "required_from", "required_to", "valid_from", "valid_to")
    assert facts(engine, "fct_model_artifact", *columns) == [
        ("a", True, day(10), None, day(10), None),
        ("b", True, day(1), day(20), day(3), day(9)),
        ("c", False, day(1), day(20), day(12), day(20)),
        ("fraud@model_card", True, day(1), None, None, None),
        ("ranker@audit", True, day(4), day(20), None, None),
    ]


def test_adoption_counts_people_with_a_seat_on_the_day():
    def used(id, hour, user, **columns):
        return {
            "model_usage_id": id,
            "model_id": "bot",
            "used_at": datetime(2026, 5, 4, hour),
            "user_hash": user,
            **columns,
        }

    engine = built(
        "fct_model_usage",
        model_usage=[used("1", 8, "ann"), used("2", 9, "bea", requests=5), used("3", 10, "cid"), used("4", 11, None)],
        model_seat=[
            {"model_seat_id": "s1", "model_id": "bot", "user_hash": "ann", "eligible_from": day(1)},
            {"model_seat_id": "s2", "model_id": "bot", "user_hash": "ann", "eligible_from": day(2)},
            {
                "model_seat_id": "s3",
                "model_id": "bot",
                "user_hash": "bea",
                "eligible_from": day(1),
                "eligible_to": day(4),
            },
            {"model_seat_id": "s4", "model_id": "other", "user_hash": "cid", "eligible_from": day(1)},
        ],
    )

    assert facts(engine, "fct_model_usage", "model_usage_id", "model_user_id", "is_eligible", "requests") == [
        ("1", "bot@ann", True, 1),
        ("2", "bot@bea", False, 5),
        ("3", "bot@cid", False, 1),
        ("4", None, False, 1),
    ]


def test_cost_is_converted_at_the_rate_of_its_day_and_stands_beside_value():
    costs = [
        {"model_cost_id": "1", "model_id": "bot", "kind": "people", "cost_on": day(4), "amount": 100},
        {
            "model_cost_id": "2",
            "model_id": "bot",
            "kind": "data",
            "cost_on": day(4),
            "amount": 10,
            "currency": "CHF",
        },
        {
            "model_cost_id": "3",
            "model_id": "bot",
            "kind": "data",
            "cost_on": day(4),
            "amount": 10,
            "currency": "XXX",
        },
    ]
    engine = built(
        "fct_model_return",
        model_cost=costs,
        fx_rate=[{"fx_rate_id": "1", "rate_date": day(1), "currency": "CHF", "rate": Decimal("1.05")}],
    )

    assert facts(engine, "fct_model_return", "model_return_id", "kind", "value_reporting", "cost_reporting") == [
        ("cost:1", "people", None, Decimal("100.0000")),
        ("cost:2", "data", None, Decimal("10.5000")),
        ("cost:3", "data", None, None),
    ]


def test_a_randomised_effect_compares_the_arms_of_each_day():
    """On the better day most units are treated: pooled over the days the arms would differ by far more."""
    engine = built(
        "fct_model_value",
        "fct_model",
        owner=with_models(models=[RANKER | {"deployed_on": "2026-05-01"}]),
        experiment=[
            observed("ab", day(1), "treatment", 300, 90),
            observed("ab", day(1), "control", 50, 10),
            observed("ab", day(2), "treatment", 100, 15),
            observed("ab", day(2), "control", 200, 20),
            observed("ab", day(3), "rollout", 400, 55),
        ],
    )

    effect = (300 * (90 / 300 - 10 / 50) + 100 * (15 / 100 - 20 / 200)) / 400
    variances = [
        300**2 * (_variance(300, 90) + _variance(50, 10)),
        100**2 * (_variance(100, 15) + _variance(200, 20)),
    ]
    error = sqrt(sum(variances)) / 400
    rows = facts(engine, "fct_model_value", "value_on", "method", "exposed", "effect", "standard_error", "value_amount")
    assert [row[:3] for row in rows] == [
        (day(1), "randomised", 300),
        (day(2), "randomised", 100),
        (day(3), "randomised", 400),
    ]
    assert 1.6 * effect < (90 + 15) / 400 - (10 + 20) / 250
    assert [row[3] for row in rows] == pytest.approx([effect] * 3)
    assert [row[4] for row in rows] == pytest.approx([error] * 3, rel=1e-6)
    assert [float(row[5]) for row in rows] == pytest.approx([effect * units * 20 for units in (300, 100, 400)])


def _variance(units, outcomes):
    share = outcomes / units
    return share * (1 - share) / (units - 1)


def test_value_is_proven_on_the_first_day_of_28_whose_evidence_excludes_zero():
    def arms(id, treated, control):
        return [
            observed(id, day(number), arm, 20, outcomes, model_id=id)
            for number in range(1, 32)
            for arm, outcomes in (("treatment", treated), ("control", control))
        ]

    approved = {"approved_on": "2026-04-01", "deployed_on": "2026-05-01"}
    links = RANKER["kpis"]
    engine = built(
        "fct_model_value",
        "fct_model",
        owner=with_models(models=[{"id": id, "kpis": links, **approved} for id in ("clear", "close", "worse")]),
        experiment=[*arms("clear", 9, 3), *arms("close", 10, 9), *arms("worse", 3, 9)],
    )

    # On every day 0.05 with the same variance: it takes (1.96 * error / 0.05) ** 2 days, more than there are.
    assert (1.96 / 0.05) ** 2 * (_variance(20, 10) + _variance(20, 9)) > 31
    assert facts(engine, "fct_model", "model_id", "value_proven_on", "days_to_value") == [
        ("clear", day(28), 57),
        ("close", None, None),
        ("worse", None, None),
    ]


def test_the_strongest_design_with_an_estimate_counts():
    others = [
        observed("did", day(1), "treatment", 100, 30, design="control_group", phase="before"),
        observed("did", day(1), "control", 100, 20, design="control_group", phase="before"),
        observed("did", day(2), "treatment", 100, 40, design="control_group"),
        observed("did", day(2), "control", 100, 25, design="control_group"),
        observed("simple", day(1), "treatment", 100, 10, design="before_after", phase="before"),
        observed("simple", day(2), "treatment", 100, 40, design="before_after"),
    ]
    one_armed = observed("ab", day(2), "treatment", 100, 90)
    engine = built("fct_model_value", owner=with_models(models=[RANKER]), experiment=[*others, one_armed])

    assert facts(engine, "fct_model_value", "experiment_id", "method", "effect", "value_amount") == [
        ("did", "control_group", pytest.approx((0.4 - 0.25) - (0.3 - 0.2)), Decimal("100.0000"))
    ]

    weak = [each for each in others if each["design"] == "before_after"]
    engine = built("fct_model_value", owner=with_models(models=[RANKER]), experiment=weak)
    assert facts(engine, "fct_model_value", "method", "effect") == [("before_after", pytest.approx(0.3))]

    engine = built("fct_model_value", owner=with_models(models=[RANKER]), experiment=weak[1:])
    assert facts(engine, "fct_model_value", "method", "effect") == [("before_after", pytest.approx(0.4 - 0.1))]


def test_less_is_a_gain_where_down_is_better():
    handling = RANKER | {"kpis": [{"kpi": "orders", "direction": "down", "unit_value": 0.5}]}
    engine = built(
        "fct_model_value",
        owner=with_models(models=[handling]),
        experiment=[
            # minutes per ticket: 10 and 12 against 14 and 16
            observed("ab", day(1), "treatment", 2, None, outcome_sum=22, outcome_sum_of_squares=244),
            observed("ab", day(1), "control", 2, None, outcome_sum=30, outcome_sum_of_squares=452),
        ],
    )

    assert facts(engine, "fct_model_value", "effect", "standard_error", "value_amount") == [
        (pytest.approx(4), pytest.approx(sqrt(2 / 2 + 2 / 2)), Decimal("4.0000"))
    ]


def test_an_effect_that_is_not_priced_has_no_value():
    unpriced = RANKER | {"kpis": [{"kpi": "orders", "direction": "up"}]}
    engine = built(
        "fct_model_value",
        owner=with_models(models=[unpriced]),
        experiment=[observed("ab", day(1), "treatment", 9, 3), observed("ab", day(1), "control", 9, 1)],
    )

    assert facts(engine, "fct_model_value", "model_id") == []


def test_the_days_of_a_plan_add_up_to_it():
    engine = built(
        "fct_model_plan",
        owner=with_models(
            models=[{"id": "ranker", "plan": [{"from": "2026-05-01", "to": "2026-05-03", "value": 100}]}]
        ),
        model_plan=[
            {
                "model_plan_id": "p",
                "model_id": "bot",
                "planned_from": day(1),
                "planned_to": day(2),
                "planned_value": 1,
                "currency": "CHF",
            },
            # the calendar begins with the first record
        ],
        model_cost=[{"model_cost_id": "1", "model_id": "bot", "kind": "data", "cost_on": day(1), "amount": 1}],
    )

    found = facts(engine, "fct_model_plan", "model_id", "planned_on", "planned_value", "planned_value_reporting")
    assert [row for row in found if row[0] == "ranker"] == [
        ("ranker", day(1), Decimal("33.3333"), Decimal("33.3333")),
        ("ranker", day(2), Decimal("33.3334"), Decimal("33.3334")),
        ("ranker", day(3), Decimal("33.3333"), Decimal("33.3333")),
    ]
    assert [row[2:] for row in found if row[0] == "bot"] == [(Decimal("0.5000"), None), (Decimal("0.5000"), None)]


def test_a_model_waits_for_deployment_then_for_use_then_for_proof():
    catalogue = with_models(
        models=[
            RANKER | {"deployed_on": "2026-05-05", "owner": "anna"},
            {"id": "shelf", "approved_on": "2026-04-02", "retired_on": "2026-05-20"},
            {"id": "idle", "approved_on": "2026-04-03", "deployed_on": "2026-05-06", "owner": "ben"},
        ]
    )
    engine = built(
        "fct_model",
        owner=catalogue,
        model_usage=[
            {"model_usage_id": "trial", "model_id": "ranker", "used_at": datetime(2026, 5, 2, 12)},
            {"model_usage_id": "first", "model_id": "ranker", "used_at": datetime(2026, 5, 8, 12)},
        ],
    )

    columns = ("model_id", "undeployed_until", "linked_on", "first_used_on", "unused_until")
    assert facts(engine, "fct_model", *columns) == [
        ("idle", day(6), None, None, None),
        ("ranker", day(5), day(5), day(8), day(8)),
        ("shelf", day(20), None, None, day(20)),
    ]


def test_another_rate_or_record_reaches_the_value_of_its_model_only():
    francs = RANKER | {"kpis": [{"kpi": "orders", "unit_value": 10, "currency": "CHF"}]}
    owner = with_models(models=[francs, {"id": "bot"}])
    arms = [observed("ab", day(1), "treatment", 10, 5), observed("ab", day(1), "control", 10, 3)]
    engine = warehouse()
    fill(engine, "experiment", arms)
    fill(engine, "fx_rate", [{"fx_rate_id": "1", "rate_date": MAY, "currency": "CHF", "rate": 1}])
    read = (
        "dim_exchange_rate",
        "dim_ai_use_case",
        "dim_model",
        "bridge_model_kpi",
        "fct_experiment",
        "fct_model_value",
    )
    build_model(engine, owner, models=[each for each in in_build_order() if each.name in read])
    assert facts(engine, "fct_model_value", "value_amount", "value_reporting") == [(Decimal(20), Decimal(20))]

    fill(engine, "fx_rate", [{"fx_rate_id": "1", "rate_date": MAY, "currency": "CHF", "rate": 2}], sequence=2)
    for name in ("dim_exchange_rate", "fct_experiment", "fct_model_value"):
        done = build(engine, owner, name, run(2))
    assert done.mode == "incremental"
    assert facts(engine, "fct_model_value", "value_amount", "value_reporting") == [(Decimal(20), Decimal(40))]
