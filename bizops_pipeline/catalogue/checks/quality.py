"""Expectation suites: the tables, columns, expectations and arguments they name exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bizops_pipeline.catalogue.draft import Draft
from bizops_pipeline.catalogue.expectation_types import arguments_of, expectation_types
from bizops_pipeline.catalogue.models import Expectation, Suite
from bizops_pipeline.catalogue.suggestion import one_of
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.contracts.audit import ORIGIN
from bizops_pipeline.contracts.registry import TABLES
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import Problem
from bizops_pipeline.naming import CORE, MARTS, STAGING

JUDGED = (STAGING, CORE, MARTS)
"""Schemas whose tables are judged by suites; raw tables are judged by record rules and thresholds."""

QUERY, BATCH = "unexpected_rows_query", "{batch}"
"""The argument of `unexpected_rows_expectation`, and what stands in it for the table."""

_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "column_set")


def suites_fit_tables(draft: Draft) -> Iterator[Problem]:
    """The table of a suite exists, and so do the columns, expectations and arguments that it names."""
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
        yield from _arguments(suite, index, expectation)
        system = ORIGIN if table.schema == STAGING else ()
        known = {column.name for column in (*table.columns, *table.system_columns, *system)}
        for key in _COLUMN_ARGUMENTS:
            for name in _names(expectation.arguments.get(key)):
                if name not in known:
                    found, expected = f"`{table.id}` has no column `{name}`", one_of(name, known, "one of its columns")
                    yield suite.problem("expectations", index, "arguments", key, found=found, expected=expected)


def _arguments(suite: Located[Suite], index: int, expectation: Expectation) -> Iterator[Problem]:
    """Yield what Great Expectations would refuse: a name that it does not know, an argument too many or too few."""
    place, name, types = ("expectations", index), expectation.expectation, expectation_types()
    if not types:
        return
    if name not in types:
        found, expected = f"Great Expectations has no `{name}` for SQL", one_of(name, types, "one of its expectations")
        yield suite.problem(*place, "expectation", found=found, expected=expected)
        return
    arguments = arguments_of(name)
    for given in expectation.arguments:
        if given not in arguments.known:
            found, expected = f"`{name}` takes no `{given}`", one_of(given, arguments.known, "one of its arguments")
            yield suite.problem(*place, "arguments", given, found=found, expected=expected, at="key")
    missing = sorted(arguments.required - set(expectation.arguments))
    if missing:
        listed = ", ".join(f"`{each}`" for each in missing)
        yield suite.problem(
            *place, "expectation", found=f"`{name}` without {listed}", expected=f"`arguments` with {listed}"
        )
    query = expectation.arguments.get(QUERY)
    if isinstance(query, str) and BATCH not in query:
        found, expected = f"a query that does not read `{BATCH}`", f"`from {BATCH}`, which stands for the suite's table"
        yield suite.problem(*place, "arguments", QUERY, found=found, expected=expected)


def _names(value: Any) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [name for name in values if isinstance(name, str)]
