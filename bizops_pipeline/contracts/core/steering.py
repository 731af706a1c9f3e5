"""Objectives and key results."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import dimension
from bizops_pipeline.contracts.table import Column, Table, Type, day, text

DIM_OBJECTIVE = dimension(
    "dim_objective",
    "one row per objective",
    "Objectives from the company's catalogue.",
    ("objective_id",),
    text("objective_id", "Objective key.", required=True),
    text("title", "What is to be achieved."),
    text("level", "company, value_stream or team."),
    text("parent_id", "Objective above it."),
    text("value_stream_id", "Value stream."),
    text("team_id", "Team."),
    text("value_domain", "Value domain."),
    text("kind", "committed or aspirational."),
    text("owner_business", "Owner on the business side."),
    text("owner_it", "Owner on the IT side."),
    day("period_from", "First day."),
    day("period_to", "Last day."),
)

DIM_KEY_RESULT = dimension(
    "dim_key_result",
    "one row per key result",
    "Key results from the company's catalogue.",
    ("key_result_id",),
    text("key_result_id", "Key result key.", required=True),
    text("objective_id", "Objective.", required=True),
    text("title", "What is measured."),
    text("type", "numeric, percent, milestone, binary, stay_above, stay_below, range or baseline."),
    text("source", "measured or reported."),
    text("kpi_id", "KPI that feeds it."),
    text("grain", "Period grain of the KPI."),
    text("scope_type", "Scope of the KPI."),
    text("scope_id", "Member of the scope."),
    text("dimensions", "Canonical JSON of the other dimensions."),
    Column("baseline", Type.COMPONENT, "Value at the start."),
    Column("target", Type.COMPONENT, "Value to be reached or kept."),
    day("start_on", "First day."),
    day("due_on", "Last day."),
    Column("weight", Type.COMPONENT, "Weight in the objective."),
    text("supports_id", "Key result that this one supports."),
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_OBJECTIVE,
    DIM_KEY_RESULT,
)
FACTS: tuple[Table, ...] = ()
