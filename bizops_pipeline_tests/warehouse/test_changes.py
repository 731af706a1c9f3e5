"""Writes that touch only what differs, and what readers of changes see of them."""

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizops_pipeline.contracts.audit import CONSUMED
from bizops_pipeline.contracts.table import Table, integer, text
from bizops_pipeline.errors import ContractError
from bizops_pipeline.warehouse import changes
from bizops_pipeline.warehouse.changes import Restriction, Written
from bizops_pipeline.warehouse.duckdb import DuckDBEngine
from bizops_pipeline.warehouse.run import Run
from bizops_pipeline_tests.warehouses import empty_warehouse

THING = Table(
    "staging",
    "thing",
    "one row per thing",
    ("thing_id",),
    (text("thing_id", "Key."), text("kind", "Kind."), integer("size", "Size.")),
    "Things.",
    tracks_changes=True,
)


@pytest.fixture
def engine() -> Iterator[DuckDBEngine]:
    opened = empty_warehouse()
    changes.ensure(opened, CONSUMED)
    changes.ensure(opened, THING)
    yield opened
    opened.close()


def run(sequence: int) -> Run:
    return Run(f"run-{sequence}", sequence, date(2026, 1, 1), datetime(2026, 1, 2))


def things(**sizes: int) -> str:
    rows = ", ".join(f"('{key}', '{key[0]}', {size}::bigint)" for key, size in sizes.items())
    if not rows:
        return "select null::varchar as thing_id, null::varchar as kind, null::bigint as size limit 0"
    return f"select * from (values {rows}) as t(thing_id, kind, size)"


def write(engine: DuckDBEngine, query: str, sequence: int, restriction: Restriction | None = None) -> Written:
    with engine.transaction():
        return changes.replace(engine, THING, query, run(sequence), restriction=restriction)


def stored(engine: DuckDBEngine) -> dict[str, int]:
    return dict(engine.rows("select thing_id, size from staging.thing order by thing_id"))  # type: ignore[arg-type]


def test_a_table_is_written_again_for_another_mark_or_in_a_full_refresh_only(engine: DuckDBEngine) -> None:
    def write_if_new(size: int, mark: str, sequence: int, *, full: bool = False) -> Written:
        with engine.transaction():
            return changes.replace_if_new(
                engine, THING, things(a=size), mark, dataclasses.replace(run(sequence), full=full)
            )

    assert write_if_new(1, "first", 1) == Written(1, 0, 1)
    assert write_if_new(2, "first", 2) == Written(0, 0, 1)
    assert write_if_new(2, "second", 3).changed
    assert write_if_new(3, "second", 4, full=True).changed
    assert stored(engine) == {"a": 3}


def test_the_first_write_inserts_everything(engine: DuckDBEngine) -> None:
    assert write(engine, things(a1=1, b1=2), 1) == Written(2, 0, 2)


def test_an_equal_write_changes_nothing(engine: DuckDBEngine) -> None:
    write(engine, things(a1=1, b1=2), 1)

    written = write(engine, things(a1=1, b1=2), 2)

    assert not written.changed
    assert not changes.has_changes(engine, THING, since=1)


def test_only_differing_rows_are_written_and_their_old_values_kept(engine: DuckDBEngine) -> None:
    write(engine, things(a1=1, b1=2, c1=3), 1)

    write(engine, things(a1=1, b1=9), 2)

    seen = engine.rows(f"select * from ({changes.changed_rows(THING, 'thing_id, size', 1)}) as t order by all")
    assert seen == [("b1", 2), ("b1", 9), ("c1", 3)]
    assert stored(engine) == {"a1": 1, "b1": 9}


def test_a_restricted_write_leaves_the_rest_alone(engine: DuckDBEngine) -> None:
    write(engine, things(a1=1, a2=2, b1=3), 1)
    engine.execute("create temp table wanted as select 'a' as \"key\"")

    write(engine, things(a1=5), 2, Restriction("kind", "wanted"))

    assert stored(engine) == {"a1": 5, "b1": 3}


def test_a_row_that_moves_into_the_restriction_is_not_doubled(engine: DuckDBEngine) -> None:
    write(engine, things(b1=3), 1)
    engine.execute("create temp table wanted as select 'z' as \"key\"")

    write(engine, "select 'b1' as thing_id, 'z' as kind, 4::bigint as size", 2, Restriction("kind", "wanted"))

    assert stored(engine) == {"b1": 4}


@pytest.mark.parametrize("prepared", [{}, {"x1": 1}], ids=["empty table", "filled table"])
def test_a_repeated_key_is_refused_and_nothing_changes(engine: DuckDBEngine, prepared: dict[str, int]) -> None:
    write(engine, things(**prepared), 1)

    with pytest.raises(ContractError, match="not unique"):
        write(engine, f"{things(a1=1)} union all {things(a1=2)}", 2)

    assert stored(engine) == prepared


def test_a_missing_key_is_refused(engine: DuckDBEngine) -> None:
    with pytest.raises(ContractError, match="1 rows without thing_id"):
        write(engine, "select null::varchar as thing_id, 'a' as kind, 1::bigint as size", 1)


def test_a_query_with_other_columns_or_types_is_refused(engine: DuckDBEngine) -> None:
    query = "select 'a' as thing_id, 1 as size, 2 as extra"

    with pytest.raises(ContractError) as refused:
        changes.check_returns_contract(engine, THING, query)

    assert "lacks column kind VARCHAR" in str(refused.value)
    assert "returns undeclared column extra" in str(refused.value)
    assert "column size is INTEGER, declared BIGINT" in str(refused.value)


def test_a_consumer_starts_over_when_its_definition_changes(engine: DuckDBEngine) -> None:
    changes.mark_seen(engine, "reader", "first", run(3))

    assert changes.seen(engine, "reader", "first") == 3
    assert changes.seen(engine, "reader", "second") is None


def test_a_table_of_another_version_is_built_anew(engine: DuckDBEngine) -> None:
    write(engine, things(a1=1), 1)
    changes.mark_seen(engine, THING.id, "same", run(1))
    wider = Table(THING.schema, THING.name, THING.grain, THING.key, (*THING.columns, text("more", "More.")), "Things.")

    changes.ensure(engine, wider)

    assert engine.rows("select count(*) from staging.thing") == [(0,)]
    assert changes.seen(engine, THING.id, "same") is None


sizes = st.dictionaries(st.sampled_from(["a1", "a2", "b1", "b2", "c1"]), st.integers(0, 3))


@given(history=st.lists(sizes, min_size=1, max_size=5))
@settings(max_examples=25, deadline=None)
def test_replaying_the_changes_gives_every_state(history: list[dict[str, int]]) -> None:
    engine = empty_warehouse()
    changes.ensure(engine, CONSUMED)
    changes.ensure(engine, THING)
    mirror: dict[str, int] = {}
    for sequence, state in enumerate(history, start=1):
        write(engine, things(**state), sequence)
        touched = engine.rows(f"select thing_id from ({changes.changed_rows(THING, 'thing_id', sequence - 1)}) as t")
        for (key,) in touched:
            mirror.pop(key, None)
        for key, size in stored(engine).items():
            if (key,) in touched:
                mirror[key] = size
        assert mirror == state
    engine.close()
