"""What people report on objectives and key results."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import entity
from bizops_pipeline.contracts.table import Column, Rule, Table, Type, instant, number, text

CHECKIN = entity(
    "checkin",
    "one row per check-in",
    "Values that people report for key results.",
    text("checkin_id", "Check-in key.", required=True),
    text("key_result_id", "Key result.", required=True),
    instant("checked_in_at", "When it was reported.", required=True),
    Column("value", Type.COMPONENT, "Value reported.", required=True),
    number("confidence", "Confidence that the target will be met, 0 to 1.", minimum=0, maximum=1),
    text("author_hash", "Who reported it, hashed.", personal=True),
)

STATUS_REPORT = entity(
    "status_report",
    "one row per status report",
    "What people report on how an objective or a key result stands: a light, a share done, or both. It is compared "
    "with the measurement and never changes it.",
    text("status_report_id", "Report key.", required=True),
    text("objective_id", "Objective that it is about, where it is about a whole one."),
    text("key_result_id", "Key result that it is about."),
    instant("reported_at", "When it was reported.", required=True),
    text("rag", "Light reported.", allowed=("green", "amber", "red")),
    text("original_rag", "Light in the source's own words."),
    number("percent_complete", "Share done as reported, 0 to 1.", minimum=0, maximum=1),
    text("side", "Side of the author; that of the team when the source does not tell.", allowed=("business", "it")),
    text("team_id", "Team of the author."),
    text("author_hash", "Who reported it, hashed.", personal=True),
    text("comment", "What was written with it; free text, so it is hashed where a map names it.", personal=True),
    rules=(
        Rule(
            "names_a_subject",
            "coalesce(key_result_id, objective_id) is not null",
            "A report is about an objective or a key result.",
        ),
        Rule("says_something", "rag is not null or percent_complete is not null", "A report gives a light or a share."),
    ),
)

ENTITIES: tuple[Table, ...] = (CHECKIN, STATUS_REPORT)
