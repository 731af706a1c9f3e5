"""Puts the sources together and writes one company's extracts."""

from datetime import date
from pathlib import Path
from typing import Any, Literal

from retailer_generator import (
    ai_platform,
    billing,
    ci,
    clock,
    cloud,
    devops,
    fx,
    general_ledger,
    holidays,
    hr,
    itsm,
    itsm_registers,
    market,
    masters,
    monitoring,
    okr_tool,
    outages,
    planning,
    portfolio,
    procurement,
    security,
    service_desk,
    status_reports,
    timesheets,
    tracker,
    truth,
)
from retailer_generator.erp import SCHEMA, Erp
from retailer_generator.files import Database, SqlDump, write_json
from retailer_generator.fulfilment import Fulfilment
from retailer_generator.mess import Ledger
from retailer_generator.survey import Survey
from retailer_generator.webshop import Webshop

SPLITS = ("month", "day")
ERP_FORMS = ("dump", "database")


def generate(
    out: Path,
    scale: float = 1.0,
    until: date = clock.END,
    split: Literal["month", "day"] = "month",
    erp: Literal["dump", "database"] = "dump",
) -> dict[str, Any]:
    """Writes `out`/extracts and `out`/planted.json; returns what is planted.

    Args:
        out: The company's folder.
        scale: Factor on the number of customers, orders, sessions, incidents, changes.
        until: The local day at whose end the world is shown.
        split: One web shop file per month or per day.
        erp: A gzipped SQL dump, or a SQLite database.
    """
    if not clock.START <= until <= clock.END:
        raise ValueError(f"until is {until}, not between {clock.START} and {clock.END}")
    if split not in SPLITS or erp not in ERP_FORMS:
        raise ValueError(f"split is {split!r} (one of {SPLITS}), erp is {erp!r} (one of {ERP_FORMS})")
    cut, ledger, down = clock.cut_after(until), Ledger(), outages.plan()
    history = devops.make(scale)
    incidents = itsm.make(scale, down, history.deployments)
    devops.write(out, history, cut, ledger)
    itsm.write(out, incidents, down, cut, ledger)
    root_cause = itsm_registers.write(out, incidents, scale, cut, ledger)
    service_desk.write(out, scale, cut, ledger)
    neglect = security.write(out, cut, ledger)
    holidays.write(out, cut, ledger)
    fx.write(out, cut, ledger)
    okr_tool.write(out, cut, ledger)
    reports = status_reports.write(out, cut, ledger)
    work = tracker.make(scale)
    tracker.write(out, work, cut, ledger)
    timesheets.write(out, work, incidents, scale, cut, ledger)
    portfolio.write(out, cut, ledger)
    ci.write(out, history.changes, cut, ledger)
    hr.write(out, hr.make(scale), cut, ledger)
    overspending = general_ledger.write(out, cut, ledger)
    planning.write(out, cut, ledger)
    untagged = cloud.write(out, scale, cut, ledger)
    decline = procurement.write(out, procurement.make(scale), cut, ledger)
    models = ai_platform.write(out, scale, until, cut, ledger)
    dip = market.write(out, scale, cut, ledger)
    conversions = monitoring.Conversions()
    tally, stopped, partner = _commerce(out, scale, until, split, erp, down, conversions, ledger)
    lead = monitoring.write(out, scale, down, conversions, cut, ledger)
    facts = truth.facts(tally, stopped, incidents, history.deployments, down, work, cut)
    facts |= {"root_cause": root_cause, "overdue_vulnerabilities": neglect, "leading_indicator": lead}
    facts |= {"overspending": overspending, "untagged_cloud_cost": untagged, "declining_vendor": decline}
    facts["ai_models"] = models
    facts |= {"late_partner": partner, "sentiment_dip": dip}
    facts["green_while_red"] = reports
    planted = truth.describe(scale, until, split, ledger, facts)
    write_json(out / "planted.json", planted)
    return planted


def _commerce(
    out: Path,
    scale: float,
    until: date,
    split: str,
    erp_form: str,
    down: outages.Outages,
    conversions: monitoring.Conversions,
    ledger: Ledger,
):
    """The shop, the ERP and the survey, month by month so that memory does not grow with the years."""
    cut, people = clock.cut_after(until), masters.make(scale)
    shop = Webshop(out, scale, split == "day", people, down, ledger)
    survey = Survey(scale, cut, down)
    after = Fulfilment(out, cut, split == "day", ledger)
    billing.write(out, scale, people, cut, ledger)
    stopped = 0
    with _erp_sink(out, erp_form) as sink:
        erp = Erp(sink, scale, cut, people, ledger)
        erp.masters()
        for month in clock.months(until):
            bought = shop.month(month)
            conversions.add(bought)
            orders, refunds = erp.month(month, bought)
            shop.refund(refunds, month)
            survey.month(month, orders)
            after.month(month, orders)
            shop.flush(month, cut)
            stopped += bought.stopped
    for month in monitoring.months_ahead(until):
        conversions.add(shop.month(month))
    survey.write(out, ledger)
    return erp.tally, stopped, after.write()


def _erp_sink(out: Path, form: str) -> SqlDump | Database:
    if form == "dump":
        return SqlDump(out / "extracts" / "erp.sql.gz", SCHEMA)
    return Database(out / "extracts" / "erp" / "erp.db", SCHEMA)
