"""What a scheduler sees of a command: its exit code, and the reason on standard error."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from unittest import mock

import pytest

from bizops_pipeline.defs import execute
from bizops_pipeline.publish import publication
from bizops_pipeline.publish.last_run import LastRun, write_last_run
from bizops_pipeline_tests.cli.conftest import Cli
from bizops_pipeline_tests.e2e.support import SHOP_AS_OF, Shop, bizops, edit, read_marts, refresh

NEWS = ["9001;2026-03-31 10:00;C001;web;shipped;55,00;2026-03-31 11:00"]
OPEN = execute.open_instance
"""What the command line's tests replace by a history in memory."""


def test_checking_a_sound_catalogue(cli: Cli, shop: Shop) -> None:
    said = cli("check", "--company", shop.folder)
    assert said.code == 0
    assert "My company: the catalogue is sound." in said.out
    assert "4 KPIs" in said.out


@pytest.mark.parametrize("command", ["check", "refresh"])
def test_a_bad_catalogue_is_reported_whole(cli: Cli, shop: Shop, command: str) -> None:
    kpis, sources = shop.file("catalogue/kpis/shop.yaml"), shop.file("sources/orders.yaml")
    kpis.write_text(kpis.read_text(encoding="utf-8").replace("type: ratio", "type: ration"), encoding="utf-8")
    sources.write_text(sources.read_text(encoding="utf-8").replace("cadence:", "cadense:"), encoding="utf-8")
    said = cli(command, "--company", shop.folder)
    assert said.code == 2
    assert "2 problems in the catalogue" in said.err
    assert "catalogue/kpis/shop.yaml:" in said.err
    assert "sources/orders.yaml:" in said.err
    assert "cadence" in said.err
    assert not shop.paths.root.exists()


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("check",), 2),
        (("refresh",), 2),
        (("check", "--no-secrets"), 0),
        (("kpis",), 0),
        (("explain", "row", "order", "9001"), 2),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else str(given),
)
def test_secrets_are_asked_for_by_what_needs_them(cli: Cli, shop: Shop, command: tuple[str, ...], code: int) -> None:
    with shop.file("bizops.yaml").open("a", encoding="utf-8") as settings:
        settings.write("privacy: {hash_key: '${ABSENT}'}\n")
    said = cli(*command, "--company", shop.folder)
    assert said.code == code
    assert ("the environment does not set `ABSENT`" in said.err) is (command in [("check",), ("refresh",)])


