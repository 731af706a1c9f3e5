"""Telling people that a key result changed status: once for each change, after the publication that shows it.

`notice` puts changes on record and moves the memory of statuses in one transaction, so that a change is neither lost
nor noticed twice. `deliver` sends what is on record and not yet sent, and puts each success on record at once: a kill
between the two sends one alert again, never none. A channel that fails is tried again by the next refresh.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bizops_pipeline.catalogue import secrets
from bizops_pipeline.catalogue.models import AlertChannel, Company
from bizops_pipeline.contracts.alerts import ALERT, NOTICED
from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT, DIM_OBJECTIVE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.display import percent
from bizops_pipeline.errors import AlertNotSent
from bizops_pipeline.failpoints import failpoint
from bizops_pipeline.warehouse.changes import ensure_all
from bizops_pipeline.warehouse.engine import Engine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline.warehouse.session import utc_now

LOG = logging.getLogger(__name__)

KEPT_DAYS = 90
"""Days that an alert stays on record after the change it tells, once it was sent or its channel is gone."""

SCHEMES = {"https": "jsons", "http": "json"}
"""How the library names a JSON request to an address."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One change of status as it is told through one channel."""

    key_result_id: str
    status: str
    changed_on: date
    channel: str
    subject: str
    body: str

    @property
    def key(self) -> str:
        """By what a receiver knows that it has seen the alert before."""
        return f"{self.key_result_id}:{self.status}:{self.changed_on}"


Sender = Callable[[AlertChannel, Alert, Mapping[str, str]], None]


def tell(
    engine: Engine, company: Company, run: Run, environment: Mapping[str, str], send: Sender | None = None
) -> tuple[int, int]:
    """Notice what changed and send what is to be sent; return how many were sent, and how many still are to be.

    Nothing that goes wrong here is raised: what is published stands, and the next refresh tries again.
    """
    try:
        notice(engine, company, run)
        return deliver(engine, company, environment, send or send_through)
    except Exception as error:
        LOG.warning("alerts: left for the next refresh: %s: %s", type(error).__name__, error)
        return 0, 0


def notice(engine: Engine, company: Company, run: Run) -> int:
    """Put on record which key results changed status since they were last looked at; return their number.

    What is no longer to be told, and changed long before, leaves the record in the same transaction.

    One that is seen for the first time tells nobody, and neither does a refresh for an earlier business date.
    """
    ensure_all(engine, [(ALERT, ()), (NOTICED, ())])
    with engine.transaction():
        changes = engine.dicts(_CHANGES, (run.as_of,))
        engine.insert(ALERT, [row for change in changes for row in _rows(company, run, change)])
        engine.execute(f"delete from {NOTICED.qualified} where key_result_id in ({_LOOKED_AT})", (run.as_of,))
        engine.execute(
            f"insert into {NOTICED.qualified} select key_result_id, status, as_of from ({_NOW}) as current "
            f"where not exists (select 1 from {NOTICED.qualified} as known "
            "where known.key_result_id = current.key_result_id)",
            (run.as_of,),
        )
        _forget(engine, company, run)
        failpoint("noticed")
    return len(changes)


def _forget(engine: Engine, company: Company, run: Run) -> None:
    """Drop alerts of changes long ago, but not those that a channel is still to tell."""
    channels = [channel.key for channel in company.settings.alerts.channels]
    there = f"channel in ({', '.join('?' for _ in channels)})" if channels else "false"
    engine.execute(
        f"delete from {ALERT.qualified} where changed_on < ? and not (sent_at is null and {there})",
        (run.as_of - timedelta(days=KEPT_DAYS), *channels),
    )


def deliver(engine: Engine, company: Company, environment: Mapping[str, str], send: Sender) -> tuple[int, int]:
    """Send every alert that was not sent yet; return how many were, and how many are left."""
    channels = {channel.key: channel for channel in company.settings.alerts.channels}
    sent = left = 0
    for alert in _waiting(engine):
        channel = channels.get(alert.channel)
        if channel is None:  # it was taken out of the company's settings
            continue
        error = None
        try:
            send(channel, alert, environment)
        except Exception as reason:
            error = secrets.redact(f"{type(reason).__name__}: {reason}", channel.url or "", environment)
            LOG.warning("alerts: %s did not take %s, the next refresh tries again: %s", channel.key, alert.key, error)
        _put_on_record(engine, alert, error)
        sent, left = (sent + 1, left) if error is None else (sent, left + 1)
    return sent, left


