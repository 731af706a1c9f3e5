"""Work items, their status history, effort and initiatives."""

from __future__ import annotations

from bizops_pipeline.contracts.staging.vocabulary import (
    CURRENCY,
    ORIGINAL_STATUS,
    SERVICE,
    UPDATED,
    entity,
    not_before,
    quantity,
)
from bizops_pipeline.contracts.table import Rule, Table, day, flag, instant, money, seconds, text

STATUSES = ("new", "active", "waiting", "done", "cancelled")
"""What an item can be doing: not begun, worked on, standing still, finished, given up."""

WORK_ITEM = entity(
    "work_item",
    "one row per work item",
    "What people plan and do: requests, features, defects, risks and debts, and the epics above them.",
    text("work_item_id", "Work item key.", required=True),
    SERVICE,
    text("team_id", "Team that does it; the team of the service when the source names none."),
    text("value_stream_id", "Value stream whose stages it passes, where the source names one."),
    text(
        "type",
        "Conformed type.",
        allowed=("initiative", "epic", "story", "task", "defect", "request"),
    ),
    text("original_type", "Type in the source's own words."),
    text("flow_type", "What kind of value it brings or protects.", allowed=("feature", "defect", "risk", "debt")),
    text("parent_id", "Work item that it is a part of."),
    text("initiative_id", "Initiative that it serves."),
    text("status", "Conformed status.", allowed=STATUSES),
    ORIGINAL_STATUS,
    instant("created_at", "When it was recorded.", required=True),
    instant("approved_at", "When a request was approved."),
    instant("started_at", "When work began; counts only for an item without a status history."),
    instant("done_at", "When it was finished; counts only for an item without a status history."),
    instant("available_at", "When what a request asks for was first available in production."),
    quantity("estimate", "Size as estimated, in the team's own unit.", minimum=0),
    UPDATED,
    rules=(
        not_before("created_at", "done_at"),
        not_before("started_at", "done_at"),
        not_before("approved_at", "available_at"),
        Rule("not_its_own_parent", "parent_id <> work_item_id", "An item is no part of itself."),
    ),
)

STATUS_HISTORY = entity(
    "status_history",
    "one row per entry of a work item into a status",
    "When work items entered and left their statuses. A source that lists changes leaves `left_at` out.",
    text("status_history_id", "Key of the entry or change.", required=True),
    text("work_item_id", "Work item.", required=True),
    text("from_status", "Conformed status before.", allowed=STATUSES),
    text("original_from_status", "Status before in the source's own words."),
    text("status", "Conformed status entered; NULL leaves the answer to the stage.", allowed=STATUSES),
    text("original_status", "Status entered in the source's own words; decides the stage."),
    instant("entered_at", "When it was entered.", required=True),
    instant("left_at", "When it was left; NULL while it lasts, or when the next entry ends it."),
    rules=(not_before("entered_at", "left_at"),),
)

WORKLOG = entity(
    "worklog",
    "one row per booking of effort",
    "Effort that people booked on work.",
    text("worklog_id", "Booking key.", required=True),
    text("work_item_id", "Work item it was spent on."),
    text("incident_id", "Incident it was spent on."),
    SERVICE,
    text("team_id", "Team of who spent it."),
    text("employee_hash", "Who spent it, hashed.", personal=True),
    day("worked_on", "Day on which it was spent.", required=True),
    seconds("effort_seconds", "Effort.", required=True, minimum=0),
    flag("is_unplanned", "Whether the source calls it unplanned; NULL leaves the answer to what it was spent on."),
    UPDATED,
)

INITIATIVE = entity(
    "initiative",
    "one row per initiative",
    "Undertakings with a budget that are to move a KPI.",
    text("initiative_id", "Initiative key.", required=True),
    text("name", "Name."),
    text("objective_id", "Objective that it serves."),
    text("value_stream_id", "Value stream that it is for."),
    SERVICE,
    text("team_id", "Team that leads it."),
    text("status", "Conformed status.", allowed=("proposed", "active", "done", "stopped")),
    ORIGINAL_STATUS,
    day("started_on", "First day, planned until it has come."),
    day("ended_on", "Last day, planned until it has come."),
    money("budget", "Amount granted."),
    money("spend", "Amount spent to date."),
    CURRENCY,
    seconds("planned_effort_seconds", "Effort planned for all of it."),
    text("kpi_id", "KPI that it is to move."),
    quantity("expected_kpi_delta", "Change of the KPI that is expected of it, in the KPI's stored unit."),
    UPDATED,
    rules=(not_before("started_on", "ended_on"),),
)

ENTITIES: tuple[Table, ...] = (
    WORK_ITEM,
    STATUS_HISTORY,
    WORKLOG,
    INITIATIVE,
)