@pytest.mark.parametrize(
    "arguments",
    [
        ("refresh", "--as-of", "30.09.2026"),
        ("refresh", "--as-of", "2026-02-30"),
        ("refresh", "--reload", "order"),
        ("refresh", "--company", "no/such/folder"),
        ("check", "--company", "no/such/folder"),
        ("status", "--company", "no/such/folder"),
        ("refresh", "--no-such-option"),
        ("no_such_command",),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_wrong_usage(cli: Cli, arguments: tuple[str, ...], shop: Shop) -> None:
    more = () if "--company" in arguments or len(arguments) == 1 else ("--company", shop.folder)
    said = cli(*arguments, *more)
    assert said.code == 2
    assert arguments[-1] in said.err
    assert "Traceback" not in said.err
    assert not shop.paths.warehouse.exists()


@pytest.mark.parametrize("day", ["0206-03-31", "1989-12-31", "2100-01-01"])
def test_an_as_of_date_that_no_calendar_holds(cli: Cli, shop: Shop, day: str) -> None:
    said = cli("refresh", "--company", shop.folder, "--as-of", day)
    assert said.code == 2
    assert (
        f"as-of date {day} is outside of the calendar, which begins on 1990-01-01 and ends before 2100-01-01"
        in said.err
    )


@pytest.mark.parametrize("folder", ["why?", "100%41"])
def test_a_state_folder_that_cannot_hold_the_history(cli: Cli, folder: str, shop: Shop, tmp_path: Path) -> None:
    said = cli("refresh", "--company", shop.folder, "--state", tmp_path / folder)
    assert said.code == 2
    assert f"{folder} has `?` or `%` in its path" in said.err
    assert not (tmp_path / folder).exists()


def test_a_company_that_is_none_is_told_how_to_become_one(cli: Cli, tmp_path: Path) -> None:
    said = cli("refresh", "--company", tmp_path)
    assert f"{tmp_path} is not a company: it has no bizops.yaml" in said.err
    assert "bizops init" in said.err


@pytest.mark.parametrize("command", [("status",), ("sql", "select 1")], ids=["status", "sql"])
def test_reading_before_anything_is_published(cli: Cli, shop: Shop, command: tuple[str, ...]) -> None:
    said = cli(*command, "--company", shop.folder)
    assert said.code == 2
    assert "nothing is published" in said.err
    assert "bizops refresh" in said.err


def test_reading_after_the_first_refresh_failed_says_why(cli: Cli, shop: Shop) -> None:
    shop.paths.create()
    write_last_run(shop.paths.root, LastRun("r", "2026-04-01 05:00:00", False, ("load_orders: no file matches",)))
    said = cli("status", "--company", shop.folder)
    assert said.code == 2
    assert "the refresh of 2026-04-01 05:00:00 UTC failed:\n  load_orders: no file matches\n" in said.err


def test_a_failed_check(cli: Cli, published: Shop, tmp_path: Path) -> None:
    shop = published.copy(tmp_path / "company").change_source(threshold={"share": 0.01, "rows": 2})
    shop.add_orders([f"8{n:03};2026-13-45 09:00;C001;web;shipped;10,00;2026-03-01 10:00" for n in range(5)])
    said = cli("refresh", "--company", shop.folder)
    assert said.code == 1
    standing = shop.published.resolve().name
    for words in ("bad_records:orders.orders", "5 of 68 records", "at most 2", "Nothing was published", standing):
        assert words in said.err
    assert read_marts(shop.published) == read_marts(published.published)


def test_a_missing_file(cli: Cli, shop: Shop) -> None:
    for file in shop.file("data").iterdir():
        file.unlink()
    said = cli("refresh", "--company", shop.folder)
    assert said.code == 3
    assert "no file matches data/orders-*.csv" in said.err
    assert "Nothing was published." in said.err
    assert "Traceback" not in said.err


def test_a_missing_database(cli: Cli, shop: Shop) -> None:
    shop.change_source(connector={"kind": "sql", "url": "sqlite:///data/none.db", "table": "orders"})
    said = cli("refresh", "--company", shop.folder)
    assert said.code == 3
    assert "source orders" in said.err
    assert "none.db" in said.err


def test_a_database_that_does_not_answer_is_asked_again_before_the_refresh_gives_up(shop: Shop) -> None:
    from bizops_pipeline.defs import raw
    from bizops_pipeline.errors import TransientSourceError

    asked = []

    def silent(*_: object) -> None:
        asked.append(1)
        raise TransientSourceError("source orders, table orders: the database did not answer") from OSError("refused")

    with mock.patch.object(raw, "extract_new", silent), mock.patch.object(raw, "RETRY_SECONDS", 0):
        outcome = refresh(shop, SHOP_AS_OF, must=False)
    assert len(asked) == 1 + raw.RETRIES
    assert outcome.exit_code == 3
    assert [failure.message for failure in outcome.failures] == [
        "source orders, table orders: the database did not answer"
    ]


def test_a_refresh_that_a_signal_stops_says_so_once(cli: Cli, shop: Shop) -> None:
    from bizops_pipeline.defs import raw

    with mock.patch.object(raw, "load_new", side_effect=KeyboardInterrupt):
        said = cli("refresh", "--company", shop.folder)
    assert said.code == 1
    assert said.err.splitlines() == [
        "failed  load_orders: a signal stopped the refresh here (SIGTERM, or Ctrl-C). Refresh again.",
        "Nothing was published.",
    ]


def test_a_source_error_with_a_cause_keeps_its_own_words_and_code(shop: Shop) -> None:
    database = shop.file("data/shop.db")
    with sqlite3.connect(database) as connection:
        connection.execute("create table elsewhere (a integer)")
    connection.close()
    shop.change_source(connector={"kind": "sql", "url": "sqlite:///data/shop.db", "table": "orders"})
    outcome = refresh(shop, SHOP_AS_OF, must=False)
    assert outcome.exit_code == 3
    assert outcome.failures[0].message.startswith("source orders, table orders")


def test_a_file_that_cannot_be_read_as_declared(cli: Cli, shop: Shop) -> None:
    edit(shop.file("sources/orders.yaml"), lambda source: source["connector"].update(delimiter=","))
    said = cli("refresh", "--company", shop.folder)
    assert said.code == 3
    assert "orders-2026-q1.csv" in said.err


@pytest.mark.parametrize("form", [(), ("--json",)], ids=["text", "json"])
def test_a_full_disk(cli: Cli, shop: Shop, form: tuple[str, ...]) -> None:
    full = OSError(28, "No space left on device", str(shop.paths.lock))
    with mock.patch.object(execute, "writer_lock", side_effect=full), mock.patch.object(execute, "open_instance", OPEN):
        said = cli("refresh", "--company", shop.folder, *form)
    assert said.code == 1
    assert f"No space left on device: '{shop.paths.lock}'. Free space" in (said.json["error"] if form else said.err)
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("harmed", "said"),
    [
        ("warehouse.duckdb", "warehouse.duckdb cannot be opened. If it is damaged, put back its last backup"),
        ("dagster/dagster.yaml", "dagster/dagster.yaml does not describe a Dagster instance. Correct it; or delete it"),
        ("dagster/history/runs.db", "dagster cannot be read or written: file is not a database. If the disk is full"),
    ],
    ids=["warehouse", "settings of Dagster", "history of Dagster"],
)
def test_state_that_is_damaged_is_named_with_the_way_out(shop: Shop, harmed: str, said: str) -> None:
    file = shop.paths.root / harmed
    file.parent.mkdir(parents=True)
    file.write_text("[no such thing", encoding="utf-8")
    ended = bizops("refresh", "--company", shop.folder)
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_looking_into_a_damaged_warehouse(cli: Cli, published: Shop, tmp_path: Path) -> None:
    shop = published.copy(tmp_path / "company")
    shop.paths.warehouse.write_text("no database", encoding="utf-8")
    said = cli("explain", "row", "order", "1001", "--company", shop.folder)
    assert said.code == 1
    assert f"{shop.paths.warehouse} cannot be opened. If it is damaged" in said.err


def test_a_word_on_the_last_refresh_that_was_cut_short(cli: Cli, published: Shop, tmp_path: Path) -> None:
    shop = published.copy(tmp_path / "company")
    (shop.paths.root / "last_run.json").write_text('{"run_id": "4c1d', encoding="utf-8")
    said = cli("status", "--company", shop.folder)
    assert said.code == 1
    assert f"{shop.paths.root / 'last_run.json'} does not say how a refresh ended" in said.err
    assert "Delete it" in said.err


def test_a_failure_after_the_publication_does_not_deny_it(cli: Cli, published: Shop, tmp_path: Path) -> None:
    shop = published.copy(tmp_path / "company").add_orders(NEWS)
    with mock.patch.object(publication, "_record", side_effect=OSError(28, "No space left on device")):
        said = cli("refresh", "--company", shop.folder)
    assert said.code == 1
    standing = shop.published.resolve().name
    assert said.err.splitlines()[-1] == f"{standing} was published before that and stands."


def test_a_log_that_is_full_fails_no_refresh(
    cli: Cli, published: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = published.copy(tmp_path / "company").add_orders(NEWS)
    with suppress(OSError), open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr("sys.stderr", full)
        said = cli("refresh", "--company", shop.folder)
    assert (said.code, said.out) == (0, f"Published {shop.published.resolve()}\n")


def test_a_terminal_of_few_characters(published: Shop) -> None:
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    ended = bizops("okr", "--company", published.folder, environment=ascii_only)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\\u2588" in ended.stdout


def test_secrets_are_not_printed(cli: Cli, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "canary-5f3a")
    shop.change_source(connector={"kind": "sql", "url": "sqlite:///data/${SHOP_PASSWORD}.db", "table": "orders"})
    said = cli("refresh", "--company", shop.folder)
    assert said.code == 3
    assert "canary-5f3a" not in said.out + said.err
    found = [f for f in shop.paths.root.rglob("*") if f.is_file() and b"canary-5f3a" in f.read_bytes()]
    assert found == []
