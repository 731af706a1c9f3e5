"""What AI models are worth, planned and proven, and what they cost, by hand-computed cases."""

from decimal import Decimal
from math import sqrt

import pytest

from bizops_pipeline.model.build import build
from bizops_pipeline.model.registry import in_build_order
from bizops_pipeline_tests.model.ai_company import RANKER, day, with_models
from bizops_pipeline_tests.model.company import build_model, built, facts, fill, run, warehouse


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


def test_another_rate_or_record_reaches_the_value_of_its_model_only():
    francs = RANKER | {"kpis": [{"kpi": "orders", "unit_value": 10, "currency": "CHF"}]}
    owner = with_models(models=[francs, {"id": "bot"}])
    arms = [observed("ab", day(1), "treatment", 10, 5), observed("ab", day(1), "control", 10, 3)]
    engine = warehouse()
    fill(engine, "experiment", arms)
    fill(engine, "fx_rate", [{"fx_rate_id": "1", "rate_date": day(1), "currency": "CHF", "rate": 1}])
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

    fill(engine, "fx_rate", [{"fx_rate_id": "1", "rate_date": day(1), "currency": "CHF", "rate": 2}], sequence=2)
    for name in ("dim_exchange_rate", "fct_experiment", "fct_model_value"):
        done = build(engine, owner, name, run(2))
    assert done.mode == "incremental"
    assert facts(engine, "fct_model_value", "value_amount", "value_reporting") == [(Decimal(20), Decimal(40))]


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
