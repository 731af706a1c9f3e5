"""Since when a cumulative KPI sums up to a day: a trailing window, or the period that it starts anew with."""

from __future__ import annotations

from datetime import date, timedelta

from bizops_pipeline.catalogue.models import CompanySettings, Kpi
from bizops_pipeline.model.calendar import WEEKDAYS

_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def summed_since(kpi: Kpi, day: date, settings: CompanySettings) -> date:
    """Return the first day of what a cumulative KPI sums up to a day; the first of all where it never starts anew."""
    if kpi.window:
        return _back(day, int(kpi.window.removesuffix("d")) - 1)
    if kpi.reset == "week":
        return _back(day, (day.weekday() - WEEKDAYS.index(settings.week_start)) % 7)
    if kpi.reset in _MONTHS:
        return day.replace(month=day.month - (day.month - 1) % _MONTHS[kpi.reset], day=1)
    return date.min


def _back(day: date, days: int) -> date:
    return day - timedelta(days=min(days, (day - date.min).days))
