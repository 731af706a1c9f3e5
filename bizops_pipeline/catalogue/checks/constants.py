"""Constants in the expressions of a KPI: a word that no record has finds nothing, a text in place of a time fails."""

from __future__ import annotations

from collections.abc import Iterator

from bizops_pipeline.catalogue.comparisons import check_comparisons, check_condition
from bizops_pipeline.catalogue.expressions import ExpressionError
from bizops_pipeline.catalogue.models import Kpi
from bizops_pipeline.catalogue.validation import Located
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.errors import Problem


def constants_are_possible(kpi: Located[Kpi], path: tuple[str, ...], table: Table, text: str) -> Iterator[Problem]:
    """Yield a problem for the first constant that its column cannot hold, or for a condition that is none."""
    known = {column.name: column for column in table.columns}.get
    try:
        check_comparisons(text, known)
        if path[-1] == "where":
            check_condition(text, known)
    except ExpressionError as error:
        yield kpi.problem(*path, found=error.found, expected=error.expected, offset=error.offset)
