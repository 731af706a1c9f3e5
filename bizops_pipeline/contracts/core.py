"""The value-stream model: conformed dimensions, facts and bridges, a star schema that metrics read.

Every fact carries `service_id`; `bridge_service_value_stream` leads from there to value streams by weight.
"""

from __future__ import annotations

from bizops_pipeline.contracts.table import (
    Column,
    Table,
    Type,
    business_date,
    day,
    flag,
    instant,
    integer,
    money,
    number,
    seconds,
    text,
)
from bizops_pipeline.naming import CORE

SERVICE = text(
    "service_id",
    "Service; `unallocated` when none is known.",
    required=True,
    references="dim_service.service_id",
)
CHANNEL = text("channel", "Sales channel.")
REPORTING = "in the company's reporting currency at the rate of its date"


def dimension(name: str, grain: str, description: str, key: tuple[str, ...], *columns: Column) -> Table:
    """Declare a dimension or bridge."""
    return Table(CORE, name, grain, key, columns, description)


def fact(name: str, grain: str, description: str, *columns: Column) -> Table:
    """Declare a fact; its key is its first column, its writes are tracked for incremental readers."""
    return Table(CORE, name, grain, (columns[0].name,), columns, description, tracks_changes=True)


DIM_DATE = dimension(
    "dim_date",
    "one row per calendar day",
    "The company's calendar: ISO and fiscal periods and the UTC span of each local day.",
    ("date",),
    day("date", "Calendar day in the company's time zone.", required=True),
    day("week_start", "First day of its week, by the company's week start.", required=True),
    day("month_start", "First day of its month.", required=True),
    day("quarter_start", "First day of its calendar quarter.", required=True),
    day("year_start", "First day of its calendar year.", required=True),
    integer("iso_year", "ISO year."),
    integer("iso_week", "ISO week number."),
    integer("day_of_week", "ISO day of the week, Monday 1."),
    integer("fiscal_year", "Fiscal year, named by the calendar year it ends in."),
    integer("fiscal_quarter", "Fiscal quarter, 1 to 4."),
    instant("utc_start", "UTC instant at which the day begins."),
    instant("utc_end", "UTC instant at which the next day begins."),
    flag("is_weekend", "Saturday or Sunday."),
)

DIM_VALUE_STREAM = dimension(
    "dim_value_stream",
    "one row per value stream",
    "Value streams from the company's catalogue, with `unallocated` for what reaches none.",
    ("value_stream_id",),
    text("value_stream_id", "Value stream key.", required=True),
    text("name", "Name."),
    text("customer", "Whom it serves."),
    text("owner_business", "Owner on the business side."),
    text("owner_it", "Owner on the IT side."),
    text("value_domain", "Focus: value_creation, risk_mitigation or resource_optimization."),
)

DIM_STAGE = dimension(
    "dim_stage",
    "one row per value stream and stage",
    "Stages of value streams in their order.",
    ("value_stream_id", "stage_id"),
    text("value_stream_id", "Value stream.", required=True),
    text("stage_id", "Stage key inside the value stream.", required=True),
    text("name", "Name."),
    integer("position", "Order, from 1."),
    text("kind", "active or wait."),
)

DIM_TEAM = dimension(
    "dim_team",
    "one row per team",
    "Teams on the business and the IT side.",
    ("team_id",),
    text("team_id", "Team key.", required=True),
    text("name", "Name."),
    text("side", "business or it."),
)

DIM_SERVICE = dimension(
    "dim_service",
    "one row per service",
    "Services (products) that the business runs on, with `unallocated`.",
    ("service_id",),
    text("service_id", "Service key.", required=True),
    text("name", "Name."),
    text("tier", "Criticality tier."),
    text("team_id", "Team that owns it; `unallocated` when none.", required=True),
    day("launched_on", "First day in service."),
    integer("agreed_seconds_per_day", "Seconds of service promised per day."),
)

BRIDGE_SERVICE_VALUE_STREAM = dimension(
    "bridge_service_value_stream",
    "one row per service, value stream and validity interval",
    "How much of a service serves which value stream; the weights of a service at one day sum to 1.",
    ("service_id", "value_stream_id", "valid_from"),
    text("service_id", "Service.", required=True),
    text("value_stream_id", "Value stream.", required=True),
    Column("weight", Type.WEIGHT, "Share of the service, 0 to 1.", required=True),
    day("valid_from", "First day on which the share holds.", required=True),
    day("valid_to", "First day on which it no longer holds; 9999-12-31 when open.", required=True),
)

