"""Tables that remember keep their rows when their contract changes, or the refresh stops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bizops_pipeline.contracts.table import Table, integer, text
from bizops_pipeline.errors import ContractError
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.memory import ensure_memory
from bizops_pipeline_tests.warehouses import empty_warehouse

NOTED = Table("marts", "noted", "one row per day", ("day",), (text("day", "Day."),), "What was noted.")


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    """A warehouse with one row in a table that remembers."""
    engine = empty_warehouse()
    ensure_memory(engine, NOTED)
    engine.insert(NOTED, [{"day": "Monday"}])
    yield engine
    engine.close()


def test_new_columns_are_added_in_their_order_and_rows_stay(engine: DuckDBEngine) -> None:
    more = [integer(name, "Number.") for name in ("seen", "told", "asked")]
    grown = replace(NOTED, columns=(*NOTED.columns, *more))
    for _ in range(2):
        ensure_memory(engine, grown)
    assert engine.rows("select * from marts.noted") == [("Monday", None, None, None)]
    assert [name for name, _ in engine.describe("select * from marts.noted")] == ["day", "seen", "told", "asked"]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((integer("day", "Day."),), "marts.noted.day is VARCHAR, declared BIGINT"),
        ((text("date", "Day."),), "marts.noted.day is VARCHAR, declared no more"),
    ],
    ids=["another type", "declared no more"],
)
def test_what_is_stored_is_never_taken_away(engine: DuckDBEngine, columns: tuple, said: str) -> None:
    with pytest.raises(ContractError, match=said):
        ensure_memory(engine, replace(NOTED, columns=columns, key=(columns[0].name,)))
    assert engine.rows("select * from marts.noted") == [("Monday",)]
