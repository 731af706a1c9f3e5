"""Money and what it is worth: exchange rates, costs, budgets, forecasts and the charges of clouds."""

from __future__ import annotations

from bizops_pipeline.contracts.core.vocabulary import (
    AMOUNT_REPORTING,
    COST_CENTRE,
    CURRENCY,
    EXCHANGE_RATE,
    RATE_DATE,
    REPORTING,
    SERVICE,
    VALID_TO,
    conformed,
    fact,
    item_of,
    tracked_dimension,
)
from bizops_pipeline.contracts.table import Column, Conserved, Table, Type, day, flag, money, text

DIM_EXCHANGE_RATE = tracked_dimension(
    "dim_exchange_rate",
    "one row per currency and span of days on which one of its rates holds",
    "Exchange rates, each from its day until the next one has come; facts take 1 for the reporting currency.",
    ("currency", "valid_from"),
    text("currency", "ISO 4217 code.", required=True),
    day("valid_from", "First day on which the rate holds: the day of the rate.", required=True),
    VALID_TO,
    Column("rate", Type.RATE, "Reporting currency for one unit; NULL when it is too large to be one."),
)

COST_TYPE = text("cost_type", "How it is accounted for.", allowed=conformed("gl_cost", "cost_type"))
SPEND_CLASS = text(
    "spend_class", "What it is spent for.", required=True, allowed=conformed("gl_cost", "spend_class", "untagged")
)
IS_CASH = flag("is_cash", "Whether it is money spent: everything but depreciation.", required=True)
IS_IT = flag("is_it", "Whether it is cost of information technology.", required=True)
IS_INNOVATION = flag("is_innovation", "Whether it goes to innovation; NULL when untagged.")
PART_OF_MONTH = "The day's part of the month's amount, in its currency; the last day gets what rounding left."
FROZEN = """staged.made_on < staged.month and not exists (
    select 1
    from staging.forecast as later
    where later.month = staged.month
        and later.cost_centre is not distinct from staged.cost_centre
        and later.made_on > staged.made_on
        and later.made_on < later.month
)"""
"""The last forecast made before its month began."""

FCT_GL_COST = fact(
    "fct_gl_cost",
    "one row per cost posted in the ledger",
    "Costs of the ledger, what they are for and what service they reach.",
    text("gl_cost_id", "Cost.", required=True),
    SERVICE,
    day("cost_date", "Day it was posted on.", required=True),
    text("account", "Account."),
    COST_CENTRE,
    text("vendor_id", "Vendor.", references="dim_vendor.vendor_id"),
    text("initiative_id", "Initiative."),
    COST_TYPE,
    SPEND_CLASS,
    IS_CASH,
    IS_IT,
    IS_INNOVATION,
    text("tower", "Technology tower."),
    flag("is_detailed_in_cloud_cost", "Whether the charges behind it are in fct_cloud_cost.", required=True),
    CURRENCY,
    money("amount", "Amount in its currency.", conserves=Conserved("gl_cost.amount")),
    EXCHANGE_RATE,
    RATE_DATE,
    AMOUNT_REPORTING,
    item=item_of("gl_cost"),
)

FCT_BUDGET = fact(
    "fct_budget",
    "one row per budget line and day",
    "Budgets, a month's amount spread evenly over its days, so that a budget to date is there on every day.",
    text("budget_day_id", "Budget line, month and day.", required=True),
    text("budget_id", "Budget line and month.", required=True),
    SERVICE,
    day("budget_date", "Day.", required=True),
    COST_CENTRE,
    text("initiative_id", "Initiative."),
    COST_TYPE,
    SPEND_CLASS,
    IS_CASH,
    IS_IT,
    IS_INNOVATION,
    CURRENCY,
    money("amount", PART_OF_MONTH, conserves=Conserved("budget.amount")),
    AMOUNT_REPORTING,
)

FCT_FORECAST = fact(
    "fct_forecast",
    "one row per frozen forecast and day",
    "For each month and cost centre the last forecast made before the month began, spread evenly over its days.",
    text("forecast_day_id", "Forecast and day.", required=True),
    text("forecast_id", "Forecast.", required=True),
    SERVICE,
    day("month", "First day of the month that it is for.", required=True),
    day("forecast_date", "Day.", required=True),
    day("made_date", "Day on which the forecast was made.", required=True),
    COST_CENTRE,
    IS_IT,
    CURRENCY,
    money("amount", PART_OF_MONTH, conserves=Conserved("forecast.amount", only=FROZEN)),
    AMOUNT_REPORTING,
)


