"""How people steer by objectives: what they report, what carries key results and objectives, where teams are."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.okr import STATUSES
from bizops_pipeline.contracts.marts.vocabulary import NULL_REASONS, PERIOD_END, PERIOD_START, RUN, mart
from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, instant, integer, money, number, text

LIGHTS = ("green", "amber", "red")
LAYERS = ("business_outcome", "it_operational")
SIDES = ("business", "it", "both")
STAGES = ("stability", "optimization", "innovation")

STATUS_GAP = mart(
    "status_gap",
    "one row per status report",
    "Every status report beside what was measured on its day: how much greener the report is, and since when.",
    ("status_report_id",),
    text("status_report_id", "Report.", required=True),
    text("subject", "What it is about.", required=True, allowed=("objective", "key_result")),
    text("objective_id", "Objective, or that of the key result; NULL when the report names none we know."),
    text("key_result_id", "Key result; NULL for a report on a whole objective."),
    text("value_stream_id", "Value stream of the objective, or of the nearest above it that has one."),
    instant("reported_at", "When it was reported.", required=True),
    day("reported_on", "Its day in the company's time zone.", required=True),
    text("side", "Side of the author; NULL when neither the report nor its team tells.", allowed=("business", "it")),
    text("team_id", "Team of the author."),
    text("reported_light", "Light reported.", allowed=LIGHTS),
    number("reported_progress", "Share done as reported, 0 to 1."),
    text("measured_status", "Status of the day by the company's preset.", allowed=STATUSES),
    text(
        "measured_light",
        "The status as a light: ahead, on_track and achieved green, behind amber, at_risk and missed red.",
        allowed=LIGHTS,
    ),
    number("measured_progress", "Progress of the day, 0 to 1; of an objective its score."),
    text("measured_source", "measured (from a KPI) or reported (by check-ins); NULL for an objective, which has both."),
    integer("levels_greener", "Lights by which the report is greener than the measurement, -2 to 2."),
    number("points_greener", "Points of 100 by which the reported share is above the measured progress."),
    flag(
        "is_greener", "Whether the light is greener; without a light, whether the share is more than 10 points above."
    ),
    day("greener_since", "Day of the first report of the unbroken run of greener ones that this one is in."),
    integer("greener_days", "Days from then to this report; 0 for the first."),
    integer("greener_reports", "Reports of the run so far, this one included; 0 when it is not greener."),
    flag("is_latest", "Whether it is the latest report on its subject.", required=True),
    text(
        "null_reason",
        "Why nothing can be compared: the subject is unknown, or nothing was measured on the day.",
        allowed=("unknown_subject", "no_measurement"),
    ),
    RUN,
)

KEY_RESULT_SUPPORT = mart(
    "key_result_support",
    "one row per key result",
    "What carries each key result (others that support it, initiatives that move its KPI) and how lately people "
    "spoke of it.",
    ("key_result_id",),
    text("key_result_id", "Key result.", required=True),
    text("objective_id", "Objective.", required=True),
    text("layer", "Layer of its KPI; without one that of the side that owns the objective alone.", allowed=LAYERS),
    text("supports_id", "Key result that it supports itself."),
    integer("supporters", "Key results that support it directly.", required=True),
    integer("supporters_below", "Key results that support it directly or through others.", required=True),
    integer("it_supporters_below", "Those of them of the layer it_operational.", required=True),
    integer(
        "initiatives",
        "Initiatives that move its KPI and serve its objective or one below; NULL without initiatives in the data.",
    ),
    flag("is_supported", "Whether a key result or an initiative carries it.", required=True),
    text("source", "measured or reported.", required=True),
    day("last_checkin_on", "Day of the latest check-in."),
    day("last_report_on", "Day of the latest status report."),
    integer("silent_days", "Days since the later of the two, up to the due date; NULL when nobody ever spoke of it."),
    integer("cycle_days", "Days between two check-ins as agreed, 7 where nothing is."),
    text(
        "attention",
        "fresh (within one cycle), late (two), stale, never; not_due before the start.",
        required=True,
        allowed=("fresh", "late", "stale", "never", "not_due"),
    ),
    RUN,
)

OKR_CASCADE = mart(
    "okr_cascade",
    "one row per key result and key result that it supports, directly or through others",
    "The cascade of goals: which key results of IT carry which key result of the business.",
    ("key_result_id", "supported_id"),
    text("key_result_id", "Key result below.", required=True),
    text("supported_id", "Key result above.", required=True),
    integer("distance", "Steps between them; 1 when it supports it directly.", required=True),
    text("path", "Key results on the way, from below, joined by ` > `.", required=True),
    text("objective_id", "Objective of the one below.", required=True),
    text("supported_objective_id", "Objective of the one above.", required=True),
    text("layer", "Layer of the one below.", allowed=LAYERS),
    text("supported_layer", "Layer of the one above.", allowed=LAYERS),
    flag("is_it_for_business", "Whether IT below carries business above.", required=True),
    RUN,
)

ALIGNMENT = mart(
    "alignment",
    "one row per objective, value stream, grain and period",
    "How well business and IT pull in one direction, from data. The objective `unallocated` stands for spend and "
    "effort that serve none. Never add rows of different grains. Catalogue and portfolio keep no past of who owns an "
    "objective, what is above it and which objective an initiative serves: these are as of today in every period. "
    "All else is as of the period: key results begun and weights in force on `known_on`, initiatives begun by then, "
    "and the shares that services had on the day of each cost and booking.",
    ("objective_id", "value_stream_id", "grain", "period_start"),
    text("objective_id", "Objective; `unallocated` for what serves none.", required=True),
    text("value_stream_id", "Its value stream, or another that its initiatives are for.", required=True),
    text("grain", "month or quarter.", required=True, allowed=("month", "quarter")),
    PERIOD_START,
    PERIOD_END,
    day("known_on", "Day of the period whose state counts: its last one, or the as-of date.", required=True),
    flag("is_own_value_stream", "Whether it is the objective's own value stream."),
    text("side", "Side that owns the objective today.", allowed=SIDES),
    flag("is_co_owned", "Whether business and IT both own it today."),
    integer("key_results", "Key results begun by known_on."),
    number(
        "outcome_share",
        "Share of the weight of key results, as in force on known_on, that is a benefit and not a thing done.",
    ),
    number("hard_data_share", "Share of that weight that a KPI measures and no person reports."),
    number(
        "fresh_checkin_share",
        "Share of its reported key results with a check-in within two cycles on known_on; NULL with none.",
    ),
    integer("kpis", "KPIs of its key results."),
    integer("shared_kpis", "Those of them that measure key results, begun by then, of objectives of both sides."),
    number(
        "transparency",
        "Share told today of: owner in business, in IT, value stream, value domain, parent, titled key results.",
    ),
    text("not_transparent", "What of these is missing, comma separated; NULL when nothing is."),
    integer("changed_targets", "Targets changed in flight during the period."),
    integer("supported_key_results", "Of these, those that another one or an initiative, begun by known_on, carries."),
    integer("unsupported_key_results", "Of these, those that nothing carries yet."),
    money("spend", "Spend of the initiatives that serve it as of today, in the reporting currency."),
    money("value_stream_spend", "Spend of all initiatives for the value stream."),
    number("spend_share", "spend / value_stream_spend."),
    flag("is_funded", "Whether it or an objective below it had spend in any value stream."),
    text("spend_null_reason", "Why there is no spend_share.", allowed=NULL_REASONS),
    Column("effort_seconds", Type.QUANTITY, "Effort booked on work that serves it.", unit="s"),
    Column(
        "value_stream_effort_seconds",
        Type.QUANTITY,
        "All effort booked for the value stream: on its initiatives, and else by the weights of the service that the "
        "work is for. The KPI effort_booked goes by services alone.",
        unit="s",
    ),
    number("effort_share", "effort_seconds / value_stream_effort_seconds."),
    text("effort_null_reason", "Why there is no effort_share.", allowed=NULL_REASONS),
    RUN,
)

SERVICE_TEAM_STAGE = mart(
    "service_team_stage",
    "one row per service team and period",
    "The stage of each service team: stability until its stability metrics hold, then optimization, then innovation.",
    ("service_team_id", "period_start"),
    text("service_team_id", "Service team.", required=True),
    text("name", "Name."),
    text("value_stream_id", "Value stream that it serves.", required=True),
    text("grain", "Grain of the periods.", required=True),
    PERIOD_START,
    PERIOD_END,
    text("stage", "Stage at the end of the period.", required=True, allowed=STAGES),
    text("previous_stage", "Stage at the end of the period before; NULL in the first.", allowed=STAGES),
    day("stage_since", "First day of the period in which it entered the stage.", required=True),
    text("gate", "Gate to the next stage: stability or optimization; NULL in innovation.", allowed=STAGES[:2]),
    text("gate_status", "What the period said of that gate.", allowed=("held", "missed", "unknown")),
    integer("gate_metrics", "Metrics of the gate."),
    integer("gate_metrics_held", "Those of them at their target."),
    integer("periods_held", "Periods in a row in which the gate held so far."),
    integer("periods_needed", "Periods in a row that open it."),
    integer("distance", "Periods it must still hold."),
    text("furthest_metric", "Metric of the gate that is furthest from its target, NULL when all hold."),
    number("furthest_shortfall", "How far it is, as a share of the target."),
    integer("periods_missed", "Periods in a row in which a gate passed before was missed."),
    integer("periods_to_fall_back", "Periods in a row that lead back."),
    integer("business_teams", "Teams of the business in it.", required=True),
    integer("it_teams", "Teams of IT in it.", required=True),
    text("business_members", "Teams of the business, comma separated."),
    text("it_members", "Teams of IT, comma separated."),
    flag("is_shared", "Whether both sides are in it.", required=True),
    text("outcome_kpi_id", "KPI that business and IT share as their outcome."),
    number("outcome_value", "Its value in the period."),
    number("outcome_target", "Its target."),
    text("outcome_status", "How it stands."),
    RUN,
)

SERVICE_TEAM_METRIC = mart(
    "service_team_metric",
    "one row per service team, complete period, gate and KPI",
    "The metrics behind the stages of service teams, each against its target.",
    ("service_team_id", "period_start", "gate", "kpi_id"),
    text("service_team_id", "Service team.", required=True),
    PERIOD_START,
    text("gate", "stability or optimization.", required=True, allowed=STAGES[:2]),
    text("kpi_id", "KPI.", required=True),
    text("scope_type", "Scope that it is read in: value_stream where the KPI has it, else company.", required=True),
    text("scope_id", "Member of the scope.", required=True),
    number("value", "Value."),
    number("target", "Target."),
    text(
        "outcome",
        "held, missed, or unknown without value or target.",
        required=True,
        allowed=("held", "missed", "unknown"),
    ),
    number("shortfall", "Distance to the target on its wrong side, as a share of the target; 0 when held."),
    text("null_reason", "Why it is unknown.", allowed=(*NULL_REASONS, "no_target")),
    RUN,
)

MARTS: tuple[Table, ...] = (
    STATUS_GAP,
    KEY_RESULT_SUPPORT,
    OKR_CASCADE,
    ALIGNMENT,
    SERVICE_TEAM_STAGE,
    SERVICE_TEAM_METRIC,
)
