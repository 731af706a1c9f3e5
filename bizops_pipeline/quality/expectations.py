"""Which expectations hold for which table: those that contracts and sources imply, and those of the company.

Implied is only what nothing else makes sure of: that a table has rows. Allowed values are the matter of record rules,
how recent the rows are that of `marts.data_freshness`, and no table is written with a key that is missing or repeated.

They are data: `review_files` shows all of them as one YAML file per table, in the form in which a company
writes its own (`catalogue/quality/*.yaml`). Evaluating them is the work of `suites`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bizops_pipeline.catalogue.models import Company, Severity
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.quality.balance import tables_of

PREFIX = "suite:"
"""With what the ids of these checks begin."""


@dataclass(frozen=True, slots=True)
class TableExpectation:
    """One expectation for one table, by its Great Expectations name and arguments."""

    check_id: str
    table: str
    expectation: str
    severity: Severity
    arguments: dict[str, Any] = field(default_factory=dict)
    description: str | None = None

    @property
    def expected(self) -> str:
        """The expectation as text: equal texts, equal expectations."""
        arguments = ", ".join(f"{name} = {_shown(value)}" for name, value in sorted(self.arguments.items()))
        call = f"{self.expectation}({arguments})"
        return f"{self.description} {call}" if self.description else call


def expectations(company: Company) -> dict[str, list[TableExpectation]]:
    """Return all expectations by table: the derived ones, then the company's."""
    found: dict[str, list[TableExpectation]] = {}
    for expectation in (*_derived(company), *_declared(company)):
        found.setdefault(expectation.table, []).append(expectation)
    return found


def review_files(company: Company, folder: Path) -> list[Path]:
    """Write one YAML file per table with all its expectations, for people to read; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for table, listed in sorted(expectations(company).items()):
        content = {"table": table, "expectations": [_as_definition(expectation) for expectation in listed]}
        path = folder / f"{table}.yaml"
        path.write_text(_as_yaml(content), encoding="utf-8")
        written.append(path)
    for stale in sorted(set(folder.glob("*.yaml")) - set(written)):
        stale.unlink()
    return written


def _as_yaml(content: dict[str, Any]) -> str:
    # The parser in C writes the same text in a tenth of the time; it is not part of every build of the library.
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _derived(company: Company) -> Iterator[TableExpectation]:
    for entity, table in ENTITIES.items():
        if any(source.required and not source.allow_empty for source in tables_of(company, entity)):
            yield TableExpectation(
                f"{PREFIX}{table.id}:has_rows",
                table.id,
                "expect_table_row_count_to_be_between",
                "blocking",
                {"min_value": 1},
                "At least one record is kept, as `allow_empty` is not set.",
            )


def _declared(company: Company) -> Iterator[TableExpectation]:
    for suite in company.suites:
        for number, expectation in enumerate(suite.expectations, start=1):
            yield TableExpectation(
                f"{PREFIX}{suite.suite}:{number}",
                suite.table,
                expectation.expectation,
                expectation.severity,
                dict(expectation.arguments),
                expectation.description,
            )


def _as_definition(expectation: TableExpectation) -> dict[str, Any]:
    described = {"description": expectation.description} if expectation.description else {}
    return {
        "check": expectation.check_id,
        "expectation": expectation.expectation,
        "arguments": expectation.arguments,
        "severity": expectation.severity,
        **described,
    }


def _shown(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
