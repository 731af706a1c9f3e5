"""AI models: what they are for, their versions, use, quality, experiments, cost and plan."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import CURRENCY, SERVICE, UPDATED, entity, not_before, quantity
from bizops_pipeline.contracts.table import Rule, Table, day, instant, integer, money, text

RISK_TIERS = ("high", "limited", "minimal")
STAGES = ("idea", "approved", "production", "retired")
COST_KINDS = ("inference", "training", "data", "people", "licence")
DESIGNS = ("randomised", "control_group", "before_after")

MODEL_ID = text("model_id", "Model.", required=True)


AI_USE_CASE = entity(
    "ai_use_case",
    "one row per use case",
    "What AI is wanted for, whether or not a model serves it yet.",
    text("use_case_id", "Use case key.", required=True),
    text("name", "Name."),
    SERVICE,
    text("owner", "Who answers for it."),
    text("risk_tier", "Conformed risk tier.", allowed=RISK_TIERS),
    day("approved_on", "Day on which it was approved."),
    UPDATED,
)

MODEL = entity(
    "model",
    "one row per model",
    "Models, with the days of their life; what is missing is taken from their use case.",
    text("model_id", "Model key.", required=True),
    text("use_case_id", "Use case it serves."),
    text("name", "Name."),
    SERVICE,
    text("owner", "Who answers for it."),
    text("risk_tier", "Conformed risk tier.", allowed=RISK_TIERS),
    text("original_risk_tier", "Risk tier in the source's own words."),
    text("stage", "Conformed stage; by its days where the source names none.", allowed=STAGES),
    text("original_stage", "Stage in the source's own words."),
    day("approved_on", "Day on which it was approved."),
    day("deployed_on", "Day on which it went into production."),
    day("retired_on", "First day on which it was no longer in production."),
    UPDATED,
    rules=(not_before("deployed_on", "retired_on"),),
)

MODEL_VERSION = entity(
    "model_version",
    "one row per version of a model",
    "Versions of models; the first deployment of one is that of a model without a day of its own.",
    text("model_version_id", "Version key: model and version.", required=True),
    MODEL_ID,
    text("version", "Version."),
    day("trained_on", "Day on which it was trained."),
    day("deployed_on", "Day on which it went into production."),
    UPDATED,
    rules=(not_before("trained_on", "deployed_on"),),
)

MODEL_KPI_LINK = entity(
    "model_kpi_link",
    "one row per model and KPI that it is to move",
    "Which business KPI a model is to move, from where, and what a unit of it is worth.",
    text("model_kpi_link_id", "Link key: model and KPI.", required=True),
    MODEL_ID,
    text("kpi_id", "KPI.", required=True),
    text("direction", "Which way is better; up when not told.", allowed=("up", "down")),
    quantity("baseline", "Value of the KPI without the model."),
    money("unit_value", "Worth of one unit of the outcome."),
    CURRENCY,
    day("valid_from", "Day from which the link holds; always when not told."),
    UPDATED,
)

MODEL_USAGE = entity(
    "model_usage",
    "one row per use, or batch of uses",
    "Requests to models.",
    text("model_usage_id", "Use key.", required=True),
    MODEL_ID,
    instant("used_at", "When it was used.", required=True),
    text("user_hash", "Person who used it, hashed; NULL when a system did.", personal=True),
    integer("requests", "Number of requests; 1 when not told.", minimum=0),
)

MODEL_SEAT = entity(
    "model_seat",
    "one row per model, person and time in which that person may use it",
    "Who may use a model: the people that adoption is measured against.",
    text("model_seat_id", "Seat key.", required=True),
    MODEL_ID,
    text("user_hash", "Person, hashed.", required=True, personal=True),
    day("eligible_from", "First day.", required=True),
    day("eligible_to", "First day on which the person may no longer use it."),
    UPDATED,
    rules=(not_before("eligible_from", "eligible_to"),),
)

MODEL_MONITOR = entity(
    "model_monitor",
    "one row per model, feature, day and bin",
    "How values of a feature were spread over bins on a day, and how they were when the model was trained.",
    text("model_monitor_id", "Key: model, feature, day and bin.", required=True),
    MODEL_ID,
    text("feature", "Feature, or the model's own score.", required=True),
    day("monitored_on", "Day.", required=True),
    text("bin", "Bin of the feature's values.", required=True),
    quantity("expected", "Count or share of the bin in the reference data.", required=True, minimum=0),
    quantity("observed", "Count or share of the bin on the day.", required=True, minimum=0),
)

MODEL_FEEDBACK = entity(
    "model_feedback",
    "one row per reviewed output, or batch of outputs with one decision",
    "What people decided about outputs of models.",
    text("model_feedback_id", "Review key.", required=True),
    MODEL_ID,
    instant("reviewed_at", "When it was reviewed.", required=True),
    text("decision", "Conformed decision.", required=True, allowed=("accepted", "edited", "rejected")),
    text("original_decision", "Decision in the source's own words."),
    integer("outputs", "Number of outputs; 1 when not told.", minimum=0),
)

MODEL_COST = entity(
    "model_cost",
    "one row per cost of a model",
    "What models cost: compute, data, people and licences.",
    text("model_cost_id", "Cost key.", required=True),
    MODEL_ID,
    text("kind", "Conformed kind; inference is what requests cause.", required=True, allowed=COST_KINDS),
    text("original_kind", "Kind in the source's own words."),
    day("cost_on", "Day the cost belongs to.", required=True),
    money("amount", "Amount; credits are negative.", required=True),
    CURRENCY,
    UPDATED,
)

MODEL_ARTIFACT = entity(
    "model_artifact",
    "one row per artefact of a model and its evidence",
    "Documents and tests that show a model is under control: model card, bias test, approval and others.",
    text("model_artifact_id", "Key.", required=True),
    MODEL_ID,
    text("artifact", "Kind of artefact.", required=True),
    day("required_from", "First day on which it is due; NULL when only the catalogue requires it."),
    day("present_from", "Day on which it was there; NULL while it is not."),
    day("valid_until", "First day on which it is out of date."),
    UPDATED,
    rules=(not_before("present_from", "valid_until"),),
)

EXPERIMENT = entity(
    "experiment",
    "one row per experiment, arm, phase and day",
    "What was observed with a model and without it.",
    text("experiment_result_id", "Key: experiment, arm, phase and day.", required=True),
    text("experiment_id", "Experiment.", required=True),
    MODEL_ID,
    text("kpi_id", "KPI that its outcome moves.", required=True),
    text("design", "How units were given to the arms.", required=True, allowed=DESIGNS),
    text(
        "arm",
        "treatment and control are compared; rollout got the model outside of the comparison.",
        required=True,
        allowed=("treatment", "control", "rollout"),
    ),
    text("phase", "before or after the model came; after when not told.", allowed=("before", "after")),
    day("observed_on", "Day.", required=True),
    integer("exposed", "Units in the arm: visits, orders, tickets.", required=True, minimum=0),
    integer("outcomes", "Units with the outcome.", minimum=0),
    quantity("outcome_sum", "Sum of the outcome over the units; outcomes when not told."),
    quantity("outcome_sum_of_squares", "Sum of its squares; outcomes when not told.", minimum=0),
    rules=(Rule("outcomes_within_exposed", "outcomes <= exposed", "No more units with the outcome than units."),),
)

MODEL_PLAN = entity(
    "model_plan",
    "one row per model and planned period",
    "Value that a model is planned to bring.",
    text("model_plan_id", "Plan key.", required=True),
    MODEL_ID,
    day("planned_from", "First day.", required=True),
    day("planned_to", "Last day.", required=True),
    money("planned_value", "Value planned for the whole period.", required=True),
    CURRENCY,
    UPDATED,
    rules=(not_before("planned_from", "planned_to"),),
)

ENTITIES: tuple[Table, ...] = (
    AI_USE_CASE,
    MODEL,
    MODEL_VERSION,
    MODEL_KPI_LINK,
    MODEL_USAGE,
    MODEL_SEAT,
    MODEL_MONITOR,
    MODEL_FEEDBACK,
    MODEL_COST,
    MODEL_ARTIFACT,
    EXPERIMENT,
    MODEL_PLAN,
)
