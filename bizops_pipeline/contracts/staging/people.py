"""Employees, the teams they work in, and what people answer when they are asked."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import SERVICE, UPDATED, entity, not_before
from bizops_pipeline.contracts.table import Column, Table, Type, day, instant, number, text

SIDES = ("business", "it")
_TEAM = text("team_id", "Team; `unallocated` when it is none of the company's.", references="dim_team.team_id")
_FTE = Column("fte", Type.WEIGHT, "Share of a full-time job, 1 for full time.", minimum=0, maximum=2)

EMPLOYEE = entity(
    "employee",
    "one row per employee",
    "People whom the company employs. Team, side, cost centre and fte are for sources without assignments.",
    text("employee_id", "Employee key.", required=True, personal=True),
    day("hired_on", "First day of employment."),
    day("left_on", "First day on which the person is no longer employed; NULL while employed."),
    _TEAM,
    text("side", "Side the person works on.", allowed=SIDES),
    text("cost_centre", "Cost centre that pays."),
    _FTE,
    UPDATED,
    rules=(not_before("hired_on", "left_on"),),
)

TEAM_MEMBER = entity(
    "team_member",
    "one row per assignment of an employee to a team",
    "Who worked in which team when, and how much. Assignments of one employee may overlap: half here, half there.",
    text("team_member_id", "Assignment key.", required=True),
    text("employee_id", "Employee.", required=True, personal=True),
    _TEAM,
    text("side", "Side, where the team is not one of the company's.", allowed=SIDES),
    text("cost_centre", "Cost centre that pays."),
    _FTE,
    day("valid_from", "First day of the assignment.", required=True),
    day("valid_to", "First day on which it no longer holds; NULL while it does."),
    UPDATED,
    rules=(not_before("valid_from", "valid_to"),),
)

SURVEY_RESPONSE = entity(
    "survey_response",
    "one row per answer",
    "Answers to surveys.",
    text("response_id", "Answer key.", required=True),
    text("kind", "What was asked.", required=True, allowed=("csat", "nps", "ces", "enps")),
    number("score", "Score given.", required=True, minimum=0, maximum=10),
    number("scale_maximum", "Best score of the scale."),
    instant("answered_at", "When it was given.", required=True),
    text("subject", "What it is about, for example shop or it.", allowed=("shop", "it", "employer", "product")),
    text("channel", "Channel it came through."),
    text("order_id", "Order it is about."),
    text("team_id", "Team of an employee who answered.", references="dim_team.team_id"),
    SERVICE,
)

ENTITIES: tuple[Table, ...] = (
    EMPLOYEE,
    TEAM_MEMBER,
    SURVEY_RESPONSE,
)
