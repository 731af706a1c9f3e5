"""Employees, their assignments and answers by hand-computed cases."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from bizops_pipeline.catalogue.models import Organisation
from bizops_pipeline.model.registry import model
from bizops_pipeline_tests.model.company import build_model, built, company, content, facts, fill, warehouse

TEAMS = {"teams": [{"id": "sales", "name": "Sales", "side": "business"}, {"id": "web", "name": "Web", "side": "it"}]}


def teams():
    return company().model_copy(update={"organisation": Organisation.model_validate(TEAMS)})


def day(text):
    return date.fromisoformat(f"2026-{text}")


def member(id, employee, team, start, end=None, fte=1, **columns):
    return {
        "team_member_id": id,
        "employee_id": employee,
        "team_id": team,
        "valid_from": day(start),
        "valid_to": day(end) if end else None,
        "fte": Decimal(str(fte)),
        **columns,
    }


def spans(engine):
    columns = ("employee_span_id", "team_id", "valid_from", "valid_to", "fte", "is_head")
    return [(*row[:4], float(row[4]), row[5]) for row in facts(engine, "fct_employee", *columns)]


def test_an_employee_in_two_teams_is_one_head_on_each_day():
    engine = built(
        "fct_employee",
        owner=teams(),
        employee=[{"employee_id": "ann", "hired_on": day("01-01")}],
        team_member=[
            member("m1", "ann", "sales", "01-01", "03-01", 1),
            member("m2", "ann", "sales", "03-01", None, 0.4),
            member("m3", "ann", "web", "02-01", None, 0.6),
        ],
    )

    assert spans(engine) == [
        ("m1@2026-01-01", "sales", day("01-01"), day("02-01"), 1, True),
        ("m1@2026-02-01", "sales", day("02-01"), day("03-01"), 1, True),
        ("m2@2026-03-01", "sales", day("03-01"), None, 0.4, False),
        ("m3@2026-02-01", "web", day("02-01"), day("03-01"), 0.6, False),
        ("m3@2026-03-01", "web", day("03-01"), None, 0.6, True),
    ]


def test_an_assignment_holds_while_its_employee_is_employed():
    engine = built(
        "fct_employee",
        owner=teams(),
        employee=[{"employee_id": "ann", "hired_on": day("02-01"), "left_on": day("05-01")}],
        team_member=[member("m1", "ann", "web", "01-01"), member("m2", "ann", "web", "06-01")],
    )

    assert spans(engine) == [("m1@2026-02-01", "web", day("02-01"), day("05-01"), 1, True)]


def test_an_employee_without_assignments_is_taken_from_hire_to_exit():
    engine = built(
        "fct_employee",
        owner=teams(),
        employee=[
            {
                "employee_id": "ann",
                "hired_on": day("02-01"),
                "team_id": "web",
                "side": "business",
                "fte": Decimal("0.5"),
            },
            {"employee_id": "ben", "hired_on": None, "team_id": "web"},
            {
                "employee_id": "cat",
                "hired_on": day("03-01"),
                "team_id": "canteen",
                "side": "business",
                "fte": Decimal(1),
            },
        ],
    )

    assert spans(engine) == [
        ("ann@2026-02-01", "web", day("02-01"), None, 0.5, True),
        ("cat@2026-03-01", "unallocated", day("03-01"), None, 1, True),
    ]
    assert facts(engine, "fct_employee", "side") == [("it",), ("business",)], "the team's side, else the record's"


def test_the_team_of_an_employee_is_that_of_the_latest_assignment():
    engine = built(
        "dim_employee",
        owner=teams(),
        employee=[{"employee_id": "ann", "hired_on": day("01-01"), "team_id": "sales", "cost_centre": "C1"}],
        team_member=[
            member("m1", "ann", "sales", "01-01", "03-01"),
            member("m2", "ann", "web", "03-01"),
            member("m3", "ben", "web", "03-01", cost_centre="C2"),
        ],
    )

    assert content(engine, "core.dim_employee") == [
        ("ann", "web", "it", "C1", day("01-01"), None),
        ("ben", "web", "it", "C2", None, None),
    ]


def test_a_new_assignment_rebuilds_the_spans_of_its_employee_alone():
    engine, owner = warehouse(), teams()
    fill(engine, "team_member", [member("m1", "ann", "web", "01-01"), member("m2", "ben", "web", "01-01")])
    built_first = build_model(engine, owner, models=[model("fct_employee")])["fct_employee"]
    moved = [member("m1", "ann", "web", "01-01", "02-01"), member("m3", "ann", "sales", "02-01")]
    fill(engine, "team_member", [*moved, member("m2", "ben", "web", "01-01")], sequence=2)

    again = build_model(engine, owner, 2, models=[model("fct_employee")])["fct_employee"]

    assert (built_first.mode, again.mode) == ("full", "incremental")
    assert spans(engine) == [
        ("m1@2026-01-01", "web", day("01-01"), day("02-01"), 1, True),
        ("m2@2026-01-01", "web", day("01-01"), None, 1, True),
        ("m3@2026-02-01", "sales", day("02-01"), None, 1, True),
    ]


@pytest.mark.parametrize(
    ("score", "scale", "promoter", "detractor"),
    [(10, 10, True, False), (9, 10, True, False), (8, 10, False, False), (6, 10, False, True), (5, 5, None, None)],
)
def test_who_recommends_and_who_advises_against(score, scale, promoter, detractor):
    answer = {
        "response_id": "a",
        "kind": "nps",
        "score": score,
        "scale_maximum": scale,
        "answered_at": datetime(2026, 1, 1),
    }

    engine = built("fct_survey_response", survey_response=[answer])

    assert facts(engine, "fct_survey_response", "is_promoter", "is_detractor") == [(promoter, detractor)]
