"""Constants that a column can hold are let through, however they are written."""

import pytest

from bizops_pipeline.catalogue.comparisons import check_comparisons, check_condition
from bizops_pipeline.contracts.table import Column, Type

COLUMNS = {
    "word": Column("word", Type.TEXT, "", allowed=("new", "done")),
    "name": Column("name", Type.TEXT, ""),
    "amount": Column("amount", Type.MONEY, ""),
    "is_late": Column("is_late", Type.BOOLEAN, ""),
    "at": Column("at", Type.TIMESTAMP, ""),
    "day": Column("day", Type.DATE, ""),
}


@pytest.mark.parametrize(
    "condition",
    [
        "word = 'new' or 'done' <> word",
        "word in ('new', 'done') and word > 'a'",
        "name = 'Anything at all'",
        "word = name",
        "amount > 3.5 and amount <> '-1e3' and amount >= -2",
        "is_late",
        "not is_late",
        "is_late = true or is_late = 1 or is_late = 'yes'",
        "at >= '2026-01-31 10:00' and at < '2026-2-1' and day = '2026-01-31'",
        "at > date '2026-01-31' and day <= as_of",
        "unknown = 5",
    ],
)
def test_what_a_column_can_hold_is_let_through(condition: str):
    check_comparisons(condition, COLUMNS.get)
    check_condition(condition, COLUMNS.get)
