"""Standard KPIs of risk: each with its value worked out by hand."""

from typing import Any

import pytest

from bizops_pipeline_tests.metrics.support import World, at, standard

JANUARY, FEBRUARY = "2024-01-01", "2024-02-01"
DAY = 86_400


@pytest.fixture(scope="module")
def world() -> World:
    made = World(standard("risk"), as_of="2024-02-29")
    made.services({"shop": "web", "erp": "core"}, {"shop": {"buy": 0.75, "serve": 0.25}, "erp": {"buy": 1}})
    found = [
        # severity, detected, fixed after days, overdue from, in time
        ("critical", "2024-01-02 10:00", 4, None, True),
        ("critical", "2024-01-03 10:00", 10, "2024-01-11", False),
        ("critical", "2024-01-20 10:00", None, "2024-01-28", None),
        ("high", "2024-01-05 10:00", 6, None, None),
        ("high", "2024-01-25 10:00", None, "2024-02-25", None),
    ]
    made.add(
        "fct_vulnerability",
        *(
            {
                "severity": severity,
                "detected_at": at(detected),
                "fixed_at": None if days is None else at(detected, days=days),
                "remediation_seconds": None if days is None else days * DAY,
                "overdue_date": overdue,
                "is_fixed_in_time": in_time,
                "service_id": "shop",
            }
            for severity, detected, days, overdue, in_time in found
        ),
    )
    register = [
        # risk, service, day, change of exposure, of the baseline, of the number open
        ("a", "shop", "2024-01-10", 100, 100, 1),
        ("b", "erp", "2024-01-12", 60, 60, 1),
        ("a", "shop", "2024-01-25", -40, 0, 0),
        ("b", "erp", "2024-02-10", -60, 0, -1),
        ("c", "erp", "2024-02-11", 40, 40, 1),
    ]
    made.add(
        "fct_risk_movement",
        *(
            {
                "risk_id": risk,
                "service_id": service,
                "assessed_date": day,
                "exposure_change": change,
                "baseline_change": baseline,
                "open_change": opened,
            }
            for risk, service, day, change, baseline, opened in register
        ),
    )
    tests = ["passed"] * 3 + ["failed"] + ["not_tested"]
    made.add("fct_control_test", *({"test_date": "2024-01-15", "result": result} for result in tests))
    made.build()
    return made


@pytest.mark.parametrize(
    ("kpi", "start", "value", "working"),
    [
        ("vuln_mttr", JANUARY, 6, "median of 4, 10, 6"),
        ("vuln_fixed_in_time", JANUARY, 1 / 2, "one of two with a due date"),
        ("open_vulnerabilities", JANUARY, 2, "third and fifth"),
        ("overdue_vulnerabilities", JANUARY, 1, "third; the second was fixed"),
        ("overdue_vulnerabilities", FEBRUARY, 2, "third and fifth"),
        ("vuln_past_due_share", JANUARY, 1 / 2, "one of two"),
        ("risk_exposure", JANUARY, 120, "100 + 60 - 40"),
        ("risk_exposure", FEBRUARY, 100, "120 - 60 + 40"),
        ("risk_exposure_change", FEBRUARY, -20, "40 - 60"),
        ("risk_baseline_change", FEBRUARY, 40, "c"),
        ("risk_baseline_exposure", FEBRUARY, 200, "100 + 60 + 40"),
        ("risk_reduction", JANUARY, 1 - 120 / 160, "40 of 160 treated"),
        ("risk_reduction", FEBRUARY, 1 - 100 / 200, "40 + 60 of 200 treated"),
        ("risk_reduction_in_period", JANUARY, None, "nothing at the start"),
        ("risk_reduction_in_period", FEBRUARY, 1 - 100 / 120, "20 of 120 less"),
        ("open_risk_change", JANUARY, 2, "a and b"),
        ("open_risks", FEBRUARY, 2, "a and c"),
        ("control_pass_rate", JANUARY, 3 / 4, "the one not tested is out"),
        ("control_test_coverage", JANUARY, 4 / 5, "the one not tested"),
    ],
)
def test_standard_kpi(world: World, kpi: str, start: str, value: float | None, working: str):
    assert world.value(kpi, "month", start) == (None if value is None else pytest.approx(value, rel=1e-9)), working


def test_by_severity_and_value_stream(world: World):
    assert world.value("vuln_mttr", "month", JANUARY, severity="critical") == 7
    assert world.value("overdue_vulnerabilities", "month", FEBRUARY, severity="high") == 1
    assert world.value("risk_exposure", "month", JANUARY, "value_stream", "serve") == 15
    assert world.value("risk_reduction", "month", FEBRUARY, "service", "erp") == pytest.approx(0.6)


def test_every_standard_kpi_has_values(world: World):
    found: dict[str, Any] = dict(world.engine.rows("select kpi_id, count(value) from marts.kpi_value group by kpi_id"))
    assert set(found) == {kpi.id for kpi in standard("risk")}
    assert all(found.values()), found
