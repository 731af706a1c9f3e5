"""Who the company buys from: the vendors that purchasing, ledger and service desk name."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Vendor:
    """A vendor: what is bought there, in what currency, and how well it delivers."""

    id: str
    name: str
    category: str  # goods, logistics, software, services or cloud
    country: str
    currency: str
    late_days: int  # days around the committed day that the contract allows on the late side
    on_time: float  # share of deliveries inside the window
    rejected: float  # share of units sent back
    share: float  # of the purchase orders for goods


VENDORS = (
    Vendor("V-1001", "Alsterglas Manufaktur", "goods", "DE", "EUR", 1, 0.95, 0.004, 0.11),
    Vendor("V-1002", "Nordlicht Leuchten", "goods", "DE", "EUR", 1, 0.92, 0.009, 0.10),
    Vendor("V-1003", "Webstuhl & Faden", "goods", "DE", "EUR", 2, 0.94, 0.006, 0.12),
    Vendor("V-1004", "Zakłady Ceramiczne Brda", "goods", "PL", "PLN", 2, 0.86, 0.018, 0.11),
    Vendor("V-1005", "Meble Warta", "goods", "PL", "PLN", 2, 0.83, 0.012, 0.10),
    Vendor("V-1006", "Pennine Garden Works", "goods", "GB", "GBP", 3, 0.81, 0.010, 0.07),
    Vendor("V-1007", "Speicherstadt Textilhandel", "goods", "DE", "EUR", 1, 0.95, 0.007, 0.12),
    Vendor("V-1008", "Helvetia Messerschmiede", "goods", "CH", "CHF", 1, 0.97, 0.002, 0.06),
    Vendor("V-1009", "Veluwe Houtwerk", "goods", "NL", "EUR", 1, 0.90, 0.008, 0.09),
    Vendor("V-1010", "Donau Dekor", "goods", "AT", "EUR", 1, 0.91, 0.011, 0.07),
    Vendor("V-1011", "Elbkontor Verpackung", "goods", "DE", "EUR", 0, 0.96, 0.001, 0.05),
    Vendor("V-2001", "Hansefracht Paketdienst", "logistics", "DE", "EUR", 0, 1, 0, 0),
    Vendor("V-2002", "Alpenkurier", "logistics", "AT", "EUR", 0, 1, 0, 0),
    Vendor("V-3001", "Nimbus Cloud", "cloud", "NL", "EUR", 0, 1, 0, 0),
    Vendor("V-3002", "Kassensoft", "software", "DE", "EUR", 0, 1, 0, 0),
    Vendor("V-3003", "Ledgerline ERP", "software", "DE", "EUR", 0, 1, 0, 0),
    Vendor("V-3004", "Identity Harbour", "software", "GB", "GBP", 0, 1, 0, 0),
    Vendor("V-3005", "Datenstrom Analytics", "software", "CH", "CHF", 0, 1, 0, 0),
    Vendor("V-4001", "Anker Service Desk", "services", "PL", "EUR", 0, 1, 0, 0),
    Vendor("V-4002", "Leuchtturm IT Services", "services", "DE", "EUR", 0, 1, 0, 0),
)
GOODS = tuple(vendor for vendor in VENDORS if vendor.category == "goods")
CLOUD, SERVICE_DESK, IT_SERVICES = "V-3001", "V-4001", "V-4002"

DECLINING = "V-1007"
"""The vendor whose deliveries come ever later in the last six months."""
