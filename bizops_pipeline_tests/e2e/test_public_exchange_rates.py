"""Public exchange rates, from their file to the spans of days that facts take rates from."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bizops_pipeline_tests.e2e.public import published
from bizops_pipeline_tests.e2e.support import SmallCompany, query, warehouse

pytestmark = pytest.mark.slow

# The Federal Reserve averages the first in dollars, the others in units; the file has units for both.
DOLLARS_PER_UNIT = {"Australia": "AUD", "Euro": "EUR", "New Zealand": "NZD", "United Kingdom": "GBP"}
UNITS_PER_DOLLAR = {"Canada": "CAD", "Japan": "JPY", "Switzerland": "CHF", "Sweden": "SEK", "Brazil": "BRL"}


@pytest.fixture(scope="module")
def rates(tmp_path_factory: pytest.TempPathFactory, shared_datasets: Path) -> SmallCompany:
    return published("exchange_rates", tmp_path_factory.mktemp("public"), shared_datasets)


def test_every_month_of_every_currency_is_a_span(rates: SmallCompany) -> None:
    counted = warehouse(rates, "select count(*), count(distinct currency) from core.dim_exchange_rate")
    assert counted == [(17_237 - 5_865, 34)], "months before 1990 are in quarantine"
    assert query(rates.database, "select rows_in, rows_quarantined, is_balanced from marts.data_quality") == [
        (17_237, 5_865, True)
    ]


def test_a_rate_holds_until_the_next_month(rates: SmallCompany) -> None:
    japan = "select valid_to from core.dim_exchange_rate where currency = 'JPY' and valid_from = date '2001-01-01'"
    assert warehouse(rates, japan) == [(date(2001, 2, 1),)]
    last = "select max(valid_from), max(valid_to) from core.dim_exchange_rate where currency = 'DEM'"
    assert warehouse(rates, last) == [(date(2001, 12, 1), date(9999, 12, 31))]


def test_the_months_of_a_year_average_to_the_published_year(rates: SmallCompany, shared_datasets: Path) -> None:
    with (shared_datasets / "exchange_rates" / "annual.csv").open(encoding="utf-8", newline="") as file:
        annual = {(row["Country"], row["Date"][:4]): Decimal(row["Exchange rate"]) for row in csv.DictReader(file)}
    yearly = query(
        rates.database,
        "select kpi_id, dimensions ->> '$.currency', strftime(period_start, '%Y'), value from marts.kpi_value "
        "where grain = 'year' and denominator = 12",
    )
    means = {(kpi, currency, year): value for kpi, currency, year, value in yearly}
    compared = 0
    for kpi, countries in (("dollars_per_unit", DOLLARS_PER_UNIT), ("units_per_dollar", UNITS_PER_DOLLAR)):
        for country, currency in countries.items():
            for year in range(2000, 2020):
                stated = annual.get((country, str(year)))
                if stated is not None:
                    stated = 1 / stated if kpi == "dollars_per_unit" else stated
                    assert means[kpi, currency, str(year)] == pytest.approx(float(stated), rel=0.005), (country, year)
                    compared += 1
    assert compared > 150
