"""AI models, their use, quality, cost and value."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import AMOUNT_REPORTING, REPORTING, SERVICE, conformed, dimension, fact
from bizops_pipeline.contracts.table import (
    Column,
    Conserved,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    money,
    number,
    text,
)

MODEL_ID = text("model_id", "Model.", required=True, references="dim_model.model_id")
RISK_TIER = text(
    "risk_tier",
    "Risk tier; `unclassified` when nobody named one.",
    required=True,
    allowed=conformed("model", "risk_tier", "unclassified"),
)

DIM_AI_USE_CASE = dimension(
    "dim_ai_use_case",
    "one row per use case",
    "What AI is wanted for, from the catalogue and from sources; the catalogue rules where both know one.",
    ("use_case_id",),
    text("use_case_id", "Use case key.", required=True),
    text("name", "Name.", required=True),
    SERVICE,
    text("owner", "Who answers for it."),
    text("risk_tier", "Risk tier.", allowed=conformed("ai_use_case", "risk_tier")),
    day("approved_on", "Day on which it was approved."),
)

DIM_MODEL = dimension(
    "dim_model",
    "one row per model",
    "Models, from the catalogue and from sources; the catalogue rules where both know one.",
    ("model_id",),
    text("model_id", "Model key.", required=True),
    text("name", "Name.", required=True),
    text("use_case_id", "Use case it serves.", references="dim_ai_use_case.use_case_id"),
    SERVICE,
    text("owner", "Who answers for it; the use case's owner when it has none."),
    RISK_TIER,
    text("stage", "Where it is in its life.", required=True, allowed=conformed("model", "stage")),
    day("approved_on", "Day on which it, or else its use case, was approved."),
    day("deployed_on", "Day on which it, or else its first version, went into production."),
    day("retired_on", "First day on which it was no longer in production."),
)

BRIDGE_MODEL_KPI = dimension(
    "bridge_model_kpi",
    "one row per model and KPI that it is to move",
    "Which KPI a model is to move, from where, and what a unit of it is worth.",
    ("model_id", "kpi_id"),
    MODEL_ID,
    text("kpi_id", "KPI.", required=True),
    text("direction", "up or down: which way is better.", required=True),
    Column("baseline", Type.QUANTITY, "Value of the KPI without the model."),
    money("unit_value", "Worth of one unit of the outcome."),
    text("currency", "Currency of that worth.", required=True),
    day("valid_from", "Day from which the link holds; NULL when always."),
)

FCT_MODEL = fact(
    "fct_model",
    "one row per model",
    "The life of models in days: approved, deployed, linked to a KPI, used, of proven value, retired.",
    text("model_id", "Model.", required=True, references="dim_model.model_id"),
    SERVICE,
    RISK_TIER,
    day("approved_on", "Approved."),
    day("deployed_on", "Went into production."),
    day("retired_on", "No longer in production."),
    day("undeployed_until", "Deployed, or given up: until then it was approved and not deployed."),
    day("linked_on", "In production with an owner, and a KPI with a baseline; NULL while one is missing."),
    day("first_used_on", "First request on or after its deployment."),
    day("unused_until", "First used, or retired: until then it was deployed and not used."),
    day("value_proven_on", "First day on which 28 or more days of evidence put its effect above zero at 95 %."),
    integer("days_to_value", "Days from approval to that day."),
)

FCT_MODEL_USAGE = fact(
    "fct_model_usage",
    "one row per use, or batch of uses",
    "Requests to models.",
    text("model_usage_id", "Use.", required=True),
    MODEL_ID,
    SERVICE,
    instant("used_at", "When it was used.", required=True),
    business_date("used_at"),
    text("model_user_id", "Model and person; NULL when a system used it."),
    flag("is_eligible", "Whether that person had a seat on the day.", required=True),
    integer("requests", "Requests.", required=True),
)

FCT_MODEL_SEAT = fact(
    "fct_model_seat",
    "one row per model, person and time in which that person may use it",
    "The people that adoption is measured against.",
    text("model_seat_id", "Seat.", required=True),
    MODEL_ID,
    SERVICE,
    day("eligible_from", "First day.", required=True),
    day("eligible_to", "First day on which the person may no longer use it."),
)

FCT_MODEL_FEEDBACK = fact(
    "fct_model_feedback",
    "one row per reviewed output, or batch of outputs with one decision",
    "What people decided about outputs of models.",
    text("model_feedback_id", "Review.", required=True),
    MODEL_ID,
    SERVICE,
    instant("reviewed_at", "When it was reviewed.", required=True),
    business_date("reviewed_at"),
    text(
        "decision", "What a person did with the answer.", required=True, allowed=conformed("model_feedback", "decision")
    ),
    flag("is_overridden", "Whether the output was edited or rejected.", required=True),
    integer("outputs", "Outputs.", required=True),
)

FCT_MODEL_COST = fact(
    "fct_model_cost",
    "one row per cost of a model",
    "What models cost.",
    text("model_cost_id", "Cost.", required=True),
    MODEL_ID,
    SERVICE,
    text(
        "kind",
        "What it was spent on; inference is what requests cause.",
        required=True,
        allowed=conformed("model_cost", "kind"),
    ),
    day("cost_on", "Day the cost belongs to.", required=True),
    text("currency", "Currency.", required=True),
    money("amount", "Amount in its currency.", required=True, conserves=Conserved("model_cost.amount")),
    AMOUNT_REPORTING,
)

FCT_MODEL_DRIFT = fact(
    "fct_model_drift",
    "one row per model, feature and day",
    "Population stability index: sum((p - q) * ln(p / q)) over bins, p the share on the day, q in the reference.",
    text("model_drift_id", "Key: model, feature and day.", required=True),
    MODEL_ID,
    text("feature", "Feature.", required=True),
    SERVICE,
    day("monitored_on", "Day.", required=True),
    integer("bins", "Bins.", required=True),
    integer("empty_bins", "Bins that are empty on either side; their share counts as 0.0001.", required=True),
    number("psi", "The index: below 0.1 stable, above 0.25 drifted; NULL when one side has no records."),
    flag("is_drifted", "Whether the index is above 0.25; NULL without one."),
)

FCT_MODEL_ARTIFACT = fact(
    "fct_model_artifact",
    "one row per model, artefact and evidence of it; one without evidence where there is none",
    "Artefacts that a model must have, and when each was there and in date.",
    text("model_artifact_id", "Key.", required=True),
    MODEL_ID,
    SERVICE,
    RISK_TIER,
    text("artifact", "Kind of artefact.", required=True),
    flag("is_requirement", "Whether the row stands for the requirement: one row of each model and artefact does."),
    day("required_from", "First day on which it is due."),
    day("required_to", "First day on which it is no longer due: the model is retired."),
    day("valid_from", "First day on which it is due and this evidence is there; NULL without evidence."),
    day("valid_to", "First day on which this evidence no longer counts: out of date, replaced or no longer due."),
)

FCT_EXPERIMENT = fact(
    "fct_experiment",
    "one row per experiment, arm, phase and day",
    "What was observed with a model and without it.",
    text("experiment_result_id", "Key.", required=True),
    text("experiment_id", "Experiment.", required=True),
    MODEL_ID,
    text("kpi_id", "KPI that its outcome moves.", required=True),
    SERVICE,
    text("design", "How units were given to the arms.", required=True, allowed=conformed("experiment", "design")),
    text("arm", "What the units got.", required=True, allowed=conformed("experiment", "arm")),
    text("phase", "Before or after the model came.", required=True, allowed=conformed("experiment", "phase")),
    day("observed_on", "Day.", required=True),
    integer("exposed", "Units in the arm.", required=True),
    integer("outcomes", "Units with the outcome."),
    Column("outcome_sum", Type.QUANTITY, "Sum of the outcome over the units.", required=True),
    Column("outcome_sum_of_squares", Type.QUANTITY, "Sum of its squares.", required=True),
)

FCT_MODEL_VALUE = fact(
    "fct_model_value",
    "one row per model, KPI and day on which units got the model",
    "Value of a model: effect per unit by the strongest method there is, times what a unit is worth, times units.",
    text("model_value_id", "Key: model, KPI and day.", required=True),
    MODEL_ID,
    text("kpi_id", "KPI that it moves.", required=True),
    SERVICE,
    day("value_on", "Day.", required=True),
    text("experiment_id", "Experiment that the effect is from.", required=True),
    text("method", "randomised, control_group or before_after: the strongest there is.", required=True),
    integer("exposed", "Units that got the model on the day.", required=True),
    number(
        "effect", "Change of the outcome per unit, positive when better; one estimate over all days.", required=True
    ),
    number("standard_error", "Standard error of the effect; NULL when it cannot be told."),
    text("currency", "Currency of the value.", required=True),
    money("unit_value", "Worth of one unit of the outcome.", required=True),
    money("value_amount", "Effect * units * worth.", required=True),
    money("value_reporting", f"The same {REPORTING}; NULL without a rate."),
    flag("is_proven", "Whether 28 or more days of evidence up to it put the effect above zero at 95 %.", required=True),
)

FCT_MODEL_PLAN = fact(
    "fct_model_plan",
    "one row per planned value of a model and day",
    "Planned value, spread evenly over the days of its period; the days add up to the plan.",
    text("model_plan_day_id", "Key: plan and day.", required=True),
    text("model_plan_id", "Plan.", required=True),
    MODEL_ID,
    SERVICE,
    day("planned_on", "Day.", required=True),
    text("currency", "Currency.", required=True),
    money("planned_value", "Value planned for the day.", required=True),
    money("planned_value_reporting", f"The same {REPORTING}; NULL without a rate."),
)

FCT_MODEL_RETURN = fact(
    "fct_model_return",
    "one row per value of a model on a day and per cost of a model",
    "What models bring and what they cost, side by side, so that both add up over any period.",
    text("model_return_id", "Key.", required=True),
    MODEL_ID,
    SERVICE,
    day("returned_on", "Day.", required=True),
    text("kind", "value, or the kind of the cost.", required=True),
    text("method", "How the value was found; NULL for a cost."),
    money("value_reporting", f"Value {REPORTING}; NULL for a cost."),
    money("cost_reporting", f"Cost {REPORTING}; NULL for a value."),
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_AI_USE_CASE,
    DIM_MODEL,
    BRIDGE_MODEL_KPI,
)
FACTS: tuple[Table, ...] = (
    FCT_MODEL,
    FCT_MODEL_USAGE,
    FCT_MODEL_SEAT,
    FCT_MODEL_FEEDBACK,
    FCT_MODEL_COST,
    FCT_MODEL_DRIFT,
    FCT_MODEL_ARTIFACT,
    FCT_EXPERIMENT,
    FCT_MODEL_VALUE,
    FCT_MODEL_PLAN,
    FCT_MODEL_RETURN,
)
