"""Vulnerabilities and the risk register by hand-computed cases."""

from datetime import date, datetime
from decimal import Decimal

from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, models_of, warehouse


def vulnerability(id, detected, fixed=None, due=None):
    return {
        "vulnerability_id": id,
        "service_id": "shop",
        "severity": "high",
        "detected_at": datetime(2026, 3, detected, 10),
        "fixed_at": None if fixed is None else datetime(2026, 3, fixed, 10),
        "due_date": None if due is None else date(2026, 3, due),
    }


def test_a_vulnerability_is_overdue_from_the_day_after_its_due_date():
    engine = built(
        "fct_vulnerability",
        vulnerability=[
            vulnerability("a", 1, 8, due=8),
            vulnerability("b", 1, 9, due=8),
            vulnerability("c", 1, due=8),
            vulnerability("d", 10, due=8),
            vulnerability("e", 1, 9),
        ],
    )
    assert facts(engine, "fct_vulnerability", "overdue_date", "is_fixed_in_time", "remediation_seconds") == [
        (None, True, 7 * 86_400),
        (date(2026, 3, 9), False, 8 * 86_400),
        (date(2026, 3, 9), None, None),
        (date(2026, 3, 10), None, None),
        (None, None, 8 * 86_400),
    ]


def assessment(id, day, probability=None, impact=None, service="shop"):
    return {
        "risk_version_id": f"{id}{day}",
        "risk_id": id,
        "service_id": service,
        "assessed_date": date(2026, 3, day),
        "probability": None if probability is None else Decimal(probability),
        "impact": None if impact is None else Decimal(impact),
        "status": "closed" if probability is None else "open",
    }


REGISTER = [
    assessment("a", 1, "0.5", 100),
    assessment("a", 9, "0.1", 100),
    assessment("a", 20),
    assessment("a", 25, "0.2", 50),
    assessment("b", 5, "0.3", 10_000_000, service="nobody knows"),
    assessment("b", 7, "0.6", 10_000_000, service="payments"),
]
MOVED = [
    ("a1", "shop", 50, 50, 1),
    ("a20", "shop", -10, 0, -1),
    ("a25", "shop", 10, 0, 1),
    ("a9", "shop", -40, 0, 0),
    ("b5", "payments", 3_000_000, 3_000_000, 1),
    ("b7", "payments", 3_000_000, 0, 0),
]
COLUMNS = ("risk_version_id", "service_id", "exposure_change", "baseline_change", "open_change")


def test_assessments_move_the_exposure_and_the_first_one_sets_the_baseline():
    assert facts(built("fct_risk_movement", risk=REGISTER), "fct_risk_movement", *COLUMNS) == MOVED


def test_an_assessment_that_is_recorded_late_moves_its_neighbours():
    engine = warehouse()
    fill(engine, "risk", [REGISTER[0], *REGISTER[2:]])
    build_model(engine, company(), models=models_of("fct_risk_movement"))
    fill(engine, "risk", REGISTER, sequence=2)

    done = build_model(engine, company(), sequence=2, models=models_of("fct_risk_movement"))["fct_risk_movement"]

    assert (done.mode, done.written.inserted) == ("incremental", 2)
    assert facts(engine, "fct_risk_movement", *COLUMNS) == MOVED
    assert content(engine, "core.fct_risk_movement") == content(
        built("fct_risk_movement", risk=REGISTER), "core.fct_risk_movement"
    )