DIM_CUSTOMER = dimension(
    "dim_customer",
    "one row per customer",
    "Customers, with the first day and the second day on which each bought.",
    ("customer_id",),
    text("customer_id", "Customer key.", required=True),
    text("country", "Country."),
    text("segment", "Segment."),
    instant("created_at", "First recorded."),
)

DIM_PRODUCT = dimension(
    "dim_product",
    "one row per product",
    "Products, with `unallocated` for lines that name none we know.",
    ("product_id",),
    text("product_id", "Product key.", required=True),
    text("name", "Name."),
    text("category", "Category."),
    day("launched_on", "First day on sale."),
)

DIM_OBJECTIVE = dimension(
    "dim_objective",
    "one row per objective",
    "Objectives from the company's catalogue.",
    ("objective_id",),
    text("objective_id", "Objective key.", required=True),
    text("title", "What is to be achieved."),
    text("level", "company, value_stream or team."),
    text("parent_id", "Objective above it."),
    text("value_stream_id", "Value stream."),
    text("team_id", "Team."),
    text("value_domain", "Value domain."),
    text("kind", "committed or aspirational."),
    text("owner_business", "Owner on the business side."),
    text("owner_it", "Owner on the IT side."),
    day("period_from", "First day."),
    day("period_to", "Last day."),
)

DIM_KEY_RESULT = dimension(
    "dim_key_result",
    "one row per key result",
    "Key results from the company's catalogue.",
    ("key_result_id",),
    text("key_result_id", "Key result key.", required=True),
    text("objective_id", "Objective.", required=True),
    text("title", "What is measured."),
    text("type", "numeric, percent, milestone, binary, stay_above, stay_below, range or baseline."),
    text("source", "measured or reported."),
    text("kpi_id", "KPI that feeds it."),
    text("grain", "Period grain of the KPI."),
    text("scope_type", "Scope of the KPI."),
    text("scope_id", "Member of the scope."),
    text("dimensions", "Canonical JSON of the other dimensions."),
    Column("baseline", Type.COMPONENT, "Value at the start."),
    Column("target", Type.COMPONENT, "Value to be reached or kept."),
    day("start_on", "First day."),
    day("due_on", "Last day."),
    Column("weight", Type.COMPONENT, "Weight in the objective."),
    text("supports_id", "Key result that this one supports."),
)

FCT_ORDER = fact(
    "fct_order",
    "one row per order",
    "Orders with their value and what was refunded of it.",
    text("order_id", "Order.", required=True),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    text("cart_id", "Cart it came from."),
    text("session_id", "Visit it came from."),
    CHANNEL,
    SERVICE,
    text("status", "open, completed or cancelled."),
    flag("is_cancelled", "Whether it was cancelled."),
    instant("ordered_at", "When it was placed.", required=True),
    business_date("ordered_at"),
    integer("line_count", "Number of lines."),
    text("currency", "Currency of the order."),
    money("net_amount", "Value of its lines in its currency."),
    money("net_amount_reporting", f"Value of its lines {REPORTING}; NULL without a rate."),
    money("refunded_amount_reporting", f"What was refunded of it, {REPORTING}."),
)

FCT_ORDER_LINE = fact(
    "fct_order_line",
    "one row per order line",
    "Order lines with the columns of their order.",
    text("order_line_id", "Line.", required=True),
    text("order_id", "Order."),
    text("invoice_number", "Invoice."),
    text("product_id", "Product.", references="dim_product.product_id"),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    CHANNEL,
    text("country", "Country sold to."),
    SERVICE,
    flag("is_cancelled", "Whether its order was cancelled."),
    instant("ordered_at", "When it was ordered; NULL when neither line nor order says."),
    business_date("ordered_at"),
    Column("quantity", Type.QUANTITY, "Units."),
    text("currency", "Currency."),
    money("net_amount", "Value in its currency."),
    Column("exchange_rate", Type.COMPONENT, "Reporting currency for one unit of the currency."),
    day("rate_date", "Day of the rate that was used."),
    money("net_amount_reporting", f"Value {REPORTING}; NULL without a rate."),
)

FCT_REFUND = fact(
    "fct_refund",
    "one row per refund",
    "Refunds with the columns of their order.",
    text("refund_id", "Refund.", required=True),
    text("order_id", "Order."),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    CHANNEL,
    SERVICE,
    instant("refunded_at", "When the money was given back.", required=True),
    business_date("refunded_at"),
    text("currency", "Currency."),
    money("amount", "Amount in its currency."),
    Column("exchange_rate", Type.COMPONENT, "Rate used: that of the order's date, else of the refund's."),
    day("rate_date", "Day of the rate that was used."),
    money("amount_reporting", f"Amount {REPORTING}; NULL without a rate."),
    text("reason", "Why."),
)

