"""Alerts: once for each change, after the first look, and again only where a channel did not take them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from bizops_pipeline.catalogue.models import AlertChannel, Company
from bizops_pipeline.contracts.core.steering import DIM_KEY_RESULT, DIM_OBJECTIVE
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.errors import AlertNotSent
from bizops_pipeline.publish.alerts import Alert, deliver, notice, send_through, tell
from bizops_pipeline.warehouse.changes import ensure
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.okr.case import company as bare_company
from bizops_pipeline_tests.publish.receiver import receiving
from bizops_pipeline_tests.warehouses import empty_warehouse

DAY = date(2026, 4, 1)
SECRET = "https://hooks.example/secret-token"


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    engine = empty_warehouse()
    for table in (OKR_PROGRESS, DIM_KEY_RESULT, DIM_OBJECTIVE):
        ensure(engine, table)
    yield engine
    engine.close()


def company(*channels: AlertChannel) -> Company:
    return bare_company(alerts={"channels": channels or (AlertChannel(kind="log"),)})


def run(day: int) -> Run:
    return Run(f"run{day}", day, DAY + timedelta(days=day), datetime(2026, 4, 1))


def stand(engine: DuckDBEngine, day: int, **statuses: str) -> Run:
    """Let key results have some statuses on a day."""
    engine.execute(f"delete from {OKR_PROGRESS.qualified} where as_of = ?", (DAY + timedelta(days=day),))
    rows = [
        {
            "key_result_id": id,
            "objective_id": "objective",
            "as_of": DAY + timedelta(days=day),
            "status": status,
            "status_preset": "default",
            "source": "measured",
            "progress": 0.25,
            "expected_progress": 0.5,
            "is_regressed": False,
            "is_fresh": True,
            "run_id": "run",
        }
        for id, status in statuses.items()
    ]
    engine.insert(OKR_PROGRESS, rows)
    return run(day)


class Receiver:
    """A channel that notes what it gets, or refuses it."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.refuses = False

    def __call__(self, channel: AlertChannel, alert: Alert, environment: Mapping[str, str]) -> None:
        if self.refuses:
            raise AlertNotSent(f"no answer from {SECRET}")
        self.got.append(f"{channel.key} {alert.key}")


def test_a_change_is_told_once_and_not_every_day(engine: DuckDBEngine) -> None:
    receiver, of = Receiver(), company()
    told = [
        tell(engine, of, stand(engine, day, a=status, b="on_track"), {}, receiver)
        for day, status in enumerate(["on_track", "behind", "behind", "behind", "on_track", "behind"])
    ]
    # The first look tells nobody; b never changes.
    assert told == [(0, 0), (1, 0), (0, 0), (0, 0), (1, 0), (1, 0)]
    assert receiver.got == [
        "log a:behind:2026-04-02",
        "log a:on_track:2026-04-05",
        "log a:behind:2026-04-06",
    ]


def test_the_same_day_twice_and_an_earlier_day_tell_nothing_again(engine: DuckDBEngine) -> None:
    receiver, of = Receiver(), company()
    tell(engine, of, stand(engine, 3, a="on_track"), {}, receiver)
    tell(engine, of, stand(engine, 4, a="behind"), {}, receiver)
    assert tell(engine, of, run(4), {}, receiver) == (0, 0)
    assert tell(engine, of, stand(engine, 2, a="ahead"), {}, receiver) == (0, 0)
    # On one day there and back and there again: the last is the first.
    tell(engine, of, stand(engine, 4, a="on_track"), {}, receiver)
    tell(engine, of, stand(engine, 4, a="behind"), {}, receiver)
    assert receiver.got == ["log a:behind:2026-04-05", "log a:on_track:2026-04-05"]


def test_what_a_channel_did_not_take_is_tried_again_and_no_secret_is_kept(engine: DuckDBEngine) -> None:
    receiver = Receiver()
    of = company(AlertChannel(kind="webhook", url="${HOOK}"))
    environment = {"HOOK": SECRET}
    tell(engine, of, stand(engine, 0, a="on_track"), environment, receiver)
    receiver.refuses = True
    assert tell(engine, of, stand(engine, 1, a="behind"), environment, receiver) == (0, 1)
    (row,) = engine.dicts("select * from state.alert")
    assert (row["attempts"], row["sent_at"]) == (1, None)
    assert "secret-token" not in row["error"]
    assert "${HOOK}" in row["error"]
    receiver.refuses = False
    assert tell(engine, of, stand(engine, 2, a="behind"), environment, receiver) == (1, 0)
    assert receiver.got == ["webhook a:behind:2026-04-02"]
    assert tell(engine, of, run(2), environment, receiver) == (0, 0)


def test_one_channel_that_fails_does_not_keep_the_others(engine: DuckDBEngine) -> None:
    got: list[str] = []

    def send(channel: AlertChannel, alert: Alert, environment: Mapping[str, str]) -> None:
        if channel.key == "board":
            raise AlertNotSent("no")
        got.append(channel.key)

    of = company(AlertChannel(kind="webhook", name="board", url="${A}"), AlertChannel(kind="log"))
    tell(engine, of, stand(engine, 0, a="on_track"), {}, send)
    assert tell(engine, of, stand(engine, 1, a="behind"), {}, send) == (1, 1)
    assert got == ["log"]


