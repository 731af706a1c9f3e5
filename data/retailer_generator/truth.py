"""What is planted: the facts a pipeline must find, and how many faults of which kind are in the files."""

from datetime import date

import numpy as np

from retailer_generator import clock, devops, outages, text, tracker
from retailer_generator.company import COMPANY
from retailer_generator.devops import Deployments
from retailer_generator.erp import Tally
from retailer_generator.itsm import Incidents, number
from retailer_generator.mess import Ledger
from retailer_generator.tracker import Work

_WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def describe(scale: float, until: date, split: str, ledger: Ledger, facts: dict[str, object]) -> dict[str, object]:
    """Everything planted, as committed beside the extracts."""
    tables = {
        name: {"rows": ledger.rows[name], "mess": dict(sorted(ledger.faults[name].items()))}
        for name in sorted(ledger.rows)
    }
    head = {"company": COMPANY, "scale": scale, "from": clock.START.isoformat(), "until": until.isoformat()}
    return {**head, "split": split, "tables": tables, "facts": facts}


def facts(
    tally: Tally, stopped: int, incidents: Incidents, runs: Deployments, down: outages.Outages, work: Work, cut: int
) -> dict[str, object]:
    """The planted facts that have happened by the cut."""
    result: dict[str, object] = {"seasonality": _seasonality(tally, cut)}
    result["clock_change"] = {"orders_in_repeated_hours": tally.repeated_hour}
    result["cascades"] = {
        "order_lines_of_orders_without_valid_time": tally.lines_of_broken_orders,
        "order_lines_with_later_discount": tally.corrected_lines,
    }
    if outages.CHECKOUT_DOWN[1] < cut:
        result["checkout_outage"] = _checkout_outage(tally, stopped, incidents, down)
    if cut > outages.FAILED_DEPLOYMENT + outages.ROLLBACK_AFTER:
        result["failed_deployment"] = _failed_deployment(incidents, runs, down)
    return result | tracker.facts(work, cut)


def _checkout_outage(tally: Tally, stopped: int, incidents: Incidents, down: outages.Outages) -> dict[str, object]:
    start, end = outages.CHECKOUT_DOWN
    day = int(clock.day_number(np.array([start]))[0])
    before = tally.online_in_window[outages.comparison_days()]
    actual = int(tally.online_in_window[day])
    baseline = float(before.mean())
    position = int(np.flatnonzero(down.start == start)[0])
    incident = int(np.flatnonzero(incidents.outage == position)[0])
    return {
        "service": "checkout",
        "start": _local(start),
        "end": _local(end),
        "minutes": (end - start) // 60,
        "outage_id": text.numbered("OUT", np.array([position + 1]), 5)[0].as_py(),
        "incident": number(np.array([incident]))[0].as_py(),
        "online_orders": actual,
        "online_orders_kept_from_happening": stopped,
        "online_orders_same_window_8_fridays_before": before.tolist(),
        "baseline_mean": baseline,
        "drop": round(1 - actual / baseline, 6) if baseline else None,
    }


def _failed_deployment(incidents: Incidents, runs: Deployments, down: outages.Outages) -> dict[str, object]:
    position = int(np.flatnonzero(down.start == outages.PAYMENTS_DOWN[0])[0])
    incident = int(np.flatnonzero(incidents.outage == position)[0])
    rollback = outages.FAILED_DEPLOYMENT + outages.ROLLBACK_AFTER
    failed, repair = (np.array([runs.number_finished_at(t) - 1]) for t in (outages.FAILED_DEPLOYMENT, rollback))
    return {
        "service": "payments",
        "deployment": devops.deployment_id(failed)[0].as_py(),
        "finished": _local(outages.FAILED_DEPLOYMENT),
        "incident": number(np.array([incident]))[0].as_py(),
        "opened": _local(int(incidents.opened_at[incident])),
        "restored": _local(int(incidents.restored_at[incident])),
        "resolved": _local(int(incidents.resolved_at[incident])),
        "rollback": devops.deployment_id(repair)[0].as_py(),
        "rollback_finished": _local(rollback),
        "minutes_to_rollback": outages.ROLLBACK_AFTER // 60,
        "outage_id": text.numbered("OUT", np.array([position + 1]), 5)[0].as_py(),
    }


def _seasonality(tally: Tally, cut: int) -> dict[str, object]:
    weekday = clock.weekdays()
    per_month: dict[str, int] = {}
    for day, count in zip(clock.days(), tally.per_day.tolist(), strict=True):
        if clock.midnight(day) < cut:
            per_month[day.isoformat()[:7]] = per_month.get(day.isoformat()[:7], 0) + count
    years = [int(tally.per_day[:365].sum()), int(tally.per_day[365:].sum())]
    return {
        "orders_by_weekday": {name: int(tally.per_day[weekday == n].sum()) for n, name in enumerate(_WEEKDAYS)},
        "orders_by_month": per_month,
        "orders_by_year_of_records": years,
    }


def _local(t: int) -> str:
    return str(text.offset_iso(np.array([t]))[0].as_py())
