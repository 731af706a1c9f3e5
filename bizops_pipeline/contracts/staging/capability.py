"""Assessments of practices, where a source records them; practices themselves are defined in the catalogue."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import UPDATED, entity, quantity
from bizops_pipeline.contracts.table import Table, day, text

DIMENSIONS = ("process_accountability", "policy", "data", "documentation", "technology", "funding")

ASSESSMENT = entity(
    "assessment",
    "one row per practice, dimension and day",
    "How well practices were found to be done.",
    text("assessment_id", "Assessment key.", required=True),
    text("practice_id", "Practice.", required=True),
    text("dimension", "Dimension that was looked at.", required=True, allowed=DIMENSIONS),
    quantity("score", "Score, 0 not there at all to 5 exemplary.", required=True, minimum=0, maximum=5),
    quantity("target", "Score to be reached; that of the catalogue when the source names none.", minimum=0, maximum=5),
    day("assessed_on", "Day of the assessment.", required=True),
    text("evidence", "What the score rests on."),
    text("assessor_hash", "Who assessed, hashed.", personal=True),
    UPDATED,
)

ENTITIES: tuple[Table, ...] = (ASSESSMENT,)
