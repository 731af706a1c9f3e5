"""Practices, how well they are done and what would make them better."""

from __future__ import annotations

from typing import Unpack

from bizops_pipeline.contracts.core.vocabulary import SERVICE, dimension, fact
from bizops_pipeline.contracts.table import Column, ColumnOptions, Table, Type, day, text


def score(name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare a score from 0 to 5, exact so that it can be summed."""
    return Column(name, Type.QUANTITY, description, **options)


DIM_PRACTICE = dimension(
    "dim_practice",
    "one row per practice",
    "Practices from the company's catalogue.",
    ("practice_id",),
    text("practice_id", "Practice key.", required=True),
    text("name", "Name."),
    text("description", "What it is about."),
    text("owner", "Who answers for it."),
    text("team_id", "Team that does it."),
    text("value_stream_id", "Value stream that it is for."),
    text("service_id", "Service that it is for."),
)

DIM_PRACTICE_TARGET = dimension(
    "dim_practice_target",
    "one row per practice and dimension",
    "Which score each dimension of a practice is to reach.",
    ("practice_id", "dimension"),
    text("practice_id", "Practice.", required=True),
    text("dimension", "Dimension.", required=True),
    score("target", "Score to be reached.", required=True),
)

DIM_DECLARED_ASSESSMENT = dimension(
    "dim_declared_assessment",
    "one row per practice, dimension and day",
    "Assessments that the catalogue holds; those of sources join them in fct_assessment.",
    ("assessment_id",),
    text("assessment_id", "Assessment.", required=True),
    text("practice_id", "Practice.", required=True),
    text("dimension", "Dimension.", required=True),
    score("score", "Score.", required=True),
    day("assessed_on", "Day of the assessment.", required=True),
    text("evidence", "What the score rests on."),
)

BRIDGE_PRACTICE_KPI = dimension(
    "bridge_practice_kpi",
    "one row per practice and KPI",
    "Which KPIs a practice drives.",
    ("practice_id", "kpi_id"),
    text("practice_id", "Practice.", required=True),
    text("kpi_id", "KPI.", required=True),
)

DIM_IMPROVEMENT = dimension(
    "dim_improvement",
    "one row per improvement",
    "Tasks that would raise a practice.",
    ("improvement_id",),
    text("improvement_id", "Improvement key.", required=True),
    text("practice_id", "Practice.", required=True),
    text("title", "What is to be done."),
    text("dimension", "Dimension that it raises."),
    Column("effort_days", Type.QUANTITY, "Effort in person days.", required=True),
    text("owner", "Who answers for it."),
    text("roles", "Who is needed, comma separated."),
    day("due_on", "Day by which it is to be done."),
    day("done_on", "Day on which it was done."),
)

BRIDGE_IMPROVEMENT_DEPENDENCY = dimension(
    "bridge_improvement_dependency",
    "one row per improvement and improvement that it waits for",
    "Which improvements must be done before others; there is no circle.",
    ("improvement_id", "depends_on_id"),
    text("improvement_id", "Improvement.", required=True),
    text("depends_on_id", "Improvement that must be done before.", required=True),
)

FCT_ASSESSMENT = fact(
    "fct_assessment",
    "one row per practice, dimension and day",
    "Scores of practices, each with the days on which it is the latest one.",
    text("assessment_id", "Assessment.", required=True),
    SERVICE,
    text("value_stream_id", "Value stream that its practice is for.", references="dim_value_stream.value_stream_id"),
    text("practice_id", "Practice.", required=True, references="dim_practice.practice_id"),
    text("dimension", "Dimension.", required=True),
    score("score", "Score, 0 to 5.", required=True),
    score("target", "Score to be reached; NULL when none is known."),
    score("gap", "Target less score, 0 when it is reached."),
    day("assessed_on", "Day of the assessment.", required=True),
    day("superseded_on", "Day of the next assessment; NULL while it is the latest."),
    text("evidence", "What the score rests on."),
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_PRACTICE,
    DIM_PRACTICE_TARGET,
    DIM_DECLARED_ASSESSMENT,
    BRIDGE_PRACTICE_KPI,
    DIM_IMPROVEMENT,
    BRIDGE_IMPROVEMENT_DEPENDENCY,
)
FACTS: tuple[Table, ...] = (FCT_ASSESSMENT,)
