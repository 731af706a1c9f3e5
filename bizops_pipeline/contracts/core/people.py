"""Employees, where and how much they work, and what people answer when they are asked."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import CHANNEL, COST_CENTRE, SERVICE, SIDE, conformed, dimension, fact
from bizops_pipeline.contracts.table import Column, Table, Type, business_date, day, flag, instant, number, text

TEAM = text("team_id", "Team; `unallocated` when none is known.", references="dim_team.team_id")

DIM_EMPLOYEE = dimension(
    "dim_employee",
    "one row per employee",
    "Employees under a pseudonym, with the team of their latest assignment.",
    ("employee_id",),
    text("employee_id", "Employee, hashed at the landing.", required=True),
    TEAM,
    SIDE,
    COST_CENTRE,
    day("hired_on", "First day of employment."),
    day("left_on", "First day no longer employed; NULL while employed."),
)

FCT_EMPLOYEE = fact(
    "fct_employee",
    "one row per assignment of an employee and span of days on which the employee's assignments do not change",
    "Who works where and how much. Where assignments of an employee overlap, the largest of a span is the head.",
    text("employee_span_id", "Assignment and first day of the span.", required=True),
    text("employee_id", "Employee, hashed.", references="dim_employee.employee_id"),
    TEAM,
    SIDE,
    COST_CENTRE,
    day("valid_from", "First day.", required=True),
    day("valid_to", "First day on which it no longer holds; NULL while it does."),
    Column("fte", Type.WEIGHT, "Share of a full-time job; NULL when nobody says."),
    flag("is_head", "Whether the employee is counted here; true in one row of each employee and day."),
)

FCT_SURVEY_RESPONSE = fact(
    "fct_survey_response",
    "one row per answer",
    "Answers to surveys.",
    text("response_id", "Answer.", required=True),
    text("kind", "What was asked.", allowed=conformed("survey_response", "kind")),
    number("score", "Score."),
    number("scale_maximum", "Best score of the scale."),
    flag("is_top_two", "Whether it is one of the two best scores."),
    flag("is_promoter", "Whether it is 9 or 10 of 0 to 10; NULL on another scale."),
    flag("is_detractor", "Whether it is 0 to 6 of 0 to 10; NULL on another scale."),
    text("subject", "What it is about.", allowed=conformed("survey_response", "subject")),
    CHANNEL,
    SERVICE,
    text("team_id", "Team of an employee who answered; NULL for a customer.", references="dim_team.team_id"),
    text("order_id", "Order."),
    instant("answered_at", "When it was given.", required=True),
    business_date("answered_at"),
)

DIMENSIONS: tuple[Table, ...] = (DIM_EMPLOYEE,)
FACTS: tuple[Table, ...] = (
    FCT_EMPLOYEE,
    FCT_SURVEY_RESPONSE,
)
