"""Progress of key results and objectives."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.vocabulary import GRADE, NULL_REASONS, RUN, mart
from bizops_pipeline.contracts.table import Table, day, flag, number, text

OKR_PROGRESS = mart(
    "okr_progress",
    "one row per key result and day",
    "Progress of every key result on every day since its start, by measured data wherever a KPI feeds it.",
    ("key_result_id", "as_of"),
    text("key_result_id", "Key result.", required=True),
    text("objective_id", "Objective.", required=True),
    day("as_of", "Day.", required=True),
    number("current_value", "Latest value known for the day."),
    number("baseline", "Value at the start."),
    number("target", "Value to be reached or kept."),
    number(
        "progress_raw",
        "(current - baseline) / (target - baseline), unclamped; share of kept periods for thresholds.",
    ),
    number("progress", "progress_raw between 0 and 1; for thresholds 1 when kept now, else 0."),
    number("expected_progress", "Share of the time that has passed, the start day included."),
    number("gap", "progress_raw less expected_progress, in points of 100; NULL for thresholds, which have no pace."),
    text("status", "Status by the preset.", required=True),
    text("status_preset", "Name of the rule set that gave the status.", required=True),
    flag("is_regressed", "Whether the value is worse than the baseline."),
    text(
        "source",
        "measured (from a KPI) or reported (by a person).",
        required=True,
        allowed=("measured", "reported"),
    ),
    number("forecast_value", "Value expected at the due date by the recent trend, one that the KPI can have."),
    number("confidence", "Confidence reported by a person; never part of progress."),
    text("null_reason", "Why progress is NULL.", allowed=NULL_REASONS),
    GRADE,
    RUN,
)

MARTS: tuple[Table, ...] = (OKR_PROGRESS,)