FCT_REVENUE = fact(
    "fct_revenue",
    "one row per revenue movement (order line or refund)",
    "Signed revenue: lines of orders that were not cancelled on the day of the order, refunds negative on theirs.",
    text("movement_id", "Movement: its kind and the key of line or refund.", required=True),
    text("movement", "sale or refund."),
    text("order_id", "Order."),
    text("product_id", "Product.", references="dim_product.product_id"),
    text("customer_id", "Customer.", references="dim_customer.customer_id"),
    CHANNEL,
    text("country", "Country sold to."),
    SERVICE,
    instant("occurred_at", "When it was ordered or refunded."),
    business_date("occurred_at"),
    text("currency", "Currency."),
    money("amount", "Signed amount in its currency."),
    money("amount_reporting", f"Signed amount {REPORTING}; NULL without a rate."),
)

FCT_CUSTOMER = fact(
    "fct_customer",
    "one row per customer who ever bought",
    "First purchase and second purchase day of each customer, from orders that were not cancelled.",
    text("customer_id", "Customer.", required=True),
    text("channel", "Channel of the first order."),
    SERVICE,
    instant("first_ordered_at", "First order.", required=True),
    business_date("first_ordered_at"),
    day("second_purchase_date", "Second different day on which the customer bought; NULL when there is none."),
    integer("purchase_days", "Number of different days on which the customer bought."),
)

FCT_SESSION = fact(
    "fct_session",
    "one row per visit",
    "Visits to the shop.",
    text("session_id", "Visit.", required=True),
    text("customer_id", "Known visitor.", references="dim_customer.customer_id"),
    CHANNEL,
    text("device", "Device class."),
    SERVICE,
    instant("started_at", "When it began.", required=True),
    business_date("started_at"),
)

FCT_CART = fact(
    "fct_cart",
    "one row per shopping cart",
    "Carts; empty ones are marked.",
    text("cart_id", "Cart.", required=True),
    text("session_id", "Visit."),
    CHANNEL,
    SERVICE,
    instant("created_at", "When the first item was put in.", required=True),
    business_date("created_at"),
    integer("items", "Number of items."),
    flag("is_empty", "Whether nothing was in it."),
)

FCT_CHECKOUT = fact(
    "fct_checkout",
    "one row per checkout attempt",
    "Checkouts and whether they were completed.",
    text("checkout_id", "Checkout.", required=True),
    text("cart_id", "Cart."),
    CHANNEL,
    SERVICE,
    text("payment_method", "Payment method."),
    instant("started_at", "When it began.", required=True),
    business_date("started_at"),
    instant("completed_at", "When it was completed."),
    flag("is_completed", "Whether it was completed."),
)

FCT_DEPLOYMENT = fact(
    "fct_deployment",
    "one row per deployment of one repository",
    "Deployments, their previous success and whether an incident is attributed to them.",
    text("deployment_id", "Deployment.", required=True),
    text(
        "deployment_group_id",
        "What counts as one deployment: the group, or the deployment itself.",
        required=True,
    ),
    text("repository", "Repository."),
    SERVICE,
    text("environment", "production, staging or test."),
    text("result", "success, failure or cancelled."),
    text("reason", "planned, fix or rollback."),
    instant("started_at", "When it began."),
    instant("finished_at", "When it ended.", required=True),
    business_date("finished_at"),
    instant(
        "group_finished_at",
        "When the last successful production part of its group ended; the last of any when none succeeded there.",
        required=True,
    ),
    business_date("group_finished_at"),
    flag("is_production_success", "Successful and in production: what delivery metrics count.", required=True),
    flag(
        "is_group_lead",
        "The last successful production part of its group: counts once for the group.",
        required=True,
    ),
    text("previous_success_id", "Previous successful deployment of the same scope, repository and environment."),
    flag(
        "is_baseline",
        "First success of its scope, repository and environment: its commits are not attributed.",
        required=True,
    ),
    integer("attributed_incidents", "Incidents attributed to its group."),
    flag("is_failed_change", "Whether at least one incident is attributed to its group.", required=True),
)

