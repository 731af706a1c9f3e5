"""Vulnerabilities, risks and controls."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import ORIGINAL_STATUS, SERVICE, UPDATED, entity, not_before, quantity
from bizops_pipeline.contracts.table import Rule, Table, day, instant, text

VULNERABILITY = entity(
    "vulnerability",
    "one row per vulnerability of one service",
    "Weaknesses that a scanner or a test found, and when they were gone.",
    text("vulnerability_id", "Vulnerability key.", required=True),
    SERVICE,
    text("severity", "Conformed severity.", required=True, allowed=("critical", "high", "medium", "low")),
    text("original_severity", "Severity in the source's own words."),
    instant("detected_at", "When it was first seen.", required=True),
    instant("fixed_at", "When it was gone; NULL while it is there."),
    day("due_date", "Last day by which it is to be fixed."),
    UPDATED,
    rules=(not_before("detected_at", "fixed_at"),),
)

RISK = entity(
    "risk",
    "one row per risk and assessment",
    "The risk register with its history: each assessment holds until the next one of the same risk.",
    text("risk_version_id", "Key: risk and assessment.", required=True),
    text("risk_id", "Risk.", required=True),
    SERVICE,
    text("category", "What kind of risk it is."),
    day("assessed_date", "Day of the assessment.", required=True),
    quantity("probability", "Probability within a year, 0 to 1; NULL on the row that closes it.", minimum=0, maximum=1),
    quantity("impact", "What it would cost, in one unit for all risks.", minimum=0),
    text("status", "Conformed status.", required=True, allowed=("open", "closed")),
    ORIGINAL_STATUS,
    rules=(
        Rule(
            "open_is_assessed",
            "status = 'closed' or (probability is not null and impact is not null)",
            "An open risk has a probability and an impact.",
        ),
    ),
)

CONTROL_TEST = entity(
    "control_test",
    "one row per test of a control",
    "Tests of controls that were made, or due and not made.",
    text("control_test_id", "Test key.", required=True),
    text("control_id", "Control.", required=True),
    SERVICE,
    day("test_date", "Day of the test; for one that was not made, the day on which it was due.", required=True),
    text("result", "Conformed result.", required=True, allowed=("passed", "failed", "not_tested")),
    text("original_result", "Result in the source's own words."),
)

ENTITIES: tuple[Table, ...] = (
    VULNERABILITY,
    RISK,
    CONTROL_TEST,
)
