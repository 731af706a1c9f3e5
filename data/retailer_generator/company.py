"""Who the company is: services, where their code lives, countries, channels, key results."""

from dataclasses import dataclass
from datetime import date

COMPANY = "harbour_home"


@dataclass(frozen=True)
class Service:
    """A service as the source systems know it."""

    id: str
    name: str  # as the configuration database spells it
    repository: str
    path: str | None  # folder label in a repository shared by several services
    change_share: float
    outages: int  # unplanned ones in two years


SERVICES = (
    Service("storefront", "Storefront", "shop", "services/storefront", 0.16, 6),
    Service("search", "Search", "shop", "services/search", 0.09, 5),
    Service("checkout", "Checkout", "shop", "services/checkout", 0.13, 6),
    Service("payments", "Payments", "payments", None, 0.10, 5),
    Service("product_catalogue", "Product Catalogue", "shop", "services/product_catalogue", 0.09, 3),
    Service("order_management", "Order Management", "fulfilment", "apps/order_management", 0.10, 4),
    Service("warehouse", "Warehouse", "fulfilment", "apps/warehouse", 0.06, 4),
    Service("customer_accounts", "Customer Accounts", "customer-accounts", None, 0.07, 3),
    Service("erp", "ERP", "erp-customizing", None, 0.04, 3),
    Service("identity", "Identity", "identity", None, 0.05, 3),
    Service("messaging", "Messaging", "messaging", None, 0.04, 2),
    Service("data_platform", "Data Platform", "data-platform", None, 0.07, 4),
)
SERVICE_IDS = [service.id for service in SERVICES]

# country -> share of customers, currency, value added tax in tenths of a percent
COUNTRIES: dict[str, tuple[float, str, int]] = {
    "DE": (0.66, "EUR", 190),
    "AT": (0.10, "EUR", 200),
    "NL": (0.08, "EUR", 210),
    "CH": (0.06, "CHF", 81),
    "PL": (0.05, "PLN", 230),
    "GB": (0.05, "GBP", 200),
}
CURRENCIES = ["EUR", "CHF", "PLN", "GBP"]
PRICE_IN = {"EUR": 1.0, "CHF": 1.02, "PLN": 4.4, "GBP": 0.9}  # list prices against the euro list

WEB, MOBILE, STORE, MARKETPLACE = range(4)
ERP_CHANNELS = ["WEB", "APP", "POS", "MKT"]
SHOP_CHANNELS = ["web", "mobile"]


@dataclass(frozen=True)
class Team:
    """A team as the HR system and the ledger know it."""

    id: str
    unit: str  # organisational unit in the HR system
    cost_centre: str
    heads: int  # at the end of the records


TEAMS = (
    Team("commerce", "Vertrieb Online", "1100", 14),
    Team("assortment", "Sortiment und Einkauf", "1200", 11),
    Team("fulfilment_operations", "Logistikbetrieb", "1300", 38),
    Team("customer_care", "Kundenbetreuung", "1400", 22),
    Team("shop_engineering", "IT Shop", "2100", 12),
    Team("checkout_engineering", "IT Kasse und Zahlung", "2200", 9),
    Team("fulfilment_engineering", "IT Logistik", "2300", 8),
    Team("platform", "IT Plattform", "2400", 10),
    Team("data_team", "IT Daten", "2500", 7),
)
TEAM_IDS = [team.id for team in TEAMS]

CATEGORIES = ["kitchen", "lighting", "textiles", "furniture", "garden", "decor"]
SEGMENTS = ["private", "family", "business"]


@dataclass(frozen=True)
class Reported:
    """A key result that people report by hand, and how its quarter went."""

    id: str
    baseline: float
    target: float
    reached: float  # share of the way at the end of the quarter
    weeks: int  # check-ins given before they stopped coming


QUARTER_START, QUARTER_END = date(2026, 7, 1), date(2026, 9, 30)
REPORTED = (
    Reported("partner_brands_2026q3", 4, 12, 0.75, 13),
    Reported("click_and_collect_stores_2026q3", 6, 20, 1.05, 13),
    Reported("suppliers_on_edi_2026q3", 35, 60, 0.55, 13),
    Reported("data_literacy_trained_2026q3", 0.25, 0.80, 0.60, 13),
    Reported("runbooks_tested_2026q3", 0.40, 1.00, 0.35, 7),
)
