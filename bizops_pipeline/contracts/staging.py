"""The entities that sources are mapped to: one staging table each, typed, conformed, one row per entity key.

A catalogue maps source columns to these columns; a row that breaks a rule goes to quarantine with its reason.
"""

from __future__ import annotations

from bizops_pipeline.contracts.table import (
    Column,
    Rule,
    Table,
    Type,
    day,
    flag,
    instant,
    money,
    number,
    text,
)
from bizops_pipeline.naming import STAGING


def entity(name: str, grain: str, description: str, *columns: Column, rules: tuple[Rule, ...] = ()) -> Table:
    """Declare an entity: its key is its first column; a later `updated_at` wins among duplicates."""
    key = columns[0].name
    latest = ("updated_at",) if any(column.name == "updated_at" for column in columns) else ()
    return Table(STAGING, name, grain, (key,), columns, description, rules, latest, tracks_changes=True)


def quantity(name: str, description: str, **options: object) -> Column:
    """Declare an exact quantity."""
    return Column(name, Type.QUANTITY, description, **options)  # type: ignore[arg-type]


UPDATED = instant("updated_at", "When the source last changed the record; the latest version wins.")
SERVICE = text(
    "service_id",
    "Service it concerns; `unallocated` when the source names none we know.",
    references="dim_service.service_id",
)
CURRENCY = text("currency", "ISO 4217 code of the amounts in this row.")


def order(first: str, then: str) -> Rule:
    """Declare that one instant is not before another, where both are known."""
    return Rule(f"{then}_not_before_{first}", f"{then} >= {first}", f"{then} is not before {first}.")


CUSTOMER = entity(
    "customer",
    "one row per customer",
    "People and companies that buy.",
    text("customer_id", "Customer key.", required=True),
    instant("created_at", "When the customer was first recorded."),
    text("country", "ISO 3166 country of the customer, or the source's own name of it."),
    text("segment", "Commercial segment, for example consumer or business."),
    UPDATED,
)

PRODUCT = entity(
    "product",
    "one row per product",
    "Things that are sold.",
    text("product_id", "Product key, usually the stock-keeping unit.", required=True),
    text("name", "Product name."),
    text("category", "Product category."),
    day("launched_on", "First day on sale."),
    UPDATED,
)

ORDER = entity(
    "order",
    "one row per order",
    "Orders as the order system knows them; the lines carry the amounts.",
    text("order_id", "Order key.", required=True),
    text("customer_id", "Who ordered.", references="dim_customer.customer_id"),
    text("cart_id", "Shopping cart the order came from."),
    text("session_id", "Visit the order came from."),
    text("channel", "Sales channel, for example web, app, store."),
    instant("ordered_at", "When the order was placed.", required=True),
    text("status", "Conformed status.", required=True, allowed=("open", "completed", "cancelled")),
    text("original_status", "Status in the source's own words."),
    CURRENCY,
    SERVICE,
    UPDATED,
)

ORDER_LINE = entity(
    "order_line",
    "one row per order line",
    "What was ordered. A source without order headers fills the header columns here.",
    text("order_line_id", "Line key.", required=True),
    text("order_id", "Order the line belongs to.", required=True),
    text("invoice_number", "Invoice the line was billed on."),
    text("product_id", "Product ordered.", references="dim_product.product_id"),
    quantity("quantity", "Units; negative for a return.", required=True),
    money("unit_price", "Price of one unit before discount, without tax."),
    money("discount", "Discount on the line."),
    money("tax", "Tax on the line; not part of net_amount."),
    money("net_amount", "Amount of the line after discount, without tax.", required=True),
    text("customer_id", "Header column for sources without orders: who ordered."),
    text("channel", "Header column for sources without orders: sales channel."),
    text("country", "Header column for sources without orders: country sold to."),
    instant("ordered_at", "Header column for sources without orders: when it was placed."),
    text("currency", "Header column for sources without orders: ISO 4217 code."),
    text("service_id", "Header column for sources without orders: service it concerns."),
    UPDATED,
)

REFUND = entity(
    "refund",
    "one row per refund",
    "Money given back.",
    text("refund_id", "Refund key.", required=True),
    text("order_id", "Order the money was paid for."),
    instant("refunded_at", "When it was given back.", required=True),
    money("amount", "Amount given back, positive.", required=True, minimum=0),
    CURRENCY,
    text("reason", "Why."),
    UPDATED,
)

SESSION = entity(
    "session",
    "one row per visit",
    "Visits to the shop.",
    text("session_id", "Visit key.", required=True),
    instant("started_at", "When the visit began.", required=True),
    text("channel", "Channel, for example web or app."),
    text("device", "Device class."),
    text("customer_id", "Known visitor.", references="dim_customer.customer_id"),
    SERVICE,
)

CART = entity(
    "cart",
    "one row per shopping cart",
    "Carts that visitors filled.",
    text("cart_id", "Cart key.", required=True),
    text("session_id", "Visit the cart was filled in."),
    instant("created_at", "When the first item was put in.", required=True),
    text("channel", "Channel, for example web or app."),
    Column("items", Type.INTEGER, "Number of items; a cart with none is empty.", minimum=0),
    money("value", "Value of the items."),
    text("currency", "ISO 4217 code of the value."),
    SERVICE,
)

CHECKOUT = entity(
    "checkout",
    "one row per checkout attempt",
    "Checkouts that visitors started.",
    text("checkout_id", "Checkout key.", required=True),
    text("cart_id", "Cart that was checked out."),
    instant("started_at", "When the checkout began.", required=True),
    instant("completed_at", "When it was completed; NULL when it was not."),
    text("payment_method", "Payment method chosen."),
    text("channel", "Channel, for example web or app."),
    SERVICE,
    rules=(order("started_at", "completed_at"),),
)

