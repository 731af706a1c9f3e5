"""Work items on their way through the stages of a value stream, the effort spent on them, and initiatives."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import REPORTING, SERVICE, conformed, dimension, fact, item_of
from bizops_pipeline.contracts.table import (
    Column,
    Conserved,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    money,
    seconds,
    text,
)

WORK_ITEM = text("work_item_id", "Work item.", required=True)
FLOW_STREAM = text("flow_value_stream_id", "Value stream whose stages the item passes; NULL when none is known.")
FLOW_TYPE = text(
    "flow_type",
    "Kind of value; `unmapped` when the source does not tell.",
    required=True,
    allowed=conformed("work_item", "flow_type", "unmapped"),
)
IS_LEAF = flag(
    "is_leaf",
    "Whether no other item is a part of it. Flow KPIs count leaves: an epic and its parts are one piece of work.",
    required=True,
)
TEAM = text("team_id", "Team that does it; `unallocated` when none is known.", references="dim_team.team_id")

DIM_STAGE_STATUS = dimension(
    "dim_stage_status",
    "one row per value stream and status",
    "Which stage of a value stream a status of a work item stands for, from the company's catalogue.",
    ("value_stream_id", "original_status"),
    text("value_stream_id", "Value stream.", required=True),
    text("original_status", "Status in the source's own words.", required=True),
    text("stage_id", "Stage of the value stream.", required=True),
    text("kind", "active or wait.", required=True),
    flag("is_only", "Whether no other value stream has the status: it then tells the value stream.", required=True),
)

FCT_WORK_ITEM = fact(
    "fct_work_item",
    "one row per work item",
    "Work items with the clocks of their flow. Work starts with the first entry into an active status and ends with "
    "the entry into done, or given up, that it did not leave again; without a history the source's own times count.",
    WORK_ITEM,
    SERVICE,
    TEAM,
    FLOW_STREAM,
    text("type", "Conformed type.", allowed=conformed("work_item", "type")),
    FLOW_TYPE,
    text("parent_id", "Item that it is a part of."),
    text("initiative_id", "Initiative that it, or the item above it, serves."),
    IS_LEAF,
    text("status", "Conformed status now.", allowed=conformed("work_item", "status")),
    instant("created_at", "When it was recorded.", required=True),
    business_date("created_at"),
    instant("started_at", "First entry into an active status; NULL while not started."),
    business_date("started_at"),
    instant("done_at", "When it was finished for good; NULL while open or when given up."),
    business_date("done_at"),
    instant("ended_at", "When it was finished or given up."),
    business_date("ended_at"),
    Column("estimate", Type.QUANTITY, "Size as estimated, in the team's own unit."),
    seconds("flow_seconds", "Done less started, in calendar time; NULL for what never was in an active status."),
    seconds("active_seconds", "Time in active statuses between start and end; NULL without a history."),
    seconds(
        "wait_seconds",
        "Time in waiting statuses, or back in new, between start and end. Time in done before a reopening is in "
        "neither; NULL without a history.",
    ),
    item=item_of("work_item"),
)

FCT_FLOW_MOVEMENT = fact(
    "fct_flow_movement",
    "one row per start or end of a work item",
    "What changes the work in progress: the start of an item, and its end if it was started.",
    text("flow_movement_id", "Item and movement.", required=True),
    WORK_ITEM,
    SERVICE,
    FLOW_TYPE,
    IS_LEAF,
    text("movement", "Whether work began or ended.", required=True, allowed=("begun", "ended")),
    instant("occurred_at", "When.", required=True),
    business_date("occurred_at"),
    integer("load_change", "1 for a start, -1 for an end.", required=True),
    item=item_of("work_item"),
)

FCT_STATUS_VISIT = fact(
    "fct_status_visit",
    "one row per stay of a work item in a status",
    "Every stay in a status; the first begins with the record of the item when the source tells where it came from.",
    text("status_visit_id", "Stay.", required=True),
    WORK_ITEM,
    SERVICE,
    text("value_stream_id", "Value stream of the stage, or that of the item."),
    text("stage_id", "Stage that the status stands for; NULL when none lists it."),
    integer("position", "Order of the stays of an item, from 1.", required=True),
    text(
        "status",
        "Conformed status, by the source or else by the kind of the stage; NULL when neither tells.",
        allowed=conformed("status_history", "status"),
    ),
    text("original_status", "Status in the source's own words."),
    instant("entered_at", "When it was entered.", required=True),
    business_date("entered_at"),
    instant("left_at", "When it was left; NULL while it lasts."),
    business_date("left_at"),
    seconds("visit_seconds", "Left less entered; NULL while it lasts."),
    item=item_of("work_item"),
)

FCT_WORK_ITEM_STAGE = fact(
    "fct_work_item_stage",
    "one row per work item and stage",
    "How long each work item was in each stage. The time is the sum of its stays; from the first entry to the last "
    "exit stands beside it. The stage is finished when the item left it and has not come back.",
    text("work_item_stage_id", "Work item and stage.", required=True),
    WORK_ITEM,
    SERVICE,
    FLOW_STREAM,
    text("stage_id", "Stage.", required=True),
    text("stage_kind", "Whether work is done there or waits.", required=True, allowed=("active", "wait")),
    FLOW_TYPE,
    IS_LEAF,
    integer("visits", "Stays in the stage.", required=True),
    instant("entered_at", "First entry.", required=True),
    business_date("entered_at"),
    instant("left_at", "Last exit; NULL while the item is in the stage."),
    business_date("left_at"),
    seconds("stage_seconds", "Sum of its stays; NULL while the item is in the stage."),
    seconds("first_to_last_seconds", "Last exit less first entry, with what happened elsewhere in between."),
    item=item_of("work_item"),
)

FCT_WORKLOG = fact(
    "fct_worklog",
    "one row per booking of effort and service that shares it",
    "Effort that people booked, shared by weight among the services of its work item. It is unplanned when the source "
    "says so or, where the source says nothing, when it was spent on an incident or a defect.",
    text("worklog_share_id", "Booking, and service beyond the first.", required=True),
    text("worklog_id", "Booking.", required=True),
    text("work_item_id", "Work item."),
    text("incident_id", "Incident."),
    SERVICE,
    TEAM,
    text("initiative_id", "Initiative that the work item serves."),
    FLOW_TYPE,
    day("worked_on", "Day.", required=True),
    seconds("effort_seconds", "Effort that falls to the service.", required=True),
    flag("is_unplanned", "Whether it is unplanned; NULL when nothing tells what it was spent on."),
)

FCT_INITIATIVE = fact(
    "fct_initiative",
    "one row per initiative",
    "Initiatives with what they may cost, what they cost so far and what they are to move.",
    text("initiative_id", "Initiative.", required=True),
    SERVICE,
    TEAM,
    text("name", "Name."),
    text("objective_id", "Objective that it serves.", references="dim_objective.objective_id"),
    text("value_stream_id", "Value stream that it is for.", references="dim_value_stream.value_stream_id"),
    text("status", "Conformed status.", allowed=conformed("initiative", "status")),
    day("started_on", "First day."),
    day("ended_on", "Last day."),
    text("currency", "Currency of the amounts."),
    money("budget", "Amount granted, in its currency.", conserves=Conserved("initiative.budget")),
    money("spend", "Amount spent to date, in its currency.", conserves=Conserved("initiative.spend")),
    money("budget_reporting", f"Amount granted {REPORTING} of start."),
    money("spend_reporting", f"Amount spent to date {REPORTING} of start."),
    seconds("planned_effort_seconds", "Effort planned."),
    seconds("effort_seconds", "Effort booked on its work items to date.", required=True),
    integer("work_items", "Leaves among its work items.", required=True),
    integer("work_items_done", "Those of them that are done.", required=True),
    text("kpi_id", "KPI that it is to move."),
    Column("expected_kpi_delta", Type.QUANTITY, "Change of the KPI that is expected of it."),
)

FCT_SERVICE_REQUEST = fact(
    "fct_service_request",
    "one row per approved request",
    "Approved requests and when what they ask for was first available in production: as the request itself says, or "
    "with the first production deployment of a service that had none before the approval.",
    text("work_item_id", "Request.", required=True),
    SERVICE,
    instant("approved_at", "When it was approved.", required=True),
    business_date("approved_at"),
    instant("available_at", "First available in production; NULL while it is not."),
    business_date("available_at"),
    seconds("deploy_seconds", "Available less approved, in calendar time."),
    integer(
        "deploy_business_days",
        "Business days after the day of approval, up to and with the day of availability.",
    ),
    item=item_of("work_item"),
)

DIMENSIONS: tuple[Table, ...] = (DIM_STAGE_STATUS,)
FACTS: tuple[Table, ...] = (
    FCT_WORK_ITEM,
    FCT_FLOW_MOVEMENT,
    FCT_STATUS_VISIT,
    FCT_WORK_ITEM_STAGE,
    FCT_WORKLOG,
    FCT_INITIATIVE,
    FCT_SERVICE_REQUEST,
)
