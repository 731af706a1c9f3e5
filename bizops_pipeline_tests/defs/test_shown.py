"""What people read in the UI: cells of tables, sentences of checks, and which checks can stop a refresh."""

from __future__ import annotations

from datetime import date

from bizops_pipeline.contracts.marts.okr import OKR_PROGRESS
from bizops_pipeline.defs.checks import _sentence, groups
from bizops_pipeline.defs.metadata import table_of
from bizops_pipeline.quality.checks import CheckResult
from bizops_pipeline_tests.okr.case import company


def test_cells_are_words_that_do_not_break_the_table() -> None:
    rows = [{"a": True, "b": None, "c": "x | y\nz"}, {"a": False, "b": 1, "c": ""}]
    assert table_of(rows).value.splitlines() == [
        "| a | b | c |",
        "|---|---|---|",
        r"| yes |  | x \| y z |",
        "| no | 1 |  |",
    ]


def test_a_sentence_names_its_example_in_words() -> None:
    sample = [{"key_result_id": "kr", "data_on": date(2026, 8, 17), "status": None}]
    result = CheckResult("fresh:x", "marts.x", "warn", "failed", observed="1 bad", expected="none", sample=sample)
    said = "fresh:x: found 1 bad, expected none, for example key_result_id kr, data_on 2026-08-17"
    assert _sentence(result, is_blocking=False) == said
    assert _sentence(result, is_blocking=True) == f"(warning) {said}"


def test_how_goals_stand_never_stops_a_refresh() -> None:
    (group,) = groups(company(), [OKR_PROGRESS])
    assert (group.kind, group.spec.blocking) == ("steering", False)