def send_through(channel: AlertChannel, alert: Alert, environment: Mapping[str, str]) -> None:
    """Send an alert through a channel.

    Raises:
        AlertNotSent: The receiver did not take it, or the library for it is missing.
        SourceError: The variable with the address is not set.
    """
    if channel.kind == "log":
        LOG.warning("alerts: %s", alert.subject)
        return
    address = secrets.resolve(channel.url or "", environment)
    try:
        from apprise import Apprise, NotifyType
    except ImportError as error:
        raise AlertNotSent(
            "webhook and e-mail need the extra `alerts`: pip install 'bizops-pipeline[alerts]'"
        ) from error
    receiver = Apprise()
    if not receiver.add(_library_address(channel, address, alert)):
        raise AlertNotSent(f"the address of channel {channel.key} is none for {channel.kind}")
    if not receiver.notify(title=alert.subject, body=alert.body, notify_type=NotifyType.WARNING):
        raise AlertNotSent("the receiver did not take it")


def _library_address(channel: AlertChannel, address: str, alert: Alert) -> str:
    """Return an address in the library's words; a webhook also gets what tells one alert from another."""
    if channel.kind == "email":
        return address
    scheme, _, rest = address.partition("://")
    parted = "&" if "?" in rest else "?"
    extras = f":dedupe_key={alert.key}&:key_result={alert.key_result_id}&:status={alert.status}"
    return f"{SCHEMES.get(scheme, scheme)}://{rest}{parted}{extras}"


def _rows(company: Company, run: Run, change: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for channel in company.settings.alerts.channels:
        yield {
            "key_result_id": change["key_result_id"],
            "status": change["status"],
            "changed_on": run.as_of,
            "channel": channel.key,
            "previous_status": change["previous_status"],
            "subject": _subject(change),
            "body": _body(company, run, change),
            "attempts": 0,
        }


def _subject(change: Mapping[str, Any]) -> str:
    return f"{change['title']}: {_words(change['status'])}, was {_words(change['previous_status'])}"


def _body(company: Company, run: Run, change: Mapping[str, Any]) -> str:
    return "\n".join(
        [
            f"{company.settings.name}: key result {change['key_result_id']} of objective {change['objective']}.",
            f"Status {_words(change['status'])} on {run.as_of}, before it {_words(change['previous_status'])}.",
            f"Progress {percent(change['progress'], 'unknown')} ({change['source']}), "
            f"expected {percent(change['expected_progress'], 'unknown')}.",
            f"See `bizops explain okr {change['key_result_id']}`.",
        ]
    )


def _words(status: str) -> str:
    return status.replace("_", " ")


def _waiting(engine: Engine) -> list[Alert]:
    names = "key_result_id, status, changed_on, channel, subject, body"
    order = "changed_on, key_result_id, status, channel"
    rows = engine.rows(f"select {names} from {ALERT.qualified} where sent_at is null order by {order}")
    return [Alert(*row) for row in rows]


def _put_on_record(engine: Engine, alert: Alert, error: str | None) -> None:
    engine.execute(
        f"update {ALERT.qualified} set attempts = attempts + 1, error = ?, sent_at = ? "
        "where key_result_id = ? and status = ? and changed_on = ? and channel = ?",
        (
            error,
            None if error else utc_now(),
            alert.key_result_id,
            alert.status,
            alert.changed_on,
            alert.channel,
        ),
    )


_NOW = f"select * from {OKR_PROGRESS.qualified} where as_of = ?"
"""Key results on the business date; one whose due date is long past has no row any more, and changes no more."""

_LOOKED_AT = f"""
select current.key_result_id
from ({_NOW}) as current
inner join {NOTICED.qualified} as known
    on known.key_result_id = current.key_result_id and known.as_of <= current.as_of
"""

_CHANGES = f"""
select
    current.key_result_id, current.status, known.status as previous_status, current.source, current.progress,
    current.expected_progress, coalesce(key_result.title, current.key_result_id) as title,
    coalesce(objective.title, current.objective_id) as objective
from ({_NOW}) as current
inner join {NOTICED.qualified} as known
    on known.key_result_id = current.key_result_id
    and known.as_of <= current.as_of
    and known.status <> current.status
left join {DIM_KEY_RESULT.qualified} as key_result on key_result.key_result_id = current.key_result_id
left join {DIM_OBJECTIVE.qualified} as objective on objective.objective_id = current.objective_id
where not exists (
    select 1
    from {ALERT.qualified} as told
    where told.key_result_id = current.key_result_id
        and told.status = current.status
        and told.changed_on = current.as_of
)
order by current.key_result_id
"""
