"""Vulnerabilities, risks and controls."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import SERVICE, conformed, fact
from bizops_pipeline.contracts.table import (
    Column,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    seconds,
    text,
)

FCT_VULNERABILITY = fact(
    "fct_vulnerability",
    "one row per vulnerability of one service",
    "Weaknesses from their discovery to their end, and since when they are past due.",
    text("vulnerability_id", "Vulnerability.", required=True),
    SERVICE,
    text("severity", "How grave.", required=True, allowed=conformed("vulnerability", "severity")),
    instant("detected_at", "First seen.", required=True),
    business_date("detected_at"),
    instant("fixed_at", "Gone; NULL while it is there."),
    business_date("fixed_at"),
    day("due_date", "Last day by which it is to be fixed."),
    day("overdue_date", "First day on which it was there after its due date; NULL when fixed in time or not due."),
    flag("is_fixed_in_time", "Whether it was fixed by its due date; NULL while open or without a due date."),
    seconds("remediation_seconds", "Fixed less detected."),
)

FCT_RISK_MOVEMENT = fact(
    "fct_risk_movement",
    "one row per assessment of a risk",
    "How assessments change the exposure (probability times impact): added up to a day they give that day's stock.",
    text("risk_version_id", "Risk and assessment.", required=True),
    text("risk_id", "Risk.", required=True),
    SERVICE,
    text("category", "What kind of risk it is."),
    day("assessed_date", "Day of the assessment.", required=True),
    Column("exposure_change", Type.QUANTITY, "Exposure now less that of the assessment before; closed: none.", True),
    Column("baseline_change", Type.QUANTITY, "Exposure at the first assessment of the risk, 0 at later ones.", True),
    integer("open_change", "1 when it opens the risk, -1 when it closes it, else 0.", required=True),
)

FCT_CONTROL_TEST = fact(
    "fct_control_test",
    "one row per test of a control",
    "Tests of controls that were made, or due and not made.",
    text("control_test_id", "Test.", required=True),
    text("control_id", "Control.", required=True),
    SERVICE,
    day("test_date", "Day of the test, or on which it was due.", required=True),
    text("result", "How it ended.", required=True, allowed=conformed("control_test", "result")),
)

DIMENSIONS: tuple[Table, ...] = ()
FACTS: tuple[Table, ...] = (
    FCT_VULNERABILITY,
    FCT_RISK_MOVEMENT,
    FCT_CONTROL_TEST,
)
