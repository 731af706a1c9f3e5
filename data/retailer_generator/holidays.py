"""The calendar of days on which the company does not work: national holidays, and the days around Christmas."""

from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from retailer_generator import clock
from retailer_generator.files import write as write_file
from retailer_generator.mess import Ledger

YEARS = range(2024, 2027)


@cache
def dates() -> dict[date, str]:
    """Holidays of the years of the records, in order."""
    found: dict[date, str] = {}
    for year in YEARS:
        easter = _easter(year)
        found |= {
            date(year, 1, 1): "New Year",
            easter - timedelta(days=2): "Good Friday",
            easter + timedelta(days=1): "Easter Monday",
            date(year, 5, 1): "Labour Day",
            easter + timedelta(days=39): "Ascension Day",
            easter + timedelta(days=50): "Whit Monday",
            date(year, 10, 3): "German Unity Day",
            date(year, 10, 31): "Reformation Day",
            date(year, 12, 24): "Company closed",
            date(year, 12, 25): "Christmas Day",
            date(year, 12, 26): "Second Day of Christmas",
            date(year, 12, 31): "Company closed",
        }
    return dict(sorted(found.items()))


def write(out: Path, cut: int, ledger: Ledger) -> None:
    """Holidays of a year are known from the October before it."""
    known = [(day, name) for day, name in dates().items() if clock.midnight(date(day.year - 1, 10, 1)) < cut]
    lines = [f"{day.isoformat()},{name}\n" for day, name in known]
    write_file(out / "extracts" / "calendar" / "holidays.csv", ("date,name\n" + "".join(lines)).encode())
    ledger.wrote("calendar.holidays", np.zeros(len(known), np.int8))


def _easter(year: int) -> date:
    """Easter Sunday by the Gregorian computus, valid from 1900 to 2099."""
    moon = (19 * (year % 19) + 24) % 30
    sunday = (2 * (year % 4) + 4 * (year % 7) + 6 * moon + 5) % 7
    day = 22 + moon + sunday
    if day == 57 or (day == 56 and moon == 28 and year % 19 > 10):
        day -= 7
    return date(year, 3, 1) + timedelta(days=day - 1)
