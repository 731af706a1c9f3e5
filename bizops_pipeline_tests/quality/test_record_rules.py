from datetime import datetime
from typing import Any

import duckdb
import pytest

from bizops_pipeline.contracts.staging import ENTITIES
from bizops_pipeline.contracts.staging.commerce import CHECKOUT, REFUND
from bizops_pipeline.contracts.table import Table
from bizops_pipeline.quality.record_rules import first_broken, record_rules, unreadable
from bizops_pipeline.warehouse.portable import violations


def broken(table: Table, complaints: dict[str, str] | None = None, **values: Any) -> str | None:
    """Return the first broken rule and its reason of one record, whose other columns are NULL."""
    columns = [f'cast(? as {column.type}) as "{column.name}"' for column in table.columns]
    given = [values.get(column.name) for column in table.columns]
    columns.append("cast(? as timestamp) as _loaded_at")
    given.append(values.get("_loaded_at", datetime(2100, 1, 1)))
    for name in complaints or {}:
        columns.append(f"cast(? as varchar) as {unreadable(name)}")
        given.append(values.get(f"said_{name}"))
    sql = f"select {first_broken(record_rules(table, complaints))} from (select {', '.join(columns)})"
    row = duckdb.execute(sql, given).fetchone()
    assert row is not None
    return row[0]


GOOD_REFUND = {"refund_id": "r1", "refunded_at": datetime(2026, 1, 2), "amount": "5"}
GOOD_CHECKOUT = {"checkout_id": "c1", "started_at": datetime(2026, 1, 2, 10)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, None, id="a good record"),
        pytest.param({"refund_id": None}, "required_refund_id: refund_id is missing", id="without key"),
        pytest.param({"amount": None}, "required_amount: amount is missing", id="without a required value"),
        pytest.param({"amount": "-1"}, "minimum_amount: amount = '-1.0000' is below 0", id="below the minimum"),
        pytest.param(
            {"refunded_at": datetime(1970, 1, 1)},
            "range_refunded_at: refunded_at = '1970-01-01 00:00:00' is not between 1990-01-01 and 2100-01-01",
            id="the epoch",
        ),
        pytest.param(
            {"refunded_at": datetime(9999, 12, 31)},
            "range_refunded_at: refunded_at = '9999-12-31 00:00:00' is not between 1990-01-01 and 2100-01-01",
            id="the end of time",
        ),
        pytest.param({"refunded_at": datetime(2099, 12, 31, 23, 59)}, None, id="far but possible"),
        pytest.param({"_loaded_at": datetime(2025, 12, 31)}, None, id="a clock two days ahead"),
        pytest.param(
            {"_loaded_at": datetime(2025, 12, 30, 23)},
            "past_refunded_at: refunded_at = '2026-01-02 00:00:00' is later than the day on which it arrived",
            id="before it happened",
        ),
    ],
)
def test_a_refund(change: dict[str, Any], expected: str | None) -> None:
    assert broken(REFUND, **{**GOOD_REFUND, **change}) == expected


def test_a_key_too_long_to_be_one() -> None:
    reason = broken(REFUND, **{**GOOD_REFUND, "refund_id": "x" * 1_001})
    assert reason is not None
    assert reason.startswith("length_refund_id: refund_id = 'xxx")
    assert len(reason) < 300


def test_a_relation_between_columns() -> None:
    assert broken(CHECKOUT, **GOOD_CHECKOUT) is None
    assert broken(CHECKOUT, **GOOD_CHECKOUT, completed_at=datetime(2026, 1, 2, 10)) is None
    assert broken(CHECKOUT, **GOOD_CHECKOUT, completed_at=datetime(2026, 1, 2, 9)) == (
        "completed_at_not_before_started_at: not so: completed_at is not before started_at. "
        "completed_at = '2026-01-02 09:00:00', started_at = '2026-01-02 10:00:00'"
    )


def test_allowed_values() -> None:
    order = {"order_id": "1", "ordered_at": datetime(2026, 1, 1)}
    assert broken(ENTITIES["order"], **order, status="open") is None
    assert broken(ENTITIES["order"], **order, status="done") == (
        "allowed_status: status = 'done' is not one of open, completed, cancelled"
    )


def test_what_could_not_be_read_comes_first() -> None:
    complaints = {"amount": "is not a DECIMAL(18,4)"}
    assert broken(REFUND, complaints, **{**GOOD_REFUND, "amount": None, "said_amount": "12,x"}) == (
        "readable_amount: amount: '12,x' is not a DECIMAL(18,4)"
    )
    assert broken(REFUND, complaints, **GOOD_REFUND) is None


@pytest.mark.parametrize("table", ENTITIES.values(), ids=ENTITIES)
def test_the_rules_are_portable(table: Table) -> None:
    complaints = {column.name: "is odd" for column in table.columns}
    assert violations(f"select {first_broken(record_rules(table, complaints))} as broken from rows") == []
    identifiers = [rule.id for rule in record_rules(table, complaints)]
    assert len(identifiers) == len(set(identifiers))
