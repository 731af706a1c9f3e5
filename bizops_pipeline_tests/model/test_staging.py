import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bizops_pipeline.contracts.audit import PROVENANCE
from bizops_pipeline.contracts.staging.commerce import ORDER
from bizops_pipeline.model.staging import builder
from bizops_pipeline.warehouse.changes import before_table
from bizops_pipeline_tests.model.staging_world import World, company, run, source_table

MAP = {"order_id": "id", "ordered_at": "moment", "status": "state", "customer_id": "who", "updated_at": "changed"}


def order(id: str, *, state: str = "open", who: str | None = "c1", changed: str = "2026-01-01") -> dict[str, Any]:
    return {"id": id, "moment": "2026-01-01 10:00:00", "state": state, "who": who, "changed": changed}


@pytest.fixture
def world() -> Iterator[World]:
    world = World(source_table("erp", MAP), source_table("shop", MAP))
    yield world
    world.engine.close()


def kept(world: World) -> list[tuple[Any, ...]]:
    return world.rows("order_id, status, _row_key")


def superseded(world: World) -> list[tuple[Any, ...]]:
    return world.rows("order_id, _row_key", 'state."superseded__order"')


def test_an_entity_without_sources_is_an_empty_table() -> None:
    world = World()
    result = world.build("refund")
    assert not result.changed
    assert result.balances == ()
    assert world.rows("*", "staging.refund") == []
    assert not world.build("refund").changed


def test_a_source_that_was_never_loaded_has_no_rows(world: World) -> None:
    assert [balance.raw_rows for balance in world.build().balances] == [0, 0]


def test_a_bad_row_is_set_aside_with_its_original_and_leaves_when_repaired(world: World) -> None:
    world.put("erp", {"a": order("1"), "b": order("2", state="lost")})
    assert (world.build().quarantined, kept(world)) == (1, [("1", "open", "a")])
    [record] = world.engine.dicts("select * from quarantine.record")
    assert json.loads(record["original"]) == order("2", state="lost")
    assert (record["entity"], record["source"], record["source_table"], record["row_key"]) == ("order", "erp", "t", "b")
    assert (record["rule"], record["run_id"], record["row_number"]) == ("allowed_status", "run-0001", 1)
    assert record["reason"] == "status = 'lost' is not one of open, completed, cancelled"

    world.put("erp", {"b": order("2")})
    assert world.build().quarantined == 0
    assert kept(world) == [("1", "open", "a"), ("2", "open", "b")]


def test_a_good_row_that_turns_bad_leaves_staging(world: World) -> None:
    world.put("erp", {"a": order("1")})
    world.build()
    world.put("erp", {"a": order("1", state="lost")})
    result = world.build()
    assert (kept(world), result.quarantined, result.changed) == ([], 1, True)
    assert world.rows("order_id, _change_sequence", before_table(ORDER)) == [("1", 2)]


def test_a_bad_row_that_vanishes_leaves_quarantine(world: World) -> None:
    world.put("erp", {"a": order("1", state="lost")})
    world.build()
    world.remove("erp", "a")
    assert world.build().quarantined == 0


def test_the_latest_version_wins_and_the_loser_returns_when_it_goes(world: World) -> None:
    world.put("erp", {"a": order("1", changed="2026-01-02", state="completed"), "b": order("1")})
    assert world.build().deduplicated == 1
    assert (kept(world), superseded(world)) == ([("1", "completed", "a")], [("1", "b")])
    world.remove("erp", "a")
    assert world.build().deduplicated == 0
    assert (kept(world), superseded(world)) == ([("1", "open", "b")], [])


def test_a_version_without_a_time_loses(world: World) -> None:
    world.put("erp", {"a": order("1", changed=""), "b": order("1", changed="2020-01-01")})
    world.build()
    assert kept(world) == [("1", "open", "b")]


def test_an_older_version_that_arrives_later_changes_nothing(world: World) -> None:
    world.put("erp", {"a": order("1", changed="2026-01-02")})
    world.build()
    world.put("erp", {"b": order("1", changed="2026-01-01", state="completed")})
    result = world.build()
    assert (result.changed, result.deduplicated, kept(world)) == (False, 1, [("1", "open", "a")])


def test_a_row_that_changes_its_key_frees_the_old_one(world: World) -> None:
    world.put("erp", {"a": order("1", changed="2026-01-02"), "b": order("1")})
    world.build()
    world.put("erp", {"a": order("2", changed="2026-01-02")})
    world.build()
    assert kept(world) == [("1", "open", "b"), ("2", "open", "a")]


def test_two_sources_of_an_entity_share_its_keys(world: World) -> None:
    world.put("erp", {"a": order("1")})
    world.put("shop", {"a": order("1", changed="2026-01-05"), "b": order("2", state="lost")})
    result = world.build()
    assert world.rows("order_id, _source") == [("1", "shop")]
    assert [(b.source, b.raw_rows, b.kept, b.quarantined, b.deduplicated) for b in result.balances] == [
        ("erp", 1, 0, 0, 1),
        ("shop", 2, 1, 1, 0),
    ]
    assert world.rows("source, raw_rows, kept, quarantined, deduplicated, run_id", "audit.staging_balance") == [
        ("erp", 1, 0, 0, 1, "run-0001"),
        ("shop", 2, 1, 1, 0, "run-0001"),
    ]


