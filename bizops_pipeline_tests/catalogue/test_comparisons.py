"""Constants that a column can hold are let through, however they are written; others are refused at their place."""

import pytest

from bizops_pipeline.catalogue.comparisons import check_comparisons, check_condition
from bizops_pipeline.catalogue.expressions import ExpressionError
from bizops_pipeline.contracts.core.operation import FCT_INCIDENT
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


@pytest.mark.parametrize(
    ("marked", "found", "expected"),
    [
        ("¦priority = 'p1'", "`priority` compared with 'p1'", "`P1`, `P2`"),
        ("¦'s1' = severity", "`severity` compared with 's1'", "one of: `S1`"),
        ("sum(case ¦status when 'done' then 1 end)", "`status` compared with 'done'", "one of: `cancelled`"),
        ("¦status is distinct from 'canceled'", "`status` compared with 'canceled'", "did you mean `cancelled`?"),
        ("¦opened_at > 5", "`opened_at` compared with 5", "a date such as '2026-01-31'"),
        ("¦opened_at > '2026-13-01'", "compared with '2026-13-01'", "a date such as"),
        ("¦users_affected between '1' and 'many'", "compared with 'many'", "a number"),
        ("¦vendor_id = 7", "`vendor_id` compared with 7", "'7'"),
    ],
)
def test_what_a_column_cannot_hold_is_refused_at_its_place(marked: str, found: str, expected: str):
    with pytest.raises(ExpressionError) as refused:
        check_comparisons(marked.replace("¦", ""), {column.name: column for column in FCT_INCIDENT.columns}.get)
    assert found in refused.value.found
    assert expected in refused.value.expected
    assert refused.value.offset == marked.index("¦")
