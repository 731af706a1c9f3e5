"""Goals on their latest day as people read them: titles, bars, values in units, and their age."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.okr.build import build
from bizops_pipeline.publish.latest_goals import latest_key_results, latest_objectives
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import Case

SHARE = Kpi(id="kpi", type="ratio", unit="percent", direction="up")


def shown() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return what is shown of an objective with a measured key result and one that nobody ever reported on."""
    case = Case(kpis=(SHARE,)).objective(title="Dependable | fast")
    case.key_result("kr", title="More at once", baseline=0.5, target=0.9, weight=3)
    case.key_result("told", source="reported", baseline=0, target=4)
    case.value(date(2026, 4, 1), 0.5).value(date(2026, 4, 15), 0.7)
    engine = case.engine()
    try:
        build(engine, case.company(), Run("run", 1, date(2026, 4, 15), datetime(2026, 4, 16)))
        return latest_key_results(engine, case.company()), latest_objectives(engine)
    finally:
        engine.close()


def test_key_results_have_titles_bars_and_units() -> None:
    measured, reported = shown()[0]
    names = ("key result", "id", "", "progress", "expected by now", "now", "target", "source", "latest value")
    assert tuple(measured[name] for name in names) == (
        "More at once",
        "kr",
        "█████░░░░░",
        "50 %",
        "50 %",
        "70.0 %",
        "90.0 %",
        "measured",
        "2026-04-15",
    )
    assert (reported["key result"], reported["now"], reported["target"]) == ("told", "0", "4")
    assert reported["latest value"] == "none"


def test_a_percent_is_shown_as_one_also_when_people_report_it() -> None:
    case = Case().key_result("told", source="reported", type="percent", baseline=0.4, target=1)
    case.checkin(datetime(2026, 4, 2), 0.51, id="told")
    engine = case.engine()
    try:
        build(engine, case.company(), Run("run", 1, date(2026, 4, 20), datetime(2026, 4, 21)))
        [row] = latest_key_results(engine, case.company())
    finally:
        engine.close()
    assert (row["now"], row["target"]) == ("51.0 %", "100.0 %")


def test_a_value_that_is_too_old_says_so() -> None:
    case = Case(kpis=(SHARE,)).key_result("kr", baseline=0.5, target=0.9).value(date(2026, 4, 1), 0.6)
    engine = case.engine()
    try:
        build(engine, case.company(), Run("run", 1, date(2026, 4, 20), datetime(2026, 4, 21)))
        [row] = latest_key_results(engine, case.company())
    finally:
        engine.close()
    assert row["latest value"] == "2026-04-01, too old"


def test_objectives_say_what_their_score_rests_on() -> None:
    ((objective,)) = shown()[1]
    assert (objective["objective"], objective["id"]) == ("Dependable | fast", "objective")
    assert (objective["weight that KPIs measure"], objective["expected by now"]) == ("75 %", "50 %")
