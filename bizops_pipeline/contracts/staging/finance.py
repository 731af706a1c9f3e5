"""Money that is not an order: rates, posted costs, budgets, forecasts, and what clouds charge."""

from __future__ import annotations

from typing import Unpack

from bizops_pipeline.contracts.staging.vocabulary import CURRENCY, SERVICE, UPDATED, entity
from bizops_pipeline.contracts.table import Column, ColumnOptions, Rule, Table, Type, day, flag, instant, money, text

FX_RATE = entity(
    "fx_rate",
    "one row per currency and day",
    "Exchange rates: units of the reporting currency for one unit of the currency.",
    text("fx_rate_id", "Key: currency and day.", required=True),
    day("rate_date", "Day of the rate.", required=True),
    text("currency", "ISO 4217 code.", required=True),
    Column("rate", Type.COMPONENT, "Reporting currency for one unit.", required=True, minimum=0),
)

COST_TYPES = ("opex", "capex", "depreciation")
SPEND_CLASSES = ("run", "grow", "transform")

COST_CENTRE = text("cost_centre", "Cost centre that bears it.")
COST_TYPE = "opex and capex are spent; depreciation spreads earlier capex over its years and is no spending."
SPEND_CLASS = text("spend_class", "What the money is for; NULL when nobody tagged it.", allowed=SPEND_CLASSES)
IS_IT = flag("is_it", "Whether it is cost of information technology.")
IS_INNOVATION = flag("is_innovation", "Whether it goes to innovation, such as AI or automation; NULL when untagged.")
MONTH = day("month", "First day of the month that it is for.", required=True)
FIRST_OF_MONTH = Rule("month_is_first_day", "extract(day from month) = 1", "month is the first day of a month.")

GL_COST = entity(
    "gl_cost",
    "one row per cost posted in the ledger",
    "Costs as the general ledger knows them; a credit is negative.",
    text("gl_cost_id", "Key: document and line.", required=True),
    day("posted_on", "Day it was posted on.", required=True),
    text("account", "Account."),
    COST_CENTRE,
    SERVICE,
    text("vendor_id", "Vendor who was paid.", references="dim_vendor.vendor_id"),
    text("initiative_id", "Initiative it was spent for."),
    money("amount", "Amount without tax.", required=True),
    CURRENCY,
    text("cost_type", COST_TYPE, required=True, allowed=COST_TYPES),
    text("original_cost_type", "Type of cost in the source's own words."),
    SPEND_CLASS,
    text("original_spend_class", "Class of spending in the source's own words."),
    IS_IT,
    IS_INNOVATION,
    text("tower", "Technology tower, as TBM names them, for example service_desk."),
    flag("is_detailed_in_cloud_cost", "Whether it is a cloud provider's invoice, whose charges are in cloud_cost."),
    UPDATED,
)

BUDGET = entity(
    "budget",
    "one row per budget line and month",
    "What was planned to be spent.",
    text("budget_id", "Key: budget line and month.", required=True),
    MONTH,
    COST_CENTRE,
    SERVICE,
    text("initiative_id", "Initiative it is planned for."),
    money("amount", "Amount planned for the month.", required=True),
    CURRENCY,
    text("cost_type", COST_TYPE, allowed=COST_TYPES),
    SPEND_CLASS,
    IS_IT,
    IS_INNOVATION,
    UPDATED,
    rules=(FIRST_OF_MONTH,),
)

FORECAST = entity(
    "forecast",
    "one row per forecast, month and part of the spending",
    "What was expected to be spent, as often as somebody expected anew.",
    text("forecast_id", "Key: forecast, month, cost centre and service.", required=True),
    MONTH,
    day("made_on", "Day on which the forecast was made.", required=True),
    COST_CENTRE,
    SERVICE,
    money("amount", "Amount expected for the month.", required=True),
    CURRENCY,
    IS_IT,
    UPDATED,
    rules=(FIRST_OF_MONTH,),
)


def charge(focus: str, name: str, description: str, **options: Unpack[ColumnOptions]) -> Column:
    """Declare money of a cloud charge, which is often far below a ten-thousandth; `focus` is its FOCUS name."""
    return Column(name, Type.CHARGE, f"FOCUS {focus}: {description}", **options)


CHARGE_CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")

CLOUD_COST = entity(
    "cloud_cost",
    "one row per charge of a cloud provider",
    "Charges in the FinOps Open Cost and Usage Specification (FOCUS), its columns and values unchanged.",
    text("cloud_cost_id", "Charge key; FOCUS has none, so the source's mapping gives one.", required=True),
    charge("BilledCost", "billed_cost", "what is invoiced (cash); never added to EffectiveCost.", required=True),
    charge("EffectiveCost", "effective_cost", "with purchases spread over what they cover.", required=True),
    charge("ListCost", "list_cost", "at the public list price."),
    charge("ContractedCost", "contracted_cost", "at the negotiated price, before commitment discounts."),
    text("billing_currency", "FOCUS BillingCurrency: ISO 4217 code of all four costs."),
    text("billing_account_id", "FOCUS BillingAccountId."),
    instant("billing_period_start", "FOCUS BillingPeriodStart: start of the invoice's period."),
    text("charge_category", "FOCUS ChargeCategory.", required=True, allowed=CHARGE_CATEGORIES),
    text("charge_class", "FOCUS ChargeClass: Correction of an invoiced period, else NULL.", allowed=("Correction",)),
    text("charge_frequency", "FOCUS ChargeFrequency."),
    instant("charge_period_start", "FOCUS ChargePeriodStart.", required=True),
    text("commitment_discount_id", "FOCUS CommitmentDiscountId."),
    text("commitment_discount_category", "FOCUS CommitmentDiscountCategory: Spend or Usage."),
    text("commitment_discount_type", "FOCUS CommitmentDiscountType: the provider's name for it."),
    text("commitment_discount_status", "FOCUS CommitmentDiscountStatus.", allowed=("Used", "Unused")),
    text("pricing_category", "FOCUS PricingCategory: Standard, Dynamic, Committed or Other."),
    text("provider_name", "FOCUS ProviderName."),
    text("resource_id", "FOCUS ResourceId."),
    text("service_category", "FOCUS ServiceCategory."),
    text("service_name", "FOCUS ServiceName: the provider's service, not ours."),
    text("sub_account_id", "FOCUS SubAccountId."),
    text("sub_account_name", "FOCUS SubAccountName."),
    text("tags", "FOCUS Tags, as JSON text."),
    SERVICE,
    flag("is_commitment_eligible", "Whether a commitment discount could have covered it; NULL: by category."),
)

ENTITIES: tuple[Table, ...] = (FX_RATE, GL_COST, BUDGET, FORECAST, CLOUD_COST)