INCIDENT = entity(
    "incident",
    "one row per incident",
    "Interruptions and degradations of a service, with their clocks.",
    text("incident_id", "Incident key.", required=True),
    SERVICE,
    text("priority", "Conformed priority, P1 the most urgent.", allowed=("P1", "P2", "P3", "P4", "P5")),
    text("original_priority", "Priority in the source's own words."),
    text("status", "Conformed status.", allowed=("open", "resolved", "closed", "cancelled")),
    text("original_status", "Status in the source's own words."),
    instant("impact_started_at", "When users were first affected."),
    instant("detected_at", "When monitoring or a person noticed."),
    instant("opened_at", "When the record was created.", required=True),
    instant("acknowledged_at", "When someone took it on."),
    instant("restored_at", "When the service worked again."),
    instant("resolved_at", "When the cause was dealt with; NULL while open."),
    flag("sla_met", "Whether the service-level target of the incident was kept."),
    text("caused_by_deployment_id", "Deployment that the record names as the cause."),
    text("vendor_id", "Vendor responsible for the service-level target."),
    UPDATED,
    rules=(
        order("opened_at", "resolved_at"),
        order("opened_at", "acknowledged_at"),
        order("impact_started_at", "restored_at"),
    ),
)

OUTAGE = entity(
    "outage",
    "one row per outage",
    "Times in which a service was not available.",
    text("outage_id", "Outage key.", required=True),
    SERVICE,
    instant("started_at", "Start of the outage.", required=True),
    instant("ended_at", "End of the outage; NULL while it lasts."),
    flag("is_planned", "Whether it was announced maintenance.", required=True),
    text("incident_id", "Incident it belongs to."),
    rules=(order("started_at", "ended_at"),),
)

CHANGE = entity(
    "change",
    "one row per change (pull or merge request)",
    "Proposed changes to code, with the clocks of their review.",
    text("change_id", "Change key.", required=True),
    text("repository", "Repository.", required=True),
    SERVICE,
    text("author_hash", "Author, hashed."),
    flag("is_bot", "Whether a program wrote it."),
    instant("first_commit_at", "When its first commit was authored."),
    instant("created_at", "When it was opened for review.", required=True),
    instant("first_review_at", "First review or comment by another person."),
    instant("approved_at", "When it was approved."),
    instant("merged_at", "When it was merged; NULL while it is not."),
    text("merge_commit_sha", "Commit that carries it on the main branch."),
    UPDATED,
)

COMMIT = entity(
    "commit",
    "one row per commit",
    "Commits, linked to the change that brought them.",
    text("commit_id", "Commit key: repository and hash.", required=True),
    text("repository", "Repository.", required=True),
    text("commit_sha", "Commit hash.", required=True),
    text("change_id", "Change it belongs to."),
    instant("authored_at", "When it was written.", required=True),
)

DEPLOYMENT = entity(
    "deployment",
    "one row per deployment of one repository",
    "Attempts to bring a commit into an environment.",
    text("deployment_id", "Deployment key.", required=True),
    text("deployment_group_id", "Deployment that several repositories or commits went out with; counts once."),
    text("repository", "Repository.", required=True),
    text("scope", "Pipeline or project that deploys; previous successes are looked for inside it."),
    SERVICE,
    text("environment", "Conformed environment.", allowed=("production", "staging", "test")),
    text("result", "Conformed result.", required=True, allowed=("success", "failure", "cancelled")),
    text("original_result", "Result in the source's own words."),
    instant("queued_at", "When it was asked for."),
    instant("started_at", "When it began."),
    instant("finished_at", "When it ended.", required=True),
    text("reason", "Why it was made.", allowed=("planned", "fix", "rollback")),
    text("commit_sha", "Commit that was deployed."),
    rules=(order("started_at", "finished_at"),),
)

DEPLOYMENT_COMMIT = entity(
    "deployment_commit",
    "one row per deployment and commit",
    "Which commits a deployment brought over the previous success.",
    text("deployment_commit_id", "Key: deployment and commit.", required=True),
    text("deployment_id", "Deployment.", required=True),
    text("commit_sha", "Commit hash.", required=True),
)

SURVEY_RESPONSE = entity(
    "survey_response",
    "one row per answer",
    "Answers to surveys.",
    text("response_id", "Answer key.", required=True),
    text("kind", "What was asked.", required=True, allowed=("csat", "nps", "ces", "enps")),
    number("score", "Score given.", required=True, minimum=0, maximum=10),
    number("scale_maximum", "Best score of the scale."),
    instant("answered_at", "When it was given.", required=True),
    text("subject", "What it is about, for example shop or it.", allowed=("shop", "it", "employer", "product")),
    text("channel", "Channel it came through."),
    text("order_id", "Order it is about."),
    SERVICE,
)

FX_RATE = entity(
    "fx_rate",
    "one row per currency and day",
    "Exchange rates: units of the reporting currency for one unit of the currency.",
    text("fx_rate_id", "Key: currency and day.", required=True),
    day("rate_date", "Day of the rate.", required=True),
    text("currency", "ISO 4217 code.", required=True),
    Column("rate", Type.COMPONENT, "Reporting currency for one unit.", required=True, minimum=0),
)

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

ENTITIES: dict[str, Table] = {
    table.name: table
    for table in (
        CUSTOMER,
        PRODUCT,
        ORDER,
        ORDER_LINE,
        REFUND,
        SESSION,
        CART,
        CHECKOUT,
        INCIDENT,
        OUTAGE,
        CHANGE,
        COMMIT,
        DEPLOYMENT,
        DEPLOYMENT_COMMIT,
        SURVEY_RESPONSE,
        FX_RATE,
        CHECKIN,
    )
}
"""All entities by name, as catalogues refer to them."""
