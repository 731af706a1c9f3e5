"""AI models, what they need and who uses them, by hand-computed cases."""

from datetime import datetime
from decimal import Decimal
from math import log

import pytest

from bizops_pipeline_tests.model.ai_company import RANKER, day, with_models
from bizops_pipeline_tests.model.company import built, content, facts


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
                "monitored_on": day(1),
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
