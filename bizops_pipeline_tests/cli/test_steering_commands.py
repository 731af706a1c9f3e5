"""`bizops okr`, `explain okr` and `explain row`: goals as a tree, down to files, and a row up to goals."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.lock import writer_lock
from bizops_pipeline_tests.cli.conftest import Cli
from bizops_pipeline_tests.e2e.support import Shop, edit, query

OBJECTIVE = "bigger_baskets_2026q1"


def test_objectives_as_a_tree(cli: Cli, published: Shop) -> None:
    said = cli("okr", "--company", published.folder)
    assert said.code == 0
    assert "Customers find more of what they like" in said.out
    assert "  Average order value of 100 EUR" in said.out


def test_the_tree_says_what_is_published(cli: Cli, published: Shop) -> None:
    [objective] = cli("okr", "--company", published.folder, "--objective", OBJECTIVE, "--json").json
    stored = query(
        published.database,
        "select key_result_id, status, progress from marts.okr_progress where as_of = date '2026-03-31' order by 1",
    )
    shown = sorted((line["key_result_id"], line["status"], line["progress"]) for line in objective["key_results"])
    assert shown == stored
    assert objective["objectives"] == []


def test_the_tree_says_whose_it_is_what_its_columns_mean_and_names_ids(cli: Cli, published: Shop) -> None:
    said = cli("okr", "--company", published.folder).out
    purpose = "Every customer finds what they need\nWe sell good things and stand by them\n"
    assert said.startswith(f"My company   as of 2026-03-31\n{purpose}")
    for word in ("| in a bar: ", "source: ", "data: ", "says: ", "measured on the report's day"):
        assert word in said
    by_id = cli("okr", "--ids", "--company", published.folder).out
    assert OBJECTIVE in by_id
    assert "  kr_order_value" in by_id
    assert "Average order value" not in by_id


def test_an_objective_nobody_knows(cli: Cli, published: Shop) -> None:
    for command in (["okr", "--objective"], ["explain", "okr"]):
        said = cli(*command, "nothing", "--company", published.folder)
        assert said.code == 2
        assert OBJECTIVE in said.err


def test_a_key_result_in_the_place_of_an_objective(cli: Cli, published: Shop) -> None:
    said = cli("okr", "--objective", "kr_order_value", "--company", published.folder)
    assert said.code == 2
    assert f"is a key result of objective `{OBJECTIVE}`; see `bizops explain okr kr_order_value`" in said.err


COMMANDS = [("okr",), ("explain", "okr", OBJECTIVE), ("explain", "kpi", "aov"), ("explain", "row", "order", "1")]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_before_the_first_refresh(cli: Cli, shop: Shop, command: tuple[str, ...]) -> None:
    said = cli(*command, "--company", shop.folder)
    assert said.code == 2
    assert str(shop.folder / ".bizops") in said.err
    assert "yet; run `bizops refresh` with the same --company and --state first" in said.err


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_folder_that_is_no_company(cli: Cli, tmp_path: Path, command: tuple[str, ...]) -> None:
    for folder, reason in ((tmp_path, "it has no bizops.yaml"), (tmp_path / "none", "there is no such folder")):
        said = cli(*command, "--company", folder)
        assert said.code == 2
        assert f"{folder} is not a company: {reason}. Name one with --company" in said.err


@pytest.mark.parametrize("command", [*COMMANDS, ("status",), ("sql", "select 1"), ("refresh",)], ids=" ".join)
def test_the_state_of_another_company(cli: Cli, published: Shop, shop: Shop, command: tuple[str, ...]) -> None:
    edit(shop.file("bizops.yaml"), lambda settings: settings.update(id="other"))
    said = cli(*command, "--company", shop.folder, "--state", published.folder / ".bizops")
    assert said.code == 2
    assert "is the state of company `my_company`, not of `other`; name the folder" in said.err


def orders_of_march(shop: Shop) -> list[dict[str, str]]:
    """Return the orders of March as the files have them, the latest version of each."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((shop.folder / "data").glob("orders-*.csv")):
        with file.open(encoding="utf-8") as text:
            for row in csv.DictReader(text, delimiter=";"):
                if row["ordered"].startswith("2026-03"):
                    found[row["order_number"]] = row
    return list(found.values())


def test_an_objective_is_explained_down_to_files(cli: Cli, published: Shop) -> None:
    said = cli("explain", "okr", "kr_order_value", "--company", published.folder, "--json").json
    [result] = said["key_results"]
    assert result["explained"]["stored"]["kpi_id"] == "aov"
    assert str(result["explained"]["stored"]["period_start"]) == "2026-03-01"
    orders: dict[str, Any] = next(fact for fact in result["facts"] if fact["fact"] == "core.fct_order")
    assert 0 < orders["records"] <= len(orders_of_march(published))
    assert sum(each["rows"] for each in orders["files"]) == orders["records"]
    for each in orders["files"]:
        assert (published.folder / each["file"]).is_file()
    text = cli("explain", "okr", OBJECTIVE, "--company", published.folder).out
    assert "core.fct_order" in text
    assert "data/orders-" in text


def test_a_row_is_explained_up_to_objectives(cli: Cli, published: Shop) -> None:
    order = next(row["order_number"] for row in orders_of_march(published) if row["status"] == "shipped")
    said = cli("explain", "row", "order", order, "--company", published.folder, "--json").json
    [staged] = said["staging"]
    line = (published.folder / staged["raw"]["file"]).read_text(encoding="utf-8").splitlines()[staged["raw"]["row"]]
    assert line.startswith(order)
    facts = {fact["fact"]: fact for fact in said["facts"]}
    assert facts["core.fct_order"]["value_streams"] == [["order_to_cash", 1.0]]
    goals = {goal["key_result_id"] for goal in said["goals"]}
    assert {"kr_order_value", "kr_cancellations"} <= goals
    by_fact = cli("explain", "row", "fct_order", order, "--company", published.folder, "--json").json
    assert by_fact["staging"] == said["staging"]
    by_raw = cli("explain", "row", "raw.orders", staged["raw"]["row_key"], "--company", published.folder, "--json").json
    assert {fact["fact"] for fact in by_raw["facts"]} >= set(facts)
    assert "goal" in cli("explain", "row", "order", order, "--company", published.folder).out


def test_a_row_serves_only_the_key_results_that_count_it(cli: Cli, published: Shop) -> None:
    cancelled = next(row["order_number"] for row in orders_of_march(published) if row["status"] == "cancelled")
    said = cli("explain", "row", "fct_order", cancelled, "--company", published.folder, "--json").json
    # The average order value leaves cancelled orders out.
    assert {goal["key_result_id"] for goal in said["goals"]} == {"kr_cancellations"}


def test_rows_and_tables_that_are_not_there(cli: Cli, published: Shop) -> None:
    for table, key, hint in (("order", "nobody", "no row `nobody`"), ("nothing", "1", "there is no table `nothing`")):
        said = cli("explain", "row", table, key, "--company", published.folder)
        assert said.code == 2
        assert hint in said.err


def test_while_a_refresh_runs_the_publication_still_answers(cli: Cli, published: Shop) -> None:
    with writer_lock(StatePaths(published.folder / ".bizops").lock, "run 7", 0):
        said = cli("explain", "okr", OBJECTIVE, "--company", published.folder)
        assert said.code == 0
        assert "left out: the warehouse is being written by run 7" in said.out
        assert cli("okr", "--company", published.folder).code == 0
        assert cli("explain", "row", "order", "1", "--company", published.folder).code == 1
