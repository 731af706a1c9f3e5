"""What the company spends every month, by plan: the lines that the ledger posts and the controllers budget."""

from dataclasses import dataclass

from retailer_generator.vendors import CLOUD, IT_SERVICES, SERVICE_DESK

CENTRE_OF = {  # the cost centre of the team that owns each service
    "storefront": "2100", "search": "2100", "product_catalogue": "2100", "customer_accounts": "2100",
    "checkout": "2200", "payments": "2200", "order_management": "2300", "warehouse": "2300",
    "erp": "2400", "identity": "2400", "messaging": "2400", "data_platform": "2500",
}  # fmt: skip

LICENCES, EXTERNALS, HOSTING, WORKPLACE, DEPRECIATION, ASSETS = "6400", "6500", "6600", "6700", "4800", "0200"
ADVERTISING, FREIGHT, CARE = "6100", "6200", "6300"


@dataclass(frozen=True)
class Line:
    """A line of spending: euros a month by plan, and how the ledger codes it."""

    name: str
    cost_centre: str
    account: str
    monthly: int
    service: str | None = None
    vendor: str | None = None
    tag: str = ""  # RUN, GROW, TRANSFORM; empty where nobody tags it
    innovation: str = ""  # Y, N; empty where nobody says
    tower: str = ""
    postings: int = 2  # a month


def _of_services() -> list[Line]:
    """Development and support of each service, by what its team costs the shop."""
    lines = []
    for position, (service, centre) in enumerate(CENTRE_OF.items()):
        size = 1 + position % 4
        lines += [
            Line(f"support {service}", centre, EXTERNALS, 130 + 40 * size, service, IT_SERVICES, "RUN", "N", "support"),
            Line(f"development {service}", centre, EXTERNALS, 240 + 70 * size, service, IT_SERVICES, "GROW", "N",
                 "development", 3),
        ]  # fmt: skip
    return lines


LINES = (
    *_of_services(),
    Line("till software", "2200", LICENCES, 620, "checkout", "V-3002", "RUN", "N", "licences", 1),
    Line("ERP licences", "2400", LICENCES, 1350, "erp", "V-3003", "RUN", "N", "licences", 1),
    Line("identity licences", "2400", LICENCES, 480, "identity", "V-3004", "RUN", "N", "licences", 1),
    Line("analytics licences", "2500", LICENCES, 900, None, "V-3005", "RUN", "N", "licences"),
    Line("cloud", "2400", HOSTING, 2400, None, CLOUD, "RUN", "N", "cloud", 1),
    Line("service desk", "2400", WORKPLACE, 1900, None, SERVICE_DESK, "RUN", "N", "service_desk", 2),
    Line("workplaces", "2400", WORKPLACE, 1150, None, None, "", "", "workplace", 5),
    Line("network", "2400", WORKPLACE, 520, None, None, "RUN", "", "network", 2),
    Line("assistants for care", "2500", EXTERNALS, 700, "data_platform", None, "TRANSFORM", "Y", "development", 2),
    Line("demand prediction", "2500", EXTERNALS, 560, "data_platform", None, "TRANSFORM", "Y", "development", 2),
    Line("warehouse automation", "2300", ASSETS, 850, "warehouse", None, "TRANSFORM", "Y", "equipment", 1),
    Line("shop redesign", "2100", ASSETS, 780, "storefront", None, "GROW", "N", "development", 1),
    Line("devices", "2400", ASSETS, 640, None, None, "", "", "workplace", 1),
    Line("depreciation shop", "2100", DEPRECIATION, 690, "storefront", None, "RUN", "N", "development", 1),
    Line("depreciation warehouse", "2300", DEPRECIATION, 720, "warehouse", None, "RUN", "N", "equipment", 1),
    Line("depreciation devices", "2400", DEPRECIATION, 610, None, None, "", "", "workplace", 1),
    Line("advertising", "1100", ADVERTISING, 15500, None, None, "", "", "", 9),
    Line("samples", "1200", ADVERTISING, 1400, None, None, "", "", "", 4),
    Line("freight", "1300", FREIGHT, 11800, None, "V-2001", "", "", "", 8),
    Line("freight abroad", "1300", FREIGHT, 3100, None, "V-2002", "", "", "", 4),
    Line("care partner", "1400", CARE, 4700, None, None, "", "", "", 3),
)

OVERSPENT, OVERSPENT_BY, OVERSPENT_SINCE = "2500", 1.38, 18
"""The cost centre that spends above its budget, by what factor, and from which month of the records (0 = first)."""


def factor(line: Line, month: int) -> float:
    """What a line costs in a month of the records against its plan, before chance."""
    return OVERSPENT_BY if line.cost_centre == OVERSPENT and month >= OVERSPENT_SINCE else 1.0
