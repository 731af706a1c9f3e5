"""Objectives and key results."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import dimension
from bizops_pipeline.contracts.table import Column, Table, Type, day, integer, text

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
    text("roll_up", "key_results, or with_children: what its score is made of."),
    text("weights", "given, or size: what key results count by."),
    Column("weight", Type.COMPONENT, "Weight in the objective above it, where that one counts its children."),
    integer("late_days", "Days after the period in which late data still counts; then the grade is final."),
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
    Column(
        "target", Type.COMPONENT, "Value to be reached or kept, as of the start; dim_key_result_target has changes."
    ),
    day("start_on", "First day."),
    day("due_on", "Last day."),
    Column("weight", Type.COMPONENT, "Weight in the objective, where that one does not weigh by size."),
    Column("unit_value", Type.COMPONENT, "Worth of one unit between baseline and target, for weights by size."),
    text("supports_id", "Key result that this one supports."),
    text("effect", "outcome (a benefit) or output (a thing done)."),
    text("curve", "linear, phased or seasonal: how progress is expected to come about."),
    integer("cycle_days", "Days between two of its values; NULL for milestones and grain all, which have no cycle."),
    Column("commit_zone", Type.WEIGHT, "Share of the way from which on the commitment is met; NULL without zones."),
    Column("target_zone", Type.WEIGHT, "Share of the way from which on the aim is met; NULL without zones."),
)

DIM_KEY_RESULT_TARGET = dimension(
    "dim_key_result_target",
    "one row per key result and target it had",
    "Targets of key results with the days on which they hold: the one of the start and those changed in flight.",
    ("key_result_id", "valid_from"),
    text("key_result_id", "Key result.", required=True),
    day("valid_from", "First day on which it holds; 1900-01-01 for the first.", required=True),
    day("valid_to", "First day on which it no longer holds; 9999-12-31 for the last.", required=True),
    Column("target", Type.COMPONENT, "Value to be reached or kept."),
    Column("upper_bound", Type.COMPONENT, "Highest value that is inside a range."),
    text("reason", "Why it replaced the one before; NULL for the first."),
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_OBJECTIVE,
    DIM_KEY_RESULT,
    DIM_KEY_RESULT_TARGET,
)
FACTS: tuple[Table, ...] = ()
