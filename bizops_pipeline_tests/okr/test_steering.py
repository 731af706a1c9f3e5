"""Reports against measurements, what carries key results, the cascade and alignment, each worked out by hand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from bizops_pipeline.catalogue.models import Objective
from bizops_pipeline.contracts.marts.okr import OKR_OBJECTIVE
from bizops_pipeline.contracts.marts.steering import ALIGNMENT, KEY_RESULT_SUPPORT, OKR_CASCADE, STATUS_GAP
from bizops_pipeline.contracts.staging.steering import CHECKIN
from bizops_pipeline.okr.tree import told
from bizops_pipeline_tests.okr.steering_case import DUE, START, SteeringCase, week


def test_a_report_is_compared_with_the_measurement_of_its_day_and_runs_are_counted() -> None:
    case = SteeringCase()
    lights = ["green", "green", "amber", "red", "green", "green"]
    measured = ["on_track", "behind", "at_risk", "missed", "at_risk", "at_risk"]
    for number, (light, status) in enumerate(zip(lights, measured, strict=True)):
        case.progress("orders", week(number), status, 0.2).report(f"r{number}", week(number), light, 0.25)
    rows = case.rows(STATUS_GAP, week(6))
    assert [row["levels_greener"] for row in rows] == [0, 1, 1, 0, 2, 2]
    assert [row["is_greener"] for row in rows] == [False, True, True, False, True, True]
    assert [row["greener_reports"] for row in rows] == [0, 1, 2, 0, 1, 2]
    assert [row["greener_days"] for row in rows] == [None, 0, 7, None, 0, 7]
    assert [row["greener_since"] for row in rows] == [None, week(1), week(1), None, week(4), week(4)]
    assert [row["is_latest"] for row in rows] == [False] * 5 + [True]
    assert {round(row["points_greener"], 9) for row in rows} == {5.0}
    assert {(row["objective_id"], row["value_stream_id"], row["side"]) for row in rows} == {("sell", "buy", "business")}


@pytest.mark.parametrize(
    ("share", "is_greener"), [(0.30, False), (0.31, True), (0.10, False)], ids=["ten points", "eleven", "below"]
)
def test_a_report_without_a_light_is_greener_by_more_than_ten_points(share: float, is_greener: bool) -> None:
    case = SteeringCase().progress("orders", week(0), "at_risk", 0.2).report("r", week(0), None, share)
    (row,) = case.rows(STATUS_GAP, week(1))
    assert row["is_greener"] is is_greener
    assert row["levels_greener"] is None


def test_a_report_on_an_objective_is_compared_with_its_score() -> None:
    case = SteeringCase().report("r", week(0), "green", 0.9, key_result_id=None, objective_id="dependable", side=None)
    case.given[next(iter(case.given))][0]["team_id"] = "shop_it"
    case.add(
        OKR_OBJECTIVE,
        objective_id="dependable",
        as_of=week(0),
        score=0.4,
        status="behind",
        status_preset="default",
        parts=1,
        is_final=False,
        run_id="run",
    )
    (row,) = case.rows(STATUS_GAP, week(1))
    assert (row["subject"], row["measured_light"], row["levels_greener"]) == ("objective", "amber", 1)
    assert round(row["points_greener"], 9) == 50.0
    assert row["side"] == "it"  # that of the team
    assert row["value_stream_id"] == "buy"  # that of the objective above


def test_a_report_that_nothing_can_be_said_about_says_why() -> None:
    case = SteeringCase().report("a", week(0), "green", key_result_id="nobody").report("b", week(0), "green")
    case.progress("orders", week(1), "no_data", None).report("c", week(1), "green")
    rows = case.rows(STATUS_GAP, week(2))
    assert [row["null_reason"] for row in rows] == ["unknown_subject", "no_measurement", "no_measurement"]
    assert {row["is_greener"] for row in rows} == {None}


def test_reports_of_the_future_are_not_known_yet() -> None:
    case = SteeringCase().report("a", week(0), "green").report("b", week(2), "green")
    assert [row["status_report_id"] for row in case.rows(STATUS_GAP, week(1))] == ["a"]


def test_the_cascade_leads_from_it_to_the_business() -> None:
    rows = {(row["key_result_id"], row["supported_id"]): row for row in SteeringCase().rows(OKR_CASCADE, week(0))}
    assert sorted(rows) == [("fast", "orders"), ("fast", "up"), ("up", "orders")]
    far = rows["fast", "orders"]
    assert (far["distance"], far["path"], far["is_it_for_business"]) == (2, "fast > up > orders", True)
    assert rows["fast", "up"]["is_it_for_business"] is False  # from IT to IT
    assert far["supported_objective_id"] == "sell"


def test_what_carries_a_key_result_and_how_lately_people_spoke_of_it() -> None:
    case = SteeringCase("initiative")
    case.initiative("i1", "dependable", kpi_id="orders").initiative("i2", "sell", kpi_id="speed")
    for number, on in enumerate((date(2026, 4, 3), date(2026, 4, 20))):
        row = {"checkin_id": f"c{number}", "key_result_id": "stores", "value": Decimal(1)}
        case.add(CHECKIN, **row, checked_in_at=datetime(on.year, on.month, on.day, 8))
    case.report("r", date(2026, 4, 10), "green")
    rows = {row["key_result_id"]: row for row in case.rows(KEY_RESULT_SUPPORT, date(2026, 4, 30))}
    orders, stores, fast = rows["orders"], rows["stores"], rows["fast"]
    assert (orders["supporters"], orders["supporters_below"], orders["it_supporters_below"]) == (1, 2, 2)
    assert orders["initiatives"] == 1  # i1 serves the objective below; i2 moves another KPI
    assert orders["is_supported"]
    # fast: nobody supports it, and i2, which moves its KPI, serves the objective above and not this one
    assert (fast["supporters"], fast["initiatives"], fast["is_supported"]) == (0, 0, False)
    assert (orders["silent_days"], orders["attention"]) == (20, "stale")
    assert (stores["last_checkin_on"], stores["silent_days"], stores["attention"]) == (date(2026, 4, 20), 10, "late")
    assert (fast["silent_days"], fast["attention"]) == (None, "never")


def test_silence_after_the_due_date_is_not_held_against_anybody() -> None:
    case = SteeringCase().report("r", date(2026, 6, 29), "green")
    rows = {row["key_result_id"]: row for row in case.rows(KEY_RESULT_SUPPORT, date(2026, 8, 15))}
    assert (rows["orders"]["silent_days"], rows["orders"]["attention"]) == (1, "fresh")
    assert rows["orders"]["initiatives"] is None  # nobody brings initiatives


def alignment(
    case: SteeringCase, as_of: date, grain: str = "month", start: date = START
) -> dict[tuple[str, str], dict]:
    return {
        (row["objective_id"], row["value_stream_id"]): row
        for row in case.rows(ALIGNMENT, as_of)
        if (row["grain"], row["period_start"]) == (grain, start)
    }


def test_alignment_of_what_is_defined() -> None:
    case = SteeringCase()
    end = date(2026, 4, 30)
    case.progress("orders", end, "on_track", 0.5, weight=Decimal(3))
    case.progress("stores", end, "on_track", 0.5, source="reported", is_fresh=False)
    rows = alignment(case, end)
    assert sorted(rows) == [("dependable", "buy"), ("sell", "buy")]  # the one below belongs to the stream above it
    sell, dependable = rows["sell", "buy"], rows["dependable", "buy"]
    assert (sell["side"], sell["is_co_owned"], dependable["side"], dependable["is_co_owned"]) == (
        "both",
        True,
        "it",
        False,
    )
    assert sell["hard_data_share"] == 0.75
    assert sell["outcome_share"] == 1.0
    assert sell["fresh_checkin_share"] == 0.0
    assert (sell["kpis"], sell["shared_kpis"]) == (1, 1)
    assert (dependable["kpis"], dependable["shared_kpis"]) == (3, 1)  # orders, which the other one has too
    assert (sell["transparency"], sell["not_transparent"]) == (1.0, None)
    assert dependable["transparency"] == pytest.approx(2 / 6)
    assert dependable["not_transparent"] == "owner in business, value stream, value domain, titles of key results"
    assert (sell["supported_key_results"], sell["unsupported_key_results"]) == (1, 1)
    assert (sell["spend"], sell["spend_share"], sell["spend_null_reason"]) == (None, None, "source_missing")
    assert (sell["is_funded"], sell["effort_null_reason"]) == (None, "source_missing")


def test_a_past_period_is_told_by_what_had_begun_in_it() -> None:
    case = SteeringCase("initiative")
    begins = {"up": date(2026, 5, 4), "orders_it": date(2026, 6, 1)}
    case.company = case.company.model_copy(
        update={
            "objectives": tuple(
                objective.model_copy(
                    update={
                        "key_results": tuple(
                            result.model_copy(update={"start": begins.get(result.id)})
                            for result in objective.key_results
                        )
                    }
                )
                for objective in case.company.objectives
            )
        }
    )
    # It moves the KPI of `fast`, and begins in the last month.
    case.initiative("i1", "dependable", kpi_id="speed", started_on=date(2026, 6, 8), ended_on=None)
    weights = {"orders": 3, "stores": 1, "up": 1, "fast": 1, "orders_it": 2}
    for end in (date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)):
        for id, weight in weights.items():
            if begins.get(id, START) <= end:
                # The objective weighs by size, and the target of `stores` was doubled in June.
                doubled = 2 if id == "stores" and end == DUE else 1
                source = "reported" if id == "stores" else "measured"
                case.progress(id, end, "on_track", 0.5, weight=Decimal(weight * doubled), source=source)
    names = ("key_results", "kpis", "shared_kpis", "supported_key_results", "unsupported_key_results")
    monthly = [row for row in case.rows(ALIGNMENT, DUE) if row["grain"] == "month"]
    said = {(row["objective_id"], row["period_start"].month): tuple(row[name] for name in names) for row in monthly}
    # April: `fast` alone has begun below; orders is shared as both sides own `sell`; nothing carries anything.
    assert (said["sell", 4], said["dependable", 4]) == ((2, 1, 1, 0, 2), (1, 1, 0, 0, 1))
    # May: `up` supports orders and is itself supported by `fast`.
    assert (said["sell", 5], said["dependable", 5]) == ((2, 1, 1, 1, 1), (2, 2, 0, 1, 1))
    # June: both objectives measure orders, and the initiative carries `fast`.
    assert (said["sell", 6], said["dependable", 6]) == ((2, 1, 1, 1, 1), (3, 3, 1, 2, 1))
    hard = {row["period_start"].month: row["hard_data_share"] for row in monthly if row["objective_id"] == "sell"}
    assert hard == {4: 3 / 4, 5: 3 / 4, 6: 3 / 5}


def test_alignment_of_spend_from_the_ledger() -> None:
    case = SteeringCase("initiative")
    case.initiative("i1", "dependable").initiative("i2", None).initiative("i3", "sell", value_stream_id="run")
    case.cost("a", "i1", date(2026, 4, 2), 300).cost("b", "i2", date(2026, 4, 3), 100).cost(
        "c", "i3", date(2026, 5, 1), 50
    )
    case.cost("d", None, date(2026, 4, 2), 999)  # not for an initiative: what it costs to run
    april = alignment(case, DUE)
    assert (april["dependable", "buy"]["spend"], april["dependable", "buy"]["spend_share"]) == (Decimal(300), 0.75)
    assert (april["unallocated", "buy"]["spend"], april["unallocated", "buy"]["spend_share"]) == (Decimal(100), 0.25)
    # Nothing for itself, but for the objective below it.
    assert (april["sell", "buy"]["spend"], april["sell", "buy"]["is_funded"]) == (Decimal(0), True)
    may = alignment(case, DUE, start=date(2026, 5, 1))
    assert sorted(may) == [("dependable", "buy"), ("sell", "buy"), ("sell", "run")]
    assert may["sell", "run"]["is_own_value_stream"] is False
    assert may["sell", "run"]["spend"] == Decimal(50)
    assert (may["dependable", "buy"]["is_funded"], may["dependable", "buy"]["spend_null_reason"]) == (
        False,
        "no_denominator",
    )
    quarter = alignment(case, DUE, "quarter")
    assert quarter["dependable", "buy"]["spend"] == Decimal(300)
    assert quarter["dependable", "buy"]["is_funded"] is True


def test_spend_that_is_only_reported_is_spread_over_the_days_of_the_initiative() -> None:
    case = SteeringCase("initiative")
    # 61 days of April and May; 610 to date on 10 May, the 40th day: 30 of 40 days are in April.
    case.initiative("i1", "sell", ended_on=date(2026, 5, 31), spend_reporting=Decimal(400))
    rows = alignment(case, date(2026, 5, 10))
    assert rows["sell", "buy"]["spend"] == Decimal(300)
    assert alignment(case, date(2026, 5, 10), start=date(2026, 5, 1))["sell", "buy"]["spend"] == Decimal(100)


def test_effort_reaches_value_streams_by_the_initiative_or_by_the_weights_of_the_service() -> None:
    case = SteeringCase("initiative", "worklog")
    case.initiative("i1", "sell", value_stream_id="run")
    case.effort("a", "i1", date(2026, 4, 2), 3600).effort("b", None, date(2026, 4, 2), 14400)
    rows = alignment(case, date(2026, 4, 30))
    # 14,400 s on nothing planned: 3/4 for buy, 1/4 (3,600 s) for run.
    assert rows["unallocated", "buy"]["effort_seconds"] == Decimal(10800)
    assert rows["unallocated", "run"]["effort_share"] == 0.5
    assert rows["sell", "run"]["effort_share"] == 0.5
    assert rows["sell", "buy"]["effort_share"] == 0.0


def test_an_objective_says_what_it_does_not_tell() -> None:
    bare = Objective.model_validate(
        {"id": "a", "title": "A", "level": "team", "period": {"from": START, "to": DUE}, "key_results": [{"id": "k"}]}
    )
    assert set(told(bare).values()) == {False}
