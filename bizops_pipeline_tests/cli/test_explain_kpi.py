"""`bizops explain kpi`: from a published number down to the rows of files, and the number once more."""

import io
from dataclasses import replace
from datetime import date

import pytest
from rich.console import Console

from bizops_pipeline.answers.evidence import Checked, Evidence
from bizops_pipeline.answers.explanation import Asked, PartValue, explain_value
from bizops_pipeline.catalogue.loader import load_company
from bizops_pipeline.cli.explained import print_explanation
from bizops_pipeline.cli.terminal import print_named
from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.metrics.recompute import Recomputed
from bizops_pipeline.settings import StatePaths
from bizops_pipeline.warehouse.lock import writer_lock
from bizops_pipeline_tests.cli.conftest import Cli
from bizops_pipeline_tests.e2e.support import Shop, query


def test_a_value_is_led_back_to_the_rows_of_its_files(cli: Cli, published: Shop) -> None:
    said = cli("explain", "kpi", "aov", "--company", published.folder, "--period", "2026-02", "--json").json
    stored = query(
        published.database,
        "select value, numerator, denominator from marts.kpi_value where kpi_id = 'aov' and grain = 'month' "
        "and period_start = date '2026-02-01' and scope_type = 'company' and dimensions = '{}'",
    )[0]
    assert said["stored"]["value"] == stored[0]
    assert said["evidence"]["agrees"] is True
    assert said["evidence"]["note"] is None
    facts = {each["fact"]: each for each in said["evidence"]["facts"]}
    orders = facts["core.fct_order"]
    assert orders["records"] == orders["traced"] == int(stored[2])
    assert sum(each["rows"] for each in orders["files"]) == orders["records"]
    for each in orders["files"]:
        assert (published.folder / each["file"]).is_file()
    assert said["evidence"]["checks"]["passed"] > 0


def test_a_value_reads_well_and_can_show_its_queries(cli: Cli, published: Shop) -> None:
    said = cli("explain", "kpi", "orders", "--company", published.folder, "--sql")
    assert said.code == 0
    for part in (
        "Definition",
        "formula",
        "Once more from the facts",
        ": the same",
        "core.fct_order",
        "Checks upstream",
    ):
        assert part in said.out
    assert 'as value\nfrom core."fct_order" as fact' in said.out


def test_a_value_over_key_results_names_the_mart_that_it_is_read_from(
    published: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = explain_value(published.database, load_company(published.folder, {}), Asked("orders"))
    again = Recomputed("kr_progress", orders.stored["value"], None, None, (), read_from=OKR_PROGRESS.id)
    print_explanation(orders, Evidence(again, True, (), Checked(0, 0, ()), None), None, sql=False)
    assert "Once more from marts.okr_progress" in capsys.readouterr().out


def test_a_part_that_is_summed_names_its_days(published: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    orders = explain_value(published.database, load_company(published.folder, {}), Asked("orders"))
    summed = PartValue("orders", "Orders", 7.0, "7", None, date(2026, 1, 1), date(2026, 3, 31))
    print_explanation(replace(orders, parts=(summed,)), None, "none here", sql=False)
    assert "7   Orders, 2026-01-01 to 2026-03-31\n" in capsys.readouterr().out


def test_a_value_that_was_not_published_is_said_to_be_none(published: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    orders = explain_value(published.database, load_company(published.folder, {}), Asked("orders"))
    unknown = replace(orders, stored={**orders.stored, "value": None})
    again = Recomputed("orders", 4.0, None, None, ())
    print_explanation(unknown, Evidence(again, False, (), Checked(0, 0, ()), None), None, sql=False)
    assert "  4; no value was published\n" in capsys.readouterr().out


def test_lines_that_are_too_long_go_on_below_their_beginning() -> None:
    screen = io.StringIO()
    print_named(Console(file=screen, width=30), [("formula", "one two three four five"), ("by", "me")], 10)
    lines = [line.rstrip() for line in screen.getvalue().splitlines()]
    assert lines == ["  formula   one two three four", "            five", "  by        me"]


def test_without_the_warehouse_the_publication_still_answers(cli: Cli, published: Shop) -> None:
    paths = StatePaths(published.folder / ".bizops")
    with writer_lock(paths.lock, "run of a test"):
        said = cli("explain", "kpi", "orders", "--company", published.folder)
    assert said.code == 0
    assert "left out: the warehouse is being written by run of a test" in said.out.replace("\n", " ")


def test_a_cut_is_written_as_name_and_value(cli: Cli, published: Shop) -> None:
    said = cli("explain", "kpi", "orders", "--company", published.folder, "--scope", "web_shop")
    assert said.code == 2
    assert "--scope 'web_shop' is not NAME=VALUE" in said.err
