"""What is remembered of alerts: the status that was last noticed, and what has been, or is still to be, sent."""

from __future__ import annotations

from bizops_pipeline.contracts.table import Table, day, instant, integer, text
from bizops_pipeline.naming import STATE

NOTICED = Table(
    STATE,
    "noticed_status",
    "one row per key result",
    ("key_result_id",),
    (
        text("key_result_id", "Key result.", required=True),
        text("status", "Status when it was last looked at.", required=True),
        day("as_of", "Business date of that refresh.", required=True),
    ),
    "The statuses that the next change is told from.",
)

ALERT = Table(
    STATE,
    "alert",
    "one row per change of status and channel",
    ("key_result_id", "status", "changed_on", "channel"),
    (
        text("key_result_id", "Key result.", required=True),
        text("status", "Status that it changed to.", required=True),
        day("changed_on", "Business date on which the change was noticed.", required=True),
        text("channel", "Channel that is to tell it.", required=True),
        text("previous_status", "Status before."),
        text("subject", "What is told, in a line.", required=True),
        text("body", "What is told, in full.", required=True),
        integer("attempts", "Times it was tried.", required=True),
        instant("sent_at", "When it was told; NULL while it was not."),
        text("error", "Why the last attempt failed, without any secret."),
    ),
    "Alerts that were sent in the last 90 days, and those that are to be tried again.",
)
