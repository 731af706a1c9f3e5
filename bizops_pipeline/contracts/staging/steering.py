"""What people report on objectives and key results."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import entity
from bizops_pipeline.contracts.table import Column, Table, Type, instant, number, text

CHECKIN = entity(
    "checkin",
    "one row per check-in",
    "Values that people report for key results.",
    text("checkin_id", "Check-in key.", required=True),
    text("key_result_id", "Key result.", required=True),
    instant("checked_in_at", "When it was reported.", required=True),
    Column("value", Type.COMPONENT, "Value reported.", required=True),
    number("confidence", "Confidence that the target will be met, 0 to 1.", minimum=0, maximum=1),
    text("author_hash", "Who reported it, hashed."),
)

ENTITIES: tuple[Table, ...] = (CHECKIN,)
