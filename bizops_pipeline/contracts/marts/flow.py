"""How work flows through value streams."""

from __future__ import annotations

from bizops_pipeline.contracts.marts.vocabulary import IS_COMPLETE, PERIOD_END, PERIOD_START, RUN, mart
from bizops_pipeline.contracts.table import Column, Table, day, flag, integer, number, seconds, text

ALL_STAGES = "(all)"
"""Stage of the rows about a value stream as a whole."""

FLOW_TYPES = ("feature", "defect", "risk", "debt", "unmapped")


def _distribution() -> tuple[Column, ...]:
    counts = [integer(f"completed_{name}", f"Those of type {name}.", required=True) for name in FLOW_TYPES]
    shares = [number(f"{name}_share", f"Share of type {name} in them; NULL without any.") for name in FLOW_TYPES]
    return (*counts, *shares)


VALUE_STREAM_FLOW = mart(
    "value_stream_flow",
    "one row per value stream, stage, grain and period",
    "Load, velocity, time, efficiency and distribution of the work items that pass the stages of a value stream, for "
    f"each stage and for all of them (`{ALL_STAGES}`). The value stream is the one whose stages the items pass; "
    "KPIs cut by value stream go by the services that the items concern. Only items without parts count. Ratios are of "
    "sums over the period and medians of its items, so rows of different grains or stages are never added.",
    ("value_stream_id", "stage_id", "grain", "period_start"),
    text("value_stream_id", "Value stream; `unallocated` for items whose statuses lead to none.", required=True),
    text("stage_id", f"Stage, or `{ALL_STAGES}`.", required=True),
    text("stage_kind", "active or wait; NULL for all stages."),
    integer("stage_position", "Order of the stage, from 1; 0 for all stages.", required=True),
    text("grain", "week, month or quarter.", required=True, allowed=("week", "month", "quarter")),
    PERIOD_START,
    PERIOD_END,
    integer("load", "Items begun and not ended, or in the stage, at the end of the period.", required=True),
    integer("arrivals", "Items begun, or that entered the stage for the first time.", required=True),
    integer("completed", "Velocity: items finished, or that finished the stage.", required=True),
    number("flow_days_median", "Median days from begin to finish, or in the stage, of the completed items."),
    number("flow_days_p85", "85th percentile of the same."),
    seconds("active_seconds", "Time in active statuses of the completed items; in the stage only, for a stage."),
    seconds("wait_seconds", "Time in waiting statuses of the same."),
    number("flow_efficiency", "active_seconds / (active_seconds + wait_seconds), 0..1."),
    *_distribution(),
    flag("is_bottleneck", "Whether no stage of the value stream has a longer median; false for all stages."),
    IS_COMPLETE,
    RUN,
    day("data_as_of", "Business date up to which records count.", required=True),
)

MARTS: tuple[Table, ...] = (VALUE_STREAM_FLOW,)
