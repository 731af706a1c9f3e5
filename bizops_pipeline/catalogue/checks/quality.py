"""Expectation suites: the tables and columns they name exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.models import Suite
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.registry import TABLES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import Problem
from bizops_pipeline.naming import CORE, MARTS, STAGING

JUDGED = (STAGING, CORE, MARTS)
"""Schemas whose tables are judged by suites; raw tables are judged by record rules and thresholds."""

CUSTOM_SQL = "unexpected_rows_expectation"
"""The expectation that a query finds no rows; its `unexpected_rows_query` reads `{batch}`."""

_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "column_set")


def suites_fit_tables(draft: Draft) -> Iterator[Problem]:
    """The table of a suite exists, and so does every column that its expectations name."""
    judged = [name for name, table in TABLES.items() if table.schema in JUDGED]
    for suite in draft.suites:
        name = suite.value.table
        if name not in judged:
            expected = one_of(name, judged, "a table of staging, core or marts as `schema.name`, one of")
            yield suite.problem("table", found=f"no suite can be run on `{name}`", expected=expected)
            continue
        yield from _expectations(suite, TABLES[name])


def _expectations(suite: Located[Suite], table: Table) -> Iterator[Problem]:
    for index, expectation in enumerate(suite.value.expectations):
        if not expectation.expectation.startswith("expect_") and expectation.expectation != CUSTOM_SQL:
            found = f"`{expectation.expectation}`"
            expected = (
                f"an expectation's name in snake case, such as `expect_column_values_to_not_be_null`, or `{CUSTOM_SQL}`"
            )
            yield suite.problem("expectations", index, "expectation", found=found, expected=expected)
        system = ORIGIN if table.schema == STAGING else ()
        known = {column.name for column in (*table.columns, *table.system_columns, *system)}
        for key in _COLUMN_ARGUMENTS:
            for name in _names(expectation.arguments.get(key)):
                if name not in known:
                    found, expected = f"`{table.id}` has no column `{name}`", one_of(name, known, "one of its columns")
                    yield suite.problem("expectations", index, "arguments", key, found=found, expected=expected)


def _names(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [name for name in values if isinstance(name, str)]