FCT_CHANGE = fact(
    "fct_change",
    "one row per merged change",
    "Merged changes with the parts of their way to production; a part that would be negative is NULL.",
    text("change_id", "Change.", required=True),
    text("repository", "Repository."),
    SERVICE,
    flag("is_bot", "Whether a program wrote it."),
    instant("first_commit_at", "First commit authored."),
    instant("created_at", "Opened for review.", required=True),
    instant("first_review_at", "First review by another person."),
    instant("merged_at", "Merged.", required=True),
    business_date("merged_at"),
    text("deployment_id", "First production deployment that contains it."),
    instant("deployed_at", "When that deployment ended; NULL while undeployed."),
    business_date("deployed_at"),
    text("undeployed_reason", "NULL when deployed; else not_deployed or before_baseline."),
    seconds("coding_seconds", "Opened less first commit."),
    seconds("pickup_seconds", "First review less opened."),
    seconds("review_seconds", "Merged less first review."),
    seconds("merge_to_deploy_seconds", "Deployed less merged."),
    seconds("lead_time_seconds", "Deployed less first commit: end less start, not a sum of parts."),
)

FCT_INCIDENT = fact(
    "fct_incident",
    "one row per incident",
    "Incidents with their clocks and the deployment they are attributed to.",
    text("incident_id", "Incident.", required=True),
    SERVICE,
    text("priority", "P1 to P5."),
    text("status", "open, resolved, closed or cancelled."),
    text("vendor_id", "Vendor."),
    instant("impact_started_at", "When users were first affected."),
    instant("opened_at", "Record created.", required=True),
    business_date("opened_at"),
    instant("acknowledged_at", "Taken on."),
    instant("restored_at", "Service worked again."),
    business_date("restored_at"),
    instant("resolved_at", "Cause dealt with."),
    business_date("resolved_at"),
    flag("sla_met", "Whether its service-level target was kept."),
    text("deployment_id", "Deployment it is attributed to."),
    text("attribution_method", "explicit, same_service_window or unattributed.", required=True),
    seconds("resolution_seconds", "Resolved less opened."),
    seconds("restoration_seconds", "Restored less impact start; impact start missing: NULL."),
    seconds("recovery_seconds", "Resolved less end of the causing deployment; negative or unattributed: NULL."),
)

FCT_OUTAGE = fact(
    "fct_outage",
    "one row per outage",
    "Outages as recorded; overlaps are merged in fct_service_day.",
    text("outage_id", "Outage.", required=True),
    SERVICE,
    flag("is_planned", "Announced maintenance.", required=True),
    instant("started_at", "Start.", required=True),
    business_date("started_at"),
    instant("ended_at", "End; NULL while it lasts."),
    text("incident_id", "Incident."),
    seconds("duration_seconds", "End less start."),
)

FCT_SERVICE_DAY = fact(
    "fct_service_day",
    "one row per service and day",
    "Agreed and lost service time per day; overlapping outages are merged, maintenance is not agreed time. Every "
    "service with agreed hours has a row for every day to the as-of date, from the first day on which any outage, "
    "incident or deployment is on record, or from its launch when that is later; none without a source of outages.",
    text("service_day_id", "Service and day.", required=True),
    SERVICE,
    day("service_date", "Business day.", required=True),
    seconds("agreed_seconds", "Agreed service time of the day."),
    seconds("downtime_seconds", "Unplanned downtime inside it, overlaps merged."),
    integer("outages", "Unplanned outages that began that day."),
)

FCT_SURVEY_RESPONSE = fact(
    "fct_survey_response",
    "one row per answer",
    "Answers to surveys.",
    text("response_id", "Answer.", required=True),
    text("kind", "csat, nps, ces or enps."),
    number("score", "Score."),
    number("scale_maximum", "Best score of the scale."),
    flag("is_top_two", "Whether it is one of the two best scores."),
    text("subject", "shop, it, employer or product."),
    CHANNEL,
    SERVICE,
    text("order_id", "Order."),
    instant("answered_at", "When it was given.", required=True),
    business_date("answered_at"),
)

DIMENSIONS: tuple[Table, ...] = (
    DIM_DATE,
    DIM_VALUE_STREAM,
    DIM_STAGE,
    DIM_TEAM,
    DIM_SERVICE,
    BRIDGE_SERVICE_VALUE_STREAM,
    DIM_CUSTOMER,
    DIM_PRODUCT,
    DIM_OBJECTIVE,
    DIM_KEY_RESULT,
)
FACTS: tuple[Table, ...] = (
    FCT_ORDER_LINE,
    FCT_ORDER,
    FCT_REFUND,
    FCT_REVENUE,
    FCT_CUSTOMER,
    FCT_SESSION,
    FCT_CART,
    FCT_CHECKOUT,
    FCT_INCIDENT,
    FCT_DEPLOYMENT,
    FCT_CHANGE,
    FCT_OUTAGE,
    FCT_SERVICE_DAY,
    FCT_SURVEY_RESPONSE,
)
CORE_TABLES: dict[str, Table] = {table.name: table for table in (*DIMENSIONS, *FACTS)}
"""All tables of the model by name, as metrics refer to them."""