def test_what_was_told_is_forgotten_after_ninety_days_and_what_is_to_be_told_never(engine: DuckDBEngine) -> None:
    receiver = Receiver()
    hook = AlertChannel(kind="webhook", url="${HOOK}")
    both = company(AlertChannel(kind="log"), hook)

    def kept() -> list[tuple[str, int]]:
        return engine.rows("select channel, date_diff('day', ?, changed_on) from state.alert order by 2, 1", (DAY,))

    def send(channel: AlertChannel, alert: Alert, environment: Mapping[str, str]) -> None:
        if channel.kind == "webhook":
            raise AlertNotSent("no")
        receiver(channel, alert, environment)

    for day, status in ((0, "on_track"), (1, "behind"), (2, "on_track")):
        tell(engine, both, stand(engine, day, a=status), {}, send)
    assert kept() == [("log", 1), ("webhook", 1), ("log", 2), ("webhook", 2)]
    tell(engine, both, stand(engine, 91, a="on_track"), {}, send)
    assert kept() == [("log", 1), ("webhook", 1), ("log", 2), ("webhook", 2)]
    tell(engine, both, stand(engine, 92, a="on_track"), {}, send)
    assert kept() == [("webhook", 1), ("log", 2), ("webhook", 2)]
    # The webhook answers again: it gets what waited, and the next refresh forgets what is old.
    tell(engine, both, run(92), {}, receiver)
    assert receiver.got[-2:] == ["webhook a:behind:2026-04-02", "webhook a:on_track:2026-04-03"]
    tell(engine, both, run(92), {}, receiver)
    assert kept() == [("log", 2), ("webhook", 2)]


def test_what_waits_for_a_channel_that_was_taken_out_is_forgotten_too(engine: DuckDBEngine) -> None:
    tell(engine, company(), stand(engine, 0, a="on_track"), {}, Receiver())
    hook = company(AlertChannel(kind="webhook", url="${HOOK}"))
    notice(engine, hook, stand(engine, 1, a="behind"))
    silent = bare_company(alerts={"channels": ()})
    notice(engine, silent, run(91))
    assert engine.scalar("select count(*) from state.alert") == 1
    notice(engine, silent, run(92))
    assert engine.scalar("select count(*) from state.alert") == 0


def test_a_kill_between_sending_and_its_record_sends_again(engine: DuckDBEngine) -> None:
    class Killed(BaseException):
        pass

    def kill(channel: AlertChannel, alert: Alert, environment: Mapping[str, str]) -> None:
        raise Killed

    receiver, of = Receiver(), company()
    tell(engine, of, stand(engine, 0, a="on_track"), {}, receiver)
    with pytest.raises(Killed):
        tell(engine, of, stand(engine, 1, a="behind"), {}, kill)
    assert tell(engine, of, run(1), {}, receiver) == (1, 0)
    assert receiver.got == ["log a:behind:2026-04-02"]


def test_whatever_goes_wrong_the_refresh_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    engine = empty_warehouse()  # without the tables that are read
    try:
        assert tell(engine, company(), run(0), {}) == (0, 0)
    finally:
        engine.close()
    assert "left for the next refresh" in caplog.text


def test_the_log_says_what_changed(engine: DuckDBEngine, caplog: pytest.LogCaptureFixture) -> None:
    of = company()
    notice(engine, of, stand(engine, 0, a="on_track"))
    assert notice(engine, of, stand(engine, 1, a="at_risk")) == 1
    with caplog.at_level(logging.WARNING):
        deliver(engine, of, {}, send_through)
    assert "a: at risk, was on track" in caplog.text


def test_an_address_that_is_not_set_is_named_and_waits(engine: DuckDBEngine) -> None:
    of = company(AlertChannel(kind="email", url="${MAIL}"))
    notice(engine, of, stand(engine, 0, a="on_track"))
    notice(engine, of, stand(engine, 1, a="at_risk"))
    assert deliver(engine, of, {}, send_through) == (0, 1)
    assert "MAIL" in engine.scalar("select error from state.alert")


ALERT = Alert("a", "behind", DAY, "webhook", "A: behind, was on track", "Progress 25%, expected 50%.")


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    with receiving() as listening:
        yield listening


def test_a_webhook_gets_json_with_what_tells_alerts_apart(server: tuple[str, list[dict[str, Any]]]) -> None:
    pytest.importorskip("apprise", reason="the extra `alerts` is not installed")
    address, got = server
    send_through(AlertChannel(kind="webhook", url="${HOOK}"), ALERT, {"HOOK": f"{address}/steering"})
    (body,) = got
    assert (body["title"], body["message"]) == (ALERT.subject, ALERT.body)
    assert (body["dedupe_key"], body["key_result"], body["status"]) == ("a:behind:2026-04-01", "a", "behind")


def test_a_webhook_that_answers_with_an_error_did_not_take_it(server: tuple[str, list[dict[str, Any]]]) -> None:
    pytest.importorskip("apprise", reason="the extra `alerts` is not installed")
    address, _ = server
    with pytest.raises(AlertNotSent, match="did not take it"):
        send_through(AlertChannel(kind="webhook", url="${HOOK}"), ALERT, {"HOOK": f"{address}/refuse"})


def test_an_email_goes_through_smtp(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("apprise", reason="the extra `alerts` is not installed")
    sent: list[str] = []

    class Smtp:
        def __init__(self, *arguments: object, **options: object) -> None:
            pass

        def __getattr__(self, name: str) -> Any:
            def call(*arguments: object, **options: object) -> None:
                if name == "sendmail":
                    sent.append(str(arguments[2]))

            return call

    monkeypatch.setattr("smtplib.SMTP", Smtp)
    monkeypatch.setattr("smtplib.SMTP_SSL", Smtp)
    url = "mailtos://user:password@smtp.example.org?to=board@example.org&from=bizops@example.org"
    send_through(AlertChannel(kind="email", url="${MAIL}"), ALERT, {"MAIL": url})
    (message,) = sent
    assert "A: behind, was on track" in message
    assert "board@example.org" in message
