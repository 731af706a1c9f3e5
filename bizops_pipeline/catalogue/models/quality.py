"""Expectation suites: catalogue/quality/*.yaml."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from bizops_pipeline.catalogue.models.vocabulary import Identifier, Severity, Strict


class Expectation(Strict):
    """A table-level expectation by its Great Expectations name."""

    expectation: str
    """Great Expectations type in snake case, for example expect_table_row_count_to_be_between."""
    arguments: dict[str, Any] = Field(default_factory=dict)
    severity: Severity = "warn"
    description: str | None = None


class Suite(Strict):
    """Expectations for one table (`schema.table`)."""

    suite: Identifier
    table: str
    expectations: tuple[Expectation, ...] = Field(min_length=1)
