"""What each command prints, for people and as JSON, and that it is quick where it can be."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bizops_pipeline_tests.cli.conftest import Cli
from bizops_pipeline_tests.e2e.support import REPOSITORY, Shop, bizops, process_environment


def test_init_then_refresh_then_status_in_processes_of_their_own(tmp_path: Path) -> None:
    home, folder = tmp_path / "home", tmp_path / "shop"
    home.mkdir()
    where = {"HOME": str(home), "BIZOPS_COMPANY": str(folder)}
    assert bizops("init", folder, environment=where).returncode == 0
    refreshed = bizops("refresh", environment=where)
    assert refreshed.returncode == 0, refreshed.stderr
    published = folder / ".bizops" / "published" / "current"
    assert refreshed.stdout.strip() == f"Published {published.resolve()}"
    assert "marts.kpi_value" in refreshed.stderr  # progress, a line a table
    status = bizops("status", environment=where)
    assert status.returncode == 0
    assert "Average order value" in status.stdout
    assert sorted(home.rglob("*")) == []  # nothing is left behind outside of the company's folder


def test_refresh_as_json_with_state_elsewhere(cli: Cli, shop: Shop, published: Shop, tmp_path: Path) -> None:
    state = tmp_path / "state"
    shutil.copytree(published.paths.root, state, symlinks=True)  # a first refresh takes longer, and says the same
    said = cli("refresh", "--company", shop.folder, "--as-of", "2026-03-30", "--state", state, "--json")
    assert said.code == 0
    assert said.json["ok"] is True
    assert said.json["failures"] == []
    assert Path(said.json["published"]) == (state / "published" / "current").resolve()
    assert not (shop.folder / ".bizops").exists()
    text = "select cast(as_of as varchar) as as_of, run_id from publication"
    read = cli("sql", text, "--company", shop.folder, "--state", state, "--json")
    assert read.json == [{"as_of": "2026-03-30", "run_id": said.json["run_id"]}]


def test_a_failed_refresh_as_json(cli: Cli, shop: Shop) -> None:
    next(shop.file("data").iterdir()).unlink()
    said = cli("refresh", "--company", shop.folder, "--json")
    assert said.code == 3
    assert (said.json["ok"], said.json["published"]) == (False, "")
    assert said.json["failures"][0]["step"] == "load_orders"
    assert said.json["failures"][0]["exit_code"] == 3


def test_check_as_json(cli: Cli, shop: Shop) -> None:
    assert cli("check", "--company", shop.folder, "--json").json == {
        "ok": True,
        "company": "my_company",
        "counts": {
            "source tables": 1,
            "services": 2,
            "KPIs": 4,
            "objectives": 1,
            "key results": 2,
            "expectation suites": 1,
        },
    }


def test_problems_as_json(cli: Cli, shop: Shop) -> None:
    source = shop.file("sources/orders.yaml")
    source.write_text(source.read_text(encoding="utf-8").replace("cadence:", "cadense:"), encoding="utf-8")
    said = cli("check", "--company", shop.folder, "--json")
    assert said.code == 2
    assert said.json["ok"] is False
    (problem,) = said.json["problems"]
    assert problem["file"] == "sources/orders.yaml"
    assert problem["line"] == 6
    assert "cadence" in problem["expected"]


def test_kpis_for_people(cli: Cli, shop: Shop) -> None:
    said = cli("kpis", "--company", shop.folder)
    assert said.code == 0
    for words in ("net_revenue", "Lead time for changes", "refund_rate", "deployment", "use: library"):
        assert words in said.out
    # Without colours too.
    assert "survey_response (missing)" in said.out
    assert "lack an entity that they need." in said.out


def test_kpis_say_what_is_on_what_could_be_and_what_lacks(cli: Cli, shop: Shop) -> None:
    found = {each["kpi_id"]: each for each in cli("kpis", "--company", shop.folder, "--json").json}
    assert (found["orders"]["state"], found["orders"]["missing"]) == ("on", [])
    assert (found["cancellation_rate"]["state"], found["cancellation_rate"]["is_standard"]) == ("on", False)
    assert (found["arpu"]["state"], found["arpu"]["needs"]) == ("possible", [["order"], ["order_line", "refund"]])
    assert (found["csat"]["state"], found["csat"]["missing"]) == ("missing", [["survey_response"]])
    whole, part = (cli("kpis", "--company", shop.folder, *only).out for only in ((), ("--only", "on")))
    assert whole.splitlines()[-2] == part.splitlines()[-2]  # the counts are those of the library
    only = cli("kpis", "--company", shop.folder, "--only", "on", "--json").json
    assert {each["kpi_id"] for each in only} == {"net_revenue", "orders", "aov", "cancellation_rate"}


def test_kpis_of_an_unknown_state_are_refused(cli: Cli, shop: Shop) -> None:
    said = cli("kpis", "--company", shop.folder, "--only", "off")
    assert said.code == 2
    assert "on, possible, missing" in said.err


def test_status_for_people(cli: Cli, published: Shop) -> None:
    said = cli("status", "--company", published.folder)
    assert said.code == 0
    for words in ("My company", "2026-03-31", "orders", "Net revenue", "Average order value of 100 EUR"):
        assert words in said.out


def test_status_as_json(cli: Cli, published: Shop) -> None:
    card = cli("status", "--company", published.folder, "--json").json
    assert card["publication"]["company"] == "My company"
    assert card["publication"]["build_id"] == published.published.resolve().name
    assert {kpi["kpi_id"] for kpi in card["kpis"]} == {"net_revenue", "orders", "aov", "cancellation_rate"}
    assert {each["key_result_id"] for each in card["key_results"]} == {"kr_order_value", "kr_cancellations"}
    assert [(each["rows_in"], each["is_balanced"]) for each in card["quality"]] == [(64, True), (64, True)]


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ((), "orders"),
        (("--json",), '"kpi_id": "orders"'),
        (("--csv",), "kpi_id,n\nnet_revenue,"),
    ],
    ids=["table", "json", "csv"],
)
def test_sql(cli: Cli, published: Shop, form: tuple[str, ...], expected: str) -> None:
    text = "select kpi_id, count(*) as n from marts.kpi_value where kpi_id <> 'aov' group by kpi_id order by kpi_id"
    said = cli(
        "sql",
        text.replace("order by kpi_id", "order by kpi_id <> 'net_revenue', kpi_id"),
        *form,
        "--company",
        published.folder,
    )
    assert said.code == 0
    assert expected in said.out


@pytest.mark.parametrize(
    "statement",
    [
        "delete from kpi_value",
        "create table marts.mine (a integer)",
        "update marts.kpi_value set value = 0",
        "drop table marts.kpi_value",
        "copy (select 1) to 'stolen.csv'",
        "select * from read_csv('/etc/passwd')",
        "attach 'other.duckdb'",
        "install httpfs",
        "set enable_external_access = true",
        "select * from no_such_table",
        "selec",
    ],
)
def test_sql_reads_published_tables_and_does_nothing_else(
    cli: Cli, published: Shop, statement: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published.database.read_bytes()
    monkeypatch.chdir(tmp_path)
    said = cli("sql", statement, "--company", published.folder)
    assert said.code == 2
    assert said.err.strip()
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []
    assert published.database.read_bytes() == before


@pytest.mark.parametrize("command", ["--help", "check --help", "refresh --help", "status --help", "sql --help"])
def test_help(cli: Cli, command: str) -> None:
    said = cli(*command.split())
    assert said.code == 0
    assert "Usage: bizops" in said.out


def test_reading_commands_import_neither_dagster_nor_great_expectations(published: Shop) -> None:
    """In one process, because a start takes longer than all of them together."""
    script = """
import contextlib, io, sys
from bizops_pipeline.cli.main import main
for arguments in (["check"], ["status"], ["status", "--json"], ["sql", "select 1"]):
    sys.argv = ["bizops", *arguments]
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        main()
print(sorted({name.split(".")[0] for name in sys.modules} & {"dagster", "great_expectations", "pandas", "pyarrow"}))
"""
    environment = process_environment({"BIZOPS_COMPANY": str(published.folder)})
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.strip() == "[]"