def test_a_reference_to_nobody_is_kept(world: World) -> None:
    world.put("erp", {"a": order("1", who="nobody we know")})
    world.build()
    assert world.rows("customer_id") == [("nobody we know",)]


def test_a_build_without_news_reads_nothing(world: World) -> None:
    world.put("erp", {"a": order("1")})
    assert world.build().read == 1
    result = world.build()
    assert (result.read, result.changed, result.kept) == (0, False, 1)


def test_only_what_changed_is_read_and_marked(world: World) -> None:
    world.put("erp", {str(number): order(str(number)) for number in range(5)})
    world.build()
    world.put("erp", {"3": order("3", state="completed")})
    assert world.build().read == 1
    assert world.rows("order_id, _change_sequence") == [(str(n), 2 if n == 3 else 1) for n in range(5)]


def test_another_map_reads_all_again(world: World) -> None:
    world.put("erp", {"a": order("1")})
    world.build()
    world.company = company(source_table("erp", {**MAP, "status": "'completed'"}))
    assert world.build().read == 1
    assert kept(world) == [("1", "completed", "a")]


def test_a_source_that_is_no_longer_mapped_leaves(world: World) -> None:
    world.put("erp", {"a": order("1")})
    world.put("shop", {"b": order("2"), "c": order("3", state="lost"), "d": order("2")})
    world.build()
    world.company = company(source_table("erp", MAP))
    result = world.build()
    assert (kept(world), superseded(world), result.quarantined) == ([("1", "open", "a")], [], 0)
    assert world.rows("source", "audit.staging_balance") == [("erp",)]
    world.company = company()
    world.build()
    assert kept(world) == []


def test_a_full_build_of_the_same_rows_changes_nothing(world: World) -> None:
    world.put("erp", {"a": order("1"), "b": order("1"), "c": order("2", state="lost")})
    world.build()
    before = everything(world)
    result = world.build(full=True)
    assert (result.read, result.changed) == (3, False)
    assert everything(world) == before


def test_a_crash_in_the_middle_leaves_all_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.put("erp", {"a": order("1"), "b": order("2", state="lost")})
    world.build()
    before = everything(world)
    world.put("erp", {"a": order("1", state="lost"), "b": order("2")})
    for point in ("quarantined", "staged"):
        with monkeypatch.context() as patch:
            patch.setattr(builder, "failpoint", lambda name, point=point: 1 / 0 if name == point else None)
            with pytest.raises(ZeroDivisionError):
                world.build()
        assert everything(world) == before
    world.build()
    assert kept(world) == [("2", "open", "b")]


def test_a_row_leads_to_its_raw_row_and_so_to_file_time_and_refresh(world: World) -> None:
    world.put("erp", {"a": order("1")})
    world.build()
    names = ", ".join(f"raw.{column.name}" for column in PROVENANCE)
    joined = 'staging."order" as staged join raw.erp__t as raw using (_row_key)'
    assert world.rows(names, joined) == [("a", "erp", "t", "x.csv", 0, datetime(2027, 1, 1), "run-0001")]


def everything(world: World, *, with_runs: bool = True) -> list[Any]:
    columns = ", ".join(f'"{name}"' for name in ORDER.column_names)
    provenance = "_row_key, _source"
    names = "entity, source, source_table, row_key, rule, reason, original"
    sequence = ", _change_sequence" if with_runs else ""
    return [
        world.rows(f"{columns}, {provenance}{sequence}"),
        world.rows(f"{columns}, {provenance}", 'state."superseded__order"'),
        world.rows(names, "quarantine.record"),
        world.rows("source, raw_rows, kept, quarantined, deduplicated", "audit.staging_balance"),
    ]


ROW = st.builds(
    order,
    st.sampled_from(["1", "2", "3", ""]),
    state=st.sampled_from(["open", "completed", "lost"]),
    changed=st.sampled_from(["2026-01-01", "2026-01-02", "", "?"]),
)
CHANGE = st.tuples(st.sampled_from(["erp", "shop"]), st.sampled_from("abcde"), st.none() | ROW)


@settings(max_examples=15, deadline=None)
@given(batches=st.lists(st.lists(CHANGE, min_size=1, max_size=6), min_size=1, max_size=4))
def test_any_batches_give_the_same_as_all_at_once(batches: list[list[tuple[str, str, dict[str, Any] | None]]]) -> None:
    sources = (source_table("erp", MAP), source_table("shop", MAP))
    stepwise, at_once = World(*sources), World(*sources)
    for world in (stepwise, at_once):
        for batch in batches:
            for source, key, row in batch:
                if not world.engine.exists("raw", f"{source}__t"):
                    world.create(source, dict.fromkeys(order("1"), "VARCHAR"))
                if row is None:
                    world.remove(source, key)
                else:
                    world.put(source, {key: row})
            if world is stepwise:
                assert all(balance.holds for balance in world.build().balances)
    builder.build(at_once.engine, at_once.company, "order", run(1))
    assert everything(stepwise, with_runs=False) == everything(at_once, with_runs=False)
    stepwise.engine.close()
    at_once.engine.close()