def charge(name: str, description: str, *, conserves: str | None = None) -> Column:
    """Declare money of a cloud charge, exact to a billionth, and the staged amount it keeps the sum of."""
    kept = Conserved(conserves, currency=("billing_currency",)) if conserves else None
    return Column(name, Type.CHARGE, description, conserves=kept)


FCT_CLOUD_COST = fact(
    "fct_cloud_cost",
    "one row per charge of a cloud provider",
    "Charges in FOCUS terms; billed is cash, effective is accrual, and the two are never added.",
    text("cloud_cost_id", "Charge.", required=True),
    SERVICE,
    day("cost_date", "Day on which the charge's period began, in UTC as providers bill.", required=True),
    day("billing_date", "First day of the billing period, in UTC: the invoice it is on."),
    text("provider_name", "FOCUS ProviderName."),
    text("service_name", "FOCUS ServiceName: the provider's service."),
    text("service_category", "FOCUS ServiceCategory."),
    text("billing_account_id", "FOCUS BillingAccountId."),
    text("sub_account_id", "FOCUS SubAccountId."),
    text("sub_account_name", "FOCUS SubAccountName."),
    text("charge_category", "FOCUS ChargeCategory.", allowed=conformed("cloud_cost", "charge_category")),
    text("pricing_category", "FOCUS PricingCategory."),
    text("commitment_discount_id", "FOCUS CommitmentDiscountId."),
    text("commitment_discount_type", "FOCUS CommitmentDiscountType."),
    text(
        "commitment_discount_status",
        "FOCUS CommitmentDiscountStatus.",
        allowed=conformed("cloud_cost", "commitment_discount_status"),
    ),
    flag("is_tagged", "Whether it has any tag.", required=True),
    flag(
        "is_prepayment",
        "Whether it is a purchase that later charges use up: billed, not effective. Counted at list or contracted "
        "price it would count twice.",
        required=True,
    ),
    flag(
        "is_commitment_eligible",
        "Whether a commitment could have covered it: usage at standard or committed price, no correction, of what "
        "the source says is eligible, else of the categories Compute and Databases.",
        required=True,
    ),
    CURRENCY,
    charge("billed_cost", "FOCUS BilledCost in its currency.", conserves="cloud_cost.billed_cost"),
    charge("effective_cost", "FOCUS EffectiveCost in its currency.", conserves="cloud_cost.effective_cost"),
    EXCHANGE_RATE,
    RATE_DATE,
    charge("billed_cost_reporting", f"FOCUS BilledCost {REPORTING}; NULL without a rate."),
    charge("effective_cost_reporting", f"FOCUS EffectiveCost {REPORTING}; NULL without a rate."),
    charge("list_cost_reporting", f"FOCUS ListCost {REPORTING}; NULL without a rate."),
    charge("contracted_cost_reporting", f"FOCUS ContractedCost {REPORTING}; NULL without a rate."),
    item=item_of("cloud_cost"),
)

FCT_TECHNOLOGY_COST = fact(
    "fct_technology_cost",
    "one row per cost of technology, from the ledger or from a cloud provider, and service that it is shared by",
    "What technology costs in the period it serves: IT costs of the ledger with depreciation instead of capex, "
    "cloud invoices replaced by the effective cost of their charges. A cost of several services has a row for each.",
    text(
        "technology_cost_id",
        "Origin and key of the cost; of a further share `share:`, its service, then these.",
        required=True,
    ),
    text("origin", "Where the cost is on record.", required=True, allowed=("ledger", "cloud")),
    text("item_type", "Entity of the cost: gl_cost or cloud_cost.", required=True),
    text("item_id", "Key of the cost in that entity.", required=True),
    SERVICE,
    day("cost_date", "Day of the cost.", required=True),
    flag("is_allocated", "Whether it reaches a service we know.", required=True),
    Column("amount_reporting", Type.COMPONENT, f"Amount {REPORTING}; NULL without a rate."),
)

DIMENSIONS: tuple[Table, ...] = (DIM_EXCHANGE_RATE,)
FACTS: tuple[Table, ...] = (FCT_GL_COST, FCT_BUDGET, FCT_FORECAST, FCT_CLOUD_COST, FCT_TECHNOLOGY_COST)
