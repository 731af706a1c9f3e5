"""Progress of key results and objectives: day by day from the data, and what was final."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.vocabulary import GRADE, NULL_REASONS, RUN, mart
from bizops_pipeline.contracts.table import Column, Table, Type, day, flag, integer, number, text

STATUSES = (
    "not_started",
    "no_data",
    "ahead",
    "on_track",
    "behind",
    "at_risk",
    "achieved",
    "missed",
)
"""Every status that a key result can have."""

ZONES = ("below_commit", "commit", "target", "stretch")
OBJECTIVE_GRADES = ("met", "miss", "green", "yellow", "red")
"""Grades of committed objectives (the first two) and of aspirational ones."""

OKR_PROGRESS = mart(
    "okr_progress",
    "one row per key result and day",
    "Progress of every key result on every day since its start, by measured data wherever a KPI feeds it; of what has "
    "not started, as of today.",
    ("key_result_id", "as_of"),
    text("key_result_id", "Key result.", required=True),
    text("objective_id", "Objective.", required=True),
    day("as_of", "Day.", required=True),
    number("current_value", "Latest value known for the day."),
    number("baseline", "Value at the start."),
    number("target", "Value to be reached or kept, as it stood on the day; the lower bound of a range."),
    number("upper_bound", "Highest value that is inside a range, as it stood on the day; NULL for other types."),
    number(
        "progress_raw",
        "(current - baseline) / (target - baseline), unclamped; share of kept periods for thresholds.",
    ),
    number("progress", "progress_raw between 0 and 1; for thresholds 1 when kept now, else 0."),
    number("expected_progress", "Share of the time that has passed, the start day included, or what its curve says."),
    number("gap", "progress_raw less expected_progress, in points of 100; NULL for thresholds, which have no pace."),
    text("status", "Status by the preset.", required=True, allowed=STATUSES),
    text("status_preset", "Name of the rule set that gave the status.", required=True),
    flag("is_regressed", "Whether the value is worse than the baseline."),
    text("zone", "Zone that progress is in; NULL for a key result without zones.", allowed=ZONES),
    text(
        "source",
        "measured (from a KPI) or reported (by a person).",
        required=True,
        allowed=("measured", "reported"),
    ),
    number(
        "forecast_value",
        "Value expected at the due date by the recent trend, one that the KPI can have; NULL once that day's is known.",
    ),
    number("forecast_low", "Forecast by the lowest slope of the trend's 90 % interval."),
    number("forecast_high", "Forecast by the highest slope of the trend's 90 % interval."),
    day("target_reached_on", "Day on which the trend reaches the target; NULL when reached, without trend, or never."),
    day("data_on", "Day of the latest value; NULL while there is none."),
    integer("data_age_days", "Days from data_on to the day, or to the due date when that is past."),
    flag("is_fresh", "Whether there is a value, and it is not older than two of the key result's cycles."),
    number("confidence", "Confidence reported by a person; never part of progress."),
    flag("confidence_conflict", "Whether confidence and progress per expected progress (0 to 1) differ by over 0.4."),
    Column("weight", Type.COMPONENT, "Weight in the objective; by size, that of the way to the day's target."),
    text("null_reason", "Why progress is NULL.", allowed=NULL_REASONS),
    GRADE,
    RUN,
)

OKR_OBJECTIVE = mart(
    "okr_objective",
    "one row per objective and day",
    "Score of every objective on every day since its start, rolled up from key results and, if chosen, objectives; of "
    "what has not started, as of today.",
    ("objective_id", "as_of"),
    text("objective_id", "Objective.", required=True),
    day("as_of", "Day.", required=True),
    number(
        "score",
        "sum(weight * score) / sum(weight) of its parts, 0 to 1, where what has not begun counts 0; NULL while none "
        "has data.",
    ),
    number("expected_score", "Expected progress of the same parts by the same weights; thresholds count 1."),
    number("gap", "score less expected_score, in points of 100."),
    text("status", "Status of the weakest key result.", required=True, allowed=STATUSES),
    text("status_preset", "Name of the rule set that gave the status.", required=True),
    text("weakest_key_result_id", "Key result with the worst status, of these the one furthest behind."),
    integer("parts", "Key results and child objectives that it is rolled up from.", required=True),
    number("coverage", "Share of the weight that has data. What is missing is left out, or counts 0 once overdue."),
    number("fresh_share", "Share of the weight whose data is fresh."),
    number("hard_data_share", "Share of the weight that a KPI measures and no person reports."),
    text("grade", "Grade after the period: met or miss (committed); green, yellow, red.", allowed=OBJECTIVE_GRADES),
    flag("is_final", "Whether the grade was frozen: the period and its days for late data are over.", required=True),
    number("final_score", "Score that was frozen; later data does not change it."),
    text("final_grade", "Grade that was frozen; later data does not change it.", allowed=OBJECTIVE_GRADES),
    RUN,
)

OKR_FINAL = mart(
    "okr_final",
    "one row per objective or key result whose period is over",
    "Final scores, frozen by the first refresh after the period and its days for late data.",
    ("subject", "subject_id"),
    text("subject", "objective or key_result.", required=True, allowed=("objective", "key_result")),
    text("subject_id", "Objective or key result.", required=True),
    day("as_of", "Last day of the days for late data: the day whose score is final.", required=True),
    number("score", "Final score: of a key result, its progress."),
    text("grade", "Final grade: of a key result, its status."),
    day("frozen_on", "Business date of the refresh that froze it.", required=True),
    RUN,
)

OKR_RESTATEMENT = mart(
    "okr_restatement",
    "one row per final score and refresh that computed another one",
    "Final scores that later data or definitions would change; the frozen ones stay.",
    ("subject", "subject_id", "run_id"),
    text("subject", "objective or key_result.", required=True, allowed=("objective", "key_result")),
    text("subject_id", "Objective or key result.", required=True),
    day("as_of", "Day whose score is final.", required=True),
    number("old_score", "Score as last known: frozen, or restated before."),
    number("new_score", "Score as computed now."),
    text("old_grade", "Grade as last known."),
    text("new_grade", "Grade as computed now."),
    day("noticed_on", "Business date of the refresh that computed it.", required=True),
    integer("refresh", "Number of the refresh, counting up.", required=True),
    RUN,
)


def _known(table: Table, description: str, columns: str) -> Table:
    """Declare the mart that keeps what `table` showed: some of its columns, and from when to when it showed them."""
    return mart(
        f"{table.name}_known",
        f"{table.grain}, and refresh that changed it",
        description,
        (*table.key, "run_id"),
        *(table.column(name) for name in (*table.key, *columns.split())),
        day("known_from", "Business date of the first refresh that showed this.", required=True),
        day("known_to", "Business date of the refresh that showed something else; NULL while it holds."),
        text("run_id", "Refresh that first showed it.", required=True),
    )


OKR_PROGRESS_KNOWN = _known(
    OKR_PROGRESS,
    "Progress as it was known on any past day D: the rows with known_from <= D and known_to NULL or > D.",
    "objective_id current_value target progress_raw progress expected_progress gap status forecast_value",
)
OKR_OBJECTIVE_KNOWN = _known(
    OKR_OBJECTIVE,
    "Scores of objectives as they were known on any past day D: known_from <= D and known_to NULL or > D.",
    "score expected_score gap status weakest_key_result_id coverage grade",
)

MEMORIES: tuple[Table, ...] = (OKR_FINAL, OKR_RESTATEMENT, OKR_PROGRESS_KNOWN, OKR_OBJECTIVE_KNOWN)
"""Marts that depend on when refreshes ran; they cannot be computed again."""

MARTS: tuple[Table, ...] = (OKR_PROGRESS, OKR_OBJECTIVE, *MEMORIES)
