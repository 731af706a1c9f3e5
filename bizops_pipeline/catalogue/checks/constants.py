"""Constants in the expressions of a KPI: a word that no record has finds nothing, a text in place of a time fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from bizops_pipeline.catalogue.comparisons import check_comparisons, check_condition
from bizops_pipeline.catalogue.expressions import ExpressionError
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.table import Column, Table
from bizops_pipeline.errors import Problem

_NOT_TOLD = {"flow_type": "unmapped", "spend_class": "untagged", "risk_tier": "unclassified"}
"""Words that facts have where the source does not tell, by column."""


def constants_are_possible(kpi: Located[Kpi], path: tuple[str, ...], table: Table, text: str) -> Iterator[Problem]:
    """Yield a problem for the first constant that its column cannot hold, or for a condition that is none."""
    try:
        check_comparisons(text, partial(_as_filled, table))
        if path[-1] == "where":
            check_condition(text, partial(_as_filled, table))
    except ExpressionError as error:
        yield kpi.problem(*path, found=error.found, expected=error.expected, offset=error.offset)


def _as_filled(table: Table, name: str) -> Column | None:
    """Return a column of a table with the words that it can have: those of the entity that a fact is made of."""
    if not table.has(name):
        return None
    column, entity = table.column(name), ENTITIES.get(table.name.removeprefix("fct_"))
    words = entity.column(name).allowed if entity and entity.has(name) else ()
    more = (_NOT_TOLD[name],) if name in _NOT_TOLD else ()
    return column if column.allowed or not words else replace(column, allowed=(*words, *more))
